import DequeModule
package import Machine
import OrderedCollections
import Resources

/// The master's one state machine: who is there (frameworks, agents), what was offered, which tasks run.
///
/// It takes frameworks and agents in, has its allocator decide who is offered what, checks and passes on what frameworks order, and tells
/// them what becomes of it. It doesn't run tasks, keeps no copy of what agents keep, and knows no connection but by its number.
/// The parts lie in `Kernel+….swift`, a concern a file.
package struct Kernel: StateMachine {
    struct TaskKey: Hashable {
        let framework: Handle<Framework>
        let id: String
    }

    /// An agent that is no longer registered.
    package struct LostAgent: Hashable, Sendable {
        package enum State: UInt64, Hashable, Sendable {
            case unreachable = 1
            case gone = 2
        }

        package let state: State
        /// Wall clock, in nanoseconds.
        package let since: Int64
    }

    enum Deadline: Sendable {
        case heartbeat(Handle<Framework>)
        case framework(Handle<Framework>)
        case agent(Handle<Agent>)
        case removal
        case oldOffers
    }

    var settings = Settings()
    var masterID = ""
    var clusterID = ""
    var epoch: UInt64 = 0
    var started: Int64 = 0

    var frameworks = Table<Framework>()
    var agents = Table<Agent>()
    var offers = Table<Offer>()
    var tasks = Table<TaskEntry>()
    var allocator = Allocator()
    var metrics = Metrics()

    // Looked up only, never iterated.
    var frameworksByID: [String: Handle<Framework>] = [:]
    var agentsByID: [String: Handle<Agent>] = [:]
    var agentsByAddress: [String: Handle<Agent>] = [:]
    /// The tasks that are active or unreachable.
    var tasksByID: [TaskKey: Handle<TaskEntry>] = [:]
    var offersByNumber: [UInt64: Handle<Offer>] = [:]
    var streams: [UInt64: Handle<Framework>] = [:]
    var links: [UInt64: Handle<Agent>] = [:]

    var lostAgents = OrderedDictionary<String, LostAgent>()
    /// Agents that have been away for too long and wait to be given up, in order (Kernel+Removal.swift).
    var overdue = Deque<Handle<Agent>>()
    /// Monotonic clock: none of them is given up before.
    var nextRemoval = Int64.min
    /// The time for which `Deadline.removal` was set last.
    var removalSetFor = Int64.min
    var completedFrameworks = Deque<Handle<Framework>>()
    /// In the order in which they were made, and those among them that have been held for long; those that are gone are skipped.
    var youngOffers = Deque<Handle<Offer>>()
    var oldOffers = Deque<Handle<Offer>>()
    var isReviewSet = false
    var observers: [UInt64] = []
    var nextFramework: UInt64 = 0
    var nextAgent: UInt64 = 0
    var nextOffer: UInt64 = 0
    var revision: UInt64 = 0

    var deadlines = Deadlines<Deadline>()
    /// The latest order to be woken that has not been carried out.
    var orderedWake: Int64?
    /// While an input is handled: its time, and what is to be done.
    var now = Moment(monotonic: 0, wall: 0)
    private var effects: [Effect] = []

    package init() {}

    package static var wake: Input { .wake }

    package mutating func handle(_ input: Input, at moment: Moment) -> [Effect] {
        now = moment
        revision += 1
        switch input {
        case .started(let start): begin(start)
        case .wake: wakeUp()
        case .subscribed(let stream, let streamID, let call, let origin): subscribe(stream, streamID, call, origin)
        case .called(let question, let streamID, let call, let origin): take(call, question, streamID, origin)
        case .streamEnded(let stream): streamEnded(stream)
        case .agentSubscribed(let link, let subscription, let origin): subscribe(link, subscription, origin)
        case .agentReported(let link, let report): take(report, link)
        case .linkEnded(let link, let isSilent): linkEnded(link, isSilent: isSilent)
        case .operatorCalled(let question, let call, let origin): take(call, question, origin)
        case .observerSubscribed(let stream, _): observe(stream)
        case .observerEnded(let stream): observers.removeAll { $0 == stream }
        }
        orderWake()
        defer { effects = [] }
        return effects
    }

    mutating func emit(_ effect: Effect) { effects.append(effect) }

    mutating func log(_ level: LogLine.Level, _ message: String, _ details: KeyValuePairs<String, String> = [:]) {
        emit(.log(LogLine(level, message, details)))
    }

    // MARK: Names

    func offerID(_ number: UInt64) -> String { "\(masterID)-O\(number)" }

    /// The offer of an id, if it is outstanding.
    func offer(_ id: String) -> Handle<Offer>? {
        guard id.hasPrefix(masterID), let number = UInt64(id.dropFirst(masterID.utf8.count + 2)), offerID(number) == id else { return nil }
        return offersByNumber[number]
    }

    func task(_ framework: Handle<Framework>, _ id: String) -> Handle<TaskEntry>? { tasksByID[TaskKey(framework: framework, id: id)] }

    // MARK: Telling frameworks and agents

    /// Sends an event if the framework is connected.
    mutating func tell(_ framework: Handle<Framework>, _ event: Event) {
        guard case .connected(let stream) = frameworks[framework].state else { return }
        frameworks[framework].counts.events += 1
        emit(.send(stream: stream, event))
    }

    /// Sends a record if the agent is connected.
    mutating func order(_ agent: Handle<Agent>, _ order: AgentOrder) {
        guard let link = agents[agent].link else { return }
        emit(.order(link: link, order))
    }

    /// Whether an operator's event stream is open. What it is told is made only then.
    var isObserved: Bool { !observers.isEmpty }
}
