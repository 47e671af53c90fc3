extension AppDefinition {
    func networkViolations(_ rules: AppRules) -> [Violation] {
        var violations: [Violation] = []
        violations.add("/networks", networks.violations)
        if container?.type == .docker, networks.count(where: { $0.mode == .container }) > 1 {
            violations.add("/", "may only specify a single container network when using the Docker container engine")
        }
        if networks.contains(where: { $0.mode == .host }), !portMappings.isEmpty {
            violations.add("/", "portMappings are not allowed with host-networking")
        }
        if networks.contains(where: { $0.mode != .host }), !portDefinitions.isEmpty {
            violations.add("/", "portDefinitions are only allowed with host-networking")
        }
        let names = portDefinitions.compactMap(\.name)
        if names.count != Set(names).count { violations.add("/portDefinitions", "Port names must be unique.") }
        let ports = portDefinitions.map(\.port).filter { $0 != 0 }
        if ports.count != Set(ports).count { violations.add("/portDefinitions", "Ports must be unique.") }
        violations.add(portMappingViolations)
        return violations
    }

    private var portMappingViolations: [Violation] {
        var violations: [Violation] = []
        if portMappings.hasDuplicateNames { violations.add("/container/portMappings", "Port names must be unique.") }
        let networkNames = networks.compactMap(\.name)
        let hasSeveral = networks.count { $0.mode == .container } > 1
        for (index, mapping) in portMappings.enumerated() {
            let path = "/container/portMappings(\(index))"
            if hasSeveral, mapping.hostPort != nil, mapping.networkNames.count != 1 {
                violations.add(
                    path,
                    "networkNames must be a single item list when hostPort is specified and more than 1 container network is defined")
            }
            for (position, name) in mapping.networkNames.enumerated() where !networkNames.contains(name) {
                violations.add("\(path)/networkNames(\(position))", "is not one of (\(networkNames.joined(separator: ",")))")
            }
        }
        return violations
    }
}

extension [Network] {
    /// What is wrong with this as the networks of an app or pod; default names have been filled in.
    package var violations: [String] {
        var violations: [String] = []
        if contains(where: { $0.mode == .host && ($0.name != nil || !$0.labels.isEmpty) }) {
            violations.append("Host networks may not have names or labels")
        }
        if contains(where: { $0.mode == .bridge && $0.name != nil }) { violations.append("Bridge networks may not have names") }
        let names = compactMap(\.name)
        if names.count != Set(names).count { violations.append("Duplicate networks are not allowed") }
        if contains(where: { $0.mode == .container && $0.name == nil }) {
            violations.append("Network name must be specified when container network is selected.")
        }
        let hosts = count { $0.mode == .host }
        let bridges = count { $0.mode == .bridge }
        if hosts + bridges > 1 || (hosts + bridges == 1 && count > 1) {
            violations.append("May specify a single host network, single bridge network, or else 1-to-n container networks")
        }
        return violations
    }
}
