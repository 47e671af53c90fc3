internal import AgoraAPI
internal import Machine
internal import MesosAPI
internal import SwiftProtobuf

// Status updates: how they are made, stored, sent, acknowledged.

extension Agent {
    /// What a new update says beside the task's own data.
    struct News {
        var state: Mesos_V1_TaskState
        var source = Mesos_V1_TaskStatus.Source.executor
        var reason: Mesos_V1_TaskStatus.Reason?
        var message: String?
        var limitation: Mesos_V1_TaskResourceLimitation?

        init(_ state: Mesos_V1_TaskState, _ reason: Mesos_V1_TaskStatus.Reason? = nil, _ message: String? = nil) {
            (self.state, self.reason, self.message) = (state, reason, message)
        }

        init(agent state: Mesos_V1_TaskState, _ reason: Mesos_V1_TaskStatus.Reason, _ message: String) {
            self.init(state, reason, message)
            source = .agent
        }
    }

    mutating func report(_ handle: Handle<AgentTask>, _ news: News, _ now: Moment, _ effects: inout [Effect]) {
        let uuid = random.uuid()
        var status = Mesos_V1_TaskStatus()
        status.taskID.value = tasks[handle].id
        status.state = news.state
        status.uuid = .init(wire: uuid)
        status.timestamp = now.seconds
        status.source = news.source
        if let agentID { status.agentID.value = agentID }
        if let reason = news.reason { status.reason = reason }
        if let message = news.message { status.message = message }
        if let limitation = news.limitation { status.limitation = limitation }
        if !tasks[handle].isGhost {
            status.executorID.value = tasks[handle].id
            status.containerStatus = containerStatus(handle)
            if let isHealthy = tasks[handle].isHealthy { status.healthy = isHealthy }
            if let check = tasks[handle].check { status.checkStatus = Self.checkStatus(check) }
        }
        if news.state.isTerminal {
            tasks[handle].phase = .ended
            tasks[handle].kill?.forceAt = nil
            tasks[handle].completionAt = nil
            tasks[handle].health?.schedule.stop()
            tasks[handle].check?.schedule.stop()
            tally.ended[min(15, news.state.rawValue)] += 1
        }
        let update = Update(uuid: uuid, state: news.state, status: status.bytes)
        perform(tasks[handle].stream.add(update, isLinked: link.isUp, at: now.monotonic), handle, now, &effects)
    }

    private func containerStatus(_ handle: Handle<AgentTask>) -> Mesos_V1_ContainerStatus {
        var status = Mesos_V1_ContainerStatus()
        status.containerID.value = tasks[handle].container
        if tasks[handle].pid != 0 { status.executorPid = tasks[handle].pid }
        var address = Mesos_V1_NetworkInfo.IPAddress()
        address.protocol = rules.ip.contains(":") ? .ipv6 : .ipv4
        address.ipAddress = rules.ip
        var network = Mesos_V1_NetworkInfo()
        network.ipAddresses = [address]
        status.networkInfos = [network]
        return status
    }

    /// Without a result yet, an empty message of the right kind. Specified by Mesos 1.11 docs/health-checks.md.
    static func checkStatus(_ check: CheckMonitor) -> Mesos_V1_CheckStatusInfo {
        var status = Mesos_V1_CheckStatusInfo()
        status.type = check.kind.type
        switch check.kind {
        case .command: status.command = .init()
        case .http: status.http = .init()
        case .tcp: status.tcp = .init()
        }
        switch check.last {
        case .exitCode(let code): status.command.exitCode = code
        case .statusCode(let code): status.http.statusCode = code
        case .succeeded(let isFine): status.tcp.succeeded = isFine
        case nil: break
        }
        return status
    }

    /// Carries out what a task's stream says.
    mutating func perform(_ orders: [UpdateStream.Effect], _ handle: Handle<AgentTask>, _ now: Moment, _ effects: inout [Effect]) {
        for order in orders {
            switch order {
            case .changed: effects.append(.store([SavedStream.change(tasks[handle])]))
            case .forward(let update): send(forward(update, handle), &effects)
            case .retry(let time): deadlines.add(time, .retry(handle))
            case .ended: forget(handle, now, &effects)
            case .refuse(.unexpectedAcknowledgement): tally.invalidAcknowledgements += 1
            case .refuse(.updateAfterTerminal):
                effects.append(.note(Note(.warning, "an update after the last one is dropped", ("task", tasks[handle].id))))
            }
        }
    }

    private func forward(_ update: Update, _ handle: Handle<AgentTask>) -> Agora_V1_AgentRecord.OneOf_Record {
        var record = Agora_V1_StatusUpdate()
        record.frameworkID = frameworks[tasks[handle].framework].id
        record.taskID = tasks[handle].id
        record.status = .init(wire: update.status)
        record.latestState = tasks[handle].state
        return .update(record)
    }

    mutating func acknowledge(_ order: Agora_V1_Acknowledge, _ now: Moment, _ effects: inout [Effect]) {
        guard let handle = byName[TaskName(framework: order.frameworkID, task: order.taskID)] else {
            tally.invalidAcknowledgements += 1
            return
        }
        perform(tasks[handle].stream.acknowledge(order.uuid.wireBytes, isLinked: link.isUp, at: now.monotonic), handle, now, &effects)
    }

    /// Takes a task out of the books; nothing of it may run any more.
    mutating func forget(_ handle: Handle<AgentTask>, _ now: Moment, _ effects: inout [Effect]) {
        guard let task = tasks.remove(handle) else { return }
        precondition(task.phase == .ended, "only a task that has ended is forgotten")
        let framework = task.framework
        byContainer[task.container] = nil
        byName[TaskName(framework: frameworks[framework].id, task: task.id)] = nil
        var changes: [Change] = [.remove(table: "tasks", key: task.container), .remove(table: "streams", key: task.container)]
        frameworks[framework].taskCount -= 1
        if !task.isGhost {
            if frameworks[framework].completed.count >= Self.completedTaskLimit { frameworks[framework].completed.removeFirst() }
            frameworks[framework].completed.append(
                CompletedTask(
                    taskID: task.id, container: task.container, info: task.info, status: task.stream.latest?.status ?? [], state: task.state))
        }
        if frameworks[framework].taskCount == 0 {
            changes.append(.remove(table: "frameworks", key: frameworks[framework].id))
            retire(framework)
        }
        effects.append(.store(changes))
        finishIfEmpty(now, &effects)
    }

    /// A framework without tasks is only remembered.
    private mutating func retire(_ handle: Handle<Framework>) {
        guard let framework = frameworks.remove(handle) else { return }
        byFramework[framework.id] = nil
        completedFrameworks.removeAll { $0.id == framework.id }
        if completedFrameworks.count >= Self.completedFrameworkLimit { completedFrameworks.removeFirst() }
        completedFrameworks.append(framework)
    }
}
