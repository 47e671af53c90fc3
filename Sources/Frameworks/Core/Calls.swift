package import MesosAPI

/// The calls that schedulers make; the shell fills in the framework's id. Specified by Mesos 1.11 docs/scheduler-http-api.md.
package enum Calls {
    package static func launch(_ tasks: [Mesos_V1_TaskInfo], on offer: Mesos_V1_OfferID, refuseSeconds: Double) -> Mesos_V1_Scheduler_Call {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .accept
        call.accept.offerIds = [offer]
        var operation = Mesos_V1_Offer.Operation()
        operation.type = .launch
        operation.launch.taskInfos = tasks
        call.accept.operations = [operation]
        call.accept.filters.refuseSeconds = refuseSeconds
        return call
    }

    package static func decline(_ offers: [Mesos_V1_OfferID], refuseSeconds: Double) -> Mesos_V1_Scheduler_Call {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .decline
        call.decline.offerIds = offers
        call.decline.filters.refuseSeconds = refuseSeconds
        return call
    }

    package static func revive(_ role: String) -> Mesos_V1_Scheduler_Call {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .revive
        call.revive.roles = [role]
        return call
    }

    package static func suppress(_ role: String) -> Mesos_V1_Scheduler_Call {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .suppress
        call.suppress.roles = [role]
        return call
    }

    package static func kill(_ task: String, on agent: String?) -> Mesos_V1_Scheduler_Call {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .kill
        call.kill.taskID.value = task
        if let agent { call.kill.agentID.value = agent }
        return call
    }

    /// nil: this status needs no acknowledgement.
    package static func acknowledge(_ status: Mesos_V1_TaskStatus) -> Mesos_V1_Scheduler_Call? {
        guard status.hasUuid, !status.uuid.isEmpty else { return nil }
        var call = Mesos_V1_Scheduler_Call()
        call.type = .acknowledge
        call.acknowledge.agentID = status.agentID
        call.acknowledge.taskID = status.taskID
        call.acknowledge.uuid = status.uuid
        return call
    }

    /// - Parameter tasks: none: of all tasks that the master knows.
    package static func reconcile(_ tasks: [(task: String, agent: String?)]) -> Mesos_V1_Scheduler_Call {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .reconcile
        call.reconcile.tasks = tasks.map { entry in
            var task = Mesos_V1_Scheduler_Call.Reconcile.Task()
            task.taskID.value = entry.task
            if let agent = entry.agent { task.agentID.value = agent }
            return task
        }
        return call
    }

    package static func update(_ framework: Mesos_V1_FrameworkInfo, suppressedRoles: [String]) -> Mesos_V1_Scheduler_Call {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .updateFramework
        call.updateFramework.frameworkInfo = framework
        call.updateFramework.suppressedRoles = suppressedRoles
        return call
    }
}
