package import Machine
package import Resources

package typealias FrameworkKey = Handle<Framework>
package typealias AgentKey = Handle<Agent>

/// Decides who is offered what: hierarchical dominant resource fairness over roles and the frameworks in them.
///
/// It keeps the books of what each agent has and who holds which part of it (offered or used: that is one to fairness), and, when something
/// may have changed for an agent, hands what is free there to the framework that stands first. It never looks at agents for which nothing
/// has changed. It knows neither offers nor tasks; the kernel tells it what was given back.
///
/// Frameworks and agents are named by the kernel's table indexes. Resources are those of agents: allocated to no role; the role stands
/// beside them.
/// Specified by Mesos 1.11 docs/allocation-module.md, docs/roles.md, docs/reservation.md; unlike there, nothing waits for a tick.
package struct Allocator: Sendable {
    package struct Settings: Hashable, Sendable {
        /// Only amounts that contain one of these are offered. Empty: no minimum.
        package var minimum: [Quantities] = [
            Quantities([("cpus", Scalar(thousandths: 10))]), Quantities([("mem", Scalar(thousandths: 32_000))])
        ]
        /// Names that don't count for fairness.
        package var excludedNames: [String] = []
        /// Agents with GPUs are kept for frameworks that know GPUs.
        package var filtersGPUs = true
        /// The region of the master; frameworks that don't know regions get offers from it only.
        package var region: String?

        package init() {}
    }

    /// What the allocator must know of a framework.
    package struct Traits: Hashable, Sendable {
        package var capabilities: FrameworkCapabilities = []
        /// A minimum of its own, by role; an empty one means none at all.
        package var minima: [String: [Quantities]] = [:]
        package var constraints: OfferConstraints?

        package init() {}
    }

    /// Something free that a framework is to be offered.
    package struct Grant: Hashable, Sendable {
        package let framework: FrameworkKey
        package let role: String
        package let agent: AgentKey
        package let resources: Resources
    }

    struct Holder: Sendable {
        let client: Handle<Client>
        var resources: Resources
    }

    struct AgentBooks: Sendable {
        /// Nil while no agent has this index.
        var key: AgentKey?
        var isActive = false
        var isDirty = false
        var place = AgentPlace()
        var total = Resources()
        var amounts = Quantities()
        /// `total` without what is held; shared resources stay in it.
        var free = Resources()
        /// In the order in which they came.
        var holders: [Holder] = []
        var kinds = Kinds()
    }

    /// Which special kinds of resources an agent has, so that ordinary agents cost no look for them.
    struct Kinds: Hashable, Sendable {
        var isReserved = false
        var isRefined = false
        var isRevocable = false
        var isShared = false
        var hasGPUs = false

        init() {}

        /// Whether a framework without any capability may have all of it.
        var arePlain: Bool { !isRefined && !isRevocable && !isShared && !hasGPUs }

        init(_ resources: Resources) {
            resources.forEach { resource, _ in
                if !resource.reservations.isEmpty { isReserved = true }
                if resource.reservations.count > 1 { isRefined = true }
                if resource.isRevocable { isRevocable = true }
                if resource.isShared { isShared = true }
                if resource.name == "gpus" { hasGPUs = true }
            }
        }
    }

    struct FrameworkBooks: Sendable {
        /// Nil while no framework has this index.
        var key: FrameworkKey?
        var isActive = false
        var name = ""
        var traits = Traits()
        var clients: [Handle<Client>] = []
    }

    /// A framework in one of its roles. One that the framework has left stays while something is held there.
    struct Client: Sendable {
        let framework: Int32
        let role: Handle<RoleNode>
        let path: String
        var isSubscribed = false
        var isSuppressed = false
        var isDirty = false
        var tally = Tally()
        /// Set while the client takes part in allocation.
        var rank: Rank<Client>?
        var filters: [Int32: [Filter]] = [:]
        /// The framework's own minimum here; nil: that of all.
        var minimum: [Quantities]?
        /// The framework's.
        var capabilities: FrameworkCapabilities = []
        /// Some group of them must hold for an agent; nil: any agent will do.
        var constraints: [OfferConstraints.Group]?
        var refusals = RefusalCounts()
    }

    /// What was refused to be offered again for a while.
    struct Filter: Sendable {
        let resources: Resources
        let expiry: Int64
    }

    struct Tally: Hashable, Sendable {
        var amounts = Quantities()
        var count: UInt64 = 0
    }

    struct RoleNode: Sendable {
        let path: String
        let parent: Handle<RoleNode>?
        /// In thousandths.
        var weight: UInt64 = 1000
        /// What frameworks of exactly this role hold, and those of this role and all below.
        var own = Tally()
        var subtree = Tally()
        var clients: [Rank<Client>] = []
        var children: [Rank<RoleNode>] = []
        var clientCount = 0
        var childCount = 0
        /// How many clients of this role and those below take part.
        var activeCount = 0
        /// Where the role stands in its parent, and its own frameworks among its children.
        var rank: Rank<RoleNode>?
        var ownRank: Rank<RoleNode>?
    }

    let settings: Settings
    var agents: ContiguousArray<AgentBooks> = []
    var frameworks: ContiguousArray<FrameworkBooks> = []
    var clients = Table<Client>()
    var roles = Table<RoleNode>()
    let root: Handle<RoleNode>
    var rolesByPath: [String: Handle<RoleNode>] = [:]
    var weights: [String: UInt64] = [:]
    /// The sum over all agents.
    var totals = Quantities()
    var totalsChanged = false
    var dirtyAgents: [Int32] = []
    var dirtyClients: [Handle<Client>] = []
    var expiries = Deadlines<(Handle<Client>, Int32)>()

    package init(settings: Settings = Settings()) {
        self.settings = settings
        root = roles.insert(RoleNode(path: "", parent: nil))
    }

    // MARK: Agents

    /// Takes an agent in, with what is held of it already.
    package mutating func addAgent(_ key: AgentKey, total: Resources, place: AgentPlace = AgentPlace()) {
        let agent = key.index
        while agents.count <= Int(agent) { agents.append(AgentBooks()) }
        precondition(agents[Int(agent)].key == nil, "an agent was added twice")
        let amounts = total.quantities
        agents[Int(agent)] = AgentBooks(
            key: key, isActive: true, place: place, total: total, amounts: amounts, free: total, kinds: Kinds(total))
        totals += amounts
        totalsChanged = true
        mark(agent)
    }

    /// Forgets an agent and all that is held of it.
    package mutating func removeAgent(_ agent: Int32) {
        let entry = agents[Int(agent)]
        precondition(entry.key != nil, "an agent was removed that is not there")
        clearFilters(of: agent)
        totals -= entry.amounts
        totalsChanged = true
        agents[Int(agent)] = AgentBooks()
        for holder in entry.holders { count(holder.client, from: holder.resources, to: Resources()) }
        for holder in entry.holders { retireIfIdle(holder.client) }
    }

    /// The agent's resources or attributes have changed, or what is held there counts differently: filters no longer hold.
    /// - Parameter place: nil if it has not changed.
    package mutating func updateAgent(_ agent: Int32, total: Resources, place: AgentPlace? = nil) {
        precondition(agents[Int(agent)].key != nil, "an agent was updated that is not there")
        if let place { agents[Int(agent)].place = place }
        totals -= agents[Int(agent)].amounts
        agents[Int(agent)].total = total
        agents[Int(agent)].amounts = total.quantities
        agents[Int(agent)].kinds = Kinds(total)
        totals += agents[Int(agent)].amounts
        totalsChanged = true
        clearFilters(of: agent)
        settleFree(agent)
        mark(agent)
    }

    /// Whether anything of the agent may be offered.
    package mutating func setActive(_ isActive: Bool, agent: Int32) {
        agents[Int(agent)].isActive = isActive
        if isActive { mark(agent) }
    }

    /// Something may be to allocate there.
    mutating func mark(_ agent: Int32) {
        guard !agents[Int(agent)].isDirty else { return }
        agents[Int(agent)].isDirty = true
        dirtyAgents.append(agent)
    }

    mutating func markAll() {
        for index in agents.indices where agents[index].key != nil { mark(Int32(index)) }
    }

    /// Whether `run` would look at any agent.
    package var isPending: Bool { !dirtyAgents.isEmpty }

    private mutating func clearFilters(of agent: Int32) {
        for framework in frameworks {
            for client in framework.clients where !clients[client].filters.isEmpty { clients[client].filters[agent] = nil }
        }
    }
}
