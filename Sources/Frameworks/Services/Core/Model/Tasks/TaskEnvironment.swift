import FrameworkCore

/// The environment variables of an app's task. Specified by Marathon 1.11 docs/task-environment-vars.md.
package struct TaskEnvironment: Hashable, Sendable {
    package struct Variable: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    /// In a fixed order, each name once.
    package private(set) var variables: [Variable] = []
    private var positions: [String: Int] = [:]

    /// - Parameters:
    ///   - ports: from `AppDefinition.taskPorts`.
    ///   - prefix: `--env_vars_prefix`, put in front of `HOST` and `PORT…`.
    ///   - enforcesGroupRole: whether the app's top-level group enforces its role; nil: unknown.
    package init(
        of app: AppDefinition, taskID: TaskID, host: String, ports: [TaskPort], prefix: String = "", enforcesGroupRole: Bool? = nil
    ) {
        setContext(of: app, taskID, enforcesGroupRole)
        setLabels(app.labels)
        if !ports.isEmpty { setPorts(ports, prefix) }
        set("\(prefix)HOST", host)
        // What the user says wins.
        for entry in app.env {
            if case .text(let text) = entry.value { set(entry.key, text) }
        }
    }

    package subscript(_ name: String) -> String? { positions[name].map { variables[$0].value } }

    private mutating func set(_ name: String, _ value: String) {
        if let position = positions[name] {
            variables[position].value = value
        } else {
            positions[name] = variables.count
            variables.append(Variable(name: name, value: value))
        }
    }

    private mutating func setContext(of app: AppDefinition, _ taskID: TaskID, _ enforcesGroupRole: Bool?) {
        set("MESOS_TASK_ID", taskID.description)
        set("MARATHON_APP_ID", app.id.description)
        set("MARATHON_APP_VERSION", app.version.description)
        if let docker = app.container?.docker { set("MARATHON_APP_DOCKER_IMAGE", docker.image) }
        // With a decimal, as they always were: 1.0, 128.0.
        set("MARATHON_APP_RESOURCE_CPUS", "\(app.cpus)")
        set("MARATHON_APP_RESOURCE_MEM", "\(app.mem)")
        set("MARATHON_APP_RESOURCE_DISK", "\(app.disk)")
        set("MARATHON_APP_RESOURCE_GPUS", "\(app.gpus)")
        if let enforcesGroupRole { set("MARATHON_APP_ENFORCE_GROUP_ROLE", enforcesGroupRole ? "TRUE" : "FALSE") }
    }

    private mutating func setPorts(_ ports: [TaskPort], _ prefix: String) {
        let listed = ports.compactMap(\.hostPort) + ports.filter(\.isGenerated).map(\.number)
        if let first = listed.first { set("\(prefix)PORT", "\(first)") }
        for (index, port) in ports.enumerated() { set("\(prefix)PORT\(index)", "\(port.number)") }
        set("\(prefix)PORTS", listed.map(String.init).joined(separator: ","))
        for port in ports { set("\(prefix)PORT_\(port.requested == 0 ? port.number : port.requested)", "\(port.number)") }
        for port in ports {
            if let name = port.name { set("\(prefix)PORT_\(name.uppercased())", "\(port.number)") }
        }
    }
}

// MARK: - Labels

extension TaskEnvironment {
    private static let labelPrefix = "MARATHON_APP_LABEL_"
    /// Longer names and values, in UTF-16 units, are left out.
    private static let maxLength = 512

    private mutating func setLabels(_ labels: Labels) {
        let shown = labels.filter {
            $0.key.utf16.count < Self.maxLength - Self.labelPrefix.utf16.count && $0.value.utf16.count < Self.maxLength
        }
        set("MARATHON_APP_LABELS", shown.map { Self.variableName($0.key) }.unique().joined(separator: " "))
        for label in shown { set(Self.labelPrefix + Self.variableName(label.key), label.value) }
    }

    /// In capitals; each run of other characters than letters, digits and underscores becomes one underscore.
    static func variableName(_ label: String) -> String {
        var name = ""
        var isInRun = false
        for byte in label.utf8 {
            if byte.isAlphanumeric || byte == UInt8(ascii: "_") {
                name.unicodeScalars.append(Unicode.Scalar(byte.isLowerLetter ? byte - 0x20 : byte))
                isInRun = false
            } else if !isInRun {
                name += "_"
                isInRun = true
            }
        }
        return name
    }
}
