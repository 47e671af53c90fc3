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
        var usable = isReserved ? rest.allocatable(to: roles[role].path) : rest
        for rank in roles[role].clients {
            guard !usable.isEmpty, let client = rank.subject else { return }
            switch offerable(usable, to: client, agent, now) {
            case .failure(let refusal):
                clients[client].refusals.count(refusal)
            case .success(let resources):
                if let framework = frameworks[Int(clients[client].framework)].key, let key = agents[Int(agent)].key {
                    grants.append(Grant(framework: framework, role: roles[role].path, agent: key, resources: resources))
                }
                charge(client, agent, resources)
                rest -= resources
                usable -= resources
            }
        }
    }

    /// What of `usable` a client may be offered, or why nothing. Looks at everything but whether the client takes part at all.
    func offerable(_ usable: Resources, to client: Handle<Client>, _ agent: Int32, _ now: Int64) -> OfferResult {
        let framework = frameworks[Int(clients[client].framework)].traits
        let kinds = agents[Int(agent)].kinds
        if kinds.hasGPUs, settings.filtersGPUs, !framework.capabilities.contains(.gpuResources) { return .failure(.gpusKeptForOthers) }
        if let region = agents[Int(agent)].region, region != settings.region, !framework.capabilities.contains(.regionAware) {
            return .failure(.otherRegion)
        }
        var resources = usable
        if kinds.isRevocable, !framework.capabilities.contains(.revocableResources) { resources = resources.nonRevocable }
        if kinds.isShared, !framework.capabilities.contains(.sharedResources) { resources = resources.nonShared }
        if kinds.isRefined, !framework.capabilities.contains(.reservationRefinement) {
            resources = resources.onTerms { !$0.areRefined }
        }
        if resources.isEmpty { return .failure(.nothingFree) }
        let minimum = clients[client].minimum ?? settings.minimum
        if !minimum.isEmpty {
            let amounts = resources.quantities
            if !minimum.contains(where: { amounts.contains($0) }) { return .failure(.belowMinimum) }
        }
        if !clients[client].filters.isEmpty, let filters = clients[client].filters[agent],
            filters.contains(where: { $0.expiry > now && $0.resources.contains(resources) })
        {
            return .failure(.refusedBefore)
        }
        return .success(resources)
    }
}

/// What may be offered, or why nothing.
enum OfferResult: Sendable {
    case success(Resources)
    case failure(OfferRefusal)
}
