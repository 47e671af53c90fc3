package import MesosAPI

/// Why an agent does not run a task, and what it tells the framework.
package struct LaunchRefusal: Sendable, Hashable {
    package let state: Mesos_V1_TaskState
    package let reason: Mesos_V1_TaskStatus.Reason
    package let message: String

    static func invalid(_ message: String) -> LaunchRefusal {
        LaunchRefusal(state: .taskError, reason: .taskInvalid, message: message)
    }

    static func unlaunchable(_ message: String) -> LaunchRefusal {
        LaunchRefusal(state: .taskFailed, reason: .containerLaunchFailed, message: message)
    }
}

/// Whether a task can run here, judged by itself; whether it may run now is for `Agent.validate`.
enum TaskValidation {
    /// Bytes of a TaskInfo: it travels in one record, and is written at each change of the task.
    static let greatestSize = 4 << 20

    /// Whether an id can be a folder's name.
    static func isFolderName(_ id: String) -> Bool {
        !id.isEmpty && id.utf8.count <= 255 && id != "." && id != ".."
            && id.utf8.allSatisfy { $0 > 0x1f && $0 != 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\\") }
    }

    static func check(_ info: Mesos_V1_TaskInfo, size: Int) -> LaunchRefusal? {
        if !isFolderName(info.taskID.value) { return .invalid("Task ID '\(info.taskID.value)' contains invalid characters") }
        if size > greatestSize { return .invalid("TaskInfo of \(size) bytes is larger than the \(greatestSize) bytes that an agent takes") }
        if info.hasExecutor { return .invalid("Custom executors are not supported by this agent") }
        if !info.hasCommand { return .invalid("Task should have at least one (but not both) of CommandInfo or ExecutorInfo present") }
        if !info.command.hasValue { return .invalid("Command of the task has no value") }
        return checkText(info) ?? checkEnvironment(info.command) ?? checkChecks(info) ?? checkContainer(info) ?? checkResources(info)
            ?? checkFiles(info.command)
    }

    /// A process's words end at their first NUL, so what came after it would be dropped in silence.
    private static func checkText(_ info: Mesos_V1_TaskInfo) -> LaunchRefusal? {
        var commands = [("Command", info.command)]
        if info.healthCheck.hasCommand { commands.append(("Health check", info.healthCheck.command)) }
        if info.check.hasCommand { commands.append(("Check", info.check.command.command)) }
        for (name, command) in commands {
            let words = [command.value, command.user] + command.arguments + command.uris.flatMap { [$0.value, $0.outputFile] }
            if words.contains(where: { $0.utf8.contains(0) }) { return .invalid("\(name) of the task contains a NUL character") }
        }
        return info.container.hostname.utf8.contains(0) ? .invalid("Host name of the task's container contains a NUL character") : nil
    }

    private static func checkEnvironment(_ command: Mesos_V1_CommandInfo) -> LaunchRefusal? {
        for variable in command.environment.variables {
            if variable.hasType, variable.type != .value {
                return .unlaunchable("Environment variable '\(variable.name)' is a secret; secrets are not supported by this agent")
            }
            if variable.name.isEmpty || variable.name.utf8.contains(where: { $0 == UInt8(ascii: "=") || $0 == 0 }) || variable.value.utf8.contains(0)
            {
                return .invalid("Environment variable '\(variable.name)' has a name or value that a process can't be given")
            }
        }
        return nil
    }

    private static func checkChecks(_ info: Mesos_V1_TaskInfo) -> LaunchRefusal? {
        if info.hasHealthCheck {
            let check = info.healthCheck
            let isComplete =
                switch check.type {
                case .command: check.command.hasValue
                case .http: check.hasHTTP
                case .tcp: check.hasTcp
                case .unknown: false
                }
            if !isComplete { return .invalid("Health check of the task is incomplete") }
        }
        if info.hasCheck {
            let isComplete =
                switch info.check.type {
                case .command: info.check.command.command.hasValue
                case .http: info.check.hasHTTP
                case .tcp: info.check.hasTcp
                case .unknown: false
                }
            if !isComplete { return .invalid("Check of the task is incomplete") }
        }
        return nil
    }

    private static func checkContainer(_ info: Mesos_V1_TaskInfo) -> LaunchRefusal? {
        guard info.hasContainer else { return nil }
        let container = info.container
        if container.type == .docker || container.mesos.hasImage {
            return .unlaunchable("Containers with an image are not supported by this agent")
        }
        if let network = container.networkInfos.first(where: { $0.hasName && !$0.name.isEmpty }) {
            return .unlaunchable("Unknown CNI network '\(network.name)'")
        }
        if container.hasTtyInfo { return .unlaunchable("Terminals are not supported by this agent") }
        let linux = container.linuxInfo
        if linux.hasCapabilityInfo || linux.hasBoundingCapabilities || linux.hasEffectiveCapabilities || linux.hasSeccomp || linux.hasShmSize {
            return .unlaunchable("Capabilities, seccomp and shm_size of LinuxInfo are not supported by this agent")
        }
        for volume in container.volumes {
            if let problem = problem(of: volume) { return .unlaunchable(problem) }
        }
        return nil
    }

    private static func problem(of volume: Mesos_V1_Volume) -> String? {
        if volume.hasImage { return "Image volumes are not supported by this agent" }
        if climbs(volume.containerPath) { return "Volume has the container path '\(volume.containerPath)', which leaves the sandbox" }
        if volume.hasHostPath { return climbs(volume.hostPath) ? "Volume has the host path '\(volume.hostPath)' with '..'" : nil }
        switch volume.source.type {
        case .hostPath: return climbs(volume.source.hostPath.path) ? "Volume has the host path '\(volume.source.hostPath.path)' with '..'" : nil
        case .sandboxPath:
            let path = volume.source.sandboxPath.path
            return climbs(path) || path.hasPrefix("/") ? "Volume has the sandbox path '\(path)', which leaves the sandbox" : nil
        case .dockerVolume, .secret, .csiVolume, .unknown: return "Volumes of this kind are not supported by this agent"
        }
    }

    private static func checkResources(_ info: Mesos_V1_TaskInfo) -> LaunchRefusal? {
        info.resources.contains { $0.disk.hasPersistence || $0.disk.hasSource }
            ? .unlaunchable("Persistent volumes are not supported by this agent") : nil
    }

    private static func checkFiles(_ command: Mesos_V1_CommandInfo) -> LaunchRefusal? {
        for uri in command.uris where uri.hasOutputFile && (uri.outputFile.hasPrefix("/") || climbs(uri.outputFile)) {
            return .invalid("URI '\(uri.value)' has the output file '\(uri.outputFile)', which leaves the sandbox")
        }
        return nil
    }

    /// Whether a path has a component "..", or holds what no path may.
    private static func climbs(_ path: String) -> Bool {
        path.isEmpty || path.utf8.contains(0) || path.split(separator: "/").contains("..")
    }
}
