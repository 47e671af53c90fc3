import AgoraAPI
import Machine
package import MesosAPI
package import Resources
import SwiftProtobuf

/// How an agent asks to be taken in, or back.
/// Specified by docs/architecture.md ("The agent link") and link.proto (`Subscribe`).
package struct AgentSubscription: Sendable {
    package struct ReportedTask: Sendable {
        package let frameworkID: String
        package let spec: TaskSpec
        package let executorID: String?
        package let state: Mesos_V1_TaskState
        /// The newest TaskStatus; nil if there was none yet.
        package let status: [UInt8]?
        package let acknowledgedState: Mesos_V1_TaskState?
    }

    package struct ReportedExecutor: Sendable {
        package let frameworkID: String
        package let spec: ExecutorSpec
        package let containerID: String
    }

    /// The record in protobuf, for the recording.
    package let bytes: [UInt8]
    package let protocols: ClosedRange<UInt32>
    /// Nil: the agent has never been taken in.
    package let id: String?
    package let info: Mesos_V1_AgentInfo
    package let ip: String?
    package let capabilities: AgentCapabilities
    package let version: String
    package let bootID: String
    /// The highest epoch of a master that the agent has obeyed.
    package let epoch: UInt64
    package let checkpointed: Resources
    package let resourcesVersion: UInt64
    package let tasks: [ReportedTask]
    package let executors: [ReportedExecutor]
    package let frameworks: [FrameworkSpec]

    /// - Parameter bytes: of an AgentRecord that holds `subscribe`.
    /// - Throws: why it can't be understood, for the agent's log.
    package init(bytes: [UInt8]) throws(AgentRefusal) {
        let record: Agora_V1_AgentRecord
        do { record = try Agora_V1_AgentRecord(serializedBytes: bytes) } catch { throw .unparsable }
        guard case .subscribe(let message) = record.record else { throw .notSubscribed }
        try self.init(message, bytes: bytes)
    }

    private init(_ message: Agora_V1_Subscribe, bytes: [UInt8]) throws(AgentRefusal) {
        guard message.protocolMin <= message.protocolMax else { throw .protocols(message.protocolMin, message.protocolMax) }
        self.bytes = bytes
        protocols = message.protocolMin...message.protocolMax
        info = message.agent
        id = message.agent.hasID && !message.agent.id.value.isEmpty ? message.agent.id.value : nil
        ip = message.hasIp && !message.ip.isEmpty ? message.ip : nil
        var capabilities: AgentCapabilities = []
        for capability in message.capabilities where (1...31).contains(capability.type.rawValue) {
            capabilities.insert(AgentCapabilities(rawValue: 1 << UInt32(capability.type.rawValue)))
        }
        self.capabilities = capabilities
        version = message.version
        bootID = message.bootID
        epoch = message.epoch
        resourcesVersion = message.resourcesVersion
        do {
            _ = try ResourceMessages(message.agent.resources)
            checkpointed = try ResourceMessages(message.checkpointedResources).resources
        } catch { throw .resources(error) }
        tasks = message.tasks.compactMap { task in
            guard let info = try? Mesos_V1_TaskInfo(serializedBytes: task.info) else { return nil }
            return ReportedTask(
                frameworkID: task.frameworkID, spec: TaskSpec(info, [UInt8](task.info)[...], frameworkID: task.frameworkID),
                executorID: task.hasExecutorID ? task.executorID : nil, state: task.state,
                status: task.hasStatus ? [UInt8](task.status) : nil,
                acknowledgedState: task.hasAcknowledgedState ? task.acknowledgedState : nil)
        }
        executors = message.executors.compactMap { executor in
            guard let spec = ExecutorSpec(bytes: [UInt8](executor.info)) else { return nil }
            return ReportedExecutor(frameworkID: executor.frameworkID, spec: spec, containerID: executor.containerID)
        }
        frameworks = message.frameworks.compactMap { framework in
            FrameworkSpec(bytes: [UInt8](framework.info))?.withID(framework.frameworkID)
        }
    }
}

/// Why an agent is not taken in. The description is for the agent's log.
package enum AgentRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case unparsable
    case notSubscribed
    case protocols(UInt32, UInt32)
    case resources(ResourceRefusal)
    /// The agent has obeyed a master of a later epoch.
    case outdatedMaster(epoch: UInt64, agent: UInt64)
    case gone
    case hostnameChanged(from: String, to: String)
    case badID(IDRefusal)
    case tooLarge(bytes: Int)

    package var description: String {
        switch self {
        case .unparsable: "the record can't be parsed"
        case .notSubscribed: "the first record of a connection must be 'subscribe'"
        case .protocols(let min, let max): "no version of the protocol in common: the agent speaks \(min) to \(max), the master 1"
        case .resources(let refusal): "the agent's resources are invalid: \(refusal)"
        case .outdatedMaster(let epoch, let agent): "the agent has obeyed a master of epoch \(agent), and this one's is \(epoch)"
        case .gone: "Agent has been marked gone"
        case .hostnameChanged: "Agent attempted to reregister with different IP / hostname"
        case .tooLarge(let bytes): "the AgentInfo has \(bytes) bytes; at most \(FrameworkSpec.limit) can be stored"
        case .badID(let refusal): "the agent's id is invalid: \(refusal)"
        }
    }

    /// The agent must end its tasks and forget its id; otherwise it tries again later.
    package var isFinal: Bool {
        switch self {
        case .gone, .hostnameChanged: true
        case .unparsable, .notSubscribed, .protocols, .resources, .outdatedMaster, .badID, .tooLarge: false
        }
    }
}
