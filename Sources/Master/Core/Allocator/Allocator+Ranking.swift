import Machine
import Resources

extension Allocator {
    /// Brings all ranks up to date. Between two calls nothing changes its place, however much is charged.
    mutating func settleRanks() {
        if totalsChanged {
            totalsChanged = false
            rebuildRanks()
        } else {
            for client in dirtyClients where clients.contains(client) {
                if let rank = clients[client].rank {
                    let new = currentRank(of: client)
                    if new != rank {
                        roles[clients[client].role].clients.take(rank)
                        roles[clients[client].role].clients.place(new)
                        clients[client].rank = new
                    }
                }
                reposition(clients[client].role)
            }
        }
        for client in dirtyClients where clients.contains(client) { clients[client].isDirty = false }
        dirtyClients.removeAll(keepingCapacity: true)
    }

    /// Brings the place of a role, and of those above it, up to date.
    mutating func reposition(_ role: Handle<RoleNode>) {
        var next: Handle<RoleNode>? = role
        while let node = next {
            repositionOwn(node)
            next = roles[node].parent
            guard let parent = next else { break }
            let new = Rank(
                share: weighed(roles[node].subtree, roles[node].weight), count: roles[node].subtree.count, name: roles[node].path,
                subject: node)
            guard new != roles[node].rank else { continue }
            if let rank = roles[node].rank { roles[parent].children.take(rank) }
            roles[parent].children.place(new)
            roles[node].rank = new
        }
    }

    /// The frameworks of a role compete with the roles below it as one of them, of weight 1.
    private mutating func repositionOwn(_ node: Handle<RoleNode>) {
        let isNeeded = roles[node].clientCount > 0 && roles[node].childCount > 0
        let new = Rank<RoleNode>(
            share: weighed(roles[node].own, 1000), count: roles[node].own.count, name: roles[node].path + "/.", subject: nil)
        guard isNeeded ? new != roles[node].ownRank : roles[node].ownRank != nil else { return }
        if let rank = roles[node].ownRank { roles[node].children.take(rank) }
        if isNeeded { roles[node].children.place(new) }
        roles[node].ownRank = isNeeded ? new : nil
    }

    private mutating func rebuildRanks() {
        let handles = roles.handles
        for role in handles {
            var hasChanged = false
            for index in roles[role].clients.indices {
                // Who holds nothing has no share, of however much.
                guard let client = roles[role].clients[index].subject, !clients[client].tally.amounts.isEmpty || clients[client].isDirty else {
                    continue
                }
                let rank = currentRank(of: client)
                guard rank != roles[role].clients[index] else { continue }
                clients[client].rank = rank
                roles[role].clients[index] = rank
                hasChanged = true
            }
            if hasChanged { roles[role].clients.sort() }
        }
        for role in handles { reposition(role) }
    }

    func currentRank(of client: Handle<Client>) -> Rank<Client> {
        Rank(
            share: dominantShare(clients[client].tally.amounts), count: clients[client].tally.count,
            name: frameworks[Int(clients[client].framework)].name, subject: client)
    }

    private func weighed(_ tally: Tally, _ weight: UInt64) -> UInt64 { Share.weighed(dominantShare(tally.amounts), weight) }

    /// The greatest share of any one resource, in parts of `Share.one`.
    func dominantShare(_ amounts: Quantities) -> UInt64 {
        var dominant: UInt64 = 0
        amounts.forEach { name, amount in
            guard settings.excludedNames.isEmpty || !settings.excludedNames.contains(name) else { return }
            dominant = max(dominant, Share.of(amount.thousandths, totals[name].thousandths))
        }
        return dominant
    }

    /// The dominant share of a role and all below it, as a fraction of 1 without its weight; nil for a role that nobody is in.
    package func dominantShare(role: String) -> Double? {
        rolesByPath[role].map { Double(dominantShare(roles[$0].subtree.amounts)) / Double(Share.one) }
    }
}
