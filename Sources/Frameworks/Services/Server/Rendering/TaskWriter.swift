import FrameworkCore
import JSON
import ServicesCore

/// Writes tasks and how they failed. Specified by Marathon 1.11 docs/rest-api (task.raml).
enum TaskWriter {
    static func write(_ instance: Instance, showsServicePorts: Bool = false, into writer: inout JSONWriter) {
        guard let task = instance.task else { return writer.null() }
        writer.beginObject()
        writer.member("appId", instance.app.description)
        writer.member("id", task.id.description)
        writer.member("host", instance.agent?.host ?? "")
        if let agent = instance.agent { writer.member("slaveId", agent.id) }
        writer.member("state", instance.condition.taskState)
        writer.member("stagedAt", task.stagedAt.description)
        if let started = task.startedAt { writer.member("startedAt", started.description) }
        writer.member("version", instance.definition.app.version.description)
        writer.key(verbatim: "ports")
        writer.array(task.hostPorts.compactMap { $0 }) { $0.int($1) }
        writer.key(verbatim: "servicePorts")
        writer.array(showsServicePorts ? instance.definition.app.servicePorts : []) { $0.int($1) }
        writer.key(verbatim: "ipAddresses")
        write(task.addresses, into: &writer)
        writer.key(verbatim: "healthCheckResults")
        writer.array(instance.checks.compactMap { $0 }) { write($1, of: instance, into: &$0) }
        if let result = task.checkResult { write(result, into: &writer) }
        writer.key(verbatim: "localVolumes")
        writer.array([String]()) { $0.string($1) }
        if let region = instance.agent?.region { writer.member("region", region) }
        if let zone = instance.agent?.zone { writer.member("zone", zone) }
        writer.member("role", instance.definition.app.role)
        writer.endObject()
    }

    static func write(_ addresses: [LaunchedTask.Address], into writer: inout JSONWriter) {
        writer.array(addresses) { writer, address in
            writer.beginObject()
            writer.member("ipAddress", address.text)
            writer.member("protocol", address.kind)
            writer.endObject()
        }
    }

    private static func write(_ record: CheckRecord, of instance: Instance, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("alive", record.isAlive)
        writer.member("consecutiveFailures", record.consecutiveFailures)
        if let time = record.firstSuccess { writer.member("firstSuccess", time.description) }
        if let time = record.lastFailure { writer.member("lastFailure", time.description) }
        if let time = record.lastSuccess { writer.member("lastSuccess", time.description) }
        if let cause = record.lastFailureCause { writer.member("lastFailureCause", cause) }
        writer.member("instanceId", instance.id.description)
        writer.endObject()
    }

    private static func write(_ result: LaunchedTask.CheckResult, into writer: inout JSONWriter) {
        writer.key(verbatim: "checkResult")
        writer.beginObject()
        switch result {
        case .http(let status):
            writer.key(verbatim: "http")
            writer.beginObject()
            writer.member("statusCode", Int(status))
        case .tcp(let succeeded):
            writer.key(verbatim: "tcp")
            writer.beginObject()
            writer.member("succeeded", succeeded)
        case .command(let code):
            writer.key(verbatim: "command")
            writer.beginObject()
            writer.member("exitCode", Int(code))
        }
        writer.endObject()
        writer.endObject()
    }

    static func write(_ failure: TaskFailure, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("appId", failure.app.description)
        writer.member("host", failure.host)
        writer.member("message", failure.message)
        writer.member("state", failure.state)
        writer.member("taskId", failure.taskID)
        writer.member("timestamp", failure.timestamp.description)
        writer.member("version", failure.version.description)
        if let agent = failure.agentID { writer.member("slaveId", agent) }
        writer.endObject()
    }
}
