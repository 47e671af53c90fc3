/// Gives apps the service ports that they left open. Specified by Marathon 1.11 docs/ports.md.
package struct ServicePorts: Sendable {
    /// `--local_port_min` to `--local_port_max`, both included.
    package let range: ClosedRange<Int>
    private var isTaken: [Bool]
    private var next: Int

    package init(range: ClosedRange<Int>) {
        self.range = range
        isTaken = [Bool](repeating: false, count: range.count)
        next = range.lowerBound
    }

    /// - Parameter apps: all apps before and after the change; none of their ports is given to another.
    package init(range: ClosedRange<Int>, apps: some Sequence<AppDefinition>) {
        self.init(range: range)
        for app in apps { reserve(app) }
    }

    /// Keeps the ports of an app from being given to another.
    package mutating func reserve(_ app: AppDefinition) {
        for definition in app.portDefinitions { reserve(definition.port) }
        for mapping in app.portMappings { reserve(mapping.servicePort) }
    }

    /// Keeps a port from being given away; one outside of the range never is.
    package mutating func reserve(_ port: Int) {
        if range.contains(port) { isTaken[port - range.lowerBound] = true }
    }

    /// Replaces each service port 0 of an app by the one that stood at the same place before, else by another that the app had and no
    /// longer names, else by the lowest one that nobody uses. Ports that are given stay, even outside of the range.
    /// - Parameter old: the app so far, if there is one.
    /// - Throws: `.message` when the range is exhausted; the ports given away so far are lost then, so the whole change must be refused.
    package mutating func assign(to app: inout AppDefinition, old: AppDefinition?) throws(ModelRejection) {
        guard app.hasOpenServicePorts else { return }
        var ports = app.servicePorts
        let before = old?.servicePorts ?? []
        for index in ports.indices.prefix(before.count) where ports[index] == 0 {
            if range.contains(before[index]), !ports.contains(before[index]) { ports[index] = before[index] }
        }
        var spare = before.filter { range.contains($0) && !ports.contains($0) }.makeIterator()
        for index in ports.indices where ports[index] == 0 {
            guard let port = spare.next() ?? takeLowest() else {
                throw .message("All ports in the range [\(range.lowerBound)-\(range.upperBound)] are already in use")
            }
            ports[index] = port
        }
        app.setServicePorts(ports)
    }

    private mutating func takeLowest() -> Int? {
        while next <= range.upperBound {
            defer { next += 1 }
            let index = next - range.lowerBound
            if !isTaken[index] {
                isTaken[index] = true
                return next
            }
        }
        return nil
    }
}

extension ServicePorts {
    /// Assigns the ports of all apps of a changed tree. No port that an app has or had is given to another.
    /// - Throws: as `assign(to:old:)`.
    package static func assigned(
        to apps: [AppDefinition], before: [AppDefinition], range: ClosedRange<Int>
    ) throws(ModelRejection) -> [AppDefinition] {
        let open = apps.indices.filter { apps[$0].hasOpenServicePorts }
        if open.isEmpty { return apps }
        // Looked up only, so their order is no matter; a whole tree of definitions isn't copied for a few changed ones.
        let wanted = Set(open.map { apps[$0].id })
        var old: [PathID: Int] = [:]
        for index in before.indices where wanted.contains(before[index].id) { old[before[index].id] = index }
        var ports = ServicePorts(range: range, apps: before)
        for index in apps.indices { ports.reserve(apps[index]) }
        var assigned = apps
        for index in open { try ports.assign(to: &assigned[index], old: old[apps[index].id].map { before[$0] }) }
        return assigned
    }
}

extension AppDefinition {
    fileprivate mutating func setServicePorts(_ ports: [Int]) {
        if portMappings.isEmpty {
            for index in portDefinitions.indices { portDefinitions[index].port = ports[index] }
        } else {
            for index in portMappings.indices { container?.portMappings?[index].servicePort = ports[index] }
        }
    }
}
