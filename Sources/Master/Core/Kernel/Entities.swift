package import Machine
import MesosAPI
package import Resources

/// A framework, from its first subscription until it has been pushed out of the list of completed ones.
///
/// `connected` ⇄ `disconnected` → `completed`; a framework that a master knows from its store or from agents begins as `disconnected`.
package struct Framework: Sendable {
    package enum State: Hashable, Sendable {
        /// - Parameter stream: where its events go.
        case connected(stream: UInt64)
        /// Removed at `until`, on the monotonic clock.
        case disconnected(until: Int64)
        case completed
    }

    package let id: String
    package var spec: FrameworkSpec
    package var state: State
    /// The text that each call must name.
    package var streamID = ""
    /// Known from the store or from agents; has not subscribed to this master yet.
    package var isRecovered = false
    package var suppressed: [String] = []
    package var constraints: OfferConstraints?
    /// Wall clock, in nanoseconds.
    package var registered: Int64
    package var reregistered: Int64
    package var unregistered: Int64 = 0
    package var heartbeatAt: Int64 = 0
    package var offers = Chain<Offer>()
    package var tasks = Chain<TaskEntry>()
    package var unreachable = Chain<TaskEntry>()
    package var completed = Chain<TaskEntry>()
    package var counts = FrameworkCounts()

    package init(id: String, spec: FrameworkSpec, state: State, registered: Int64, reregistered: Int64) {
        self.id = id
        self.spec = spec
        self.state = state
        self.registered = registered
        self.reregistered = reregistered
    }

    package var isConnected: Bool {
        if case .connected = state { true } else { false }
    }

    package var isCompleted: Bool { state == .completed }
}

/// An agent that is registered: taken in, and neither removed nor unreachable.
package struct Agent: Sendable {
    package enum State: Hashable, Sendable {
        /// - Parameter link: the connection.
        case connected(link: UInt64)
        /// Its host lives, but there is no connection. Removed at `until`, on the monotonic clock.
        case disconnected(until: Int64)
        /// Nothing was heard of it. Unreachable at `until`.
        case silent(until: Int64)
        /// Known from the store; has not come back to this master yet. Unreachable at `until`.
        case recovered(until: Int64)
    }

    package let id: String
    package var spec: AgentSpec
    package var state: State
    /// What the agent has before reservations and volumes that were made since its start; and with them.
    package var base: Resources
    package var total: Resources
    package var checkpointed: Resources
    package var resourcesVersion: UInt64
    package var tasks: [Handle<TaskEntry>] = []
    package var executors: [Executor] = []
    package var offers: [Handle<Offer>] = []
    /// It has been away for too long, and waits for its turn to be given up.
    package var isOverdue = false
    /// By an operator: nothing of it is offered.
    package var isDeactivated = false
    /// Wall clock, in nanoseconds; `reregistered` is zero if it has not come back.
    package var registered: Int64
    package var reregistered: Int64 = 0

    package init(
        id: String, spec: AgentSpec, state: State, base: Resources, total: Resources, checkpointed: Resources, resourcesVersion: UInt64,
        registered: Int64
    ) {
        self.id = id
        self.spec = spec
        self.state = state
        self.base = base
        self.total = total
        self.checkpointed = checkpointed
        self.resourcesVersion = resourcesVersion
        self.registered = registered
    }

    package var link: UInt64? {
        if case .connected(let link) = state { link } else { nil }
    }

    package var isRecovered: Bool {
        if case .recovered = state { true } else { false }
    }

    /// Whether it may be offered.
    package var isActive: Bool { link != nil && !isDeactivated }
}

/// An executor process of a framework on an agent, or the default executor of task groups.
package struct Executor: Hashable, Sendable {
    package let framework: Handle<Framework>
    package let spec: ExecutorSpec
    package let role: String
    package var containerID: String
    /// The agent, or the executor itself, has said that it is there.
    package var isKnown = false
}

/// Resources of one agent that one framework may use, until it answers.
package struct Offer: Sendable, Chained {
    /// The id is the master's id, "-O" and this.
    package let number: UInt64
    package let framework: Handle<Framework>
    package let agent: Handle<Agent>
    package let role: String
    package let resources: Resources
    /// Monotonic clock.
    package let made: Int64
    package var links = ChainLinks<Offer>()
}

/// A task, from its launch until it has been pushed out of its framework's list of completed ones.
package struct TaskEntry: Sendable, Chained {
    package enum Place: Hashable, Sendable {
        /// On a registered agent; ends here are kept until they are acknowledged.
        case active
        case unreachable
        case completed
    }

    package let id: String
    package let framework: Handle<Framework>
    package var agent: Handle<Agent>?
    package let agentID: String
    /// TaskInfo.
    package let info: [UInt8]
    /// Nil for a task that the agent runs itself.
    package let executorID: String?
    package let role: String
    package let resources: Resources
    package var place = Place.active
    package var state: TaskState
    /// The newest status that its agent has sent to the framework, or has brought along.
    package var forwardedState: TaskState?
    package var forwardedUUID: [UInt8] = []
    /// TaskStatus messages without their data, the last of each run of equal states.
    package var statuses: [TaskRecord] = []
    /// The framework wants it dead.
    package var isKilled = false
    /// Wall clock, in nanoseconds: since when its agent is unreachable.
    package var unreachableSince: Int64 = 0
    package var links = ChainLinks<TaskEntry>()

    /// Whether its resources are held in the allocator's books.
    package var holdsResources: Bool { place == .active && !state.isTerminal }
}

package struct TaskRecord: Hashable, Sendable {
    package let state: TaskState
    package let status: [UInt8]
}

/// How often a framework did what; for metrics.
package struct FrameworkCounts: Hashable, Sendable {
    package var calls: UInt64 = 0
    package var events: UInt64 = 0
    package var offersSent: UInt64 = 0
    package var offersAccepted: UInt64 = 0
    package var offersDeclined: UInt64 = 0
    package var offersRescinded: UInt64 = 0
    package var operations: UInt64 = 0
    /// Of the operations, those that were LAUNCH.
    package var launches: UInt64 = 0
    /// By the number of the state.
    private var ends: [UInt64] = []

    package init() {}

    /// How many tasks ended so.
    package func ended(_ state: TaskState) -> UInt64 { ends.isEmpty ? 0 : ends[state.rawValue] }

    mutating func count(end state: TaskState) {
        if ends.isEmpty { ends = Array(repeating: 0, count: 16) }
        ends[state.rawValue] += 1
    }
}
