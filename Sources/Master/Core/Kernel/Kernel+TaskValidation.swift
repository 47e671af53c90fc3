import Machine
import Resources

extension Kernel {
    /// Why a task can't be launched; nil if it can. The checks come in the order in which Mesos makes them.
    /// Specified by what Mesos 1.11 checks (scheduler API, "Task validation").
    /// - Parameter rest: what is left of the offers.
    func refusal(
        of spec: TaskSpec, _ framework: Handle<Framework>, _ agent: Handle<Agent>, role: String, rest: Resources
    ) -> TaskRefusal? {
        if let flaw = spec.flaw, flaw.step < .killPolicy { return .flaw(flaw) }
        let size = spec.size(allocatedTo: role)
        if size > TaskSpec.limit { return .tooLarge(bytes: size) }
        if let known = task(framework, spec.id) {
            return tasks[known].place == .unreachable ? .reusesUnreachable(spec.id) : .duplicate(spec.id)
        }
        let agentID = agents[agent].id
        if spec.agentID != agentID { return .otherAgent(spec.agentID, expected: agentID) }
        if let flaw = spec.flaw, flaw.step < .limits { return .flaw(flaw) }
        if spec.hasLimits, !agents[agent].spec.capabilities.contains(.taskResourceLimits) { return .limitsNotServed }
        if let flaw = spec.flaw { return .flaw(flaw) }
        return executorRefusal(of: spec, framework, agent) ?? resourcesRefusal(of: spec, framework, agent, role: role, rest: rest)
    }

    private func executorRefusal(of spec: TaskSpec, _ framework: Handle<Framework>, _ agent: Handle<Agent>) -> TaskRefusal? {
        guard let executor = spec.executor,
            let running = agents[agent].executors.first(where: { $0.framework == framework && $0.spec.id == executor.id })
        else { return nil }
        return running.spec.isCompatible(with: executor) ? nil : .otherExecutor(executor.id)
    }

    private func resourcesRefusal(
        of spec: TaskSpec, _ framework: Handle<Framework>, _ agent: Handle<Agent>, role: String, rest: Resources
    ) -> TaskRefusal? {
        var needed = spec.resources
        if let executor = spec.executor, !hasExecutor(executor.id, framework, agent) {
            for resource in executor.resources {
                if case .scalar = resource.value { continue }
                let shared = spec.resources.resources { $0.name == resource.name && $0.value.overlaps(resource.value) }
                if !shared.isEmpty { return .overlap(resource.name) }
            }
            if let own = executor.role, own != (spec.role ?? role) { return .severalRoles(spec.role ?? role, own) }
            needed.add(executor.resources)
        }
        if let own = spec.role, own != role { return .insufficient(needed: "\(needed.allocated(to: own))", available: "\(rest.allocated(to: role))") }
        guard rest.contains(needed) else {
            return .insufficient(needed: "\(needed.allocated(to: role))", available: "\(rest.allocated(to: role))")
        }
        return nil
    }
}

extension Resource.Value {
    fileprivate func overlaps(_ other: Resource.Value) -> Bool {
        switch (self, other) {
        case (.ranges(let mine), .ranges(let theirs)): (mine - theirs) != mine
        case (.set(let mine), .set(let theirs)): mine.items.contains(where: theirs.contains)
        default: false
        }
    }
}

/// Why a task is not launched. The description is the message of its TASK_ERROR.
/// Specified by what Mesos 1.11 says in the same cases.
package enum TaskRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case flaw(TaskFlaw)
    case tooLarge(bytes: Int)
    case tooMuchAtOnce
    case idOfLaunch
    case groupsNotServed
    case duplicate(String)
    case reusesUnreachable(String)
    case otherAgent(String, expected: String)
    case limitsNotServed
    case otherExecutor(String)
    case overlap(String)
    case severalRoles(String, String)
    case insufficient(needed: String, available: String)

    package var description: String {
        switch self {
        case .flaw(let flaw): flaw.description
        case .tooLarge(let bytes): "TaskInfo of \(bytes) bytes is larger than the \(TaskSpec.limit) bytes that an agent takes"
        case .tooMuchAtOnce: "The tasks of one ACCEPT may have \(Kernel.launchLimit) bytes, a FrameworkInfo with each: launch the rest by another one"
        case .idOfLaunch: "The `id` field cannot be set on LAUNCH operations"
        case .groupsNotServed: "Task groups are not served by this master: launch each task by itself"
        case .duplicate(let id): "Task has duplicate ID: \(id)"
        case .reusesUnreachable(let id): "Task reuses the ID of an unreachable task: \(id)"
        case .otherAgent(let agent, let expected): "Task uses invalid agent \(agent) while agent \(expected) is expected"
        case .limitsNotServed: "Agent is not capable of task resource limits"
        case .otherExecutor(let id): "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID. The executor is '\(id)'"
        case .overlap(let name): "The task and its executor use overlapping '\(name)'"
        case .severalRoles(let one, let other):
            "The resources have multiple allocation roles ('\(one)' and '\(other)') but only one allocation role is allowed"
        case .insufficient(let needed, let available):
            "Total resources \(needed) required by task and its executor is more than available \(available)"
        }
    }
}
