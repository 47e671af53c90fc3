import Machine
package import Resources

extension Allocator {
    /// Why a framework has or hasn't been offered things, role by role.
    package struct Explanation: Hashable, Sendable {
        package let role: String
        package let isSubscribed: Bool
        package let isSuppressed: Bool
        /// The place in its role's order, from 0; nil while it takes no part.
        package let place: Int?
        /// A fraction of 1.
        package let dominantShare: Double
        package let held: Quantities
        /// How often each reason has applied since the framework registered.
        package let counts: RefusalCounts
        /// How many agents each reason would apply to now; the agents that would be offered aren't among them.
        package let now: RefusalCounts
        package let offerableAgents: Int
    }

    /// Looks at all agents, so it takes a while in a big cluster: some 0.1 µs for each.
    package func explain(_ framework: Int32, at now: Int64) -> [Explanation] {
        frameworks[Int(framework)].clients.map { client in
            let entry = clients[client]
            var reasons = RefusalCounts()
            var offerable = 0
            for index in agents.indices where agents[index].key != nil {
                if let refusal = refusal(of: client, agent: Int32(index), at: now) { reasons.count(refusal) } else { offerable += 1 }
            }
            return Explanation(
                role: entry.path, isSubscribed: entry.isSubscribed, isSuppressed: entry.isSuppressed,
                place: entry.rank.flatMap { rank in roles[entry.role].clients.firstIndex(of: rank) },
                dominantShare: Double(dominantShare(entry.tally.amounts)) / Double(Share.one), held: entry.tally.amounts,
                counts: entry.refusals, now: reasons, offerableAgents: offerable)
        }
    }

    /// Why what is free on an agent is not for the framework in a role; nil if it is.
    func refusal(of client: Handle<Client>, agent: Int32, at now: Int64) -> OfferRefusal? {
        let entry = clients[client]
        if !frameworks[Int(entry.framework)].isActive || !entry.isSubscribed { return .frameworkInactive }
        if entry.isSuppressed { return .suppressed }
        if !agents[Int(agent)].isActive { return .agentInactive }
        let usable = Usable(agents[Int(agent)].free.allocatable(to: entry.path), settings)
        if usable.resources.isEmpty { return .nothingFree }
        if case .failure(let refusal) = offerable(usable, to: clients[client], agent, now) { return refusal }
        return nil
    }

    /// Whether any of these frameworks would be offered these resources of an agent if they were free.
    package func isWanted(_ resources: Resources, agent: Int32, by candidates: [FrameworkKey], at now: Int64) -> Bool {
        guard agents[Int(agent)].isActive else { return false }
        for framework in candidates {
            for client in frameworks[Int(framework.index)].clients where clients[client].rank != nil {
                let usable = Usable(resources.allocatable(to: clients[client].path), settings)
                if !usable.resources.isEmpty, case .success = offerable(usable, to: clients[client], agent, now) { return true }
            }
        }
        return false
    }
}
