import AgoraAPI
import Machine
package import MesosAPI
package import Resources
import SwiftProtobuf

/// What an agent says while it is subscribed, parsed outside the core's thread.
/// Specified by link.proto (`AgentRecord`).
package struct AgentReport: Sendable {
    package enum Content: Sendable {
        case update(StatusReport)
        /// `status` as wait(2) gives it, -1 if unknown.
        case executorExited(frameworkID: String, executorID: String, status: Int32)
        case message(frameworkID: String, executorID: String, data: [UInt8])
        case changed(resources: Resources?, checkpointed: Resources?, version: UInt64?)
        case goodbye(tasksStay: Bool, reason: String)
        case refused(order: String, reason: String)
        case operationUpdate
    }

    /// The record in protobuf, for the recording.
    package let bytes: [UInt8]
    package let content: Content

    /// Nil for a heartbeat: it says nothing but that the agent lives, which the connection has seen.
    /// - Throws: why the record can't be understood.
    package static func parse(_ bytes: [UInt8]) throws(AgentRefusal) -> (session: String, report: AgentReport?) {
        let record: Agora_V1_AgentRecord
        do { record = try Agora_V1_AgentRecord(serializedBytes: bytes) } catch { throw .unparsable }
        let content: Content
        switch record.record {
        case .heartbeat: return (record.session, nil)
        case .update(let update): content = .update(try StatusReport(update))
        case .executorExited(let exit):
            content = .executorExited(frameworkID: exit.frameworkID, executorID: exit.executorID, status: exit.status)
        case .message(let message):
            content = .message(frameworkID: message.frameworkID, executorID: message.executorID, data: [UInt8](message.data))
        case .changed(let changed):
            do {
                content = .changed(
                    resources: changed.resources.isEmpty ? nil : try ResourceMessages(changed.resources).resources,
                    checkpointed: changed.hasResourcesVersion ? try ResourceMessages(changed.checkpointedResources).resources : nil,
                    version: changed.hasResourcesVersion ? changed.resourcesVersion : nil)
            } catch { throw .resources(error) }
        case .goodbye(let goodbye): content = .goodbye(tasksStay: goodbye.tasksStay, reason: goodbye.reason)
        case .refused(let refused): content = .refused(order: refused.order, reason: refused.reason)
        case .operationUpdate: content = .operationUpdate
        case .subscribe, nil: throw .unparsable
        }
        return (record.session, AgentReport(bytes: bytes, content: content))
    }
}

/// A status update on its way from an agent to a framework.
package struct StatusReport: Hashable, Sendable {
    package let frameworkID: String
    package let taskID: String
    package let executorID: String?
    /// TaskStatus; says its executor, as frameworks expect it.
    package let status: [UInt8]
    package let state: Mesos_V1_TaskState
    /// Of the agent's newest update of the task.
    package let latestState: Mesos_V1_TaskState
    /// Empty: need not be acknowledged.
    package let uuid: [UInt8]
    package let reason: Mesos_V1_TaskStatus.Reason?
    package let source: Mesos_V1_TaskStatus.Source?

    init(_ update: Agora_V1_StatusUpdate) throws(AgentRefusal) {
        let message: Mesos_V1_TaskStatus
        do { message = try Mesos_V1_TaskStatus(serializedBytes: update.status) } catch { throw .unparsable }
        frameworkID = update.frameworkID
        taskID = update.taskID
        executorID = update.hasExecutorID ? update.executorID : nil
        state = message.state
        latestState = update.latestState
        uuid = [UInt8](message.uuid)
        reason = message.hasReason ? message.reason : nil
        source = message.hasSource ? message.source : nil
        var bytes = WireWriter()
        bytes.fields([UInt8](update.status))
        if let executorID, !message.hasExecutorID { bytes.id(StatusField.executorID, executorID) }
        status = bytes.bytes
    }
}
