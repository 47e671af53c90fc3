internal import AgoraAPI
internal import Machine
internal import MesosAPI
internal import OrderedCollections
internal import Resources

// How tasks end, and what stays of them.

extension Agent {
    mutating func exited(_ container: String, _ end: ContainerEnd, _ now: Moment, _ effects: inout [Effect]) {
        // One that we don't know is a leftover; the launcher forgets it.
        guard let handle = byContainer[container], tasks[handle].phase != .ended, tasks[handle].phase != .preparing else {
            effects.append(.remove(container: container))
            return
        }
        keepSandbox(handle, now, &effects)
        if case .notLaunched(let message) = end.outcome {
            endUnlaunched(handle, message, now, &effects)
        } else {
            self.end(handle, news(handle, end), now, &effects)
        }
        effects.append(.remove(container: container))
    }

    /// The program could not be started.
    mutating func endUnlaunched(_ handle: Handle<AgentTask>, _ message: String, _ now: Moment, _ effects: inout [Effect]) {
        tally.launchErrors += 1
        if tasks[handle].kill != nil {
            return end(
                handle, News(agent: .taskKilled, .taskKilledDuringLaunch, "Killed before delivery to the executor"), now, &effects)
        }
        end(handle, News(agent: .taskFailed, .containerLaunchFailed, message), now, &effects)
    }

    /// The last update of a task, unless nobody wants it.
    mutating func end(_ handle: Handle<AgentTask>, _ news: News, _ now: Moment, _ effects: inout [Effect]) {
        if tasks[handle].kill?.reason == .frameworkGone {
            tasks[handle].phase = .ended
            tally.ended[min(15, news.state.rawValue)] += 1
            return forget(handle, now, &effects)
        }
        report(handle, news, now, &effects)
        finishIfEmpty(now, &effects)
    }

    /// What a framework is told about the end of its task. Specified by Mesos 1.11 docs/task-state-reasons.md.
    private mutating func news(_ handle: Handle<AgentTask>, _ end: ContainerEnd) -> News {
        if case .lost = end.outcome { return newsOfLoss(handle, end) }
        switch tasks[handle].kill?.reason {
        case .completionTime: return News(.taskFailed, .maxCompletionTimeReached, end.text)
        case .unhealthy:
            tasks[handle].isHealthy = false
            return News(.taskKilled, nil, end.text)
        case .draining: return News(.taskKilled, .agentDraining, end.text)
        case .order, .frameworkGone, .agentStops: return News(.taskKilled, nil, end.text)
        case nil: break
        }
        if end.isOutOfMemory { return newsOfMemory(handle, end) }
        if case .exited(0) = end.outcome { return News(.taskFinished, nil, end.text) }
        return News(.taskFailed, .commandExecutorFailed, end.text)
    }

    private func newsOfLoss(_ handle: Handle<AgentTask>, _ end: ContainerEnd) -> News {
        if tasks[handle].kill != nil { return News(agent: .taskKilled, .executorTerminated, end.text) }
        return News(agent: .taskFailed, .executorTerminated, end.text)
    }

    private func newsOfMemory(_ handle: Handle<AgentTask>, _ end: ContainerEnd) -> News {
        let limit = tasks[handle].plan.memory
        let peak = end.memoryPeak >> 20
        var news = News(
            agent: .taskFailed, .containerLimitationMemory,
            "Memory limit exceeded: Requested: \(limit)MB Maximum Used: \(peak > 0 ? "\(peak)" : "\(limit)")MB")
        var resource = Mesos_V1_Resource()
        resource.name = "mem"
        resource.type = .scalar
        resource.scalar.value = limit.double
        news.limitation = Mesos_V1_TaskResourceLimitation()
        news.limitation?.resources = [resource]
        return news
    }

    /// An ended task of which only the name is known.
    mutating func addGhost(_ task: String, of framework: Handle<Framework>, _ news: News, _ now: Moment, _ effects: inout [Effect]) {
        var info = Mesos_V1_TaskInfo()
        info.taskID.value = task
        let handle = add(TaskPlan(info), [], of: framework, container: random.uuidText(), phase: .preparing, &effects)
        report(handle, news, now, &effects)
    }

    /// The master believes in a task that isn't here.
    mutating func answerUnknown(_ task: Agora_V1_TaskReference, _ now: Moment, _ effects: inout [Effect]) {
        // Known: then its last update is already on its way again.
        guard byName[TaskName(framework: task.frameworkID, task: task.taskID)] == nil else { return }
        var info = Mesos_V1_FrameworkInfo()
        info.id.value = task.frameworkID
        if task.partitionAware {
            var capability = Mesos_V1_FrameworkInfo.Capability()
            capability.type = .partitionAware
            info.capabilities = [capability]
        }
        guard let framework = byFramework[task.frameworkID] ?? framework(task.frameworkID, info.bytes, &effects) else { return }
        let state: Mesos_V1_TaskState = task.partitionAware ? .taskDropped : .taskLost
        addGhost(task.taskID, of: framework, News(agent: state, .reconciliation, "Reconciliation: Task is unknown to the agent"), now, &effects)
    }

    // MARK: Sandboxes

    /// The task's folder is kept for a while for those who want to look.
    mutating func keepSandbox(_ handle: Handle<AgentTask>, _ now: Moment, _ effects: inout [Effect]) {
        guard !tasks[handle].isGhost, let agentID else { return }
        let task = tasks[handle].container
        let folder = ContainerPlan.sandbox(
            rules, agentID: agentID, framework: frameworks[tasks[handle].framework].id, executor: tasks[handle].id, container: task)
        let sandbox = SavedSandbox(folder: folder, ended: now.wall)
        sandboxes[task] = sandbox
        effects.append(.store([sandbox.change(task)]))
        deadlines.add(now.monotonic.saturatingAdd(rules.sandboxDelay), .sandbox(task))
    }

    mutating func prune(_ container: String, _ effects: inout [Effect]) {
        guard let sandbox = sandboxes[container] else { return }
        effects.append(.prune(container: container, folder: sandbox.folder))
    }

    mutating func pruned(_ container: String, _ effects: inout [Effect]) {
        guard sandboxes.removeValue(forKey: container) != nil else { return }
        tally.removedSandboxes += 1
        effects.append(.store([.remove(table: "sandboxes", key: container)]))
    }
}
