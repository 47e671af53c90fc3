import Machine
import MesosAPI
import Resources

/// What agents report while they are connected.
extension Kernel {
    mutating func take(_ report: AgentReport, _ link: UInt64) {
        // What a connection said that was replaced meanwhile no longer counts.
        guard let agent = links[link] else { return }
        switch report.content {
        case .update(let update): take(update, agent)
        case .executorExited(let frameworkID, let executorID, let status): executorExited(agent, frameworkID, executorID, status)
        case .message(let frameworkID, let executorID, let data):
            metrics.executorMessages += 1
            guard let framework = frameworksByID[frameworkID] else { return }
            tell(framework, .message(agentID: agents[agent].id, executorID: executorID, data: data))
        case .changed(let resources, let checkpointed, let version): changed(agent, resources, checkpointed, version)
        case .goodbye(let tasksStay, let reason):
            log(.notice, "agent says goodbye", ["agent": agents[agent].id, "reason": reason, "tasks stay": "\(tasksStay)"])
            if !tasksStay { removeAgent(agent, reason.isEmpty ? "the agent unregistered" : reason) }
        case .refused(let order, let reason):
            log(.warning, "agent refused an order", ["agent": agents[agent].id, "order": order, "reason": reason])
        case .operationUpdate:
            log(.warning, "update of an operation that is not known", ["agent": agents[agent].id])
        }
    }

    private mutating func take(_ update: StatusReport, _ agent: Handle<Agent>) {
        guard let framework = frameworksByID[update.frameworkID], !frameworks[framework].isCompleted else {
            metrics.invalidUpdates += 1
            return log(.info, "update of an unknown framework dropped", ["framework": update.frameworkID, "task": update.taskID])
        }
        metrics.validUpdates += 1
        let isConnected = frameworks[framework].isConnected
        if let task = task(framework, update.taskID), tasks[task].agent == agent {
            note(update, task, isForwarded: isConnected)
        }
        // While the framework is away, the agent keeps the update and sends it again.
        if isConnected { tell(framework, .update(.forwarded(update.status))) }
    }

    private mutating func note(_ update: StatusReport, _ task: Handle<TaskEntry>, isForwarded: Bool) {
        let isCheck = update.reason == .taskCheckStatusUpdated || update.reason == .taskHealthCheckStatusUpdated
        let isNews = tasks[task].statuses.last?.state != update.state
        if isForwarded {
            tasks[task].forwardedState = update.state
            tasks[task].forwardedUUID = update.uuid
        }
        enter(update.state, update.status, of: task, latest: update.latestState)
        metrics.count(update)
        if isNews || isCheck {
            let framework = frameworks[tasks[task].framework].id
            let status = Wire.dropping([StatusField.data], from: update.status)
            if isObserved { emit(.observe(.taskUpdated(frameworkID: framework, status: status, state: update.state))) }
        }
        // Nobody will acknowledge it.
        if isForwarded, update.uuid.isEmpty, update.state.isTerminal { complete(task) }
    }

    /// Like `enter(_:_:of:)`, for an update that is older than what the agent knows already: resources are free once that is terminal.
    private mutating func enter(_ state: TaskState, _ status: [UInt8], of task: Handle<TaskEntry>, latest: TaskState) {
        enter(state, status, of: task)
        guard latest != state, !tasks[task].state.isTerminal else { return }
        let heldResources = tasks[task].holdsResources
        metrics.moved(from: tasks[task].state, to: latest)
        tasks[task].state = latest
        if heldResources, !tasks[task].holdsResources { release(task) }
    }

    private mutating func executorExited(_ agent: Handle<Agent>, _ frameworkID: String, _ executorID: String, _ status: Int32) {
        guard let framework = frameworksByID[frameworkID],
            let executor = agents[agent].executors.first(where: { $0.framework == framework && $0.spec.id == executorID })
        else { return }
        releaseExecutor(executor, on: agent)
        tell(framework, .failure(agentID: agents[agent].id, executorID: executorID, status: status))
    }

    private mutating func changed(_ agent: Handle<Agent>, _ resources: Resources?, _ checkpointed: Resources?, _ version: UInt64?) {
        if let version, version < agents[agent].resourcesVersion { return }
        if let checkpointed { agents[agent].checkpointed = checkpointed }
        if let version { agents[agent].resourcesVersion = version }
        if let resources { agents[agent].base = resources }
        agents[agent].total = agents[agent].base.applying(checkpointed: agents[agent].checkpointed)
        rescindOffers(of: agent)
        allocator.updateAgent(agent.index, total: agents[agent].total)
        log(.info, "agent's resources changed", ["agent": agents[agent].id, "resources": "\(agents[agent].total)"])
    }
}
