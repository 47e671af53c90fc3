import Machine
import MesosAPI

/// Writes what a launch tells Mesos. Specified by Chronos 3.0 docs/api.md and Mesos 1.11 include/mesos/v1/mesos.proto (`TaskInfo`).
struct TaskBuilder {
    let definition: JobDefinition
    let key: Run.Key
    let parameters: Run.Parameters
    /// Of the run's indices.
    let count: Int
    let task: RunTask
    let resources: [Mesos_V1_Resource]

    func build() -> Mesos_V1_TaskInfo {
        var info = Mesos_V1_TaskInfo()
        info.name = "ChronosTask:" + definition.name
        info.taskID.value = task.id
        info.agentID.value = task.agentID
        info.resources = resources
        info.command = command
        definition.extras.apply(to: &info)
        if definition.maxCompletionTime > 0 { info.maxCompletionTime.nanoseconds = definition.maxCompletionTime.saturatingMultiply(.second) }
        return info
    }

    private var command: Mesos_V1_CommandInfo {
        var command = Mesos_V1_CommandInfo()
        command.user = definition.runAsUser
        command.uris = definition.fetch.map { file in
            var uri = Mesos_V1_CommandInfo.URI()
            uri.value = file.uri
            uri.executable = file.isExecutable
            uri.cache = file.isCached
            uri.extract = file.isExtracted
            if !file.outputFile.isEmpty { uri.outputFile = file.outputFile }
            return uri
        }
        // A command that is an address is a program to be fetched.
        var line = definition.command
        if let file = Self.program(at: line) {
            var uri = Mesos_V1_CommandInfo.URI()
            uri.value = line
            uri.executable = true
            command.uris.append(uri)
            line = "./" + file
        }
        command.shell = definition.isShell
        if definition.isShell {
            let arguments = parameters.arguments ?? definition.arguments.joined(separator: " ")
            command.value = arguments.isEmpty ? line : line + " " + arguments
        } else {
            command.value = line
            command.arguments = [line] + (parameters.arguments.map { $0.split(separator: " ").map(String.init) } ?? definition.arguments)
        }
        command.environment.variables = environment
        return command
    }

    /// The last part of an address; nil if the text is none. Unlike in Chronos, "httpd" is none.
    static func program(at text: String) -> String? {
        guard ["http://", "https://", "ftp://", "ftps://"].contains(where: text.hasPrefix), !text.contains(" ") else { return nil }
        guard let name = text.split(separator: "/").last, text.split(separator: "/").count > 2 else { return nil }
        return String(name.prefix { $0 != "?" && $0 != "#" })
    }

    private static let reserved = [
        "mesos_task_id", "MESOS_TASK_ID", "HOST", "CHRONOS_RESOURCE_MEM", "CHRONOS_RESOURCE_CPU", "CHRONOS_RESOURCE_DISK", "JOB_COMPLETION_INDEX",
        "AGORA_JOB_PAYLOAD"
    ]

    /// Whether a variable is set for each task, so that nobody else can set it.
    static func isReserved(_ name: String) -> Bool { name.hasPrefix("CHRONOS_JOB_") || reserved.contains(name) }

    private var environment: [Mesos_V1_Environment.Variable] {
        var standard = [
            ("mesos_task_id", task.id), ("MESOS_TASK_ID", task.id), ("CHRONOS_JOB_OWNER", definition.owner), ("CHRONOS_JOB_NAME", definition.name),
            ("HOST", task.host), ("CHRONOS_RESOURCE_MEM", "\(definition.mem)"), ("CHRONOS_RESOURCE_CPU", "\(definition.cpus)"),
            ("CHRONOS_RESOURCE_DISK", "\(definition.disk)"), ("CHRONOS_JOB_RUN_TIME", "\(key.due)"),
            ("CHRONOS_JOB_RUN_ATTEMPT", "\(task.attempt)")
        ]
        if count > 1 || definition.options.completions != nil {
            standard += [
                ("CHRONOS_JOB_RUN_INDEX", "\(task.index)"), ("CHRONOS_JOB_RUN_COMPLETIONS", "\(count)"), ("JOB_COMPLETION_INDEX", "\(task.index)")
            ]
        }
        if let payload = parameters.payload { standard.append(("AGORA_JOB_PAYLOAD", payload)) }
        let given = parameters.environment.map { ($0.name, $0.value) }
        let own = definition.environment.filter { variable in !(standard + given).contains { $0.0 == variable.name } }
        return (standard + own.map { ($0.name, $0.value) } + given).map { name, value in
            var variable = Mesos_V1_Environment.Variable()
            variable.name = name
            variable.value = value
            return variable
        }
    }
}
