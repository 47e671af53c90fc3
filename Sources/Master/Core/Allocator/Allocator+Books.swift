import Machine
package import Resources

extension Allocator {
    /// Enters what is held already: tasks that an agent brings along.
    package mutating func hold(_ framework: Int32, role: String, agent: Int32, resources: Resources) {
        let client = self.client(framework, role)
        charge(client, agent, resources)
        settleFree(agent)
    }

    /// Gives back what was granted or held. The agent will be looked at again.
    package mutating func release(_ framework: Int32, role: String, agent: Int32, resources: Resources) {
        guard !resources.isEmpty else { return }
        guard let client = existingClient(framework, role),
            let index = agents[Int(agent)].holders.firstIndex(where: { $0.client == client }),
            let left = agents[Int(agent)].holders[index].resources.subtracting(resources)
        else { preconditionFailure("more was released than is held") }
        count(client, from: agents[Int(agent)].holders[index].resources, to: left)
        if left.isEmpty {
            agents[Int(agent)].holders.remove(at: index)
        } else {
            agents[Int(agent)].holders[index].resources = left
        }
        settleFree(agent)
        mark(agent)
        retireIfIdle(client)
    }

    /// What the framework holds of the agent in a role, offered or used.
    package func held(_ framework: Int32, role: String, agent: Int32) -> Resources {
        guard let client = existingClient(framework, role) else { return Resources() }
        return agents[Int(agent)].holders.first { $0.client == client }?.resources ?? Resources()
    }

    /// What nobody holds of an agent.
    package func free(of agent: Int32) -> Resources { agents[Int(agent)].free }

    /// What all agents have together.
    package var clusterTotal: Quantities { totals }

    /// What all frameworks hold together.
    package var clusterHeld: Quantities { roles[root].subtree.amounts }

    mutating func charge(_ client: Handle<Client>, _ agent: Int32, _ resources: Resources) {
        guard !resources.isEmpty else { return }
        clients[client].tally.count += 1
        var next: Handle<RoleNode>? = clients[client].role
        roles[clients[client].role].own.count += 1
        while let role = next {
            roles[role].subtree.count += 1
            next = roles[role].parent
        }
        if let index = agents[Int(agent)].holders.firstIndex(where: { $0.client == client }) {
            let before = agents[Int(agent)].holders[index].resources
            agents[Int(agent)].holders[index].resources.add(resources)
            count(client, from: before, to: agents[Int(agent)].holders[index].resources)
        } else {
            agents[Int(agent)].holders.append(Holder(client: client, resources: resources))
            count(client, from: Resources(), to: resources)
        }
    }

    /// Enters the difference of what a client holds of one agent, up to the root.
    mutating func count(_ client: Handle<Client>, from before: Resources, to after: Resources) {
        let (old, new) = (before.quantities, after.quantities)
        if !clients[client].isDirty {
            clients[client].isDirty = true
            dirtyClients.append(client)
        }
        guard old != new else { return }
        let role = clients[client].role
        clients[client].tally.amounts.change(from: old, to: new)
        roles[role].own.amounts.change(from: old, to: new)
        var next: Handle<RoleNode>? = role
        while let node = next {
            roles[node].subtree.amounts.change(from: old, to: new)
            next = roles[node].parent
        }
    }

    /// Brings `free` up to date with what is held.
    mutating func settleFree(_ agent: Int32) {
        var free = agents[Int(agent)].total
        let isShared = agents[Int(agent)].kinds.isShared
        for holder in agents[Int(agent)].holders { free -= isShared ? holder.resources.nonShared : holder.resources }
        agents[Int(agent)].free = free
    }
}

extension Quantities {
    /// Adds first: taking away stops at zero, and must not stop early.
    fileprivate mutating func change(from old: Quantities, to new: Quantities) {
        self += new
        self -= old
    }
}
