import Machine
import MesosAPI
import OrderedCollections
import Resources

/// What becomes of tasks: kills, acknowledgements, reconciliation, ends.
extension Kernel {
    mutating func kill(_ framework: Handle<Framework>, _ taskID: String, _ agentID: String?, _ grace: Int64?) {
        metrics.kills += 1
        guard let task = task(framework, taskID), let agent = tasks[task].agent else {
            return reconcile(framework, [SchedulerCall.Reference(id: taskID, agentID: agentID)])
        }
        if let agentID, agentID != tasks[task].agentID {
            return log(.warning, "KILL dropped: the task is on another agent", ["framework": frameworks[framework].id, "task": taskID])
        }
        tasks[task].isKilled = true
        order(agent, .kill(frameworkID: frameworks[framework].id, taskID: taskID, grace: grace))
    }

    mutating func acknowledge(_ framework: Handle<Framework>, _ agentID: String, _ taskID: String, _ uuid: [UInt8]) {
        metrics.acknowledgements += 1
        // The agent sends the update again when it is back.
        guard let agent = agentsByID[agentID], agents[agent].link != nil, IDRefusal(taskID) == nil else {
            metrics.invalidAcknowledgements += 1
            return
        }
        order(agent, .acknowledge(frameworkID: frameworks[framework].id, taskID: taskID, uuid: uuid))
        guard let task = task(framework, taskID), tasks[task].agent == agent, tasks[task].forwardedUUID == uuid,
            tasks[task].forwardedState?.isTerminal == true
        else { return }
        complete(task)
    }

    /// The task has ended: enters the status that says so, and frees its resources.
    mutating func finish(_ task: Handle<TaskEntry>, _ status: MadeStatus) {
        guard !tasks[task].state.isTerminal else { return }
        let encoded = status.encoded
        enter(status.state, encoded, of: task)
        if isObserved { emit(.observe(.taskUpdated(frameworkID: frameworks[tasks[task].framework].id, status: encoded, state: status.state))) }
    }

    /// Enters a newer state in the books. After a terminal one, none counts any more.
    mutating func enter(_ state: TaskState, _ status: [UInt8], of task: Handle<TaskEntry>) {
        if let last = tasks[task].statuses.last, last.state.isTerminal { return }
        let old = tasks[task].state
        let record = TaskRecord(state: state, status: Wire.has(StatusField.data, status) ? Wire.dropping([StatusField.data], from: status) : status)
        if let last = tasks[task].statuses.last, last.state == state {
            tasks[task].statuses[tasks[task].statuses.count - 1] = record
        } else {
            tasks[task].statuses.append(record)
        }
        guard !old.isTerminal else { return }
        let heldResources = tasks[task].holdsResources
        tasks[task].state = state
        metrics.moved(from: old, to: state)
        if state.isTerminal { frameworks[tasks[task].framework].counts.count(end: state) }
        if heldResources, !tasks[task].holdsResources { release(task) }
    }

    /// Frees the resources of a task in the allocator's books.
    mutating func release(_ task: Handle<TaskEntry>) {
        guard let agent = tasks[task].agent else { preconditionFailure("a task holds resources of no agent") }
        allocator.release(tasks[task].framework.index, role: tasks[task].role, agent: agent.index, resources: tasks[task].resources)
    }

    /// Nothing more is to come for the task: it moves to the list of completed ones.
    mutating func complete(_ task: Handle<TaskEntry>) {
        let framework = tasks[task].framework
        if tasks[task].holdsResources { release(task) }
        leaveAgent(task)
        switch tasks[task].place {
        case .active: tasks.take(task, from: &frameworks[framework].tasks)
        case .unreachable: tasks.take(task, from: &frameworks[framework].unreachable)
        case .completed: return
        }
        tasks[task].place = .completed
        metrics.left(tasks[task].state)
        tasksByID[TaskKey(framework: framework, id: tasks[task].id)] = nil
        tasks.append(task, to: &frameworks[framework].completed)
        while frameworks[framework].completed.count > settings.completedTasksPerFramework, let oldest = frameworks[framework].completed.first {
            tasks.take(oldest, from: &frameworks[framework].completed)
            tasks.remove(oldest)
        }
    }

    mutating func leaveAgent(_ task: Handle<TaskEntry>) {
        if let agent = tasks[task].agent { agents[agent].tasks.removeAll { $0 == task } }
        tasks[task].agent = nil
    }

    // MARK: Reconciliation

    mutating func reconcile(_ framework: Handle<Framework>, _ references: [SchedulerCall.Reference]) {
        metrics.reconciliations += 1
        if references.isEmpty {
            for task in tasks.handles(in: frameworks[framework].tasks) {
                tell(framework, .update(.made(latestStatus(of: task))))
            }
            return
        }
        for reference in references {
            if let task = task(framework, reference.id), tasks[task].place == .active {
                tell(framework, .update(.made(latestStatus(of: task))))
            } else if let status = statusOfUnknown(reference, framework) {
                tell(framework, .update(.made(status)))
            }
        }
    }

    private func latestStatus(of task: Handle<TaskEntry>) -> MadeStatus {
        let entry = tasks[task]
        let last = entry.statuses.last?.status ?? []
        let details = Wire.fields([StatusField.healthy, StatusField.checkStatus, StatusField.containerStatus], of: last)
        return MadeStatus(
            taskID: entry.id, agentID: entry.agentID, executorID: entry.executorID ?? Wire.id(StatusField.executorID, of: last),
            state: entry.forwardedState ?? entry.state,
            reason: .reconciliation, message: "Reconciliation: Latest task state", time: now.wall, details: details)
    }

    /// What is to be said of a task that no registered agent is known to have; nil: nothing yet, since its agent may still come back.
    private func statusOfUnknown(_ reference: SchedulerCall.Reference, _ framework: Handle<Framework>) -> MadeStatus? {
        var status = MadeStatus(
            taskID: reference.id, agentID: reference.agentID, state: .taskUnknown, reason: .reconciliation, message: "", time: now.wall)
        // A task that was marked unreachable is where it was, whatever the framework says.
        if let task = task(framework, reference.id), tasks[task].place == .unreachable { status.agentID = tasks[task].agentID }
        if let agentID = status.agentID {
            if let agent = agentsByID[agentID] {
                if agents[agent].isRecovered { return nil }
                status.state = lost(framework, as: .taskGone)
                status.message = "Reconciliation: Task is unknown to the agent"
                return status
            }
            switch lostAgents[agentID] {
            case let entry? where entry.state == .unreachable:
                status.state = lost(framework, as: .taskUnreachable)
                status.message = "Reconciliation: Task is unreachable"
                status.unreachableTime = entry.since
                return status
            case .some:
                status.state = lost(framework, as: .taskGoneByOperator)
                status.message = "Reconciliation: Task is gone"
                return status
            case nil: break
            }
        } else if agents.handles.contains(where: { agents[$0].isRecovered }) {
            return nil
        }
        status.state = lost(framework, as: .taskUnknown)
        status.message = "Reconciliation: Task is unknown"
        return status
    }

    /// No operation is known, so each is what its agent is.
    mutating func reconcileOperations(_ framework: Handle<Framework>, _ references: [SchedulerCall.Reference]) {
        metrics.operationReconciliations += 1
        for reference in references {
            let (state, message): (Mesos_V1_OperationState, String)
            if let agentID = reference.agentID, let agent = agentsByID[agentID], agents[agent].isRecovered {
                (state, message) = (.operationRecovering, "Reconciliation: Agent is recovering")
            } else if let agentID = reference.agentID, let entry = lostAgents[agentID] {
                (state, message) =
                    entry.state == .unreachable
                    ? (.operationUnreachable, "Reconciliation: Agent is unreachable") : (.operationGoneByOperator, "Reconciliation: Agent is gone")
            } else {
                (state, message) = (.operationUnknown, "Reconciliation: Operation is unknown")
            }
            let view = OperationView(operationID: reference.id, state: state, message: message, agentID: reference.agentID)
            tell(framework, .operationUpdate(view))
        }
    }
}
