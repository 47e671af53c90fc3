extension AppDefinition {
    func containerViolations(_ rules: AppRules) -> [Violation] {
        guard let container else { return [] }
        var violations: [Violation] = []
        violations.add(dockerViolations(of: container, rules), below: "/container")
        if let linuxInfo = container.linuxInfo {
            if container.type == .docker { violations.add("/container/linuxInfo", "is only supported with the Mesos containerizer") }
            violations.add(linuxInfo.violations, below: "/container/linuxInfo")
        }
        violations.add(volumeViolations(of: container, rules))
        return violations
    }

    private func dockerViolations(of container: Container, _ rules: AppRules) -> [Violation] {
        var violations: [Violation] = []
        guard let docker = container.docker else {
            if container.type == .docker { violations.add("/docker", "not defined") }
            return violations
        }
        switch container.type {
        case .docker:
            if docker.pullSecret != nil { violations.add("/docker/pullConfig", "pullConfig is not supported with Docker containerizer") }
        case .mesos:
            if docker.isPrivileged { violations.add("/docker/privileged", "is only supported with the Docker containerizer") }
            if !docker.parameters.isEmpty { violations.add("/docker/parameters", "must be empty") }
            if let secret = docker.pullSecret {
                violations.add("/docker/pullConfig", rules.violation(without: .secrets))
                if secrets[secret] == nil {
                    violations.add("/docker/pullConfig", "pullConfig.secret must refer to an existing secret")
                }
            }
        }
        return violations
    }

    private func volumeViolations(of container: Container, _ rules: AppRules) -> [Violation] {
        var violations: [Violation] = []
        let names = volumes.compactMap(\.externalName)
        if names.count != Set(names).count { violations.add("/container/volumes", "Volume names must be unique") }
        for (index, volume) in volumes.enumerated() {
            let path = "/container/volumes(\(index))"
            switch volume.source {
            case .host: break
            case .secret(let key):
                violations.add("/container/volumes", rules.violation(without: .secrets))
                if secrets[key] == nil { violations.add(path, "volume.secret must refer to an existing secret") }
            case .persistent(let persistent):
                violations.add(volume.persistentMountViolations + persistent.violations, below: path)
            case .dvdi(let external):
                violations.add(path, rules.violation(without: .externalVolumes))
                violations.add(external.violations + volume.violations(of: external, in: container.type), below: path)
            case .csi(let external):
                violations.add(path, rules.violation(without: .externalVolumes))
                violations.add(external.violations(instances: instances, mode: volume.mode), below: path)
            }
        }
        if volumes.contains(where: \.isDVDI), instances > 1 {
            violations.add("/", "Number of instances is limited to 1 when declaring DVDI volumes in app [\(id)]")
        }
        return violations
    }
}

extension LinuxInfo {
    /// What is wrong with this as the properties of a container.
    package var violations: [Violation] {
        var violations: [Violation] = []
        if let seccomp, seccomp.profileName != nil, seccomp.isUnconfined {
            violations.add("/seccomp", "Seccomp unconfined can NOT be true when Profile is defined")
        }
        if let seccomp, seccomp.profileName == nil, !seccomp.isUnconfined {
            violations.add("/seccomp", "Seccomp unconfined must be true when Profile is NOT defined")
        }
        if let ipc, ipc.mode == .shareParent, ipc.sharedMemory != nil {
            violations.add("/ipcInfo", "ipcInfo shmSize can NOT be set when mode is SHARE_PARENT")
        }
        return violations
    }
}
