import Machine
import MesosAPI
import Resources

/// Bringing the books together with what an agent says it runs, when it comes or comes back.
extension Kernel {
    /// - Parameter wasGivenUp: the agent was unreachable, or nobody knew that it was there, so that frameworks believe its tasks lost.
    /// - Returns: the tasks that should be there and aren't, for the agent to say what became of them.
    mutating func reconcile(_ agent: Handle<Agent>, with subscription: AgentSubscription, wasGivenUp: Bool) -> [UnknownTask] {
        adoptFrameworks(of: subscription, agent)
        reconcileExecutors(of: agent, subscription)
        var reported: Set<TaskKey> = []
        for report in subscription.tasks {
            guard let framework = living(report.frameworkID) else { continue }
            if let known = task(framework, report.spec.id), let other = tasks[known].agent, other != agent {
                log(.warning, "two agents have a task of the same id", ["task": report.spec.id, "agent": agents[agent].id])
                continue
            }
            guard reported.insert(TaskKey(framework: framework, id: report.spec.id)).inserted else { continue }
            adopt(report, framework, agent, wasGivenUp: wasGivenUp)
        }
        return agents[agent].tasks.compactMap { handle in
            let task = tasks[handle]
            guard !reported.contains(TaskKey(framework: task.framework, id: task.id)) else { return nil }
            let framework = frameworks[task.framework]
            return UnknownTask(frameworkID: framework.id, taskID: task.id, isPartitionAware: framework.spec.has(.partitionAware))
        }
    }

    private func living(_ id: String) -> Handle<Framework>? {
        frameworksByID[id].flatMap { frameworks[$0].isCompleted ? nil : $0 }
    }

    /// Frameworks that this master has never heard of run on; those that are over are ended.
    private mutating func adoptFrameworks(of subscription: AgentSubscription, _ agent: Handle<Agent>) {
        for spec in subscription.frameworks {
            guard let id = spec.id else { continue }
            if let known = frameworksByID[id] {
                if frameworks[known].isCompleted { order(agent, .shutdownFramework(frameworkID: id)) }
            } else if IDRefusal(id) == nil, spec.info.count <= FrameworkSpec.limit {
                let framework = add(spec, isRecovered: true)
                log(.notice, "framework recovered from an agent", ["framework": id, "agent": agents[agent].id])
                store(framework)
                if isObserved { emit(.observe(.frameworkAdded(view(framework)))) }
            }
        }
    }

    private mutating func reconcileExecutors(of agent: Handle<Agent>, _ subscription: AgentSubscription) {
        let reported = subscription.executors
        for executor in agents[agent].executors {
            let id = frameworks[executor.framework].id
            if !reported.contains(where: { $0.frameworkID == id && $0.spec.id == executor.spec.id }) { releaseExecutor(executor, on: agent) }
        }
        for report in reported {
            if let framework = living(report.frameworkID) { noteExecutor(report.spec.id, of: framework, on: agent) }
            guard let framework = living(report.frameworkID), !hasExecutor(report.spec.id, framework, agent) else { continue }
            let role = report.spec.role ?? frameworks[framework].spec.roles.first ?? Role.unreserved
            agents[agent].executors.append(
                Executor(framework: framework, spec: report.spec, role: role, containerID: report.containerID, isKnown: true))
            allocator.hold(framework.index, role: role, agent: agent.index, resources: report.spec.resources)
        }
    }

    private mutating func adopt(
        _ report: AgentSubscription.ReportedTask, _ framework: Handle<Framework>, _ agent: Handle<Agent>, wasGivenUp: Bool
    ) {
        let status = report.status ?? []
        guard let known = task(framework, report.spec.id) else {
            let role = report.spec.role ?? frameworks[framework].spec.roles.first ?? Role.unreserved
            let executorID = report.executorID ?? report.spec.executor?.id
            let task = enter(report.spec, report.spec.info, framework, agent, role, executorID: executorID, state: report.state)
            if !status.isEmpty { tasks[task].statuses = [TaskRecord(state: report.state, status: Wire.dropping([StatusField.data], from: status))] }
            tasks[task].forwardedState = report.acknowledgedState
            if tasks[task].holdsResources { hold(task) }
            if isObserved { emit(.observe(.taskAdded(view(task)))) }
            // An earlier master has told the framework that the task is unreachable, and may have been the only one to know.
            if wasGivenUp, tasks[task].holdsResources { tellReturn(of: task, status) }
            return
        }
        if tasks[known].place == .unreachable {
            comeBack(known, framework, agent, report)
        } else if !status.isEmpty {
            enter(report.state, status, of: known)
        }
    }

    /// A task whose agent was unreachable runs, after all.
    private mutating func comeBack(
        _ task: Handle<TaskEntry>, _ framework: Handle<Framework>, _ agent: Handle<Agent>, _ report: AgentSubscription.ReportedTask
    ) {
        tasks.take(task, from: &frameworks[framework].unreachable)
        tasks.append(task, to: &frameworks[framework].tasks)
        agents[agent].tasks.append(task)
        tasks[task].agent = agent
        tasks[task].place = .active
        metrics.moved(from: tasks[task].state, to: report.state)
        tasks[task].state = report.state
        if tasks[task].holdsResources { hold(task) }
        tellReturn(of: task, report.status ?? [])
    }

    /// Tells the framework that the task is where it was. - Parameter last: the newest status that the agent knows.
    private mutating func tellReturn(of task: Handle<TaskEntry>, _ last: [UInt8]) {
        let framework = tasks[task].framework
        let details = Wire.fields([StatusField.healthy, StatusField.checkStatus, StatusField.containerStatus], of: last)
        let status = MadeStatus(
            taskID: tasks[task].id, agentID: tasks[task].agentID, executorID: tasks[task].executorID, state: tasks[task].state,
            reason: .agentReregistered, message: "Unreachable agent re-reregistered", time: now.wall, details: details)
        let record = TaskRecord(state: status.state, status: status.encoded)
        tasks[task].statuses.append(record)
        tell(framework, .update(.made(status)))
        if isObserved { emit(.observe(.taskUpdated(frameworkID: frameworks[framework].id, status: record.status, state: record.state))) }
    }

    private mutating func hold(_ task: Handle<TaskEntry>) {
        guard let agent = tasks[task].agent else { return }
        allocator.hold(tasks[task].framework.index, role: tasks[task].role, agent: agent.index, resources: tasks[task].resources)
    }

    // MARK: Executors

    mutating func releaseExecutors(of framework: Handle<Framework>, on agent: Handle<Agent>) {
        for executor in agents[agent].executors where executor.framework == framework { releaseExecutor(executor, on: agent) }
    }

    mutating func releaseExecutor(_ executor: Executor, on agent: Handle<Agent>) {
        agents[agent].executors.removeAll { $0.framework == executor.framework && $0.spec.id == executor.spec.id }
        allocator.release(executor.framework.index, role: executor.role, agent: agent.index, resources: executor.spec.resources)
    }
}
