internal import AgoraAPI
internal import Machine
internal import MesosAPI

// Killing: TERM to all of the container, KILL of it after the grace period. Specified by Mesos 1.11
// docs/scheduler-http-api.md ("KILL") and docs/task-state-reasons.md.

extension Agent {
    static let terminate: UInt32 = 15
    /// What a task has to end when nobody said otherwise, in nanoseconds (the command executor's default).
    static let defaultGrace = 3 * Int64.second

    mutating func kill(_ order: Agora_V1_Kill, _ now: Moment, _ effects: inout [Effect]) {
        guard let handle = byName[TaskName(framework: order.frameworkID, task: order.taskID)] else {
            return answerKill(order, now, &effects)
        }
        kill(handle, .order, grace: order.hasGracePeriod ? max(0, order.gracePeriod) : nil, now, &effects)
    }

    /// The framework waits for an end of a task that isn't here.
    private mutating func answerKill(_ order: Agora_V1_Kill, _ now: Moment, _ effects: inout [Effect]) {
        guard let framework = byFramework[order.frameworkID] else {
            return refuse("kill of task \(order.taskID)", "no task of this framework is here", &effects)
        }
        let state: Mesos_V1_TaskState = frameworks[framework].isPartitionAware ? .taskDropped : .taskLost
        addGhost(order.taskID, of: framework, News(agent: state, .executorTerminated, "Cannot find executor"), now, &effects)
    }

    /// - Parameter grace: nanoseconds; nil: the task's own, or the default.
    mutating func kill(_ handle: Handle<AgentTask>, _ reason: Kill.Reason, grace: Int64?, _ now: Moment, _ effects: inout [Effect]) {
        guard tasks[handle].phase != .ended else { return }
        let grace = grace ?? tasks[handle].plan.killGrace ?? Self.defaultGrace
        guard tasks[handle].kill == nil else { return hasten(handle, reason, grace, now, &effects) }
        tasks[handle].kill = Kill(reason: reason, began: now.wall, grace: grace)
        switch tasks[handle].phase {
        case .preparing:
            effects.append(.abandon(container: tasks[handle].container))
            keepSandbox(handle, now, &effects)
            var news = News(agent: .taskKilled, .taskKilledDuringLaunch, "Killed before delivery to the executor")
            if reason == .draining { news.reason = .agentDraining }
            end(handle, news, now, &effects)
        case .running: beginKill(handle, now, &effects)
        // Goes on when it is known whether the task runs.
        case .launching, .recovering, .ended: effects.append(.store([SavedStream.change(tasks[handle])]))
        }
    }

    /// A second order can only shorten what is left; that the framework is gone outdoes all other reasons.
    private mutating func hasten(_ handle: Handle<AgentTask>, _ reason: Kill.Reason, _ grace: Int64, _ now: Moment, _ effects: inout [Effect]) {
        guard var kill = tasks[handle].kill else { return }
        if reason == .frameworkGone { kill.reason = reason }
        if grace < kill.grace {
            kill.grace = grace
            if kill.forceAt != nil {
                let time = Self.forceTime(kill, now)
                kill.forceAt = time
                deadlines.add(time, .force(handle))
            }
        }
        tasks[handle].kill = kill
    }

    private static func forceTime(_ kill: Kill, _ now: Moment) -> Int64 {
        let left = max(0, kill.began.saturatingAdd(kill.grace).saturatingAdd(-now.wall))
        // However the wall clock was set meanwhile, no more than the whole grace.
        return now.monotonic.saturatingAdd(min(left, kill.grace))
    }

    /// The task runs, and is to end.
    mutating func beginKill(_ handle: Handle<AgentTask>, _ now: Moment, _ effects: inout [Effect]) {
        guard var kill = tasks[handle].kill else { return }
        tasks[handle].health?.schedule.stop()
        tasks[handle].check?.schedule.stop()
        if kill.reason == .completionTime || kill.grace == 0 {
            announceKill(handle, now, &effects)
            effects.append(.destroy(container: tasks[handle].container))
            return
        }
        let time = Self.forceTime(kill, now)
        kill.forceAt = time
        tasks[handle].kill = kill
        deadlines.add(time, .force(handle))
        announceKill(handle, now, &effects)
        effects.append(.signal(container: tasks[handle].container, signal: Self.terminate))
    }

    /// TASK_KILLING, for frameworks that know it; else only the kill is stored.
    private mutating func announceKill(_ handle: Handle<AgentTask>, _ now: Moment, _ effects: inout [Effect]) {
        guard let kill = tasks[handle].kill else { return }
        let isWanted = frameworks[tasks[handle].framework].wantsKilling && kill.reason != .frameworkGone && kill.reason != .completionTime
        guard isWanted, tasks[handle].state != .taskKilling else {
            effects.append(.store([SavedStream.change(tasks[handle])]))
            return
        }
        report(handle, News(.taskKilling, kill.reason == .draining ? .agentDraining : nil), now, &effects)
    }

    /// The grace period is over.
    mutating func force(_ handle: Handle<AgentTask>, _ effects: inout [Effect]) {
        tasks[handle].kill?.forceAt = nil
        effects.append(.destroy(container: tasks[handle].container))
    }

    mutating func signalled(_ container: String) {
        guard let handle = byContainer[container] else { return }
        tasks[handle].kill?.isSignalled = true
    }

    mutating func completionTimeReached(_ handle: Handle<AgentTask>, _ now: Moment, _ effects: inout [Effect]) {
        tasks[handle].completionAt = nil
        guard tasks[handle].phase == .running, tasks[handle].kill == nil else { return }
        tasks[handle].kill = Kill(reason: .completionTime, began: now.wall, grace: 0)
        beginKill(handle, now, &effects)
    }

    // MARK: Many at once

    /// A command task is its own executor, named like it.
    mutating func shutdownExecutor(_ order: Agora_V1_ShutdownExecutor, _ now: Moment, _ effects: inout [Effect]) {
        guard let handle = byName[TaskName(framework: order.frameworkID, task: order.executorID)] else { return }
        kill(handle, .order, grace: rules.shutdownGrace, now, &effects)
    }

    mutating func shutdownFramework(_ id: String, _ now: Moment, _ effects: inout [Effect]) {
        guard let framework = byFramework[id] else { return }
        frameworks[framework].isTerminating = true
        for handle in tasks(of: framework) { giveUp(handle, now, &effects) }
    }

    /// Kills a task whose updates nobody wants any more.
    mutating func giveUp(_ handle: Handle<AgentTask>, _ now: Moment, _ effects: inout [Effect]) {
        if tasks[handle].phase == .ended { return forget(handle, now, &effects) }
        kill(handle, .frameworkGone, grace: rules.shutdownGrace, now, &effects)
    }

    mutating func drain(_ order: Agora_V1_Drain, _ now: Moment, _ effects: inout [Effect]) {
        let grace = order.config.hasMaxGracePeriod ? max(0, order.config.maxGracePeriod.nanoseconds) : nil
        let config = order.config.bytes
        drain = Drain(config: config, grace: grace)
        effects.append(.store([.put(table: "agent", key: "drain", value: config)]))
        for handle in tasks.handles where tasks.contains(handle) {
            let own = tasks[handle].plan.killGrace ?? Self.defaultGrace
            kill(handle, .draining, grace: min(own, grace ?? own), now, &effects)
        }
    }

    mutating func reactivate(_ effects: inout [Effect]) {
        guard drain != nil else { return }
        drain = nil
        effects.append(.store([.remove(table: "agent", key: "drain")]))
    }
}
