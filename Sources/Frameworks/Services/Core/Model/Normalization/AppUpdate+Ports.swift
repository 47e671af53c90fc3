extension AppUpdate {
    /// Drops the ports that the network mode has no use for and adds the default ones. The request has been translated.
    mutating func normalizePorts() {
        let isInHostMode = (networks ?? []).allSatisfy { $0.mode == .host }
        if isInHostMode {
            container?.portMappings = nil
            portDefinitions = portDefinitions ?? [PortDefinition(name: "default")]
        } else {
            normalizePortMappings()
            portDefinitions = nil
            requirePorts = false
        }
        let hasPorts = portDefinitions?.isEmpty == false || container?.portMappings?.isEmpty == false
        if hasPorts { addPortIndexes() }
    }

    private mutating func normalizePortMappings() {
        var container = container ?? Container(type: .mesos)
        var mappings = container.portMappings ?? [PortMapping(name: "default")]
        // Port definitions beyond the mappings stand for mappings without properties: `ports` used to be given beside a bridge.
        for _ in 0..<max(0, (portDefinitions ?? []).count - mappings.count) { mappings.append(PortMapping()) }
        if (networks ?? []).contains(where: { $0.mode == .bridge }) {
            for index in mappings.indices where mappings[index].hostPort == nil { mappings[index].hostPort = 0 }
        }
        container.portMappings = mappings
        self.container = container
    }

    /// Health checks that say nothing of a port mean the first one.
    private mutating func addPortIndexes() {
        healthChecks = healthChecks?.map { check in
            guard check.kind != .command, check.port == nil, check.portIndex == nil else { return check }
            var check = check
            check.portIndex = 0
            return check
        }
    }
}
