import MesosAPI

extension TaskBuilder {
    /// nil: the task is a plain process on its agent.
    var container: Mesos_V1_ContainerInfo? {
        guard let definition = app.container else { return app.tty == true ? terminal(Mesos_V1_ContainerInfo()) : nil }
        var container = Mesos_V1_ContainerInfo()
        switch definition.type {
        case .docker:
            container.type = .docker
            if let docker = definition.docker { container.docker = dockerInfo(docker) }
        case .mesos:
            container.type = .mesos
            if let docker = definition.docker {
                container.mesos.image.type = .docker
                container.mesos.image.docker.name = docker.image
                container.mesos.image.cached = !docker.forcePullImage
            }
            if let info = definition.linuxInfo { container.linuxInfo = linuxInfo(info) }
        }
        container.volumes = definition.volumes.compactMap(volume)
        container.networkInfos = networkInfos(for: definition.type)
        return app.tty == true ? terminal(container) : container
    }

    private func terminal(_ container: Mesos_V1_ContainerInfo) -> Mesos_V1_ContainerInfo {
        var container = container
        if !container.hasType { container.type = .mesos }
        container.ttyInfo = Mesos_V1_TTYInfo()
        return container
    }

    // MARK: Docker

    private func dockerInfo(_ docker: Docker) -> Mesos_V1_ContainerInfo.DockerInfo {
        var info = Mesos_V1_ContainerInfo.DockerInfo()
        info.image = docker.image
        info.forcePullImage = docker.forcePullImage
        info.privileged = docker.isPrivileged
        info.network =
            switch app.networks.first?.mode ?? .host {
            case .host: .host
            case .bridge: .bridge
            case .container: .user
            }
        info.parameters =
            docker.parameters.map { Self.parameter($0.key, $0.value) }
            + [Self.parameter("label", "MESOS_TASK_ID=\(taskID)")]
        for (mapping, port) in zip(app.portMappings, ports) {
            guard let hostPort = port.hostPort else { continue }
            info.portMappings += mapping.networkProtocol.names.map { name in
                var result = Mesos_V1_ContainerInfo.DockerInfo.PortMapping()
                result.hostPort = UInt32(clamping: hostPort)
                result.containerPort = UInt32(clamping: mapping.containerPort == 0 ? hostPort : mapping.containerPort)
                result.protocol = name
                return result
            }
        }
        return info
    }

    private static func parameter(_ key: String, _ value: String) -> Mesos_V1_Parameter {
        var parameter = Mesos_V1_Parameter()
        parameter.key = key
        parameter.value = value
        return parameter
    }

    // MARK: Networks

    private func networkInfos(for engine: Container.Engine) -> [Mesos_V1_NetworkInfo] {
        app.networks.compactMap { network in
            guard network.mode != .host, engine == .mesos || network.mode == .container else { return nil }
            var info = Mesos_V1_NetworkInfo()
            info.name = network.mode == .bridge ? configuration.mesosBridgeName : network.name ?? ""
            info.labels.labels = network.labels.map { entry in
                var label = Mesos_V1_Label()
                label.key = entry.key
                label.value = entry.value
                return label
            }
            if engine == .mesos { info.portMappings = portMappings(on: network) }
            return info
        }
    }

    private func portMappings(on network: Network) -> [Mesos_V1_NetworkInfo.PortMapping] {
        zip(app.portMappings, ports).flatMap { mapping, port -> [Mesos_V1_NetworkInfo.PortMapping] in
            guard let hostPort = port.hostPort else { return [] }
            guard mapping.networkNames.isEmpty || mapping.networkNames == [network.name ?? ""] else { return [] }
            return mapping.networkProtocol.names.map { name in
                var result = Mesos_V1_NetworkInfo.PortMapping()
                result.hostPort = UInt32(clamping: hostPort)
                result.containerPort = UInt32(clamping: mapping.containerPort == 0 ? hostPort : mapping.containerPort)
                result.protocol = name
                return result
            }
        }
    }

    // MARK: Volumes

    private func volume(_ volume: Volume) -> Mesos_V1_Volume? {
        var result = Mesos_V1_Volume()
        result.containerPath = volume.containerPath
        result.mode = volume.mode == .readOnly ? .ro : .rw
        switch volume.source {
        case .host(let path):
            result.hostPath = path
        case .dvdi(let external):
            result.source.type = .dockerVolume
            result.source.dockerVolume.name = external.name ?? ""
            for option in external.options {
                guard option.key.hasPrefix("dvdi/") else { continue }
                if option.key == "dvdi/driver" {
                    result.source.dockerVolume.driver = option.value
                } else {
                    let name = String(option.key.dropFirst("dvdi/".count))
                    result.source.dockerVolume.driverOptions.parameter.append(Self.parameter(name, option.value))
                }
            }
        case .secret(let key):
            guard let secret = app.secrets[key] else { return nil }
            result.source.type = .secret
            result.source.secret.type = .reference
            result.source.secret.reference.name = secret.source
        case .persistent, .csi:
            return nil
        }
        return result
    }

    private func linuxInfo(_ info: LinuxInfo) -> Mesos_V1_LinuxInfo {
        var result = Mesos_V1_LinuxInfo()
        if let seccomp = info.seccomp {
            if let name = seccomp.profileName { result.seccomp.profileName = name }
            result.seccomp.unconfined = seccomp.isUnconfined
        }
        if let ipc = info.ipc {
            result.ipcMode = ipc.mode == .isPrivate ? .private : .shareParent
            if let size = ipc.sharedMemory { result.shmSize = UInt32(clamping: size) }
        }
        return result
    }
}
