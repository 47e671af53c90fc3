import MesosAPI

/// Why a call of a framework is answered with something else than 202. The description is the body of the answer.
/// Specified by what Mesos 1.11 answers in the same cases.
package enum CallRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case unparsable
    case invalid(CallFlaw)
    case unknownType
    case frameworkUnknown
    case principalMismatch(String, framework: String)
    case notSubscribed
    case streamIDMissing
    case streamIDWrong(String, frameworkID: String)
    /// Of UPDATE_FRAMEWORK.
    case frameworkInvalid(FrameworkRefusal)
    case updateInvalid(FrameworkRefusal)
    case callInvalid(FrameworkRefusal)
    case notAuthorized(String)

    package var description: String {
        switch self {
        case .unparsable: "Failed to parse body into Call protobuf"
        case .invalid(let flaw): "Failed to validate scheduler::Call: \(flaw)"
        case .unknownType: "501 Not Implemented."
        case .frameworkUnknown: "Framework cannot be found"
        case .principalMismatch(let principal, let framework): CallFlaw.principal(principal, framework: framework).description
        case .notSubscribed: "Framework is not subscribed"
        case .streamIDMissing: "All non-subscribe calls should include the 'Mesos-Stream-Id' header"
        case .streamIDWrong(let id, let frameworkID):
            "The stream ID '\(id)' included in this request didn't match the stream ID currently associated with framework ID \(frameworkID)"
        case .frameworkInvalid(let refusal): "Supplied FrameworkInfo is not valid: \(refusal)"
        case .updateInvalid(let refusal): "FrameworkInfo update is not valid: \(refusal)"
        case .callInvalid(let refusal): "'UpdateFramework' call is not valid: \(refusal)"
        case .notAuthorized(let what): "Not authorized to \(what)"
        }
    }
}

/// What is wrong with a call in itself.
package enum CallFlaw: Hashable, Sendable, CustomStringConvertible {
    case missing(String)
    case idsDiffer(field: String)
    case principal(String, framework: String)
    case uuidLength

    package var description: String {
        switch self {
        case .missing(let field): "Expecting '\(field)' to be present"
        case .idsDiffer(let field): "'framework_id' differs from '\(field).framework_info.id'"
        case .principal(let principal, let framework):
            "Authenticated principal '\(principal)' does not match principal '\(framework)' set in `FrameworkInfo`"
        case .uuidLength: "Not a valid UUID"
        }
    }

    /// The first flaw, in the order in which Mesos looks; nil if there is none.
    init?(_ call: Mesos_V1_Scheduler_Call, principal: String?) {
        guard call.hasType else { self = .missing("type"); return }
        if call.type == .subscribe {
            guard call.hasSubscribe else { self = .missing("subscribe"); return }
            let info = call.subscribe.frameworkInfo
            guard Self.agree(call, info) else { self = .idsDiffer(field: "subscribe"); return }
            if let principal, info.hasPrincipal, info.principal != principal {
                self = .principal(principal, framework: info.principal)
                return
            }
            return nil
        }
        guard call.hasFrameworkID else { self = .missing("framework_id"); return }
        if let field = Self.missingField(of: call) { self = .missing(field); return }
        switch call.type {
        case .acknowledge where call.acknowledge.uuid.count != 16: self = .uuidLength
        case .acknowledgeOperationStatus where call.acknowledgeOperationStatus.uuid.count != 16: self = .uuidLength
        case .acknowledgeOperationStatus where !call.acknowledgeOperationStatus.hasAgentID: self = .missing("agent_id")
        case .updateFramework where !Self.agree(call, call.updateFramework.frameworkInfo): self = .idsDiffer(field: "update_framework")
        default: return nil
        }
    }

    /// Both ids unset is equal, too.
    private static func agree(_ call: Mesos_V1_Scheduler_Call, _ info: Mesos_V1_FrameworkInfo) -> Bool {
        call.hasFrameworkID == info.hasID && call.frameworkID.value == info.id.value
    }

    private static func missingField(of call: Mesos_V1_Scheduler_Call) -> String? {
        switch call.type {
        case .accept: call.hasAccept ? nil : "accept"
        case .decline: call.hasDecline ? nil : "decline"
        case .acceptInverseOffers: call.hasAcceptInverseOffers ? nil : "accept_inverse_offers"
        case .declineInverseOffers: call.hasDeclineInverseOffers ? nil : "decline_inverse_offers"
        case .kill: call.hasKill ? nil : "kill"
        case .shutdown: call.hasShutdown ? nil : "shutdown"
        case .acknowledge: call.hasAcknowledge ? nil : "acknowledge"
        case .acknowledgeOperationStatus: call.hasAcknowledgeOperationStatus ? nil : "acknowledge_operation_status"
        case .reconcile: call.hasReconcile ? nil : "reconcile"
        case .reconcileOperations: call.hasReconcileOperations ? nil : "reconcile_operations"
        case .message: call.hasMessage ? nil : "message"
        case .request: call.hasRequest ? nil : "request"
        case .updateFramework: call.hasUpdateFramework ? nil : "update_framework"
        case .unknown, .subscribe, .teardown, .revive, .suppress: nil
        }
    }
}
