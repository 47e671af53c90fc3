import Machine
import MesosAPI
import SwiftProtobuf

/// A call of a framework, parsed and checked in itself: all that needs no look at the master's state. Made outside the core's thread.
/// Specified by Mesos 1.11 docs/scheduler-http-api.md.
package struct SchedulerCall: Sendable {
    package enum Content: Sendable {
        case subscribe(Subscription)
        case teardown
        case accept(Accept)
        case decline(offers: [String], refuse: Int64)
        case acceptInverseOffers([String])
        case declineInverseOffers([String])
        /// Empty: all roles of the framework.
        case revive(roles: [String])
        case suppress(roles: [String])
        case kill(taskID: String, agentID: String?, grace: Int64?)
        case shutdown(executorID: String, agentID: String)
        case acknowledge(agentID: String, taskID: String, uuid: [UInt8])
        case acknowledgeOperation(agentID: String, uuid: [UInt8], operationID: String)
        case reconcile([Reference])
        case reconcileOperations([Reference])
        case message(agentID: String, executorID: String, data: [UInt8])
        case request
        case updateFramework(Subscription)
        /// A type that the protocol doesn't know.
        case unknown
    }

    package struct Subscription: Sendable {
        package let framework: FrameworkSpec
        package let suppressed: [String]
        /// Nil: any agent may be offered.
        package let constraints: OfferConstraints?
    }

    package struct Accept: Sendable {
        package let offers: [String]
        package let operations: [OfferOperation]
        /// For how long what is left is refused, in nanoseconds; zero: not at all.
        package let refuse: Int64
    }

    /// A task or operation, and where it is said to be.
    package struct Reference: Hashable, Sendable {
        package let id: String
        package let agentID: String?
    }

    /// The call in protobuf, for the recording.
    package let bytes: [UInt8]
    package let frameworkID: String
    package let content: Content

    /// Parses and checks a call.
    /// - Parameter principal: of the authenticated caller.
    /// - Throws: why the call is refused before anything else is looked at.
    package init(bytes: [UInt8], principal: String? = nil) throws(CallRefusal) {
        let message: Mesos_V1_Scheduler_Call
        do { message = try Mesos_V1_Scheduler_Call(serializedBytes: bytes) } catch { throw .unparsable }
        if let flaw = CallFlaw(message, principal: principal) { throw .invalid(flaw) }
        self.bytes = bytes
        frameworkID = message.frameworkID.value
        content = Content(message, bytes)
    }

    package var isSubscribe: Bool {
        if case .subscribe = content { true } else { false }
    }
}

extension SchedulerCall.Content {
    /// - Parameter bytes: of the call.
    fileprivate init(_ call: Mesos_V1_Scheduler_Call, _ bytes: [UInt8]) {
        switch call.type {
        case .subscribe:
            let subscribe = call.subscribe
            self = .subscribe(
                .init(subscribe.frameworkInfo, subscribe.suppressedRoles, subscribe.hasOfferConstraints ? subscribe.offerConstraints : nil))
        case .teardown: self = .teardown
        case .accept:
            let raw = Wire.fields(4, of: bytes[...]).flatMap { Wire.fields(2, of: $0) }
            self = .accept(
                .init(
                    offers: call.accept.offerIds.map(\.value),
                    operations: Wire.pair(call.accept.operations, raw).map { OfferOperation($0, $1, frameworkID: call.frameworkID.value) },
                    refuse: Self.duration(call.accept.filters)))
        case .decline: self = .decline(offers: call.decline.offerIds.map(\.value), refuse: Self.duration(call.decline.filters))
        case .acceptInverseOffers: self = .acceptInverseOffers(call.acceptInverseOffers.inverseOfferIds.map(\.value))
        case .declineInverseOffers: self = .declineInverseOffers(call.declineInverseOffers.inverseOfferIds.map(\.value))
        case .revive: self = .revive(roles: call.revive.roles)
        case .suppress: self = .suppress(roles: call.suppress.roles)
        case .kill:
            let kill = call.kill
            self = .kill(
                taskID: kill.taskID.value, agentID: kill.hasAgentID ? kill.agentID.value : nil,
                grace: kill.hasKillPolicy && kill.killPolicy.hasGracePeriod ? kill.killPolicy.gracePeriod.nanoseconds : nil)
        case .shutdown: self = .shutdown(executorID: call.shutdown.executorID.value, agentID: call.shutdown.agentID.value)
        case .acknowledge:
            let acknowledge = call.acknowledge
            self = .acknowledge(
                agentID: acknowledge.agentID.value, taskID: acknowledge.taskID.value, uuid: [UInt8](acknowledge.uuid))
        case .acknowledgeOperationStatus:
            let acknowledge = call.acknowledgeOperationStatus
            self = .acknowledgeOperation(
                agentID: acknowledge.agentID.value, uuid: [UInt8](acknowledge.uuid), operationID: acknowledge.operationID.value)
        case .reconcile:
            self = .reconcile(call.reconcile.tasks.map { .init(id: $0.taskID.value, agentID: $0.hasAgentID ? $0.agentID.value : nil) })
        case .reconcileOperations:
            self = .reconcileOperations(
                call.reconcileOperations.operations.map {
                    .init(id: $0.operationID.value, agentID: $0.hasAgentID ? $0.agentID.value : nil)
                })
        case .message:
            self = .message(
                agentID: call.message.agentID.value, executorID: call.message.executorID.value, data: [UInt8](call.message.data))
        case .request: self = .request
        case .updateFramework:
            let update = call.updateFramework
            self = .updateFramework(
                .init(update.frameworkInfo, update.suppressedRoles, update.hasOfferConstraints ? update.offerConstraints : nil))
        case .unknown: self = .unknown
        }
    }

    /// For how long something is refused, in nanoseconds: 5 s unless the filter says something sensible, a year at most.
    static func duration(_ filters: Mesos_V1_Filters) -> Int64 {
        let seconds = filters.refuseSeconds
        guard seconds.isFinite || seconds == .infinity, seconds >= 0 else { return 5 * .second }
        return Int64(secondsClamped: min(seconds, 31_536_000)) ?? 5 * .second
    }
}

extension SchedulerCall.Subscription {
    fileprivate init(_ info: Mesos_V1_FrameworkInfo, _ suppressed: [String], _ constraints: Mesos_V1_Scheduler_OfferConstraints?) {
        // Serialising what was just parsed can't fail.
        framework = FrameworkSpec(info, bytes: (try? info.serializedBytes()) ?? [])
        self.suppressed = suppressed
        self.constraints = constraints.map(OfferConstraints.init)
    }
}
