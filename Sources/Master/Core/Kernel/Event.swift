package import MesosAPI
package import Resources

/// What a framework is told, on the stream of its subscription.
/// Specified by Mesos 1.11 docs/scheduler-http-api.md ("Events").
package enum Event: Hashable, Sendable {
    case subscribed(frameworkID: String)
    case heartbeat
    case offers([OfferView])
    case rescind(offerID: String)
    case update(StatusView)
    case operationUpdate(OperationView)
    case message(agentID: String, executorID: String, data: [UInt8])
    case failure(agentID: String, executorID: String?, status: Int32?)
    /// The stream is closed after it.
    case error(String)
}

/// An offer as its framework sees it.
package struct OfferView: Hashable, Sendable {
    package let id: String
    package let frameworkID: String
    package let agentID: String
    package let role: String
    package let resources: Resources
    package let executorIDs: [String]
    package let agentFields: [UInt8]
    /// Whether roles are named in the offer and its resources.
    package let isMultiRole: Bool
    /// Whether resources have the form of refined reservations.
    package let isRefined: Bool
}

/// A task's status on its way to a framework.
package enum StatusView: Hashable, Sendable {
    /// As the agent sent it.
    case forwarded([UInt8])
    case made(MadeStatus)

    /// The TaskStatus.
    package var encoded: [UInt8] {
        switch self {
        case .forwarded(let bytes): bytes
        case .made(let status): status.encoded
        }
    }
}

/// A status that the master itself gives: without a uuid, so it need not be acknowledged.
package struct MadeStatus: Hashable, Sendable {
    package var taskID: String
    package var agentID: String?
    package var executorID: String?
    package var state: TaskState
    package var reason: StatusReason
    package var message: String
    /// Wall clock, in nanoseconds.
    package var time: Int64
    package var unreachableTime: Int64?
    /// Further fields of TaskStatus, encoded: what the last status said of health and container.
    package var details: [UInt8] = []

    package var encoded: [UInt8] {
        var writer = WireWriter()
        writer.id(StatusField.taskID, taskID)
        writer.varint(StatusField.state, state.rawValue)
        writer.string(StatusField.message, message)
        if let agentID { writer.id(StatusField.agentID, agentID) }
        writer.double(StatusField.timestamp, Double(time) / 1_000_000_000)
        if let executorID { writer.id(StatusField.executorID, executorID) }
        writer.varint(StatusField.source, Mesos_V1_TaskStatus.Source.master.rawValue)
        writer.varint(StatusField.reason, reason.rawValue)
        if let unreachableTime { writer.message(StatusField.unreachableTime) { $0.varint(1, Int(unreachableTime)) } }
        writer.fields(details)
        return writer.bytes
    }
}

/// The status of an operation, made by the master.
package struct OperationView: Hashable, Sendable {
    package let operationID: String
    package let state: Mesos_V1_OperationState
    package let message: String
    package let agentID: String?
}

/// What an agent is told.
/// Specified by link.proto (`MasterRecord`).
package enum AgentOrder: Hashable, Sendable {
    case subscribed(agentID: String, clusterID: String, epoch: UInt64, silence: Int64, unknownTasks: [UnknownTask])
    /// The link is closed after it.
    case rejected(AgentRefusal)
    case launch(frameworkID: String, framework: [UInt8], task: [UInt8], launchesExecutor: Bool)
    case kill(frameworkID: String, taskID: String, grace: Int64?)
    case acknowledge(frameworkID: String, taskID: String, uuid: [UInt8])
    case shutdownExecutor(frameworkID: String, executorID: String)
    case message(frameworkID: String, executorID: String, data: [UInt8])
    case shutdownFramework(frameworkID: String)
    case framework(frameworkID: String, info: [UInt8])
}

/// A task that the master believes on an agent and that the agent did not name.
package struct UnknownTask: Hashable, Sendable {
    package let frameworkID: String
    package let taskID: String
    package let isPartitionAware: Bool

    package init(frameworkID: String, taskID: String, isPartitionAware: Bool) {
        self.frameworkID = frameworkID
        self.taskID = taskID
        self.isPartitionAware = isPartitionAware
    }
}
