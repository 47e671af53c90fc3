import Machine
import MasterCore
import MesosAPI
import Resources

/// What is behind the calls of the versioned operator API, as protobuf.
/// Specified by Mesos 1.11 include/mesos/v1/master/master.proto; the numbers are those of its fields.
extension WireWriter {
    mutating func time(_ field: Int, _ nanoseconds: Int64) { message(field) { $0.varint(1, Int(nanoseconds)) } }

    /// `mesos.v1.Task`.
    mutating func task(_ field: Int, _ task: TaskView) {
        message(field) { writer in
            let info = TaskInfoFields(task.info)
            writer.string(1, info.name)
            writer.id(2, task.id)
            writer.id(3, task.frameworkID)
            if let executorID = task.executorID { writer.id(4, executorID) }
            writer.id(5, task.agentID)
            writer.varint(6, task.state.rawValue)
            writer.resources(7, task.resources, role: task.role, format: .postRefinement)
            for record in task.statuses { writer.bytes(8, record.status) }
            if let state = task.statusState { writer.varint(9, state.rawValue) }
            if !task.statusUUID.isEmpty { writer.bytes(10, task.statusUUID) }
            if let labels = info.labels { writer.bytes(11, labels) }
            if let discovery = info.discovery { writer.bytes(12, discovery) }
            if let container = info.container { writer.bytes(13, container) }
            writer.string(14, info.user ?? task.user)
            if let check = info.healthCheck { writer.bytes(15, check) }
            if let policy = info.killPolicy { writer.bytes(16, policy) }
            for limit in info.limits {
                writer.message(17) {
                    $0.string(1, limit.name)
                    $0.message(2) { $0.double(1, limit.value) }
                }
            }
        }
    }

    /// `Response.GetFrameworks.Framework`.
    mutating func framework(_ field: Int, _ framework: FrameworkView, offers: [OfferView] = [], used: [RoleResources] = []) {
        message(field) { writer in
            writer.bytes(1, framework.spec.info)
            writer.bool(2, framework.isActive)
            writer.bool(3, framework.isConnected)
            writer.time(4, framework.registered)
            writer.time(5, framework.reregistered)
            writer.time(6, framework.unregistered)
            for offer in offers { writer.message(7) { EventEncoder.offer(offer, &$0) } }
            for part in used { writer.resources(9, part.resources, role: part.role, format: .postRefinement) }
            for offer in offers { writer.resources(10, offer.resources, role: offer.role, format: .postRefinement) }
            writer.bool(11, framework.isRecovered)
            if let constraints = framework.constraints { writer.bytes(12, constraints.bytes) }
        }
    }

    /// `Response.GetAgents.Agent`.
    mutating func agent(_ field: Int, _ agent: AgentView) {
        message(field) { writer in
            writer.bytes(1, Self.info(of: agent.spec))
            writer.bool(2, agent.isActive)
            writer.string(3, agent.spec.version)
            writer.string(4, agent.spec.pid)
            writer.time(5, agent.registered)
            if agent.reregistered > 0 { writer.time(6, agent.reregistered) }
            writer.resources(7, agent.total, format: .endpoint)
            for part in agent.used { writer.resources(8, part.resources, role: part.role, format: .endpoint) }
            for part in agent.offered { writer.resources(9, part.resources, role: part.role, format: .endpoint) }
            for number in 1...31 where agent.spec.capabilities.rawValue & (1 << UInt32(number)) != 0 {
                writer.message(10) { $0.varint(1, number) }
            }
            writer.bool(12, agent.isDeactivated)
        }
    }

    /// AgentInfo with its resources in the form that shows both formats, as all resources of agents are shown.
    static func info(of spec: AgentSpec) -> [UInt8] {
        var writer = WireWriter()
        writer.fields(Wire.dropping([AgentField.resources], from: spec.info))
        writer.resources(AgentField.resources, spec.resources, format: .endpoint)
        return writer.bytes
    }
}

extension Snapshot {
    /// `Response.GetState`.
    func getState(_ writer: inout WireWriter) {
        writer.message(1) { getTasks(&$0) }
        writer.message(2) { getExecutors(&$0) }
        writer.message(3) { getFrameworks(&$0) }
        writer.message(4) { getAgents(&$0) }
    }

    func getTasks(_ writer: inout WireWriter) {
        tasks.forEach { _, task in
            let field =
                switch task.place {
                case .active: 2
                case .completed: 3
                case .unreachable: 5
                }
            writer.task(field, view(task))
        }
    }

    func getExecutors(_ writer: inout WireWriter) {
        agents.forEach { _, agent in
            for executor in agent.executors {
                writer.message(1) {
                    $0.bytes(1, executor.spec.info)
                    $0.id(2, agent.id)
                }
            }
        }
    }

    func getFrameworks(_ writer: inout WireWriter) {
        var used: [Handle<Framework>: [RoleResources]] = [:]
        tasks.forEach { _, task in
            if task.holdsResources { used[task.framework, default: []].add(task.resources, task.role) }
        }
        frameworks.forEach { handle, framework in
            var views: [OfferView] = []
            offers.forEach(in: framework.offers) { _, offer in
                views.append(view(offer))
            }
            writer.framework(framework.isCompleted ? 2 : 1, view(framework), offers: views, used: used[handle] ?? [])
        }
    }

    func getAgents(_ writer: inout WireWriter) {
        agents.forEach { _, agent in
            if agent.isRecovered { writer.bytes(2, WireWriter.info(of: agent.spec)) } else { writer.agent(1, view(agent)) }
        }
    }
}
