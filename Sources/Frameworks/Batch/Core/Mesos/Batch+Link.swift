import FrameworkCore
import Machine
import MesosAPI

/// The subscription, and what is asked for at its beginning.
extension Batch {
    /// What the scheduler says of itself to the master.
    private var frameworkInfo: Mesos_V1_FrameworkInfo {
        configuration.identity.info(
            id: link.frameworkID, roles: [configuration.identity.role], capabilities: [.multiRole, .partitionAware, .reservationRefinement])
    }

    /// Says what the next subscription is to be made with: nothing is wanted then until it is known what still runs.
    mutating func present() { output.effects.append(.present(frameworkInfo, suppressedRoles: [configuration.identity.role])) }

    /// Offers end with the subscription.
    mutating func disconnected() {
        link.isSubscribed = false
        openOffers.forget()
    }

    /// The master has removed the framework, with all of its tasks: somebody wanted that, or it was away for too long. Jobs don't end with it, so it
    /// begins anew under another id.
    mutating func removed() {
        disconnected()
        link.frameworkID = nil
        remove("framework", "id")
        for place in activeParts {
            guard let task = self[place].tasks.last else { continue }
            updated(.gone(task.id, on: task.agentID, "the master has removed the framework, and its tasks"))
        }
        present()
    }

    mutating func subscribed(frameworkID: String, master: String) {
        openOffers.forget()
        link.isSubscribed = true
        link.master = master
        link.isSuppressed = true
        if link.frameworkID != frameworkID {
            link.frameworkID = frameworkID
            put("framework", "id", Array(frameworkID.utf8))
            present()
        }
        link.reconcilePause = .second
        reconcile()
        let active = activeParts
        link.unknown = Set(active.compactMap { self[$0].tasks.last?.id })
        link.patienceEnds = now.monotonic.saturatingAdd(configuration.reconciliationPatience)
        if !link.unknown.isEmpty { timers.set(.patience, at: link.patienceEnds) }
        for place in active {
            if self[place].killAgainAt != nil { sendKill(place) }
            // What became of it may not have been heard for want of a master.
            if self[place].launchDeadline != nil { waitForStart(place) }
        }
    }

    /// A master that has just started can't tell of agents that are not back yet, and says nothing then. No due time gets a second run by that: what
    /// is
    /// unknown stays active until something is known.
    mutating func patienceEnded() {
        if now.monotonic >= link.patienceEnds { link.unknown = [] }
    }

    /// In the order of the jobs.
    private var activeParts: [Place] {
        (jobOrder.flatMap { jobs[$0].unfinished } + abandoned).filter { runs[$0].isActive }.flatMap { handle in
            runs[handle].parts.indices.filter { runs[handle].parts[$0].isActive }.map { Place(run: handle, index: $0) }
        }
    }

    /// Asks for the state of each task that may be somewhere, and for what else the master knows; again at doubling pauses up to the interval, since
    /// a
    /// master says nothing of agents that are not back yet. Specified by Mesos 1.11 docs/reconciliation.md ("Algorithm").
    private mutating func reconcile() {
        let pause = min(link.reconcilePause, max(.second, configuration.reconciliationInterval))
        link.reconcilePause = pause.saturatingAdd(pause)
        link.reconcileAt = now.monotonic.saturatingAdd(pause)
        timers.set(.reconciliation, at: link.reconcileAt)
        let tasks = activeParts.compactMap { self[$0].tasks.last }.map { (task: $0.id, agent: Optional($0.agentID)) }
        if !tasks.isEmpty { output.effects.append(.call(Calls.reconcile(tasks))) }
        output.effects.append(.call(Calls.reconcile([])))
    }

    mutating func reconcilePeriodically() {
        guard link.isSubscribed, now.monotonic >= link.reconcileAt else { return }
        reconcile()
    }
}
