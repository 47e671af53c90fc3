extension AppUpdate {
    /// What is wrong with the use of deprecated members in a complete definition.
    var deprecatedViolations: [Violation] {
        var violations: [Violation] = []
        if deprecated.hasDockerCredential { violations.add("/container/docker/credential", "must be empty") }
        if let container, container.type == .mesos, let docker = container.docker {
            if deprecated.dockerNetwork != nil { violations.add("/container/docker/network", "must be empty") }
            if deprecated.dockerPortMappings != nil { violations.add("/container/docker/portMappings", "must be empty") }
            if !docker.parameters.isEmpty { violations.add("/container/docker/parameters", "must be empty") }
        }
        if deprecated.dockerPortMappings?.hasDuplicateNames == true {
            violations.add("/container/docker/portMappings", "Port names must be unique.")
        }
        if container?.type == .docker, deprecated.ipAddress?.discoveryPorts != nil {
            violations.add("/ipAddress", "ipAddress/discovery is not allowed for Docker containers")
        }
        for (index, uri) in (deprecated.uris ?? []).enumerated() where !NameSyntax.isURI(uri) {
            violations.add("/uris(\(index))", "URI has invalid syntax.")
        }
        if deprecated.uris?.isEmpty == false, fetch?.isEmpty == false {
            violations.add("/uris", "may not be set in conjunction with fetch")
        }
        let hasNetworks = networks?.isEmpty == false
        if deprecated.dockerNetwork != nil, hasNetworks {
            violations.add("/", "must not specify both container.docker.network and networks")
        }
        if deprecated.ipAddress != nil, hasNetworks { violations.add("/", "must not specify both networks and ipAddress") }
        let fixedPorts = (deprecated.ports ?? []).filter { $0 != 0 }
        if fixedPorts.count != Set(fixedPorts).count { violations.add("/", "ports must be unique") }
        if deprecated.ipAddress != nil, deprecated.ports?.isEmpty == false || portDefinitions?.isEmpty == false {
            violations.add("/", "cannot specify both an IP address and port")
        }
        if let ports = deprecated.ports, let portDefinitions, portDefinitions.map(\.port) != ports {
            violations.add("/", "cannot specify both ports and port definitions")
        }
        return violations
    }
}

extension [PortMapping] {
    var hasDuplicateNames: Bool {
        let names = compactMap(\.name)
        return names.count != Set(names).count
    }
}
