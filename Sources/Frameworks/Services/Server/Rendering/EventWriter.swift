import FrameworkCore
import JSON
import ServicesCore

/// Writes events. Specified by Marathon 1.11 docs/event-bus.md.
struct EventWriter {
    let event: Event
    let timestamp: Timestamp

    var type: String {
        switch event {
        case .apiPost: "api_post_event"
        case .statusUpdate: "status_update_event"
        case .instanceChanged: "instance_changed_event"
        case .instanceHealthChanged: "instance_health_changed_event"
        case .unknownInstanceTerminated: "unknown_instance_terminated_event"
        case .healthStatusChanged: "health_status_changed_event"
        case .failedHealthCheck: "failed_health_check_event"
        case .healthCheckAdded: "add_health_check_event"
        case .healthCheckRemoved: "remove_health_check_event"
        case .unhealthyInstanceKilled: "unhealthy_instance_kill_event"
        case .appTerminated: "app_terminated_event"
        case .groupChanged: "group_change_success"
        case .groupChangeFailed: "group_change_failed"
        case .deploymentInfo: "deployment_info"
        case .deploymentStepSucceeded: "deployment_step_success"
        case .deploymentSucceeded: "deployment_success"
        case .deploymentFailed: "deployment_failed"
        case .schedulerRegistered: "scheduler_registered_event"
        case .schedulerReregistered: "scheduler_reregistered_event"
        case .schedulerDisconnected: "scheduler_disconnected_event"
        case .frameworkMessage: "framework_message_event"
        }
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writeInstance(into: &writer)
        writeHealth(into: &writer)
        writeDeployment(into: &writer)
        writeLink(into: &writer)
        writer.member("eventType", type)
        writer.member("timestamp", timestamp.description)
        writer.endObject()
        return writer.bytes
    }

    private func writeInstance(into writer: inout JSONWriter) {
        switch event {
        case .statusUpdate(let update):
            writer.member("slaveId", update.agentID)
            writer.member("taskId", update.taskID)
            writer.member("taskStatus", update.state)
            writer.member("message", update.message)
            writer.member("appId", update.app.description)
            writer.member("host", update.host)
            writer.key(verbatim: "ipAddresses")
            TaskWriter.write(update.addresses, into: &writer)
            writer.key(verbatim: "ports")
            writer.array(update.ports) { $0.int($1) }
            writer.member("version", update.version.description)
        case .instanceChanged(let change):
            writer.member("instanceId", change.instance.description)
            writer.member("condition", change.condition.name)
            writer.member("runSpecId", change.instance.runSpec.description)
            if let agent = change.agentID { writer.member("agentId", agent) }
            if let host = change.host { writer.member("host", host) }
            writer.member("runSpecVersion", change.version.description)
        case .unknownInstanceTerminated(let instance, let condition):
            writer.member("instanceId", instance.description)
            writer.member("runSpecId", instance.runSpec.description)
            writer.member("condition", condition.name)
        default: break
        }
    }

    private func writeHealth(into writer: inout JSONWriter) {
        switch event {
        case .instanceHealthChanged(let instance, let isHealthy, let version):
            writer.member("instanceId", instance.description)
            writer.member("runSpecId", instance.runSpec.description)
            writer.key(verbatim: "healthy")
            if let isHealthy { writer.bool(isHealthy) } else { writer.null() }
            writer.member("runSpecVersion", version.description)
        case .healthStatusChanged(let instance, let version, let isAlive):
            writer.member("appId", instance.runSpec.description)
            writer.member("instanceId", instance.description)
            writer.member("version", version.description)
            writer.member("alive", isAlive)
        case .failedHealthCheck(let instance, let check):
            writer.member("appId", instance.runSpec.description)
            // Marathon has the instance's id there.
            writer.member("taskId", instance.description)
            writer.key(verbatim: "healthCheck")
            check.write(into: &writer)
        case .healthCheckAdded(let app, let version, let check):
            writer.member("appId", app.description)
            writer.member("version", version.description)
            writer.key(verbatim: "healthCheck")
            check.write(into: &writer)
        case .healthCheckRemoved(let app):
            writer.member("appId", app.description)
        case .unhealthyInstanceKilled(let kill):
            writer.member("appId", kill.instance.runSpec.description)
            writer.member("taskId", kill.taskID)
            writer.member("instanceId", kill.instance.description)
            writer.member("version", kill.version.description)
            writer.member("reason", kill.reason)
            writer.member("host", kill.host)
            writer.member("slaveId", kill.agentID)
        default: break
        }
    }

    private func writeDeployment(into writer: inout JSONWriter) {
        switch event {
        case .apiPost(let clientIP, let uri, let app):
            writer.member("clientIp", clientIP)
            writer.member("uri", uri)
            writer.key(verbatim: "appDefinition")
            app.write(into: &writer)
        case .appTerminated(let app):
            writer.member("appId", app.description)
        case .groupChanged(let group, let version):
            writer.member("groupId", group.description)
            writer.member("version", version.description)
        case .groupChangeFailed(let group, let version, let reason):
            writer.member("groupId", group.description)
            writer.member("version", version.description)
            writer.member("reason", reason)
        case .deploymentInfo(let plan, let step), .deploymentStepSucceeded(let plan, let step):
            write(plan, into: &writer)
            writer.key(verbatim: "currentStep")
            writer.beginObject()
            writer.key(verbatim: "actions")
            DeploymentWriter.write(plan.steps.indices.contains(step) ? plan.steps[step] : [], into: &writer)
            writer.endObject()
        case .deploymentSucceeded(let plan):
            writer.member("id", plan.id)
            write(plan, into: &writer)
        case .deploymentFailed(let plan, let reason):
            writer.member("id", plan.id)
            write(plan, into: &writer)
            writer.member("reason", reason)
        default: break
        }
    }

    private func write(_ plan: Deployment.Plan, into writer: inout JSONWriter) {
        writer.key(verbatim: "plan")
        writer.beginObject()
        writer.member("id", plan.id)
        writer.member("version", plan.version.description)
        writer.key(verbatim: "steps")
        DeploymentWriter.write(steps: plan.steps, into: &writer)
        writer.endObject()
    }

    private func writeLink(into writer: inout JSONWriter) {
        switch event {
        case .schedulerRegistered(let id, let master):
            writer.member("frameworkId", id)
            writer.member("master", master)
        case .schedulerReregistered(let master):
            writer.member("master", master)
        case .frameworkMessage(let executor, let agent, let message):
            writer.member("executorId", executor)
            writer.member("slaveId", agent)
            writer.key(verbatim: "message")
            // Signed, as Java's bytes are.
            writer.array(message) { $0.int(Int(Int8(bitPattern: $1))) }
        default: break
        }
    }
}
