internal import AgoraAPI
internal import Machine
internal import MesosAPI
internal import SwiftProtobuf

// From the master's order to a running process.

extension Agent {
    mutating func launch(_ order: Agora_V1_Launch, _ now: Moment, _ effects: inout [Effect]) {
        let bytes = order.task.wireBytes
        guard let info = try? Mesos_V1_TaskInfo(serializedBytes: bytes) else {
            return refuse("launch", "the TaskInfo can't be read", &effects)
        }
        let name = TaskName(framework: order.frameworkID, task: info.taskID.value)
        guard byName[name] == nil else {
            return refuse("launch of task \(name.task)", "a task of this id is here already", &effects)
        }
        guard let framework = framework(order.frameworkID, order.frameworkInfo.wireBytes, &effects) else {
            return refuse("launch of task \(name.task)", "the framework's id or info can't be used", &effects)
        }
        take(info, bytes, of: framework, validate(info, bytes, of: framework), now, &effects)
    }

    /// Task groups need an executor that runs them side by side, which this agent doesn't have.
    mutating func launchGroup(_ order: Agora_V1_LaunchGroup, _ now: Moment, _ effects: inout [Effect]) {
        guard let group = try? Mesos_V1_TaskGroupInfo(serializedBytes: order.taskGroup.wireBytes),
            let framework = framework(order.frameworkID, order.frameworkInfo.wireBytes, &effects)
        else { return refuse("launchGroup", "the TaskGroupInfo or the framework can't be read", &effects) }
        let refusal = LaunchRefusal(state: .taskError, reason: .taskGroupInvalid, message: "Task groups are not supported by this agent")
        for info in group.tasks where byName[TaskName(framework: order.frameworkID, task: info.taskID.value)] == nil {
            take(info, info.bytes, of: framework, refusal, now, &effects)
        }
    }

    /// Puts a task into the books: to be prepared, or ended at once by a refusal.
    private mutating func take(
        _ info: Mesos_V1_TaskInfo, _ bytes: [UInt8], of framework: Handle<Framework>, _ refusal: LaunchRefusal?, _ now: Moment,
        _ effects: inout [Effect]
    ) {
        // What a stored value can't hold is not kept: then only the name and the refusal are.
        let kept = bytes.count > TaskValidation.greatestSize ? [] : bytes
        let handle = add(TaskPlan(info), kept, of: framework, container: random.uuidText(), phase: .preparing, &effects)
        if let refusal {
            tally.launchErrors += 1
            return report(handle, News(agent: refusal.state, refusal.reason, refusal.message), now, &effects)
        }
        effects.append(.prepare(plan(handle).preparation(info)))
    }

    mutating func add(
        _ plan: TaskPlan, _ info: [UInt8], of framework: Handle<Framework>, container: String, phase: AgentTask.Phase, _ effects: inout [Effect]
    ) -> Handle<AgentTask> {
        let handle = tasks.insert(AgentTask(framework: framework, plan: plan, container: container, info: info, phase: phase))
        byContainer[container] = handle
        byName[TaskName(framework: frameworks[framework].id, task: plan.taskID)] = handle
        frameworks[framework].taskCount += 1
        let saved = SavedTask(container: container, framework: frameworks[framework].id, taskID: plan.taskID, info: info)
        effects.append(.store([saved.change]))
        return handle
    }

    /// Whether a task may run now; whether it can at all is for `TaskValidation`.
    private func validate(_ info: Mesos_V1_TaskInfo, _ bytes: [UInt8], of framework: Handle<Framework>) -> LaunchRefusal? {
        let dropped: Mesos_V1_TaskState = frameworks[framework].isPartitionAware ? .taskDropped : .taskLost
        if info.agentID.value != agentID {
            return LaunchRefusal(
                state: dropped, reason: .agentUnknown, message: "Task is for agent \(info.agentID.value), and this is \(agentID ?? "none")")
        }
        if isStopping || isForgetting {
            return LaunchRefusal(state: dropped, reason: .agentDisconnected, message: "The agent is stopping")
        }
        if drain != nil { return LaunchRefusal(state: dropped, reason: .agentDraining, message: "The agent is draining") }
        if frameworks[framework].isTerminating {
            return LaunchRefusal(state: dropped, reason: .frameworkRemoved, message: "The framework is being shut down")
        }
        return TaskValidation.check(info, size: bytes.count)
    }

    func plan(_ handle: Handle<AgentTask>) -> ContainerPlan {
        ContainerPlan(
            rules: rules, abilities: abilities, agentID: agentID ?? "", framework: frameworks[tasks[handle].framework],
            container: tasks[handle].container)
    }

    func info(_ handle: Handle<AgentTask>) -> Mesos_V1_TaskInfo {
        // The bytes were read once when the task came.
        (try? Mesos_V1_TaskInfo(serializedBytes: tasks[handle].info, partial: true)) ?? Mesos_V1_TaskInfo()
    }

    // MARK: What the shell answers

    mutating func prepared(_ container: String, _ failure: String?, _ now: Moment, _ effects: inout [Effect]) {
        guard let handle = byContainer[container], tasks[handle].phase == .preparing else { return }
        if let failure {
            tally.launchErrors += 1
            keepSandbox(handle, now, &effects)
            return end(handle, News(agent: .taskFailed, .containerLaunchFailed, failure), now, &effects)
        }
        tasks[handle].phase = .launching
        report(handle, News(.taskStarting), now, &effects)
        if isLauncherUp { effects.append(.launch(plan(handle).launch(info(handle)))) }
    }

    mutating func launched(_ container: String, _ outcome: LaunchOutcome, _ now: Moment, _ effects: inout [Effect]) {
        guard let handle = byContainer[container], tasks[handle].phase == .launching else { return }
        switch outcome {
        case .unknown: break
        case .failed(let message):
            effects.append(.remove(container: container))
            keepSandbox(handle, now, &effects)
            endUnlaunched(handle, message, now, &effects)
        case .started(let pid, let started): run(handle, pid: pid, started: started, now, &effects)
        }
    }

    /// The program runs: say so, and start its clocks.
    mutating func run(_ handle: Handle<AgentTask>, pid: UInt32, started: Int64, _ now: Moment, _ effects: inout [Effect]) {
        tasks[handle].phase = .running
        tasks[handle].pid = pid
        tasks[handle].started = started > 0 ? started : now.wall
        if tasks[handle].state != .taskRunning, tasks[handle].kill == nil { report(handle, News(.taskRunning), now, &effects) }
        startClocks(handle, now)
        if tasks[handle].kill != nil { beginKill(handle, now, &effects) }
    }

    /// Checks, and the time limit; both count from the start of the task, also if the agent has come back only now.
    private mutating func startClocks(_ handle: Handle<AgentTask>, _ now: Moment) {
        let age = max(0, now.wall.saturatingAdd(-tasks[handle].started))
        let started = now.monotonic.saturatingAdd(-age)
        if let limit = tasks[handle].plan.maxCompletionTime {
            let time = max(now.monotonic, started.saturatingAdd(limit))
            tasks[handle].completionAt = time
            deadlines.add(time, .completion(handle))
        }
        let wasHealthy = tasks[handle].isHealthy
        tasks[handle].health?.start(at: now.monotonic, started: started, wasHealthy: wasHealthy)
        if var check = tasks[handle].check {
            check.schedule.start(at: now.monotonic, after: max(0, started.saturatingAdd(check.schedule.delay).saturatingAdd(-now.monotonic)))
            tasks[handle].check = check
        }
        for kind in Probe.Kind.allCases {
            if let time = time(of: .probe(handle, kind)) { deadlines.add(time, .probe(handle, kind)) }
        }
    }

    // MARK: Frameworks

    /// The framework of an order, put into the books or brought up to date.
    /// - Returns: nil if its id or info can't be used.
    mutating func framework(_ id: String, _ bytes: [UInt8], _ effects: inout [Effect]) -> Handle<Framework>? {
        if let handle = byFramework[id] {
            if frameworks[handle].info != bytes { replaceInfo(handle, bytes, &effects) }
            return handle
        }
        guard TaskValidation.isFolderName(id), bytes.count <= TaskValidation.greatestSize,
            let info = try? Mesos_V1_FrameworkInfo(serializedBytes: bytes, partial: true)
        else { return nil }
        var framework = Framework(id: id, info: info, bytes: bytes)
        if let index = completedFrameworks.firstIndex(where: { $0.id == id }) {
            framework.completed = completedFrameworks.remove(at: index).completed
        }
        let handle = frameworks.insert(framework)
        byFramework[id] = handle
        effects.append(.store([.put(table: "frameworks", key: id, value: bytes)]))
        return handle
    }

    /// A framework has changed, or come back: what was on its way to its former self when that went is sent again at once.
    mutating func update(_ order: Agora_V1_Framework, _ now: Moment, _ effects: inout [Effect]) {
        guard let framework = byFramework[order.frameworkID] else { return }
        replaceInfo(framework, order.info.wireBytes, &effects)
        for handle in tasks(of: framework) {
            perform(tasks[handle].stream.link(link.isUp, at: now.monotonic), handle, now, &effects)
        }
    }

    private mutating func replaceInfo(_ handle: Handle<Framework>, _ bytes: [UInt8], _ effects: inout [Effect]) {
        guard bytes.count <= TaskValidation.greatestSize, let info = try? Mesos_V1_FrameworkInfo(serializedBytes: bytes, partial: true) else {
            return refuse("framework", "the FrameworkInfo can't be read", &effects)
        }
        let fresh = Framework(id: frameworks[handle].id, info: info, bytes: bytes)
        frameworks[handle].info = bytes
        frameworks[handle].name = fresh.name
        frameworks[handle].user = fresh.user
        frameworks[handle].isPartitionAware = fresh.isPartitionAware
        frameworks[handle].wantsKilling = fresh.wantsKilling
        frameworks[handle].checkpoints = fresh.checkpoints
        effects.append(.store([.put(table: "frameworks", key: fresh.id, value: bytes)]))
    }
}
