internal import AgoraAPI
internal import Machine
internal import MesosAPI
internal import OrderedCollections
internal import SwiftProtobuf

// Starting from what is stored, finding out from the launcher what still runs, and stopping. Specified by Mesos 1.11 docs/agent-recovery.md.

extension Agent {
    mutating func start(_ started: Started, _ now: Moment, _ effects: inout [Effect]) {
        rules = started.rules
        random = RandomBits(seed: started.seed)
        bootID = started.bootID
        agentID = started.saved.agentID
        epoch = started.saved.epoch
        if let config = started.saved.drain, let parsed = try? Mesos_V1_DrainConfig(serializedBytes: config, partial: true) {
            drain = Drain(config: config, grace: parsed.hasMaxGracePeriod ? max(0, parsed.maxGracePeriod.nanoseconds) : nil)
        }
        for framework in started.saved.frameworks { byFramework[framework.id] = frameworks.insert(framework) }
        for task in started.saved.tasks { recover(task, started.saved.streams[task.container] ?? SavedStream(), now, &effects) }
        for (container, sandbox) in started.saved.sandboxes {
            sandboxes[container] = sandbox
            let left = max(0, sandbox.ended.saturatingAdd(rules.sandboxDelay).saturatingAdd(-now.wall))
            deadlines.add(now.monotonic.saturatingAdd(left), .sandbox(container))
        }
        forgetIdleFrameworks(&effects)
    }

    private mutating func recover(_ saved: SavedTask, _ stream: SavedStream, _ now: Moment, _ effects: inout [Effect]) {
        guard let framework = byFramework[saved.framework] else {
            effects.append(.note(Note(.error, "a stored task has no framework, and is forgotten", ("task", saved.taskID))))
            effects.append(.store([.remove(table: "tasks", key: saved.container), .remove(table: "streams", key: saved.container)]))
            return
        }
        var info = (try? Mesos_V1_TaskInfo(serializedBytes: saved.info, partial: true)) ?? Mesos_V1_TaskInfo()
        if saved.info.isEmpty { info.taskID.value = saved.taskID }
        var task = AgentTask(framework: framework, plan: TaskPlan(info), container: saved.container, info: saved.info, phase: .recovering)
        task.stream = stream.stream
        task.pid = stream.pid
        task.started = stream.started
        if let kill = stream.kill { task.kill = Kill(reason: kill.reason, began: kill.began, grace: kill.grace) }
        if let latest = stream.stream.latest, let status = try? Mesos_V1_TaskStatus(serializedBytes: latest.status, partial: true) {
            task.isHealthy = status.hasHealthy ? status.healthy : nil
        }
        if task.stream.hasEnded { task.phase = .ended }
        let handle = tasks.insert(task)
        byContainer[saved.container] = handle
        byName[TaskName(framework: saved.framework, task: saved.taskID)] = handle
        frameworks[framework].taskCount += 1
    }

    /// A framework's row outlives its last task only if the process ended between the two.
    private mutating func forgetIdleFrameworks(_ effects: inout [Effect]) {
        for handle in frameworks.handles where frameworks[handle].taskCount == 0 {
            let id = frameworks[handle].id
            frameworks.remove(handle)
            byFramework[id] = nil
            effects.append(.store([.remove(table: "frameworks", key: id)]))
        }
    }

    // MARK: The launcher

    /// The launcher is there. Whatever was asked of its predecessor without an answer is now seen, or asked again.
    mutating func launcherReady(_ abilities: Abilities, _ reports: [ContainerReport], _ now: Moment, _ effects: inout [Effect]) {
        self.abilities = abilities
        let isFirst = !isLauncherUp
        isLauncherUp = true
        var seen: [String: ContainerReport] = [:]
        for report in reports {
            seen[report.container] = report
            guard byContainer[report.container] == nil else { continue }
            // Of a task that is long done, or of a preparation: nothing of ours runs on without a task.
            effects.append(report.end == nil ? .destroy(container: report.container) : .remove(container: report.container))
        }
        for handle in tasks.handles where tasks.contains(handle) {
            settle(handle, seen[tasks[handle].container], now, &effects)
        }
        if isFirst, link.state == .idle, !isStopping { dial(&effects) }
    }

    private mutating func settle(_ handle: Handle<AgentTask>, _ report: ContainerReport?, _ now: Moment, _ effects: inout [Effect]) {
        let container = tasks[handle].container
        switch (tasks[handle].phase, report) {
        case (.preparing, nil): break
        case (.preparing, _?), (.ended, nil): break
        case (.ended, let report?):
            effects.append(report.end == nil ? .destroy(container: container) : .remove(container: container))
        case (.launching, nil): effects.append(.launch(plan(handle).launch(info(handle))))
        case (.recovering, nil): settleUnseen(handle, now, &effects)
        case (.running, nil): exited(container, ContainerEnd(.lost), now, &effects)
        case (.running, let report?) where report.end == nil: resumeKill(handle, now, &effects)
        case (_, let report?):
            if let end = report.end {
                exited(container, end, now, &effects)
            } else {
                run(handle, pid: report.pid, started: report.started, now, &effects)
            }
        }
    }

    /// Stored, but never started before the agent ended. Specified by Mesos 1.11 docs/task-state-reasons.md (REASON_AGENT_RESTARTED).
    private mutating func settleUnseen(_ handle: Handle<AgentTask>, _ now: Moment, _ effects: inout [Effect]) {
        keepSandbox(handle, now, &effects)
        let isPartitionAware = frameworks[tasks[handle].framework].isPartitionAware
        if tasks[handle].pid != 0 {
            return end(handle, newsOfVanished(isPartitionAware), now, &effects)
        }
        let state: Mesos_V1_TaskState = isPartitionAware ? .taskDropped : .taskLost
        end(handle, News(agent: state, .agentRestarted, "Task launched during agent restart"), now, &effects)
    }

    private func newsOfVanished(_ isPartitionAware: Bool) -> News {
        News(agent: isPartitionAware ? .taskGone : .taskLost, .agentRestarted, "Nothing is left of the task's container")
    }

    /// What a launcher's predecessor may not have done.
    private mutating func resumeKill(_ handle: Handle<AgentTask>, _ now: Moment, _ effects: inout [Effect]) {
        guard let kill = tasks[handle].kill else { return }
        if kill.forceAt == nil {
            effects.append(.destroy(container: tasks[handle].container))
        } else if !kill.isSignalled {
            effects.append(.signal(container: tasks[handle].container, signal: Self.terminate))
        }
    }

    // MARK: The end

    /// A master wants this agent no more: it kills what it has and then begins anew, as an agent without an id.
    mutating func forgetIdentity(_ now: Moment, _ effects: inout [Effect]) {
        isForgetting = true
        link.state = .idle
        for handle in tasks.handles where tasks.contains(handle) { giveUp(handle, now, &effects) }
        finishIfEmpty(now, &effects)
    }

    mutating func stop(killsTasks: Bool, _ now: Moment, _ effects: inout [Effect]) {
        guard killsTasks else { return sayGoodbye(tasksStay: true, now, &effects) }
        isStopping = true
        for handle in tasks.handles where tasks.contains(handle) { kill(handle, .agentStops, grace: nil, now, &effects) }
        finishIfEmpty(now, &effects)
    }

    /// Whether a stop or a new beginning waited for this.
    mutating func finishIfEmpty(_ now: Moment, _ effects: inout [Effect]) {
        guard isStopping || isForgetting, !hasStopped else { return }
        var isBusy = false
        tasks.forEach { _, task in if task.phase != .ended { isBusy = true } }
        guard !isBusy else { return }
        if isStopping { return sayGoodbye(tasksStay: false, now, &effects) }
        guard tasks.isEmpty else { return }
        isForgetting = false
        agentID = nil
        drain = nil
        effects.append(.store([.remove(table: "agent", key: "id"), .remove(table: "agent", key: "drain")]))
        effects.append(.note(Note(.warning, "the agent begins anew, without its id")))
        dialLater(now)
    }

    private mutating func sayGoodbye(tasksStay: Bool, _ now: Moment, _ effects: inout [Effect]) {
        var goodbye = Agora_V1_AgentRecord.Goodbye()
        goodbye.tasksStay = tasksStay
        goodbye.reason = "the agent was told to stop"
        send(.goodbye(goodbye), &effects)
        link.state = .idle
        hasStopped = true
        tellStreams(now, &effects)
        effects.append(.stopped)
    }
}
