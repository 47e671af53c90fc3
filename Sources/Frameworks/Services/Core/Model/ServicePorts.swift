/// Gives apps the service ports that they left open. Specified by Marathon 1.11 docs/ports.md.
package struct ServicePorts: Sendable {
    /// `--local_port_min` to `--local_port_max`, both included.
    package let range: ClosedRange<Int>
    private var isTaken: [Bool]
    private var next: Int

    /// - Parameters:
    ///   - range: the ports to choose from.
    ///   - apps: all apps before and after the change; none of their ports is given to another.
    package init(range: ClosedRange<Int>, apps: some Sequence<AppDefinition>) {
        self.range = range
        isTaken = [Bool](repeating: false, count: range.count)
        next = range.lowerBound
        for app in apps {
            for port in app.servicePorts where range.contains(port) { isTaken[port - range.lowerBound] = true }
        }
    }

    /// Replaces each service port 0 of an app by the one that stood at the same place before, else by another that the app had and no
    /// longer names, else by the lowest one that nobody uses. Ports that are given stay, even outside of the range.
    /// - Parameter old: the app so far, if there is one.
    /// - Throws: `.message` when the range is exhausted; the ports given away so far are lost then, so the whole change must be refused.
    package mutating func assign(to app: inout AppDefinition, old: AppDefinition?) throws(ModelRejection) {
        var ports = app.servicePorts
        guard ports.contains(0) else { return }
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
    /// Assigns the ports of all apps of a changed tree.
    /// - Throws: as `assign(to:old:)`.
    package static func assigned(
        to apps: [AppDefinition], before: [AppDefinition], range: ClosedRange<Int>
    ) throws(ModelRejection) -> [AppDefinition] {
        guard apps.contains(where: { $0.servicePorts.contains(0) }) else { return apps }
        let old = Dictionary(before.map { ($0.id, $0) }) { first, _ in first }
        var ports = ServicePorts(range: range, apps: before + apps)
        var assigned = apps
        for index in assigned.indices { try ports.assign(to: &assigned[index], old: old[assigned[index].id]) }
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
