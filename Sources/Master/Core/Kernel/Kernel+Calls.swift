import Machine
import MesosAPI
import Resources

/// The calls of frameworks, but SUBSCRIBE.
extension Kernel {
    mutating func take(_ call: SchedulerCall, _ question: UInt64, _ streamID: String?, _ origin: Origin) {
        switch caller(of: call, streamID, origin) {
        case .failure(let refusal):
            emit(.answer(question, .refused(refusal)))
        case .success(let framework):
            frameworks[framework].counts.calls += 1
            switch call.content {
            case .unknown: emit(.answer(question, .refused(.unknownType)))
            case .updateFramework(let update):
                let refusal = updateFramework(framework, update)
                emit(.answer(question, refusal.map { .refused($0) } ?? .done))
            default:
                emit(.answer(question, .accepted))
                carryOut(call.content, framework)
            }
        }
    }

    /// The framework that calls, if it may.
    private func caller(of call: SchedulerCall, _ streamID: String?, _ origin: Origin) -> Result<Handle<Framework>, CallRefusal> {
        guard let framework = frameworksByID[call.frameworkID], !frameworks[framework].isCompleted else { return .failure(.frameworkUnknown) }
        let entry = frameworks[framework]
        if let principal = origin.principal, let own = entry.spec.principal, principal != own {
            return .failure(.principalMismatch(principal, framework: own))
        }
        guard entry.isConnected else { return .failure(.notSubscribed) }
        guard let streamID else { return .failure(.streamIDMissing) }
        guard streamID == entry.streamID else { return .failure(.streamIDWrong(streamID, frameworkID: entry.id)) }
        return .success(framework)
    }

    private mutating func carryOut(_ content: SchedulerCall.Content, _ framework: Handle<Framework>) {
        switch content {
        case .subscribe, .updateFramework, .unknown: break
        case .teardown:
            metrics.teardowns += 1
            remove(framework)
        case .accept(let call): accept(framework, call)
        case .decline(let offers, let refuse): decline(framework, offers, refuse)
        // There are no inverse offers, and unknown ones are ignored.
        case .acceptInverseOffers, .declineInverseOffers: break
        case .revive(let roles): revive(framework, roles)
        case .suppress(let roles): suppress(framework, roles)
        case .kill(let taskID, let agentID, let grace): kill(framework, taskID, agentID, grace)
        case .shutdown(let executorID, let agentID): shutdown(framework, executorID, agentID)
        case .acknowledge(let agentID, let taskID, let uuid): acknowledge(framework, agentID, taskID, uuid)
        // The master makes no operation, so that there is none to be acknowledged.
        case .acknowledgeOperation: metrics.operationAcknowledgements += 1
        case .reconcile(let references): reconcile(framework, references)
        case .reconcileOperations(let references): reconcileOperations(framework, references)
        case .message(let agentID, let executorID, let data): message(framework, agentID, executorID, data)
        case .request: metrics.requests += 1
        }
    }

    private mutating func revive(_ framework: Handle<Framework>, _ roles: [String]) {
        metrics.revives += 1
        guard let roles = subscribed(framework, roles, "REVIVE") else { return }
        frameworks[framework].suppressed.removeAll(where: roles.contains)
        allocator.revive(framework.index, roles: roles)
    }

    private mutating func suppress(_ framework: Handle<Framework>, _ roles: [String]) {
        metrics.suppresses += 1
        guard let roles = subscribed(framework, roles, "SUPPRESS") else { return }
        frameworks[framework].suppressed.removeAll(where: roles.contains)
        frameworks[framework].suppressed += roles
        allocator.suppress(framework.index, roles: roles)
    }

    /// The roles that a call is about: all of the framework's if it names none; nil if it names another one.
    private mutating func subscribed(_ framework: Handle<Framework>, _ roles: [String], _ call: String) -> [String]? {
        let own = frameworks[framework].spec.roles
        if roles.isEmpty { return own }
        if let other = roles.first(where: { !own.contains($0) }) {
            log(
                .warning, "call dropped: the framework is not subscribed to the role",
                ["call": call, "framework": frameworks[framework].id, "role": other])
            return nil
        }
        return roles
    }

    private mutating func updateFramework(_ framework: Handle<Framework>, _ update: SchedulerCall.Subscription) -> CallRefusal? {
        let spec = update.framework
        if let refusal = spec.refusal(suppressed: [], constraints: nil, settings: settings) { return .frameworkInvalid(refusal) }
        let old = frameworks[framework].spec
        if spec.principal != old.principal { return .updateInvalid(.principalChanged) }
        if spec.user != old.user { return .updateInvalid(.userChanged(from: old.user, to: spec.user)) }
        if spec.checkpoint != old.checkpoint { return .updateInvalid(.checkpointChanged(from: old.checkpoint, to: spec.checkpoint)) }
        if let refusal = spec.refusal(suppressed: update.suppressed, constraints: update.constraints, settings: settings) {
            return .callInvalid(refusal)
        }
        change(framework, to: spec)
        frameworks[framework].suppressed = update.suppressed
        frameworks[framework].constraints = update.constraints
        rescindOffers(of: framework) { !spec.roles.contains($0.role) }
        updateAllocator(framework)
        store(framework)
        if isObserved { emit(.observe(.frameworkUpdated(view(framework)))) }
        return nil
    }

    private mutating func shutdown(_ framework: Handle<Framework>, _ executorID: String, _ agentID: String) {
        // What can't be an id is none of an executor, and need not be sent anywhere.
        guard let agent = agentsByID[agentID], IDRefusal(executorID) == nil else {
            return log(.info, "SHUTDOWN dropped: there is no such agent or executor", ["framework": frameworks[framework].id, "agent": agentID])
        }
        order(agent, .shutdownExecutor(frameworkID: frameworks[framework].id, executorID: executorID))
    }

    /// Bytes of a message's data: half of what may wait for an agent besides its orders.
    package static var messageLimit: Int { 4 << 20 }

    private mutating func message(_ framework: Handle<Framework>, _ agentID: String, _ executorID: String, _ data: [UInt8]) {
        metrics.frameworkMessages += 1
        guard let agent = agentsByID[agentID], agents[agent].link != nil, IDRefusal(executorID) == nil else {
            metrics.invalidFrameworkMessages += 1
            return
        }
        guard data.count <= Self.messageLimit else {
            metrics.droppedMessages += 1
            let details: KeyValuePairs = ["framework": frameworks[framework].id, "agent": agentID, "bytes": "\(data.count)"]
            return log(.warning, "MESSAGE dropped: it is too large", details)
        }
        order(agent, .message(frameworkID: frameworks[framework].id, executorID: executorID, data: data))
    }

    mutating func take(_ call: OperatorCall, _ question: UInt64, _ origin: Origin) {
        switch call {
        case .teardown(let frameworkID):
            guard let framework = frameworksByID[frameworkID], !frameworks[framework].isCompleted else {
                return emit(.answer(question, .operatorRefused(.noFramework)))
            }
            remove(framework)
            emit(.answer(question, .done))
        }
    }
}
