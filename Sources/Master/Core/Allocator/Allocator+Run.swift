import Machine
import Resources

extension Allocator {
    /// Hands out what is free on the agents for which something may have changed, in the order in which that came about.
    /// What is granted is held from now on.
    package mutating func run(at now: Int64) -> [Grant] {
        var grants: [Grant] = []
        let agents = dirtyAgents
        dirtyAgents.removeAll(keepingCapacity: true)
        settleRanks()
        for agent in agents {
            self.agents[Int(agent)].isDirty = false
            guard self.agents[Int(agent)].key != nil, self.agents[Int(agent)].isActive else { continue }
            var rest = self.agents[Int(agent)].free
            guard !rest.isEmpty else { continue }
            let before = grants.count
            visit(root, agent, &rest, now, &grants)
            guard grants.count > before else { continue }
            settleFree(agent)
            settleRanks()
        }
        return grants
    }

    /// Depth first, siblings in the order of their ranks.
    private mutating func visit(_ role: Handle<RoleNode>, _ agent: Int32, _ rest: inout Resources, _ now: Int64, _ grants: inout [Grant]) {
        guard roles[role].activeCount > 0, !rest.isEmpty else { return }
        if roles[role].childCount == 0 {
            serve(role, agent, &rest, now, &grants)
            return
        }
        for rank in roles[role].children {
            if let child = rank.subject {
                visit(child, agent, &rest, now, &grants)
            } else {
                serve(role, agent, &rest, now, &grants)
            }
        }
    }

    /// Offers the rest to the frameworks of one role, in order. Each takes all it may have.
    private mutating func serve(_ role: Handle<RoleNode>, _ agent: Int32, _ rest: inout Resources, _ now: Int64, _ grants: inout [Grant]) {
        let isReserved = agents[Int(agent)].kinds.isReserved
        var usable = Usable(isReserved ? rest.allocatable(to: roles[role].path) : rest, settings)
        for rank in roles[role].clients {
            guard !usable.resources.isEmpty, let client = rank.subject else { return }
            switch offerable(usable, to: clients[client], agent, now) {
            case .failure(let refusal):
                clients[client].refusals.count(refusal)
            case .success(let resources):
                if let framework = frameworks[Int(clients[client].framework)].key, let key = agents[Int(agent)].key {
                    grants.append(Grant(framework: framework, role: roles[role].path, agent: key, resources: resources))
                }
                charge(client, agent, resources)
                rest -= resources
                usable = Usable(usable.resources - resources, settings)
            }
        }
    }

    /// What of `usable` a client may be offered, or why nothing. Looks at everything but whether the client takes part at all.
    func offerable(_ usable: borrowing Usable, to client: borrowing Client, _ agent: Int32, _ now: Int64) -> OfferResult {
        if let region = agents[Int(agent)].place.region, region != settings.region, !client.capabilities.contains(.regionAware) {
            return .failure(.otherRegion)
        }
        if let groups = client.constraints, !groups.contains(where: { $0.holds(for: agents[Int(agent)].place) }) {
            return .failure(.constraints)
        }
        let kinds = agents[Int(agent)].kinds
        if !kinds.arePlain { return offerableSpecial(usable.resources, kinds, to: client, agent, now) }
        if usable.resources.isEmpty { return .failure(.nothingFree) }
        if let minimum = client.minimum {
            if !minimum.isEmpty, !minimum.contains(where: { usable.amounts.contains($0) }) { return .failure(.belowMinimum) }
        } else if !usable.isEnough {
            return .failure(.belowMinimum)
        }
        return client.hasRefused(usable.resources, agent, now) ? .failure(.refusedBefore) : .success(usable.resources)
    }

    /// The same for an agent some of whose resources aren't for every framework.
    private func offerableSpecial(
        _ usable: Resources, _ kinds: Kinds, to client: borrowing Client, _ agent: Int32, _ now: Int64
    ) -> OfferResult {
        if kinds.hasGPUs, settings.filtersGPUs, !client.capabilities.contains(.gpuResources) { return .failure(.gpusKeptForOthers) }
        var resources = usable
        if kinds.isRevocable, !client.capabilities.contains(.revocableResources) { resources = resources.nonRevocable }
        if kinds.isShared, !client.capabilities.contains(.sharedResources) { resources = resources.nonShared }
        if kinds.isRefined, !client.capabilities.contains(.reservationRefinement) { resources = resources.onTerms { !$0.areRefined } }
        if resources.isEmpty { return .failure(.nothingFree) }
        let minimum = client.minimum ?? settings.minimum
        if !minimum.isEmpty {
            let amounts = resources.quantities
            if !minimum.contains(where: { amounts.contains($0) }) { return .failure(.belowMinimum) }
        }
        return client.hasRefused(resources, agent, now) ? .failure(.refusedBefore) : .success(resources)
    }

    /// What is left of an agent for one role, with what is asked about it again and again.
    struct Usable {
        let resources: Resources
        let amounts: Quantities
        /// Whether it contains the minimum that holds for frameworks without one of their own.
        let isEnough: Bool

        init(_ resources: Resources, _ settings: Settings) {
            self.resources = resources
            let amounts = resources.quantities
            self.amounts = amounts
            isEnough = settings.minimum.isEmpty || settings.minimum.contains { amounts.contains($0) }
        }
    }
}

extension Allocator.Client {
    /// Whether a filter that still holds covers the resources.
    func hasRefused(_ resources: Resources, _ agent: Int32, _ now: Int64) -> Bool {
        guard !filters.isEmpty, let filters = filters[agent] else { return false }
        return filters.contains { $0.expiry > now && $0.resources.contains(resources) }
    }
}

/// What may be offered, or why nothing.
enum OfferResult: Sendable {
    case success(Resources)
    case failure(OfferRefusal)
}
