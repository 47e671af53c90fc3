import JSON
import MasterCore
import MesosAPI
import Resources

extension JSONWriter {
    /// A task as `/state` and `/tasks` show it.
    /// Specified by Mesos 1.11 docs/endpoints/master/state.md.
    mutating func task(_ task: borrowing TaskEntry, of framework: borrowing Framework) {
        beginObject()
        member("id", task.id)
        let info = TaskInfoFields(task.info)
        member("name", info.name)
        member("framework_id", framework.id)
        member("executor_id", task.executorID ?? "")
        member("slave_id", task.agentID)
        member("state", task.state.name)
        member("resources", task.resources)
        if !info.limits.isEmpty {
            key(verbatim: "limits")
            beginObject()
            for (name, limit) in info.limits {
                key(name)
                if limit.isFinite { number(limit) } else { string("Infinity") }
            }
            endObject()
        }
        member("role", task.role)
        key(verbatim: "statuses")
        beginArray()
        for record in task.statuses { status(record) }
        endArray()
        member("user", info.user ?? framework.spec.user)
        if let labels = info.labels { member("labels", labels: labels) }
        if let discovery = info.discovery {
            key(verbatim: "discovery")
            message(discovery, MessageTypes.discovery)
        }
        if let container = info.container {
            key(verbatim: "container")
            message(container, MessageTypes.container)
        }
        if let check = info.healthCheck {
            key(verbatim: "health_check")
            message(check, MessageTypes.healthCheck)
        }
        endObject()
    }

    private mutating func status(_ record: TaskRecord) {
        beginObject()
        member("state", record.state.name)
        for field in WireReader(record.status) {
            switch field.number {
            case StatusField.timestamp: member("timestamp", field.double)
            case StatusField.healthy: member("healthy", field.bits != 0)
            case StatusField.labels: member("labels", labels: field.contents)
            case StatusField.containerStatus:
                key(verbatim: "container_status")
                message(field.contents, MessageTypes.containerStatus)
            default: break
            }
        }
        endObject()
    }

    /// An executor as `/state` shows it.
    mutating func executor(_ executor: Executor, frameworkID: String, agentID: String) {
        beginObject()
        member("executor_id", executor.spec.id)
        var name = ""
        var (command, labels): (ArraySlice<UInt8>?, ArraySlice<UInt8>?) = (nil, nil)
        var source: String?
        for field in WireReader(executor.spec.info) {
            switch field.number {
            case ExecutorField.name: name = field.text ?? ""
            case ExecutorField.source: source = field.text
            case ExecutorField.command: command = field.contents
            case ExecutorField.labels: labels = field.contents
            default: break
            }
        }
        member("name", name)
        member("framework_id", frameworkID)
        key(verbatim: "command")
        message(command ?? [], MessageTypes.command)
        member("resources", executor.spec.resources)
        member("role", executor.role)
        if let source { member("source", source) }
        if let labels { member("labels", labels: labels) }
        member("type", executor.spec.isDefault ? "DEFAULT" : "CUSTOM")
        member("slave_id", agentID)
        endObject()
    }
}

/// Those fields of a TaskInfo that are shown, without parsing the others.
struct TaskInfoFields {
    var name = ""
    /// Nil: that of the framework.
    var user: String?
    var labels: ArraySlice<UInt8>?
    var discovery: ArraySlice<UInt8>?
    var container: ArraySlice<UInt8>?
    var healthCheck: ArraySlice<UInt8>?
    var killPolicy: ArraySlice<UInt8>?
    var limits: [(name: String, value: Double)] = []

    init(_ info: [UInt8]) {
        for field in WireReader(info) {
            switch field.number {
            case TaskField.name: name = field.text ?? ""
            case TaskField.command: user = Self.text(5, in: field.contents) ?? user
            case TaskField.executor:
                for inner in WireReader(field.contents) where inner.number == ExecutorField.command {
                    user = user ?? Self.text(5, in: inner.contents)
                }
            case TaskField.healthCheck: healthCheck = field.contents
            case TaskField.container: container = field.contents
            case TaskField.labels: labels = field.contents
            case TaskField.discovery: discovery = field.contents
            case TaskField.killPolicy: killPolicy = field.contents
            case TaskField.limits: if let limit = Self.limit(field.contents) { limits.append(limit) }
            default: break
            }
        }
    }

    private static func text(_ number: Int, in message: ArraySlice<UInt8>) -> String? {
        var found: String?
        for field in WireReader(message) where field.number == number { found = field.text }
        return found
    }

    private static func limit(_ entry: ArraySlice<UInt8>) -> (name: String, value: Double)? {
        var (name, value): (String?, Double?) = (nil, nil)
        for field in WireReader(entry) {
            if field.number == 1 { name = field.text }
            if field.number == 2 { for inner in WireReader(field.contents) where inner.number == 1 { value = inner.double } }
        }
        guard let name, let value else { return nil }
        return (name, value)
    }
}
