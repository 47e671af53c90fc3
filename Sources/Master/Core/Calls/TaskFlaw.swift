import MesosAPI
import Resources

/// What is wrong with a task in itself: the first of the master's checks that needs no look at its state and fails.
/// Specified by what Mesos 1.11 checks, in its order (scheduler API, "Task validation").
package struct TaskFlaw: Hashable, Sendable, CustomStringConvertible {
    /// The checks, in the order in which they are made; others between them need the master's state.
    package enum Step: Int, Hashable, Sendable, Comparable {
        case id = 1, killPolicy = 4, check = 5, resources = 6, environment = 7, container = 8, limits = 9, command = 10, executor = 11
        case cgroups = 13

        package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    package let step: Step
    /// The wire's text.
    package let description: String

    init(_ step: Step, _ text: String) {
        self.step = step
        description = text
    }

    /// - Parameter resources: nil if they are invalid themselves: only the checks before those of resources are made then.
    init?(_ task: Mesos_V1_TaskInfo, _ resources: ResourceMessages?, executor: ExecutorSpec?, frameworkID: String) {
        if let refusal = IDRefusal(task.taskID.value) { self.init(.id, refusal.description); return }
        if task.hasKillPolicy, task.killPolicy.gracePeriod.nanoseconds < 0 {
            self.init(.killPolicy, "Task's 'kill_policy.grace_period' must be non-negative"); return
        }
        if task.hasMaxCompletionTime, task.maxCompletionTime.nanoseconds < 0 {
            self.init(.killPolicy, "Task's `max_completion_time` must be non-negative"); return
        }
        if let text = Self.check(task) { self.init(.check, text); return }
        guard let resources else { return nil }
        if let text = Self.resources(resources) { self.init(.resources, text); return }
        if let text = Self.environment(task) { self.init(.environment, text); return }
        if let text = Self.container(task) { self.init(.container, text); return }
        if let text = Self.limits(task, resources) { self.init(.limits, text); return }
        guard task.hasExecutor != task.hasCommand else {
            self.init(.command, "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present"); return
        }
        if let executor, let text = Self.executor(task.executor, executor, frameworkID) { self.init(.executor, text); return }
        if task.container.linuxInfo.hasShareCgroups, !task.container.linuxInfo.shareCgroups {
            self.init(.cgroups, "Only tasks in a task group may have their 'share_cgroups' set to 'false'"); return
        }
        return nil
    }

    private static func check(_ task: Mesos_V1_TaskInfo) -> String? {
        if task.hasCheck {
            let check = task.check
            switch check.type {
            case .unknown: return "Task uses invalid check: '\(check.hasType ? "UNKNOWN" : "")' is not a valid check type"
            case .command where !check.hasCommand: return "Task uses invalid check: Expecting 'command' to be set for COMMAND check"
            case .command where check.command.command.value.isEmpty:
                return "Task uses invalid check: Command check must contain either 'shell command' or 'executable path'"
            case .http where !check.hasHTTP: return "Task uses invalid check: Expecting 'http' to be set for HTTP check"
            case .http where check.http.hasPath && !check.http.path.hasPrefix("/"):
                return "Task uses invalid check: The path '\(check.http.path)' of HTTP check must start with '/'"
            case .tcp where !check.hasTcp: return "Task uses invalid check: Expecting 'tcp' to be set for TCP check"
            case .command, .http, .tcp: break
            }
            let durations = [
                ("delay_seconds", check.delaySeconds), ("interval_seconds", check.intervalSeconds), ("timeout_seconds", check.timeoutSeconds)
            ]
            if let wrong = durations.first(where: { !($0.1 >= 0) }) {
                return "Task uses invalid check: Expecting '\(wrong.0)' to be non-negative"
            }
        }
        return task.hasHealthCheck ? healthCheck(task.healthCheck) : nil
    }

    private static func healthCheck(_ check: Mesos_V1_HealthCheck) -> String? {
        let prefix = "Task uses invalid health check: "
        guard check.hasType else { return prefix + "HealthCheck must specify 'type'" }
        switch check.type {
        case .command:
            guard check.hasCommand else { return prefix + "Expecting 'command' to be set for COMMAND health check" }
            if check.command.value.isEmpty { return prefix + "Command health check must contain either 'shell command' or 'executable path'" }
        case .http:
            guard check.hasHTTP else { return prefix + "Expecting 'http' to be set for HTTP health check" }
            if check.http.hasScheme, check.http.scheme != "http", check.http.scheme != "https" {
                return prefix + "Unsupported HTTP health check scheme: '\(check.http.scheme)'"
            }
            if check.http.hasPath, !check.http.path.hasPrefix("/") {
                return prefix + "The path '\(check.http.path)' of HTTP health check must start with '/'"
            }
        case .tcp:
            guard check.hasTcp else { return prefix + "Expecting 'tcp' to be set for TCP health check" }
        case .unknown:
            return prefix + "'UNKNOWN' is not a valid health check type"
        }
        let durations = [
            ("delay_seconds", check.delaySeconds), ("grace_period_seconds", check.gracePeriodSeconds),
            ("interval_seconds", check.intervalSeconds), ("timeout_seconds", check.timeoutSeconds)
        ]
        return durations.first { !($0.1 >= 0) }.map { prefix + "Expecting '\($0.0)' to be non-negative" }
    }

    private static func resources(_ parsed: ResourceMessages) -> String? {
        let resources = parsed.resources
        if resources.isEmpty { return "Task uses no resources" }
        if parsed.roles.count > 1 {
            return "Task uses invalid resources: The resources have multiple allocation roles ('\(parsed.roles[1])' and '\(parsed.roles[0])')"
                + " but only one allocation role is allowed"
        }
        if resources.gpus.thousandths % 1000 != 0 { return "Task uses invalid resources: The 'gpus' resource must be an unsigned integer" }
        let ids = resources.persistentVolumes.compactMap { $0.disk?.persistence?.id }
        if let id = ids.duplicates.first { return "Task uses duplicate persistence ID: \(id)" }
        let revocable = resources.revocable.names
        let mixed = resources.nonRevocable.names.first { revocable.contains($0) }
        return mixed.map { "Task uses invalid resources: Cannot use both revocable and non-revocable '\($0)' at the same time" }
    }

    private static func environment(_ task: Mesos_V1_TaskInfo) -> String? {
        for variable in task.command.environment.variables {
            switch variable.type {
            case .value:
                if variable.hasSecret { return "Environment variable '\(variable.name)' of type 'VALUE' must not have a secret set" }
                if !variable.hasValue { return "Environment variable '\(variable.name)' of type 'VALUE' must have a value set" }
            case .secret:
                if variable.hasValue { return "Environment variable '\(variable.name)' of type 'SECRET' must not have a value set" }
                if !variable.hasSecret { return "Environment variable '\(variable.name)' of type 'SECRET' must have a secret set" }
            case .unknown:
                return "Environment variable of type 'UNKNOWN' is not allowed"
            }
        }
        return nil
    }

    private static func container(_ task: Mesos_V1_TaskInfo) -> String? {
        guard task.hasContainer else { return nil }
        let container = task.container
        let prefix = "Task's `ContainerInfo` is invalid: "
        for volume in container.volumes {
            let sources = [volume.hasHostPath, volume.hasImage, volume.hasSource].filter { $0 }.count
            if sources == 0 { return prefix + "None of 'host_path', 'image' or 'source' is set" }
            if sources > 1 { return prefix + "Only one of them should be set: 'host_path', 'image' and 'source'" }
        }
        guard container.type == .docker else { return nil }
        guard container.hasDocker else { return prefix + "DockerInfo 'docker' is not set for DOCKER typed ContainerInfo" }
        return container.docker.parameters.contains { $0.key == "name" } ? prefix + "Parameter in DockerInfo must not be 'name'" : nil
    }

    private static func limits(_ task: Mesos_V1_TaskInfo, _ parsed: ResourceMessages) -> String? {
        for (name, limit) in task.limits.sorted(by: { $0.key < $1.key }) {
            guard name == "cpus" || name == "mem" else { return "Limits are only supported for 'cpus' and 'mem', not for '\(name)'" }
            let request = parsed.resources.scalar(name)
            if limit.value.isNaN || (limit.value.isFinite && Scalar(limit.value).map { $0 < request } ?? false) {
                return "The \(name) limit \(limit.value) must not be less than the \(name) request \(request)"
            }
        }
        return nil
    }

    private static func executor(_ message: Mesos_V1_ExecutorInfo, _ executor: ExecutorSpec, _ frameworkID: String) -> String? {
        switch message.type {
        case .default: return "'ExecutorInfo.type' must be 'CUSTOM' for LAUNCH: tasks of a default executor are launched as a group"
        case .custom, .unknown:
            if !message.hasCommand { return "'ExecutorInfo.command' must be set for 'CUSTOM' executor" }
        }
        if let refusal = IDRefusal(executor.id) { return refusal.description }
        if message.hasShutdownGracePeriod, message.shutdownGracePeriod.nanoseconds < 0 {
            return "ExecutorInfo's 'shutdown_grace_period' must be non-negative"
        }
        if let id = executor.frameworkID, id != frameworkID {
            return "ExecutorInfo has an invalid FrameworkID (Actual: \(id) vs Expected: \(frameworkID))"
        }
        if let refusal = executor.resourceRefusal { return "Executor uses invalid resources: \(refusal)" }
        if !executor.resources.shared.isEmpty { return "Executor resources must not be shared" }
        return nil
    }
}
