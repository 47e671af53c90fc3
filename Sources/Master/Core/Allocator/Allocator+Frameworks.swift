import Machine
package import Resources

extension Allocator {
    /// Takes a framework in, inactive: it has no roles yet.
    package mutating func addFramework(_ key: FrameworkKey, name: String) {
        let framework = key.index
        while frameworks.count <= Int(framework) { frameworks.append(FrameworkBooks()) }
        precondition(frameworks[Int(framework)].key == nil, "a framework was added twice")
        frameworks[Int(framework)] = FrameworkBooks(key: key, name: name)
    }

    /// What the framework says about itself now. Filters of roles that it has left are gone; what it holds there stays held.
    package mutating func updateFramework(_ framework: Int32, roles: [String], suppressed: [String], traits: Traits) {
        precondition(frameworks[Int(framework)].key != nil, "a framework was updated that is not there")
        frameworks[Int(framework)].traits = traits
        for path in roles { _ = client(framework, path) }
        for client in frameworks[Int(framework)].clients {
            let path = clients[client].path
            clients[client].isSubscribed = roles.contains(path)
            clients[client].isSuppressed = suppressed.contains(path)
            clients[client].take(traits)
            if !clients[client].isSubscribed { clients[client].filters = [:] }
            enroll(client)
            retireIfIdle(client)
        }
        if frameworks[Int(framework)].isActive { markAll() }
    }

    /// Whether the framework may be offered anything.
    package mutating func setActive(_ isActive: Bool, framework: Int32) {
        guard frameworks[Int(framework)].isActive != isActive else { return }
        frameworks[Int(framework)].isActive = isActive
        for client in frameworks[Int(framework)].clients { enroll(client) }
        if isActive { markAll() }
    }

    /// Forgets a framework. It must hold nothing any more.
    package mutating func removeFramework(_ framework: Int32) {
        precondition(frameworks[Int(framework)].key != nil, "a framework was removed that is not there")
        frameworks[Int(framework)].isActive = false
        for client in frameworks[Int(framework)].clients {
            precondition(clients[client].tally.amounts.isEmpty, "a framework was removed that still holds resources")
            clients[client].isSubscribed = false
            enroll(client)
            retireIfIdle(client)
        }
        frameworks[Int(framework)] = FrameworkBooks()
    }

    /// No more offers for these roles until they are revived.
    package mutating func suppress(_ framework: Int32, roles: [String]) {
        for client in frameworks[Int(framework)].clients where roles.contains(clients[client].path) {
            clients[client].isSuppressed = true
            enroll(client)
        }
    }

    /// Offers for these roles again, also of what was declined before.
    package mutating func revive(_ framework: Int32, roles: [String]) {
        for client in frameworks[Int(framework)].clients where roles.contains(clients[client].path) {
            clients[client].isSuppressed = false
            clients[client].filters = [:]
            enroll(client)
        }
        markAll()
    }

    /// - Parameter weight: in thousandths; above zero.
    package mutating func setWeight(_ weight: UInt64, role: String) {
        weights[role] = weight
        guard let node = rolesByPath[role] else { return }
        roles[node].weight = weight
        reposition(node)
    }

    /// Keeps the framework from being offered resources of the agent that are contained in `resources`, until `expiry`.
    package mutating func refuse(_ framework: Int32, role: String, agent: Int32, resources: Resources, until expiry: Int64) {
        guard let client = existingClient(framework, role), clients[client].isSubscribed else { return }
        // Earlier filters that the new one covers say nothing more.
        clients[client].filters[agent, default: []].removeAll { $0.expiry <= expiry && resources.contains($0.resources) }
        clients[client].filters[agent, default: []].append(Filter(resources: resources, expiry: expiry))
        expiries.insert((client, agent), at: expiry)
    }

    /// When the next filter expires, on the monotonic clock.
    package var nextExpiry: Int64? { expiries.first }

    /// Drops the filters whose time has come; their agents will be looked at again.
    package mutating func expireFilters(_ now: Int64) {
        while let (client, agent) = expiries.popDue(now) {
            guard clients.contains(client), let filters = clients[client].filters[agent] else { continue }
            let left = filters.filter { $0.expiry > now }
            guard left.count < filters.count else { continue }
            clients[client].filters[agent] = left.isEmpty ? nil : left
            if clients[client].rank != nil, agents[Int(agent)].key != nil, !agents[Int(agent)].free.isEmpty { mark(agent) }
        }
    }

    /// How many filters hold in each role, by path.
    package var activeFilters: [(role: String, count: Int)] {
        var counts: [String: Int] = [:]
        clients.forEach { _, client in counts[client.path, default: 0] += client.filters.count }
        return counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    // MARK: Clients and roles

    func existingClient(_ framework: Int32, _ path: String) -> Handle<Client>? {
        frameworks[Int(framework)].clients.first { clients[$0].path == path }
    }

    mutating func client(_ framework: Int32, _ path: String) -> Handle<Client> {
        if let client = existingClient(framework, path) { return client }
        let role = self.role(path)
        roles[role].clientCount += 1
        let client = clients.insert(Client(framework: framework, role: role, path: path))
        clients[client].take(frameworks[Int(framework)].traits)
        frameworks[Int(framework)].clients.append(client)
        reposition(role)
        return client
    }

    private mutating func role(_ path: String) -> Handle<RoleNode> {
        if let role = rolesByPath[path] { return role }
        let parent = Role.ancestors(of: path).first.map { self.role($0) } ?? root
        var node = RoleNode(path: path, parent: parent)
        node.weight = weights[path] ?? 1000
        let role = roles.insert(node)
        rolesByPath[path] = role
        roles[parent].childCount += 1
        reposition(role)
        reposition(parent)
        return role
    }

    /// Lets a client take part in allocation, or not, as it is now.
    private mutating func enroll(_ client: Handle<Client>) {
        let entry = clients[client]
        let shall = entry.isSubscribed && !entry.isSuppressed && frameworks[Int(entry.framework)].isActive
        guard shall != (entry.rank != nil) else { return }
        if let rank = entry.rank {
            roles[entry.role].clients.take(rank)
            clients[client].rank = nil
        } else {
            let rank = currentRank(of: client)
            roles[entry.role].clients.place(rank)
            clients[client].rank = rank
        }
        var next: Handle<RoleNode>? = entry.role
        while let role = next {
            roles[role].activeCount += shall ? 1 : -1
            next = roles[role].parent
        }
    }

    /// Drops a client that stands for nothing any more, and the roles that only it kept.
    mutating func retireIfIdle(_ client: Handle<Client>) {
        let entry = clients[client]
        guard !entry.isSubscribed, entry.tally.amounts.isEmpty, !holdsAnything(client) else { return }
        precondition(entry.rank == nil, "a client takes part without being subscribed")
        frameworks[Int(entry.framework)].clients.removeAll { $0 == client }
        clients.remove(client)
        roles[entry.role].clientCount -= 1
        reposition(entry.role)
        retireIfEmpty(entry.role)
    }

    /// Ports and sets have no amounts: a client may hold nothing but them.
    private func holdsAnything(_ client: Handle<Client>) -> Bool {
        agents.contains { $0.holders.contains { $0.client == client } }
    }

    private mutating func retireIfEmpty(_ role: Handle<RoleNode>) {
        let node = roles[role]
        guard let parent = node.parent, node.clientCount == 0, node.childCount == 0 else { return }
        if let rank = node.rank { roles[parent].children.take(rank) }
        if let rank = node.ownRank { roles[role].children.take(rank) }
        roles.remove(role)
        rolesByPath[node.path] = nil
        roles[parent].childCount -= 1
        reposition(parent)
        retireIfEmpty(parent)
    }
}

extension Allocator.Client {
    mutating func take(_ traits: Allocator.Traits) {
        minimum = traits.minima[path]
        capabilities = traits.capabilities
        constraints = traits.constraints?.groups(of: path)
    }
}
