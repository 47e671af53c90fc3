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
        case .executorExited(let frameworkID, let executorID, let status):
            metrics.executorExits += 1
            executorExited(agent, frameworkID, executorID, status)
        case .message(let frameworkID, let executorID, let data):
            metrics.executorMessages += 1
            guard let framework = frameworksByID[frameworkID] else {
                metrics.invalidExecutorMessages += 1
                return
            }
            noteExecutor(executorID, of: framework, on: agent)
            tell(framework, .message(agentID: agents[agent].id, executorID: executorID, data: data))
        case .changed(let resources, let checkpointed, let version):
            metrics.agentChanges += 1
            changed(agent, resources, checkpointed, version)
        case .goodbye(let tasksStay, let reason):
            metrics.agentGoodbyes += tasksStay ? 0 : 1
            log(.notice, "agent says goodbye", ["agent": agents[agent].id, "reason": reason, "tasks stay": "\(tasksStay)"])
            if !tasksStay { removeAgent(agent, reason.isEmpty ? "the agent unregistered" : reason) }
        case .refused(let order, let reason):
            log(.warning, "agent refused an order", ["agent": agents[agent].id, "order": order, "reason": reason])
        case .operationUpdate:
            metrics.operationUpdates += 1
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
            let executorID = tasks[task].executorID
            note(update, task, isConnected: isConnected)
            if let executorID { noteExecutor(executorID, by: update, framework, agent) }
        }
        // While the framework is away, the agent keeps the update and sends it again.
        if isConnected { tell(framework, .update(.forwarded(update.status))) }
    }

    /// What reconciliation tells is the newest update, whether or not the framework was there to be told; only one without uuid, which
    /// nobody sends again, counts not as told while the framework is away.
    private mutating func note(_ update: StatusReport, _ task: Handle<TaskEntry>, isConnected: Bool) {
        let isCheck = update.reason == .taskCheckStatusUpdated || update.reason == .taskHealthCheckStatusUpdated
        let last = tasks[task].statuses.last?.state
        let isOver = last?.isTerminal == true
        if isConnected || !update.uuid.isEmpty {
            tasks[task].forwardedState = update.state
            tasks[task].forwardedUUID = update.uuid
        }
        enter(update.state, update.status, of: task, latest: update.latestState)
        if !isOver { metrics.count(update) }
        if !isOver, last != update.state || isCheck {
            let framework = frameworks[tasks[task].framework].id
            let status = Wire.dropping([StatusField.data], from: update.status)
            if isObserved { emit(.observe(.taskUpdated(frameworkID: framework, status: status, state: update.state))) }
        }
        // Nobody will acknowledge it.
        if isConnected, update.uuid.isEmpty, update.state.isTerminal { complete(task) }
    }

    /// Like `enter(_:_:of:)`, for an update that is older than what the agent knows already: resources are free once that is terminal.
    private mutating func enter(_ state: TaskState, _ status: [UInt8], of task: Handle<TaskEntry>, latest: TaskState) {
        enter(state, status, of: task)
        guard latest != state, !tasks[task].state.isTerminal else { return }
        let heldResources = tasks[task].holdsResources
        metrics.moved(from: tasks[task].state, to: latest)
        if latest.isTerminal { frameworks[tasks[task].framework].counts.count(end: latest) }
        tasks[task].state = latest
        if heldResources, !tasks[task].holdsResources { release(task) }
    }

    /// An executor is there as soon as it says something. One that the agent never started, since it refused all its tasks, holds nothing
    /// any more once the last of them is over; of one that did start the agent reports the exit.
    private mutating func noteExecutor(_ id: String, by update: StatusReport, _ framework: Handle<Framework>, _ agent: Handle<Agent>) {
        if update.source == .executor { return noteExecutor(id, of: framework, on: agent) }
        // A task that is killed before its executor has got it says nothing about the executor.
        guard update.state.isTerminal, update.state != .taskKilled,
            let executor = agents[agent].executors.first(where: { $0.framework == framework && $0.spec.id == id }), !executor.isKnown,
            !agents[agent].tasks.contains(where: {
                tasks[$0].framework == framework && tasks[$0].executorID == id && !tasks[$0].state.isTerminal
            })
        else { return }
        log(.info, "an executor was never started", ["framework": frameworks[framework].id, "executor": id, "agent": agents[agent].id])
        releaseExecutor(executor, on: agent)
    }

    mutating func noteExecutor(_ id: String, of framework: Handle<Framework>, on agent: Handle<Agent>) {
        guard let index = agents[agent].executors.firstIndex(where: { $0.framework == framework && $0.spec.id == id }) else { return }
        agents[agent].executors[index].isKnown = true
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
