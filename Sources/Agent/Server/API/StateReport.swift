import AgentCore
import JSON
import MesosAPI
import Resources
import SwiftProtobuf

/// `GET /state`: all that the agent knows, in the form of the unversioned API.
/// Specified by Mesos 1.11 docs/endpoints/slave/state.md.
struct StateReport {
    private let snapshot: AgentSnapshot
    private let api: AgentAPI
    private let total: Resources
    private let live: [(phase: AgentTask.Phase, task: TaskView)]

    init(_ snapshot: AgentSnapshot, _ api: AgentAPI) {
        self.snapshot = snapshot
        self.api = api
        total = (try? Resources(api.ground.resources)) ?? []
        live = snapshot.views
    }

    func json() -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 4_096 + 4_096 * live.count)
        writer.beginObject()
        VersionReport.fields(&writer)
        writer.member("start_time", api.ground.startTime)
        writer.member("id", snapshot.agentID ?? "")
        writer.member("pid", "slave(1)@\(snapshot.rules.ip):\(snapshot.rules.port)")
        writer.member("hostname", api.ground.hostname)
        capabilities(&writer)
        if let drain = snapshot.drain, let config = try? Mesos_V1_DrainConfig(serializedBytes: drain.config, partial: true) {
            writer.member("drain_config", message: config)
        }
        resources(&writer)
        writer.key("resource_providers")
        writer.beginArray()
        writer.endArray()
        attributes(&writer)
        FlagsReport(api.settings, api.ground).fields(&writer)
        frameworks(&writer)
        writer.endObject()
        return writer.bytes
    }

    private func capabilities(_ writer: inout JSONWriter) {
        writer.key("capabilities")
        writer.beginArray()
        for capability in Agent.capabilities { writer.string(capability.type.mesosName) }
        writer.endArray()
    }

    private func resources(_ writer: inout JSONWriter) {
        let unreserved = total.onTerms { $0.reservations.isEmpty }
        let roles = Set(total.map { $0.reservations.last?.role ?? "*" }).subtracting(["*"]).sorted()
        writer.member("resources", total)
        writer.key("reserved_resources")
        writer.beginObject()
        for role in roles {
            writer.key(role)
            writer.amounts(reserved(role))
        }
        writer.endObject()
        writer.member("unreserved_resources", unreserved)
        writer.key("reserved_resources_full")
        writer.beginObject()
        for role in roles {
            writer.key(role)
            writer.messages(reserved(role))
        }
        writer.endObject()
        writer.key("unreserved_resources_full")
        writer.messages(unreserved)
        allocated(&writer)
    }

    private func reserved(_ role: String) -> Resources { total.onTerms { $0.reservations.last?.role == role } }

    private func allocated(_ writer: inout JSONWriter) {
        var used = Resources()
        for (phase, task) in live where phase != .ended { used += task.resources }
        let roles = Set(used.map { $0.reservations.last?.role ?? "*" }).subtracting(["*"]).sorted()
        writer.key("reserved_resources_allocated")
        writer.beginObject()
        for role in roles {
            writer.key(role)
            writer.amounts(used.onTerms { $0.reservations.last?.role == role })
        }
        writer.endObject()
        writer.member("unreserved_resources_allocated", used.onTerms { $0.reservations.isEmpty })
    }

    private func attributes(_ writer: inout JSONWriter) {
        writer.key("attributes")
        writer.beginObject()
        for attribute in api.ground.attributes {
            writer.key(attribute.name)
            switch attribute.type {
            case .scalar: writer.number(attribute.scalar.value)
            case .ranges: writer.string("[\(attribute.ranges.range.map { "\($0.begin)-\($0.end)" }.joined(separator: ", "))]")
            case .set: writer.string("{\(attribute.set.item.joined(separator: ", "))}")
            case .text: writer.string(attribute.text.value)
            }
        }
        writer.endObject()
    }

    private func frameworks(_ writer: inout JSONWriter) {
        writer.key("frameworks")
        writer.beginArray()
        for framework in snapshot.activeFrameworks { self.framework(framework, &writer) }
        writer.endArray()
        writer.key("completed_frameworks")
        writer.beginArray()
        for framework in snapshot.completedFrameworks { self.framework(framework, &writer) }
        writer.endArray()
    }

    private func framework(_ framework: Framework, _ writer: inout JSONWriter) {
        let info = snapshot.frameworkInfo(framework)
        writer.beginObject()
        writer.member("id", framework.id)
        writer.member("name", info.name)
        writer.member("user", info.user)
        writer.member("failover_timeout", info.failoverTimeout)
        writer.member("checkpoint", info.checkpoint)
        writer.member("hostname", info.hostname)
        if info.hasPrincipal { writer.member("principal", info.principal) }
        if info.capabilities.contains(where: { $0.type == .multiRole }) {
            writer.key("roles")
            writer.beginArray()
            for role in info.roles { writer.string(role) }
            writer.endArray()
        } else {
            writer.member("role", info.role)
        }
        writer.key("executors")
        writer.beginArray()
        for (phase, task) in live where task.frameworkID == framework.id { executor(task, phase, &writer) }
        writer.endArray()
        writer.key("completed_executors")
        writer.beginArray()
        for task in framework.completed { if let view = TaskView(task, of: framework) { executor(view, nil, &writer) } }
        writer.endArray()
        writer.endObject()
    }

    /// - Parameter phase: nil: completed.
    private func executor(_ task: TaskView, _ phase: AgentTask.Phase?, _ writer: inout JSONWriter) {
        let isQueued = phase == .preparing || phase == .launching, isCompleted = phase == nil || phase == .ended
        writer.beginObject()
        writer.member("id", task.info.taskID.value)
        writer.member("name", task.executorName)
        writer.member("source", task.info.taskID.value)
        writer.member("container", task.container)
        writer.member("directory", snapshot.sandbox(framework: task.frameworkID, executor: task.info.taskID.value, container: task.container))
        writer.member("resources", isCompleted ? Resources() : task.resources)
        writer.member("role", task.role)
        if task.info.hasLabels { writer.member("labels", labels: task.info.labels) }
        writer.key("tasks")
        writer.beginArray()
        if !isQueued, !isCompleted { self.task(task, &writer) }
        writer.endArray()
        writer.key("queued_tasks")
        writer.beginArray()
        if isQueued { queued(task, &writer) }
        writer.endArray()
        writer.key("completed_tasks")
        writer.beginArray()
        if isCompleted { self.task(task, &writer) }
        writer.endArray()
        writer.endObject()
    }

    private func queued(_ task: TaskView, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", task.info.taskID.value)
        writer.member("name", task.info.name)
        writer.member("slave_id", task.info.agentID.value)
        writer.member("resources", task.resources)
        writer.member("role", task.role)
        writer.member("command", message: task.info.command)
        if task.info.hasDiscovery { writer.member("discovery", message: task.info.discovery) }
        writer.endObject()
    }

    private func task(_ task: TaskView, _ writer: inout JSONWriter) {
        let info = task.info
        writer.beginObject()
        writer.member("id", info.taskID.value)
        writer.member("name", info.name)
        writer.member("framework_id", task.frameworkID)
        writer.member("executor_id", "")
        writer.member("slave_id", info.agentID.value)
        writer.member("state", task.state.mesosName)
        writer.member("resources", task.resources)
        writer.member("role", task.role)
        writer.key("statuses")
        writer.beginArray()
        if let status = task.status { self.status(status, &writer) }
        writer.endArray()
        writer.member("user", task.user)
        if info.hasLabels { writer.member("labels", labels: info.labels) }
        if info.hasDiscovery { writer.member("discovery", message: info.discovery) }
        if info.hasContainer { writer.member("container", message: info.container) }
        if info.hasHealthCheck { writer.member("health_check", message: info.healthCheck) }
        writer.endObject()
    }

    private func status(_ status: Mesos_V1_TaskStatus, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("state", status.state.mesosName)
        writer.member("timestamp", status.timestamp)
        if status.hasLabels { writer.member("labels", labels: status.labels) }
        if status.hasContainerStatus { writer.member("container_status", message: status.containerStatus) }
        if status.hasHealthy { writer.member("healthy", status.healthy) }
        writer.endObject()
    }
}

extension Enum {
    /// The name in the .proto file, of an enum whose names are words that the generator has joined: `taskRunning` is TASK_RUNNING.
    var mesosName: String {
        var name = ""
        for letter in "\(self)" {
            if letter.isUppercase { name.append("_") }
            name.append(contentsOf: letter.uppercased())
        }
        return name
    }
}
