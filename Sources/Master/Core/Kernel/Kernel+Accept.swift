import Machine
import MesosAPI
import Resources

/// ACCEPT: what becomes of offers that a framework uses.
/// Specified by Mesos 1.11 docs/scheduler-http-api.md ("ACCEPT").
extension Kernel {
    /// The offers of one call, all there and of one agent and role.
    private struct OfferSet {
        let agent: Handle<Agent>
        let role: String
        let offers: [Handle<Offer>]
    }

    mutating func accept(_ framework: Handle<Framework>, _ call: SchedulerCall.Accept) {
        metrics.accepts += 1
        switch offerSet(framework, call.offers) {
        case .failure(let refusal): refuse(call, framework, refusal)
        case .success(let set):
            var rest = Resources()
            for offer in set.offers {
                rest.add(offers[offer].resources)
                discard(offer)
            }
            frameworks[framework].counts.offersAccepted += UInt64(set.offers.count)
            var room = Self.launchLimit
            for operation in call.operations { carryOut(operation, framework, set, &rest, &room) }
            giveBack(rest, framework, set.role, set.agent, refuse: call.refuse)
        }
    }

    private func offerSet(_ framework: Handle<Framework>, _ ids: [String]) -> Result<OfferSet, OfferSetRefusal> {
        guard !ids.isEmpty else { return .failure(.none) }
        if let duplicate = ids.duplicates.first { return .failure(.duplicate(duplicate)) }
        var found: [Handle<Offer>] = []
        for id in ids {
            guard let offer = offer(id) else { return .failure(.invalid(id)) }
            found.append(offer)
        }
        for (id, offer) in zip(ids, found) where offers[offer].framework != framework {
            let owner = frameworks[offers[offer].framework].id
            return .failure(.otherFramework(id, owner: owner, expected: frameworks[framework].id))
        }
        let (role, agent) = (offers[found[0]].role, offers[found[0]].agent)
        for (id, offer) in zip(ids, found) where offers[offer].role != role {
            return .failure(.otherRole(id, role: offers[offer].role, expected: role))
        }
        for (id, offer) in zip(ids, found) where offers[offer].agent != agent {
            return .failure(.otherAgent(id, agent: agents[offers[offer].agent].id, expected: agents[agent].id))
        }
        return .success(OfferSet(agent: agent, role: role, offers: found))
    }

    /// The whole call fails: all its tasks do, and the offers that are still valid are used up.
    private mutating func refuse(_ call: SchedulerCall.Accept, _ framework: Handle<Framework>, _ refusal: OfferSetRefusal) {
        for id in call.offers {
            if let offer = offer(id), offers[offer].framework == framework { withdraw(offer) }
        }
        for operation in call.operations {
            switch operation {
            case .launch(let specs, _), .launchGroup(let specs, _, _):
                for spec in specs {
                    let state = lost(framework, as: .taskDropped)
                    drop(spec, framework, state, .invalidOffers, "Task launched with invalid offers: \(refusal)")
                }
            case .other(_, let id):
                fail(operation: id, framework, nil, "Operation attempted with invalid offers: \(refusal)")
            }
        }
    }

    /// Bytes of what one ACCEPT may send to an agent, a FrameworkInfo with each task: a fraction of what may wait for the agent, so that no
    /// framework can end the agent's link.
    package static var launchLimit: Int { 32 << 20 }

    private mutating func carryOut(
        _ operation: OfferOperation, _ framework: Handle<Framework>, _ set: OfferSet, _ rest: inout Resources, _ room: inout Int
    ) {
        frameworks[framework].counts.operations += 1
        switch operation {
        case .launch(let specs, let hasID):
            frameworks[framework].counts.launches += 1
            for spec in specs {
                let refusal = hasID ? .idOfLaunch : refusal(of: spec, framework, set.agent, role: set.role, rest: rest)
                room -= spec.size(allocatedTo: set.role) + frameworks[framework].spec.info.count
                if let refusal = refusal ?? (room < 0 ? .tooMuchAtOnce : nil) {
                    drop(spec, framework, .taskError, .taskInvalid, refusal.description)
                } else {
                    launch(spec, framework, set.agent, set.role, &rest)
                }
            }
        case .launchGroup(let specs, _, let hasID):
            let refusal = hasID ? TaskRefusal.idOfLaunch : .groupsNotServed
            for spec in specs { drop(spec, framework, .taskError, .taskGroupInvalid, refusal.description) }
        case .other(let name, let id):
            fail(operation: id, framework, set.agent, "Operation \(name) is not served by this master")
        }
    }

    private mutating func launch(
        _ spec: TaskSpec, _ framework: Handle<Framework>, _ agent: Handle<Agent>, _ role: String, _ rest: inout Resources
    ) {
        rest -= spec.resources
        var launchesExecutor = false
        if let executor = spec.executor, !hasExecutor(executor.id, framework, agent) {
            rest -= executor.resources
            agents[agent].executors.append(Executor(framework: framework, spec: executor, role: role, containerID: ""))
            launchesExecutor = true
        }
        let info = spec.info(allocatedTo: role)
        let task = enter(spec, info, framework, agent, role, executorID: spec.executor?.id, state: .taskStaging)
        metrics.launches += 1
        let entry = frameworks[framework]
        order(agent, .launch(frameworkID: entry.id, framework: entry.spec.info, task: info, launchesExecutor: launchesExecutor))
        if isObserved { emit(.observe(.taskAdded(view(task)))) }
    }

    func hasExecutor(_ id: String, _ framework: Handle<Framework>, _ agent: Handle<Agent>) -> Bool {
        agents[agent].executors.contains { $0.framework == framework && $0.spec.id == id }
    }

    /// Enters a task in the books. Its resources are held by the framework already, or don't count.
    mutating func enter(
        _ spec: TaskSpec, _ info: [UInt8], _ framework: Handle<Framework>, _ agent: Handle<Agent>, _ role: String, executorID: String?,
        state: TaskState
    ) -> Handle<TaskEntry> {
        let task = tasks.insert(
            TaskEntry(
                id: spec.id, framework: framework, agent: agent, agentID: agents[agent].id, info: info, executorID: executorID, role: role,
                resources: spec.resources, state: state))
        tasksByID[TaskKey(framework: framework, id: spec.id)] = task
        tasks.append(task, to: &frameworks[framework].tasks)
        agents[agent].tasks.append(task)
        metrics.entered(state)
        return task
    }

    /// A task that never was: the framework is told why.
    private mutating func drop(
        _ spec: TaskSpec, _ framework: Handle<Framework>, _ state: TaskState, _ reason: StatusReason, _ message: String
    ) {
        metrics.ended(state)
        frameworks[framework].counts.count(end: state)
        log(.info, "task refused", ["framework": frameworks[framework].id, "task": spec.id, "reason": message])
        let status = MadeStatus(
            taskID: spec.id, agentID: spec.agentID, executorID: spec.executor?.id, state: state, reason: reason, message: message, time: now.wall)
        tell(framework, .update(.made(status)))
    }

    /// Without an id nobody asked to be told.
    private mutating func fail(operation id: String?, _ framework: Handle<Framework>, _ agent: Handle<Agent>?, _ message: String) {
        log(.info, "operation refused", ["framework": frameworks[framework].id, "reason": message])
        guard let id else { return }
        let view = OperationView(operationID: id, state: .operationError, message: message, agentID: agent.map { agents[$0].id })
        tell(framework, .operationUpdate(view))
    }

    /// What frameworks that know partitions are told in place of TASK_LOST.
    func lost(_ framework: Handle<Framework>, as state: TaskState) -> TaskState {
        frameworks[framework].spec.has(.partitionAware) ? state : .taskLost
    }
}

/// Why the offers of an ACCEPT can't be used. The description is the wire's text.
package enum OfferSetRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case none
    case duplicate(String)
    case invalid(String)
    case otherFramework(String, owner: String, expected: String)
    case otherRole(String, role: String, expected: String)
    case otherAgent(String, agent: String, expected: String)

    package var description: String {
        switch self {
        case .none: "No offers specified"
        case .duplicate(let id): "Duplicate offer \(id) in offer list"
        case .invalid(let id): "Offer \(id) is no longer valid"
        case .otherFramework(let id, let owner, let expected):
            "Offer \(id) has invalid framework \(owner) while framework \(expected) is expected"
        case .otherRole(let id, let role, let expected):
            "Aggregated offers must be allocated to the same role. Offer \(id) uses role '\(role) but another is using role '\(expected)"
        case .otherAgent(let id, let agent, let expected):
            "Aggregated offers must belong to one single agent. Offer \(id) uses agent \(agent) and agent \(expected)"
        }
    }
}
