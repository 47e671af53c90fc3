internal import AgoraAPI
internal import Machine
internal import MesosAPI
internal import OrderedCollections
internal import Resources

/// What is to be put into a sandbox before a task starts.
package struct Preparation: Sendable, Hashable {
    package struct File: Sendable, Hashable {
        /// As the framework wrote it: an absolute path, file://, http:// or https://.
        package let uri: String
        package let isExecutable: Bool
        package let isExtracted: Bool
        package let isCached: Bool
        /// Relative to the sandbox; nil: the last component of the URI.
        package let name: String?
    }

    package let container: String
    package let sandbox: String
    /// Owns the sandbox; nil: the agent's own user.
    package let user: String?
    package let files: [File]
}

/// Turns a task into what the launcher is asked for. Decides nothing that the task or the rules don't say.
struct ContainerPlan {
    let rules: Rules
    let abilities: Abilities
    let agentID: String
    let framework: Framework
    let container: String

    static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Where the task's files are. The ids were checked when the task was taken.
    static func sandbox(_ rules: Rules, agentID: String, framework: String, executor: String, container: String) -> String {
        "\(rules.workFolder)/slaves/\(agentID)/frameworks/\(framework)/executors/\(executor)/runs/\(container)"
    }

    func sandbox(_ info: Mesos_V1_TaskInfo) -> String {
        Self.sandbox(rules, agentID: agentID, framework: framework.id, executor: info.taskID.value, container: container)
    }

    func preparation(_ info: Mesos_V1_TaskInfo) -> Preparation {
        Preparation(
            container: container, sandbox: sandbox(info), user: user(info.command),
            files: info.command.uris.map {
                Preparation.File(
                    uri: $0.value, isExecutable: $0.executable, isExtracted: $0.extract && !$0.executable, isCached: $0.cache,
                    name: $0.hasOutputFile && !$0.outputFile.isEmpty ? $0.outputFile : nil)
            })
    }

    /// nil: nobody is switched to.
    func user(_ command: Mesos_V1_CommandInfo) -> String? {
        guard rules.switchesUser, abilities.isRoot else { return nil }
        let name = command.hasUser && !command.user.isEmpty ? command.user : framework.user
        return name.isEmpty ? nil : name
    }

    func launch(_ info: Mesos_V1_TaskInfo) -> Agora_V1_LauncherRequest.Launch {
        var launch = Agora_V1_LauncherRequest.Launch()
        let folder = sandbox(info)
        launch.containerID = container
        launch.command = Self.command(info.command)
        launch.environment = environment(info, info.command)
        launch.workingFolder = folder
        launch.stdoutPath = folder + "/stdout"
        launch.stderrPath = folder + "/stderr"
        if let name = user(info.command) { launch.user.name = name }
        launch.rlimits = info.container.rlimitInfo.rlimits.map { limit in
            var result = Agora_V1_ContainerRLimit()
            result.type = Agora_V1_ContainerRLimit.TypeEnum(rawValue: limit.type.rawValue) ?? .unknown
            if limit.hasHard { result.hard = limit.hard }
            if limit.hasSoft { result.soft = limit.soft }
            return result
        }
        let settings = cgroup(info)
        if settings != Agora_V1_CgroupSettings() { launch.cgroup = settings }
        launch.namespaces = namespaces(info)
        if info.container.hasHostname, launch.namespaces.contains(.uts) { launch.hostname = info.container.hostname }
        launch.mounts = mounts(info, folder)
        return launch
    }

    static func command(_ command: Mesos_V1_CommandInfo) -> Agora_V1_ContainerCommand {
        var result = Agora_V1_ContainerCommand()
        if command.shell {
            result.shell = command.value
        } else {
            result.executable = command.value
            result.arguments = command.arguments
        }
        return result
    }

    /// All of a process's environment. Specified by Mesos 1.11 docs/executor-http-api.md ("Environment Variables"): a command task
    /// sees what its executor was given; then come the agent's own settings, then the task's, and the later one wins.
    func environment(_ info: Mesos_V1_TaskInfo, _ commands: Mesos_V1_CommandInfo...) -> [String] {
        var variables: OrderedDictionary<String, String> = [
            "PATH": Self.defaultPath,
            "LIBPROCESS_PORT": "0",
            "MESOS_AGENT_ENDPOINT": "\(rules.ip):\(rules.port)",
            "MESOS_CHECKPOINT": framework.checkpoints ? "1" : "0",
            "MESOS_DIRECTORY": sandbox(info),
            "MESOS_EXECUTOR_ID": info.taskID.value,
            "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": "\(rules.shutdownGrace / .second)secs",
            "MESOS_FRAMEWORK_ID": framework.id,
            "MESOS_HTTP_COMMAND_EXECUTOR": "0",
            "MESOS_SANDBOX": sandbox(info),
            "MESOS_SLAVE_ID": agentID,
            "MESOS_SLAVE_PID": "slave(1)@\(rules.ip):\(rules.port)",
            "MESOS_TASK_ID": info.taskID.value
        ]
        if framework.checkpoints {
            variables["MESOS_RECOVERY_TIMEOUT"] = "15mins"
            variables["MESOS_SUBSCRIPTION_BACKOFF_MAX"] = "2secs"
        }
        if let role = info.resources.first(where: { $0.allocationInfo.hasRole })?.allocationInfo.role {
            variables["MESOS_ALLOCATION_ROLE"] = role
        }
        for variable in rules.environment { variables[variable.name] = variable.value }
        for command in commands {
            for variable in command.environment.variables { variables[variable.name] = variable.value }
        }
        return variables.map { "\($0.key)=\($0.value)" }
    }

    /// Specified by Mesos 1.11 docs/isolators/cgroups-cpu.md and cgroups-mem.md: 1,024 shares a CPU and at least 2; a quota for each
    /// 100 ms; at least 32 MB. Asks for no controller that the machine lacks.
    private func cgroup(_ info: Mesos_V1_TaskInfo) -> Agora_V1_CgroupSettings {
        let amounts = TaskResources(info)
        var settings = Agora_V1_CgroupSettings()
        if abilities.controllers.contains("cpu"), amounts.cpus > .zero {
            let thousandths = UInt64(max(0, amounts.cpus.thousandths))
            settings.cpuShares = max(2, thousandths &* 1_024 / 1_000)
            var quota: Scalar? = rules.limitsCPU ? amounts.cpus : nil
            if let limit = amounts.cpuLimit {
                if case .amount(let amount) = limit { quota = amount } else { quota = nil }
            }
            // A thousandth of a CPU is 100 µs of each 100 ms; the kernel's least quota is 1 ms.
            if let quota { settings.cpuQuotaUs = max(1_000, UInt64(max(0, quota.thousandths)) &* 100) }
        }
        if abilities.controllers.contains("memory") {
            if let limit = amounts.memoryLimit {
                settings.memoryLimitBytes = limit.bytesOfMegabytes
                if amounts.memoryCap != nil, amounts.memory > .zero { settings.memorySoftLimitBytes = amounts.memory.bytesOfMegabytes }
            }
        }
        if abilities.controllers.contains("pids"), let limit = rules.processLimit { settings.pidsMax = limit }
        return settings
    }

    private func namespaces(_ info: Mesos_V1_TaskInfo) -> [Agora_V1_ContainerNamespace] {
        var names = rules.namespaces
        let linux = info.container.linuxInfo
        if linux.sharePidNamespace { names.removeAll { $0 == "pid" } }
        if linux.ipcMode == .shareParent { names.removeAll { $0 == "ipc" } }
        if linux.ipcMode == .private, !names.contains("ipc") { names.append("ipc") }
        if info.container.hasHostname, !names.contains("uts") { names.append("uts") }
        if !info.container.volumes.isEmpty, !names.contains("mount") { names.append("mount") }
        names.removeAll { !abilities.namespaces.contains($0) }
        // A pid namespace needs a /proc of its own, hence mounts.
        if !names.contains("mount") { names.removeAll { $0 == "pid" } }
        let known: [(String, Agora_V1_ContainerNamespace)] = [("pid", .pid), ("ipc", .ipc), ("uts", .uts), ("mount", .mount)]
        return known.filter { names.contains($0.0) }.map(\.1)
    }

    /// Host paths and sandbox paths; what else a volume can be was refused when the task came.
    private func mounts(_ info: Mesos_V1_TaskInfo, _ sandbox: String) -> [Agora_V1_ContainerMount] {
        info.container.volumes.map { volume in
            var mount = Agora_V1_ContainerMount()
            let host = volume.hasHostPath ? volume.hostPath : volume.source.hostPath.path
            if volume.hasSource, volume.source.type == .sandboxPath {
                mount.source = "\(sandbox)/\(volume.source.sandboxPath.path)"
            } else {
                mount.source = host.hasPrefix("/") ? host : "\(sandbox)/\(host)"
            }
            mount.target = volume.containerPath
            mount.readOnly = volume.mode == .ro
            return mount
        }
    }
}
