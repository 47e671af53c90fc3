import Machine
package import MesosAPI
package import Resources
import SwiftProtobuf

/// What the master keeps of a TaskInfo that is to be launched: what it decides by, and the message's bytes for the agent.
/// Specified by Mesos 1.11 include/mesos/v1/mesos.proto (`TaskInfo`).
package struct TaskSpec: Hashable, Sendable {
    package let info: [UInt8]
    package let id: String
    package let name: String
    package let agentID: String
    package let resources: Resources
    /// The role that the resources say they are allocated to; nil if none says one.
    package let role: String?
    /// Some resource does not say its role, so the offer's is to be filled in.
    package let lacksRole: Bool
    package let executor: ExecutorSpec?
    package let hasLimits: Bool
    /// What is wrong with it in itself; found outside the core's thread.
    package let flaw: TaskFlaw?

    /// - Parameter bytes: the message's; they are kept unless something that may be left out must be filled in.
    package init(_ message: Mesos_V1_TaskInfo, _ bytes: ArraySlice<UInt8>, frameworkID: String) {
        var message = message
        var isChanged = false
        if message.hasExecutor, !message.executor.hasFrameworkID {
            message.executor.frameworkID.value = frameworkID
            isChanged = true
        }
        if message.hasHealthCheck, !message.healthCheck.hasType, message.healthCheck.hasCommand || message.healthCheck.hasHTTP {
            message.healthCheck.type = message.healthCheck.hasCommand ? .command : .http
            isChanged = true
        }
        // Serialising what was just parsed can't fail.
        info = isChanged ? (try? message.serializedBytes()) ?? [] : Array(bytes)
        id = message.taskID.value
        name = message.name
        agentID = message.agentID.value
        hasLimits = !message.limits.isEmpty
        executor = message.hasExecutor ? ExecutorSpec(message.executor) : nil
        do throws(ResourceRefusal) {
            let parsed = try ResourceMessages(message.resources)
            resources = parsed.resources
            role = parsed.roles.first
            lacksRole = parsed.lacksRole || executor?.lacksRole == true
            flaw = TaskFlaw(message, parsed, executor: executor, frameworkID: frameworkID)
        } catch {
            resources = Resources()
            role = nil
            lacksRole = false
            flaw =
                TaskFlaw(message, nil, executor: executor, frameworkID: frameworkID)
                ?? TaskFlaw(.resources, "Task uses invalid resources: \(error)")
        }
    }

    /// Bytes of a TaskInfo: what is more, no agent takes.
    package static let limit = 4 << 20

    /// The bytes of what the agent gets. Nearly all tasks are so small that there is no need to make it.
    func size(allocatedTo role: String) -> Int {
        // A resource has four bytes at least, and gets the role, its tags and lengths.
        let most = info.count + info.count / 4 * (min(role.utf8.count, Self.limit) + 16)
        return most <= Self.limit ? info.count : info(allocatedTo: role).count
    }

    /// The TaskInfo with the role filled in where resources don't say one.
    func info(allocatedTo role: String) -> [UInt8] { lacksRole ? Wire.allocating(info, to: role) : info }
}

/// What the master keeps of an ExecutorInfo.
package struct ExecutorSpec: Hashable, Sendable {
    package let info: [UInt8]
    package let id: String
    package let frameworkID: String?
    package let resources: Resources
    package let role: String?
    package let lacksRole: Bool
    package let isDefault: Bool
    /// Why its resources are none.
    package let resourceRefusal: ResourceRefusal?

    package init(_ message: Mesos_V1_ExecutorInfo) {
        info = (try? message.serializedBytes()) ?? []
        id = message.executorID.value
        frameworkID = message.hasFrameworkID ? message.frameworkID.value : nil
        isDefault = message.type == .default
        do throws(ResourceRefusal) {
            let parsed = try ResourceMessages(message.resources)
            resources = parsed.resources
            role = parsed.roles.first
            lacksRole = parsed.lacksRole
            resourceRefusal = nil
        } catch {
            resources = Resources()
            role = nil
            lacksRole = false
            resourceRefusal = error
        }
    }

    /// - Returns: nil if the bytes are no ExecutorInfo.
    package init?(bytes: [UInt8]) {
        guard let message = try? Mesos_V1_ExecutorInfo(serializedBytes: bytes) else { return nil }
        self.init(message)
    }

    /// Whether an executor of the same id that runs already may take tasks that name this one: all but the order of lists is equal.
    func isCompatible(with other: ExecutorSpec) -> Bool {
        if info == other.info { return true }
        guard var mine = try? Mesos_V1_ExecutorInfo(serializedBytes: info),
            var theirs = try? Mesos_V1_ExecutorInfo(serializedBytes: other.info)
        else { return false }
        guard resources == other.resources else { return false }
        (mine.resources, theirs.resources) = ([], [])
        mine.labels.labels.sort { ($0.key, $0.value) < ($1.key, $1.value) }
        theirs.labels.labels.sort { ($0.key, $0.value) < ($1.key, $1.value) }
        mine.command.uris.sort { $0.value < $1.value }
        theirs.command.uris.sort { $0.value < $1.value }
        mine.command.environment.variables.sort { $0.name < $1.name }
        theirs.command.environment.variables.sort { $0.name < $1.name }
        return mine == theirs
    }
}

/// One operation of an ACCEPT call.
package enum OfferOperation: Hashable, Sendable {
    case launch([TaskSpec], hasID: Bool)
    /// Tasks of one group are launched all or none.
    case launchGroup([TaskSpec], executor: ExecutorSpec, hasID: Bool)
    /// RESERVE, CREATE and so on, with the name that the protocol gives it.
    case other(name: String, id: String?)

    /// - Parameter bytes: the message's.
    init(_ message: Mesos_V1_Offer.Operation, _ bytes: ArraySlice<UInt8>, frameworkID: String) {
        switch message.type {
        case .launch:
            let infos = Wire.fields(2, of: bytes).flatMap { Wire.fields(1, of: $0) }
            let specs = Wire.pair(message.launch.taskInfos, infos).map { TaskSpec($0, $1, frameworkID: frameworkID) }
            self = .launch(specs, hasID: message.hasID)
        case .launchGroup:
            let infos = Wire.fields(7, of: bytes).flatMap { Wire.fields(2, of: $0) }.flatMap { Wire.fields(1, of: $0) }
            let tasks = Wire.pair(message.launchGroup.taskGroup.tasks, infos).map { TaskSpec($0, $1, frameworkID: frameworkID) }
            self = .launchGroup(tasks, executor: ExecutorSpec(message.launchGroup.executor), hasID: message.hasID)
        case let type:
            self = .other(name: Self.name(of: type), id: message.hasID ? message.id.value : nil)
        }
    }

    private static func name(of type: Mesos_V1_Offer.Operation.TypeEnum) -> String {
        switch type {
        case .unknown: "UNKNOWN"
        case .launch: "LAUNCH"
        case .launchGroup: "LAUNCH_GROUP"
        case .reserve: "RESERVE"
        case .unreserve: "UNRESERVE"
        case .create: "CREATE"
        case .destroy: "DESTROY"
        case .growVolume: "GROW_VOLUME"
        case .shrinkVolume: "SHRINK_VOLUME"
        case .createDisk: "CREATE_DISK"
        case .destroyDisk: "DESTROY_DISK"
        }
    }
}
