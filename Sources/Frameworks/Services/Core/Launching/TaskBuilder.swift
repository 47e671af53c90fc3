import FrameworkCore
import Machine
import MesosAPI
import Resources

/// Writes what a launch of an instance tells Mesos. Specified by Marathon 1.11 docs/application-basics.md, docs/ports.md,
/// docs/health-checks.md, and Mesos 1.11 include/mesos/v1/mesos.proto (`TaskInfo`).
struct TaskBuilder {
    let app: AppDefinition
    let taskID: TaskID
    let agent: Agent
    let ports: [TaskPort]
    let resources: [Mesos_V1_Resource]
    let configuration: Configuration
    /// Whether the app's top-level group says in which role its apps run.
    let enforcesGroupRole: Bool

    func build() -> Mesos_V1_TaskInfo {
        var task = Mesos_V1_TaskInfo()
        task.name = app.id.taskName
        task.taskID.value = taskID.description
        task.agentID.value = agent.id
        task.resources = resources
        task.command = command
        task.labels.labels = Self.labels(app.labels)
        task.discovery = discovery
        if let container { task.container = container }
        if let seconds = app.taskKillGracePeriodSeconds {
            task.killPolicy.gracePeriod.nanoseconds = Int64(seconds).saturatingMultiply(.second)
        }
        if let limits { task.limits = limits }
        if let check = app.healthChecks.first(where: { !$0.kind.isRunByLeader }), let built = healthCheck(check) {
            task.healthCheck = built
        }
        if let check = app.check.flatMap(checkInfo) { task.check = check }
        return task
    }

    private static func labels(_ labels: Labels) -> [Mesos_V1_Label] {
        labels.map { entry in
            var label = Mesos_V1_Label()
            label.key = entry.key
            label.value = entry.value
            return label
        }
    }

    private var limits: [String: Mesos_V1_Value.Scalar]? {
        guard let limits = app.resourceLimits else { return nil }
        var result: [String: Mesos_V1_Value.Scalar] = [:]
        for (name, limit) in [("cpus", limits.cpus), ("mem", limits.mem)] {
            guard let limit else { continue }
            var scalar = Mesos_V1_Value.Scalar()
            switch limit {
            case .unlimited: scalar.value = .infinity
            case .number(let number): scalar.value = number
            }
            result[name] = scalar
        }
        return result.isEmpty ? nil : result
    }

    // MARK: The command

    private var command: Mesos_V1_CommandInfo {
        var command = Mesos_V1_CommandInfo()
        if let cmd = app.cmd {
            command.shell = true
            command.value = cmd
        } else {
            command.shell = false
            // With an image the arguments follow its entry point; without one the first argument is the program.
            if app.container?.docker == nil, let program = app.args.first { command.value = program }
            command.arguments = app.args
        }
        if let user = app.user { command.user = user }
        command.uris = app.fetch.map { artifact in
            var uri = Mesos_V1_CommandInfo.URI()
            uri.value = artifact.uri
            uri.extract = artifact.extract
            uri.executable = artifact.executable
            uri.cache = artifact.cache
            if let path = artifact.destPath { uri.outputFile = path }
            return uri
        }
        command.environment.variables = environment
        return command
    }

    private var environment: [Mesos_V1_Environment.Variable] {
        let values = TaskEnvironment(
            of: app, taskID: taskID, host: agent.host, ports: ports, prefix: configuration.envVarsPrefix, enforcesGroupRole: enforcesGroupRole)
        return values.variables.map { entry in
            var variable = Mesos_V1_Environment.Variable()
            variable.name = entry.name
            variable.value = entry.value
            return variable
        }
    }

    // MARK: Discovery

    private var discovery: Mesos_V1_DiscoveryInfo {
        var discovery = Mesos_V1_DiscoveryInfo()
        discovery.visibility = .framework
        discovery.name = app.id.taskName
        if app.isInHostMode {
            for (definition, port) in zip(app.portDefinitions, ports) {
                let labels = Self.labels(definition.labels)
                discovery.ports.ports += described(port, definition.name, definition.networkProtocol, labels, scope: "host")
            }
        } else {
            for (mapping, port) in zip(app.portMappings, ports) {
                let labels = Self.labels(mapping.labels)
                let scope = port.hostPort == nil ? "container" : "host"
                discovery.ports.ports += described(port, mapping.name, mapping.networkProtocol, labels, scope: scope)
            }
        }
        return discovery
    }

    private func described(
        _ port: TaskPort, _ name: String?, _ networkProtocol: NetworkProtocol, _ labels: [Mesos_V1_Label], scope: String
    ) -> [Mesos_V1_Port] {
        networkProtocol.names.map { protocolName in
            var result = Mesos_V1_Port()
            result.number = UInt32(clamping: port.number)
            if let name { result.name = name }
            result.protocol = protocolName
            var scopeLabel = Mesos_V1_Label()
            scopeLabel.key = "network-scope"
            scopeLabel.value = scope
            result.labels.labels = labels + [scopeLabel]
            return result
        }
    }
}
