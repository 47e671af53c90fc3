import FrameworkCore
import Machine
import MesosAPI

extension Services {
    /// What services say of themselves to the master.
    var frameworkInfo: Mesos_V1_FrameworkInfo {
        var capabilities: [Mesos_V1_FrameworkInfo.Capability.TypeEnum] = [.multiRole, .partitionAware, .regionAware, .reservationRefinement]
        if configuration.features.contains(.taskKilling) { capabilities.append(.taskKillingState) }
        if configuration.features.contains(.gpuResources) { capabilities.append(.gpuResources) }
        return configuration.identity.info(id: link.frameworkID, roles: link.roles, capabilities: capabilities)
    }

    mutating func subscribed(frameworkID: String, master: String, region: String?) {
        let isFirst = link.frameworkID == nil
        link.isSubscribed = true
        link.master = master
        link.region = region
        if link.frameworkID != frameworkID {
            link.frameworkID = frameworkID
            put("framework", "id", Array(frameworkID.utf8))
            present()
        }
        // The subscription was made with all roles suppressed.
        link.suppressed = link.roles
        emit(isFirst ? .schedulerRegistered(frameworkID: frameworkID, master: master) : .schedulerReregistered(master: master))
        link.reconcilePause = .second
        reconcile()
        for id in appIDs {
            guard let app = appHandles[id] else { continue }
            for handle in apps[app].instances where instances[handle].killAgainAt != nil { sendKill(handle) }
        }
    }

    mutating func disconnected() {
        guard link.isSubscribed else { return }
        link.isSubscribed = false
        emit(.schedulerDisconnected)
    }

    /// The master has removed the framework, with all of its tasks: somebody wanted that, or it was away for too long. Apps don't end with it, so it
    /// begins anew under another id.
    mutating func removed() {
        disconnected()
        link.frameworkID = nil
        remove("framework", "id")
        for id in appIDs {
            guard let app = appHandles[id] else { continue }
            for handle in apps[app].instances {
                guard let task = instances[handle].task, let agent = instances[handle].agent else { continue }
                updated(.gone(task.id.description, on: agent.id, "the master has removed the framework, and its tasks"))
            }
        }
        present()
    }

    /// Asks for the state of each task that may be somewhere, and for what else the master knows. A master that has just started can't answer for
    /// an agent that is not back yet, and says nothing then: so it is asked again, at doubling pauses up to the interval.
    /// Specified by Mesos 1.11 docs/reconciliation.md ("Algorithm").
    private mutating func reconcile() {
        let pause = min(link.reconcilePause, max(.second, configuration.reconciliationInterval))
        link.reconcilePause = pause.saturatingAdd(pause)
        link.reconcileAt = now.monotonic.saturatingAdd(pause)
        timers.set(.reconciliation, at: link.reconcileAt)
        var tasks: [(task: String, agent: String?)] = []
        for id in appIDs {
            guard let app = appHandles[id] else { continue }
            for handle in apps[app].instances {
                let instance = instances[handle]
                if let task = instance.task { tasks.append((task.id.description, instance.agent?.id)) }
            }
        }
        if !tasks.isEmpty { output.effects.append(.call(Calls.reconcile(tasks))) }
        output.effects.append(.call(Calls.reconcile([])))
    }

    mutating func reconcilePeriodically() {
        guard link.isSubscribed, now.monotonic >= link.reconcileAt else { return }
        reconcile()
    }
}
