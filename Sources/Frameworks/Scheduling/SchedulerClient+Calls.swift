public import MesosAPI

/// The calls of Mesos 1.11 docs/scheduler-http-api.md ("Calls"). None waits; each is dropped while there is no subscription.
extension SchedulerClient {
    /// Uses some resources of offers of one agent. What the operations leave over goes back.
    /// - Parameter refuseSeconds: for how long the rest is not to be offered again.
    @discardableResult
    public func accept(
        _ offers: [Mesos_V1_OfferID], _ operations: [Mesos_V1_Offer.Operation], refuseSeconds: Double? = nil
    ) -> Bool {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .accept
        call.accept.offerIds = offers
        call.accept.operations = operations
        if let refuseSeconds { call.accept.filters.refuseSeconds = refuseSeconds }
        return send(call)
    }

    /// Launches tasks on an offer.
    @discardableResult
    public func launch(_ tasks: [Mesos_V1_TaskInfo], on offer: Mesos_V1_OfferID, refuseSeconds: Double? = nil) -> Bool {
        var operation = Mesos_V1_Offer.Operation()
        operation.type = .launch
        operation.launch.taskInfos = tasks
        return accept([offer], [operation], refuseSeconds: refuseSeconds)
    }

    @discardableResult
    public func decline(_ offers: [Mesos_V1_OfferID], refuseSeconds: Double? = nil) -> Bool {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .decline
        call.decline.offerIds = offers
        if let refuseSeconds { call.decline.filters.refuseSeconds = refuseSeconds }
        return send(call)
    }

    /// Asks for offers again, in some roles or in all of the framework's.
    @discardableResult
    public func revive(roles: [String] = []) -> Bool {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .revive
        call.revive.roles = roles
        return send(call)
    }

    /// Asks for no offers until `revive`.
    @discardableResult
    public func suppress(roles: [String] = []) -> Bool {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .suppress
        call.suppress.roles = roles
        return send(call)
    }

    @discardableResult
    public func kill(_ task: Mesos_V1_TaskID, on agent: Mesos_V1_AgentID? = nil) -> Bool {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .kill
        call.kill.taskID = task
        if let agent { call.kill.agentID = agent }
        return send(call)
    }

    /// Says that an update has been dealt with. Updates that need no acknowledgement may be given too.
    @discardableResult
    public func acknowledge(_ status: Mesos_V1_TaskStatus) -> Bool {
        guard status.hasUuid, !status.uuid.isEmpty else { return true }
        var call = Mesos_V1_Scheduler_Call()
        call.type = .acknowledge
        call.acknowledge.agentID = status.agentID
        call.acknowledge.taskID = status.taskID
        call.acknowledge.uuid = status.uuid
        return send(call)
    }

    /// Asks for the states of some tasks, or of all of the framework's that the master knows.
    @discardableResult
    public func reconcile(_ tasks: [(task: Mesos_V1_TaskID, agent: Mesos_V1_AgentID?)] = []) -> Bool {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .reconcile
        call.reconcile.tasks = tasks.map { entry in
            var task = Mesos_V1_Scheduler_Call.Reconcile.Task()
            task.taskID = entry.task
            if let agent = entry.agent { task.agentID = agent }
            return task
        }
        return send(call)
    }

    /// Removes the framework with all of its tasks.
    @discardableResult
    public func teardown() -> Bool {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .teardown
        return send(call)
    }
}
