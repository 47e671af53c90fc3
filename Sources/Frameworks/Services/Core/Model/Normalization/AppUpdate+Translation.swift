extension AppUpdate {
    /// The same request without deprecated members.
    /// - Throws: `.message` for combinations that have no translation.
    /// Specified by Marathon 1.11 docs/networking.md (upgrading from previous versions).
    func translated(mesosBridgeName: String) throws(ModelRejection) -> AppUpdate {
        var update = self
        update.deprecated = DeprecatedMembers()
        update.fetch = try translatedFetch()
        update.networks = try translatedNetworks(mesosBridgeName)
        update.container = try translatedContainer()
        update.portDefinitions = portDefinitions ?? deprecated.ports?.map { PortDefinition(port: $0) }
        return update
    }

    private static let archives = [".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz", ".zip", ".tar", ".gz"]

    private func translatedFetch() throws(ModelRejection) -> [Artifact]? {
        guard let uris = deprecated.uris, !uris.isEmpty else { return fetch }
        guard fetch?.isEmpty ?? true else { throw .message("cannot specify both uris and fetch fields") }
        return uris.map { uri in
            let path = uri.prefix { $0 != "?" && $0 != "#" }
            return Artifact(uri: uri, extract: Self.archives.contains { path.hasSuffix($0) })
        }
    }

    private func translatedNetworks(_ mesosBridgeName: String) throws(ModelRejection) -> [Network]? {
        let given = networks?.isEmpty == true && (deprecated.ipAddress != nil || deprecated.dockerNetwork != nil) ? nil : networks
        guard deprecated.ipAddress != nil || deprecated.dockerNetwork != nil else { return given }
        guard given == nil else { throw .message("cannot mix deprecated and canonical network APIs") }
        let labels = deprecated.ipAddress?.labels ?? Labels()
        let name = deprecated.ipAddress?.networkName
        switch deprecated.dockerNetwork {
        case .host: return [.host]
        case .user: return [Network(mode: .container, name: name, labels: labels)]
        case .bridge: return [Network(mode: .bridge, labels: labels)]
        case .some(.none): throw .message("unsupported docker network type NONE")
        case nil:
            if name == mesosBridgeName { return [Network(mode: .bridge, labels: labels)] }
            return [Network(mode: .container, name: name, labels: labels)]
        }
    }

    private func translatedContainer() throws(ModelRejection) -> Container? {
        guard var container = container ?? (deprecated.ipAddress == nil ? nil : Container(type: .mesos)) else { return nil }
        if let mappings = deprecated.dockerPortMappings {
            if container.portMappings == nil {
                container.portMappings = mappings
            } else if !mappings.isEmpty {
                throw .message("cannot specify both portMappings and docker.portMappings")
            }
        }
        guard let ports = deprecated.ipAddress?.discoveryPorts, !ports.isEmpty else { return container }
        guard container.type == .mesos else {
            throw .message("ipAddress.discovery.ports do not apply for container type \(container.type.rawValue)")
        }
        guard container.portMappings == nil else {
            throw .message("container.portMappings and ipAddress.discovery.ports must not both be set")
        }
        container.portMappings = ports.map {
            PortMapping(containerPort: $0.number, name: $0.name, networkProtocol: $0.networkProtocol, labels: $0.labels)
        }
        return container
    }
}
