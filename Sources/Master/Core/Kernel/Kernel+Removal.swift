import Machine

/// Giving up agents that have been away for too long, no more of them in a time than is allowed: a fault of the network, or of the master
/// itself, then takes only some of the cluster's tasks away before somebody sees to it.
///
/// Specified by Mesos 1.11 docs/configuration/master.md (`--agent_removal_rate_limit`): the first one goes at once, each further one after
/// a pause, in the order in which their times ran out; who comes back before its turn has lost nothing.
extension Kernel {
    mutating func agentTimeout(_ agent: Handle<Agent>) {
        guard agents.contains(agent), let until = agents[agent].deadline, until <= now.monotonic, !agents[agent].isOverdue else { return }
        metrics.removalsScheduled += 1
        agents[agent].isOverdue = true
        overdue.append(agent)
        if overdue.count > 1 || nextRemoval > now.monotonic {
            log(.warning, "agent waits to be given up", ["agent": agents[agent].id, "before it": "\(overdue.count - 1)"])
        }
        removeOverdue()
    }

    mutating func removeOverdue() {
        while let agent = overdue.first {
            guard nextRemoval <= now.monotonic else {
                if removalSetFor != nextRemoval { deadlines.insert(.removal, at: nextRemoval) }
                removalSetFor = nextRemoval
                return
            }
            overdue.removeFirst()
            agents[agent].isOverdue = false
            if settings.agentRemovalPause > 0 { nextRemoval = now.monotonic.saturatingAdd(settings.agentRemovalPause) }
            loseAgent(agent)
        }
    }

    /// It is there again, has got more time, or is removed for another reason.
    mutating func cancelRemoval(of agent: Handle<Agent>) {
        guard agents[agent].isOverdue else { return }
        metrics.removalsCanceled += 1
        agents[agent].isOverdue = false
        overdue.removeAll { $0 == agent }
    }
}
