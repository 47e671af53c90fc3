import Machine
import MesosAPI

/// Writes what a launch tells Mesos. Specified by Chronos 3.0 docs/api.md and Mesos 1.11 include/mesos/v1/mesos.proto (`TaskInfo`).
struct TaskBuilder {
    let definition: JobDefinition
    let run: Run
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
            let arguments = run.arguments ?? definition.arguments.joined(separator: " ")
            command.value = arguments.isEmpty ? line : line + " " + arguments
        } else {
            command.value = line
            command.arguments = [line] + (run.arguments.map { $0.split(separator: " ").map(String.init) } ?? definition.arguments)
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

    private var environment: [Mesos_V1_Environment.Variable] {
        let standard = [
            ("mesos_task_id", task.id), ("MESOS_TASK_ID", task.id), ("CHRONOS_JOB_OWNER", definition.owner), ("CHRONOS_JOB_NAME", definition.name),
            ("HOST", task.host), ("CHRONOS_RESOURCE_MEM", "\(definition.mem)"), ("CHRONOS_RESOURCE_CPU", "\(definition.cpus)"),
            ("CHRONOS_RESOURCE_DISK", "\(definition.disk)"), ("CHRONOS_JOB_RUN_TIME", "\(run.key.due)"),
            ("CHRONOS_JOB_RUN_ATTEMPT", "\(task.attempt)")
        ]
        let own = definition.environment.filter { variable in !standard.contains { $0.0 == variable.name } }
        return (standard + own.map { ($0.name, $0.value) }).map { name, value in
            var variable = Mesos_V1_Environment.Variable()
            variable.name = name
            variable.value = value
            return variable
        }
    }
}
