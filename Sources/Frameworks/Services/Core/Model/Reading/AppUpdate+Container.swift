import JSON

extension AppUpdate {
    mutating func readContainer(_ reader: SchemaReader) {
        var deprecated = deprecated
        container = reader.object("container") { reader in
            var container = Container()
            container.type = reader.choice("type") ?? .docker
            container.docker = reader.object("docker") { Self.docker($0, &deprecated) }
            container.linuxInfo = reader.object("linuxInfo", Self.linuxInfo)
            container.volumes = reader.objects("volumes", Self.volume) ?? []
            container.portMappings = reader.objects("portMappings", Self.portMapping)
            return container
        }
        self.deprecated = deprecated
    }

    private static func docker(_ reader: SchemaReader, _ deprecated: inout DeprecatedMembers) -> Docker? {
        deprecated.dockerNetwork = reader.choice("network")
        deprecated.dockerPortMappings = reader.objects("portMappings", portMapping)
        deprecated.hasDockerCredential = reader.present("credential") != nil
        let pullSecret = reader.object("pullConfig") { $0.require($0.string("secret", length: 1...Int.max), "secret") }
        let parameters = reader.objects("parameters") { parameter -> Docker.Parameter? in
            guard let key = parameter.require(parameter.string("key", length: 1...Int.max), "key"),
                let value = parameter.require(parameter.string("value"), "value")
            else { return nil }
            return Docker.Parameter(key: key, value: value)
        }
        let isPrivileged = reader.bool("privileged") ?? false
        let forcePullImage = reader.bool("forcePullImage") ?? false
        guard let image = reader.require(reader.string("image", length: 1...Int.max), "image") else { return nil }
        return Docker(
            image: image, forcePullImage: forcePullImage, isPrivileged: isPrivileged, parameters: parameters ?? [], pullSecret: pullSecret)
    }

    static func linuxInfo(_ reader: SchemaReader) -> LinuxInfo? {
        LinuxInfo(
            seccomp: reader.object("seccomp") { seccomp in
                LinuxInfo.Seccomp(profileName: seccomp.string("profileName"), isUnconfined: seccomp.bool("unconfined") ?? false)
            },
            ipc: reader.object("ipcInfo") { ipc in
                let sharedMemory = ipc.int("shmSize")
                return ipc.require(ipc.choice("mode", LinuxInfo.IPC.Mode.self), "mode")
                    .map { LinuxInfo.IPC(mode: $0, sharedMemory: sharedMemory) }
            })
    }

    static func portMapping(_ reader: SchemaReader) -> PortMapping? {
        let networkNames = reader.array("networkNames") { SchemaReader.string($0, $1, reader.errors, length: 1...63) }
        return PortMapping(
            containerPort: reader.int("containerPort", in: SchemaReader.ports) ?? 0, hostPort: reader.int("hostPort", in: SchemaReader.ports),
            servicePort: reader.int("servicePort", in: SchemaReader.ports) ?? 0, name: reader.portName("name"),
            networkProtocol: reader.networkProtocol() ?? .tcp, labels: reader.labels("labels") ?? Labels(), networkNames: networkNames ?? [])
    }
}

// MARK: - Volumes

extension AppUpdate {
    private static func volume(_ reader: SchemaReader) -> Volume? {
        let containerPath = reader.require(reader.string("containerPath", length: 1...Int.max), "containerPath")
        var mode: Volume.Mode? = .readOnly
        let source: Volume.Source?
        if reader.present("secret") != nil {
            source = reader.string("secret", length: 1...Int.max).map(Volume.Source.secret)
        } else {
            mode = reader.require(reader.choice("mode"), "mode")
            if reader.present("persistent") != nil {
                source = reader.object("persistent", persistentVolume).map(Volume.Source.persistent)
            } else if reader.present("external") != nil {
                source = reader.object("external", externalVolume)
            } else {
                source = reader.require(reader.string("hostPath", length: 1...Int.max), "hostPath").map { .host(path: $0) }
            }
        }
        guard let containerPath, let mode, let source else { return nil }
        return Volume(containerPath: containerPath, mode: mode, source: source)
    }

    static func persistentVolume(_ reader: SchemaReader) -> PersistentVolume? {
        let profileName = reader.string("profileName")
        let kind = reader.choice("type", PersistentVolume.Kind.self) ?? (profileName == nil ? .root : .mount)
        let constraints = reader.array("constraints") { value, path in
            SchemaReader.array(value, path, reader.errors) { SchemaReader.string($0, $1, reader.errors) }
        }
        let maxSize = reader.integer("maxSize", in: 0...Int64.max)
        guard let size = reader.require(reader.integer("size", in: 0...Int64.max), "size") else { return nil }
        return PersistentVolume(
            kind: kind, size: size, maxSize: maxSize, profileName: profileName, constraints: constraints?.unique() ?? [])
    }

    private static func externalVolume(_ reader: SchemaReader) -> Volume.Source? {
        if reader.present("provider")?.string == "csi" { return csiVolume(reader).map(Volume.Source.csi) }
        return .dvdi(
            DVDIVolume(
                name: reader.string("name"), provider: reader.string("provider"), size: reader.integer("size", in: 0...Int64.max),
                options: reader.labels("options") ?? Labels(), isShared: reader.bool("shared") ?? false))
    }

    private static func csiVolume(_ reader: SchemaReader) -> CSIVolume? {
        let name = reader.require(reader.string("name"), "name")
        let volume = reader.object("options") { options -> CSIVolume? in
            let pluginName = options.require(options.string("pluginName", length: 1...Int.max), "pluginName")
            let capability = options.require(options.object("capability") { $0 }, "capability")
            let accessMode = capability.flatMap { $0.require($0.choice("accessMode", CSIVolume.AccessMode.self), "accessMode") }
            let accessType = capability.flatMap { $0.require($0.choice("accessType", CSIVolume.AccessType.self), "accessType") }
            guard let name, let pluginName, let capability, let accessMode, let accessType else { return nil }
            return CSIVolume(
                name: name, pluginName: pluginName, accessMode: accessMode, accessType: accessType,
                fileSystem: capability.string("fsType"), mountFlags: capability.strings("mountFlags") ?? [],
                nodeStageSecret: options.labels("nodeStageSecret") ?? Labels(),
                nodePublishSecret: options.labels("nodePublishSecret") ?? Labels(), volumeContext: options.labels("volumeContext") ?? Labels())
        }
        return reader.require(volume, "options")
    }
}
