import Machine
import Resources

extension Allocator {
    /// Stops the process if the books don't add up. For simulations: it looks at everything.
    package func checkInvariants() {
        var total = Quantities()
        var held: [Handle<Client>: Quantities] = [:]
        for agent in agents where agent.key != nil {
            total += agent.amounts
            var used = Resources()
            for holder in agent.holders {
                precondition(!holder.resources.isEmpty, "a holder holds nothing")
                precondition(clients.contains(holder.client), "a holder is not a client")
                held[holder.client, default: Quantities()] += holder.resources.quantities
                used.add(holder.resources.nonShared)
            }
            precondition(agent.free == agent.total - used, "what is free and what is held is not the total")
        }
        precondition(total == totals, "the agents don't add up to the total")
        for client in clients.handles {
            let entry = clients[client]
            precondition(entry.tally.amounts == held[client] ?? Quantities(), "a client's tally is not what it holds")
            precondition(frameworks[Int(entry.framework)].clients.contains(client), "a client's framework doesn't know it")
            precondition((entry.rank != nil) == roles[entry.role].clients.contains { $0.subject == client }, "a rank is not in its role")
        }
        for role in roles.handles { checkInvariants(of: role) }
    }

    private func checkInvariants(of role: Handle<RoleNode>) {
        let node = roles[role]
        var own = Quantities()
        var (active, count, children) = (node.clients.count, 0, 0)
        clients.forEach { _, client in
            guard client.role == role else { return }
            own += client.tally.amounts
            count += 1
        }
        var subtree = own
        roles.forEach { _, child in
            guard child.parent == role else { return }
            subtree += child.subtree.amounts
            active += child.activeCount
            children += 1
        }
        precondition(own == node.own.amounts && subtree == node.subtree.amounts, "a role's tallies are not those of its frameworks")
        precondition(count == node.clientCount && children == node.childCount && active == node.activeCount, "a role's counts are wrong")
        precondition(zip(node.clients, node.clients.dropFirst()).allSatisfy { $0 < $1 }, "frameworks are out of order")
        precondition(zip(node.children, node.children.dropFirst()).allSatisfy { $0 < $1 }, "roles are out of order")
        precondition(node.children.count == children + (node.ownRank == nil ? 0 : 1), "a role has too many or too few children")
    }
}
