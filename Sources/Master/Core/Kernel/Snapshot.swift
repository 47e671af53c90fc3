package import Machine
import MesosAPI
import OrderedCollections
package import Resources

/// The state as it was between two inputs: the kernel's tables, which cost next to nothing to copy.
package struct Snapshot: Hashable, Sendable {
    package let frameworks: Table<Framework>
    package let agents: Table<Agent>
    package let tasks: Table<TaskEntry>
    package let offers: Table<Offer>
    package let metrics: Metrics
    package let settings: Kernel.Settings
    package let masterID: String
    package let clusterID: String
    package let epoch: UInt64
    /// Wall clock, in nanoseconds.
    package let started: Int64
    package let unreachableAgents: Int
    package let observers: Int
    /// Which state it is: the number of inputs before it.
    package let revision: UInt64

    package static func == (left: Self, right: Self) -> Bool { left.revision == right.revision }
    package func hash(into hasher: inout Hasher) { hasher.combine(revision) }

    package func offerID(_ offer: borrowing Offer) -> String { "\(masterID)-O\(offer.number)" }
}

/// What the allocator has to say of each role that a framework is in, by name.
package struct AllocatorReport: Hashable, Sendable {
    package struct Role: Hashable, Sendable {
        package let name: String
        /// On how many agents a framework has refused something that it isn't offered again yet.
        package let filters: Int
        /// A fraction of 1.
        package let dominantShare: Double
    }

    package let roles: [Role]
}

/// A task as operators see it.
package struct TaskView: Hashable, Sendable {
    package let frameworkID: String
    /// Its framework's.
    package let user: String
    package let agentID: String
    package let id: String
    package let info: [UInt8]
    package let executorID: String?
    package let role: String
    package let resources: Resources
    package let state: TaskState
    package let statuses: [TaskRecord]
    package let statusState: TaskState?
    package let statusUUID: [UInt8]
}

/// A framework as operators see it.
package struct FrameworkView: Hashable, Sendable {
    package let spec: FrameworkSpec
    package let constraints: OfferConstraints?
    package let id: String
    package let isActive: Bool
    package let isConnected: Bool
    package let isRecovered: Bool
    package let registered: Int64
    package let reregistered: Int64
    package let unregistered: Int64
}

/// An agent as operators see it.
package struct AgentView: Hashable, Sendable {
    package let id: String
    package let spec: AgentSpec
    package let isActive: Bool
    package let isDeactivated: Bool
    package let registered: Int64
    package let reregistered: Int64
    package let total: Resources
    /// What tasks and executors use, by role.
    package let used: [RoleResources]
    package let offered: [RoleResources]
}

package struct RoleResources: Hashable, Sendable {
    package let role: String
    package var resources: Resources
}

extension Snapshot {
    package func view(_ task: borrowing TaskEntry) -> TaskView { TaskView(task, of: frameworks[task.framework]) }

    package func view(_ framework: borrowing Framework) -> FrameworkView { FrameworkView(framework) }

    package func view(_ agent: borrowing Agent) -> AgentView { AgentView(agent, tasks, offers) }

    /// As operators see it: with its role, and in the newer form, whatever its framework understands.
    package func view(_ offer: borrowing Offer) -> OfferView {
        OfferView(
            id: offerID(offer), frameworkID: frameworks[offer.framework].id, agentID: agents[offer.agent].id, role: offer.role,
            resources: offer.resources, executorIDs: [], agentFields: agents[offer.agent].spec.offerFields, isMultiRole: true, isRefined: true)
    }
}

extension TaskView {
    init(_ task: borrowing TaskEntry, of framework: borrowing Framework) {
        self.init(
            frameworkID: framework.id, user: framework.spec.user, agentID: task.agentID, id: task.id, info: task.info,
            executorID: task.executorID, role: task.role, resources: task.resources, state: task.state, statuses: task.statuses,
            statusState: task.forwardedState,
            statusUUID: task.forwardedUUID)
    }
}

extension FrameworkView {
    init(_ framework: borrowing Framework) {
        self.init(
            spec: framework.spec, constraints: framework.constraints, id: framework.id, isActive: framework.isConnected,
            isConnected: framework.isConnected, isRecovered: framework.isRecovered, registered: framework.registered,
            reregistered: framework.reregistered,
            unregistered: framework.unregistered)
    }
}

extension AgentView {
    init(_ agent: borrowing Agent, _ tasks: borrowing Table<TaskEntry>, _ offers: borrowing Table<Offer>) {
        var (used, offered): ([RoleResources], [RoleResources]) = ([], [])
        for handle in agent.tasks where tasks[handle].holdsResources { used.add(tasks[handle].resources, tasks[handle].role) }
        for executor in agent.executors { used.add(executor.spec.resources, executor.role) }
        for handle in agent.offers { offered.add(offers[handle].resources, offers[handle].role) }
        self.init(
            id: agent.id, spec: agent.spec, isActive: agent.isActive, isDeactivated: agent.isDeactivated, registered: agent.registered,
            reregistered: agent.reregistered, total: agent.total, used: used, offered: offered)
    }
}

extension [RoleResources] {
    package mutating func add(_ resources: Resources, _ role: String) {
        guard !resources.isEmpty else { return }
        if let index = firstIndex(where: { $0.role == role }) {
            self[index].resources.add(resources)
        } else {
            append(RoleResources(role: role, resources: resources))
        }
    }

    /// All of them, whatever the role.
    package var sum: Resources { reduce(into: Resources()) { $0.add($1.resources) } }
}

extension Kernel {
    package var snapshot: Snapshot {
        Snapshot(
            frameworks: frameworks, agents: agents, tasks: tasks, offers: offers, metrics: metrics, settings: settings, masterID: masterID,
            clusterID: clusterID, epoch: epoch, started: started,
            unreachableAgents: lostAgents.values.reduce(0) { $0 + ($1.state == .unreachable ? 1 : 0) }, observers: observers.count,
            revision: revision)
    }

    func view(_ task: Handle<TaskEntry>) -> TaskView { TaskView(tasks[task], of: frameworks[tasks[task].framework]) }
    func view(_ framework: Handle<Framework>) -> FrameworkView { FrameworkView(frameworks[framework]) }
    func view(_ agent: Handle<Agent>) -> AgentView { AgentView(agents[agent], tasks, offers) }

    /// Begins an operator's event stream. When there are too many, the oldest ends.
    mutating func observe(_ stream: UInt64) {
        observers.append(stream)
        while observers.count > settings.observers { emit(.end(stream: observers.removeFirst())) }
        emit(.observing(stream: stream, snapshot))
    }

    /// Costs a look at all frameworks' roles.
    package var allocatorReport: AllocatorReport {
        AllocatorReport(
            roles: allocator.activeFilters.map { role, count in
                .init(name: role, filters: count, dominantShare: allocator.dominantShare(role: role) ?? 0)
            })
    }

    /// Why a framework has or hasn't been offered things; nil if it isn't there.
    package func explain(_ frameworkID: String, at moment: Moment) -> [Allocator.Explanation]? {
        guard let framework = frameworksByID[frameworkID], !frameworks[framework].isCompleted else { return nil }
        return allocator.explain(framework.index, at: moment.monotonic)
    }
}
