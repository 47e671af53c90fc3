import AgoraAPI
import Foundation
import Machine
import MasterCore
import MesosAPI
import Resources
import SwiftProtobuf
import Testing

/// A kernel with a clock, and short names for what happens to it. After each step the kernel's books are checked.
struct World {
    var kernel = Kernel()
    /// Nanoseconds on both clocks.
    private var time: Int64 = 0
    private var wakeTime: Int64?
    private(set) var stored: [String: [UInt8]] = [:]
    /// All that has happened, with its time.
    private(set) var history: [(moment: Moment, input: Kernel.Input)] = []

    static let masterID = "M"

    init(_ change: (inout Kernel.Settings) -> Void = { _ in }, stored: [Kernel.StoredEntry] = [], masterID: String = World.masterID) {
        var settings = Kernel.Settings()
        change(&settings)
        _ = step(.started(Kernel.Start(masterID: masterID, newClusterID: "C", settings: settings, stored: stored)))
    }

    private var moment: Moment {
        Moment(monotonic: time, wall: 1_000_000 * .second + time)
    }

    /// Lets something happen, and what the kernel wants to be woken for at once.
    /// - Returns: what is to be done, but what is stored, logged or timed.
    mutating func step(_ input: Kernel.Input) -> [Kernel.Effect] {
        var effects = handle(input)
        while let wakeTime, wakeTime <= moment.monotonic {
            self.wakeTime = nil
            effects += handle(.wake)
        }
        kernel.checkInvariants()
        return effects
    }

    private mutating func handle(_ input: Kernel.Input) -> [Kernel.Effect] {
        history.append((moment, input))
        return take(kernel.handle(input, at: moment))
    }

    private mutating func take(_ effects: [Kernel.Effect]) -> [Kernel.Effect] {
        effects.filter { effect in
            switch effect {
            case .wake(let at): wakeTime = at
            case .store(let changes):
                for change in changes {
                    switch change {
                    case .put(let table, let key, let value): stored["\(table) \(key)"] = value
                    case .remove(let table, let key): stored["\(table) \(key)"] = nil
                    }
                }
            case .log: break
            default: return true
            }
            return false
        }
    }

    /// Lets time pass, waking the kernel whenever it wants to be.
    mutating func pass(_ seconds: Double) -> [Kernel.Effect] {
        let end = time + Int64(seconds * 1_000_000_000)
        var effects: [Kernel.Effect] = []
        while let wakeTime, wakeTime <= end {
            time = max(time, wakeTime)
            self.wakeTime = nil
            effects += handle(.wake)
            kernel.checkInvariants()
        }
        time = end
        return effects
    }

    /// Lets time pass without waking anyone: the process was held up.
    mutating func stall(_ seconds: Double) { time += Int64(seconds * 1_000_000_000) }

    /// What the store holds, as the next master finds it.
    var storedEntries: [Kernel.StoredEntry] {
        stored.sorted { $0.key < $1.key }.map { name, value in
            let parts = name.split(separator: " ", maxSplits: 1)
            return Kernel.StoredEntry(table: String(parts[0]), key: String(parts[1]), value: value)
        }
    }

    // MARK: Frameworks

    mutating func subscribe(
        stream: UInt64 = 1, id: String? = nil, suppressed: [String] = [], constraints: Mesos_V1_Scheduler_OfferConstraints? = nil,
        _ change: (inout Mesos_V1_FrameworkInfo) -> Void = { _ in }
    ) -> [Kernel.Effect] {
        let call = SchedulerCall.subscribe(.framework(id: id, change), suppressed: suppressed, constraints: constraints)
        return step(.subscribed(stream: stream, streamID: "stream-\(stream)", call, Origin()))
    }

    /// A call of the framework that is subscribed through a stream.
    mutating func call(_ framework: String = "M-0000", stream: UInt64 = 1, _ change: (inout Mesos_V1_Scheduler_Call) -> Void) -> [Kernel.Effect] {
        var message = Mesos_V1_Scheduler_Call()
        message.frameworkID.value = framework
        change(&message)
        let effects = step(.called(question: 7, streamID: "stream-\(stream)", .init(message), Origin()))
        return effects.filter { $0 != .answer(7, .accepted) }
    }

    mutating func decline(_ offers: [String], refuse: Double? = nil, stream: UInt64 = 1, _ framework: String = "M-0000") -> [Kernel.Effect] {
        call(framework, stream: stream) { call in
            call.type = .decline
            call.decline.offerIds = offers.map { offer in .with { $0.value = offer } }
            if let refuse { call.decline.filters.refuseSeconds = refuse }
        }
    }

    mutating func launch(
        _ tasks: [Mesos_V1_TaskInfo], on offers: [String], refuse: Double? = nil, stream: UInt64 = 1, _ framework: String = "M-0000"
    ) -> [Kernel.Effect] {
        call(framework, stream: stream) { call in
            call.type = .accept
            call.accept.offerIds = offers.map { offer in .with { $0.value = offer } }
            call.accept.operations = [
                .with {
                    $0.type = .launch
                    $0.launch.taskInfos = tasks
                }
            ]
            if let refuse { call.accept.filters.refuseSeconds = refuse }
        }
    }

    // MARK: Agents

    mutating func agent(
        link: UInt64 = 1, host: String = "host-1", id: String? = nil, epoch: UInt64 = 0, cpus: Double = 4, mem: Double = 4096,
        _ change: (inout Agora_V1_Subscribe) -> Void = { _ in }
    ) -> [Kernel.Effect] {
        var record = Agora_V1_AgentRecord()
        record.subscribe = .with {
            $0.protocolMin = 1
            $0.protocolMax = 1
            $0.agent.hostname = host
            $0.agent.resources = .scalars(cpus: cpus, mem: mem)
            if let id { $0.agent.id.value = id }
            $0.version = "1"
            $0.bootID = "boot"
            $0.epoch = epoch
            $0.ip = "10.0.0.1"
        }
        change(&record.subscribe)
        guard let bytes: [UInt8] = try? record.serializedBytes(), let subscription = try? AgentSubscription(bytes: bytes) else { return [] }
        return step(.agentSubscribed(link: link, subscription, Origin(peer: "10.0.0.9:1234")))
    }

    mutating func report(link: UInt64 = 1, _ change: (inout Agora_V1_AgentRecord) -> Void) -> [Kernel.Effect] {
        var record = Agora_V1_AgentRecord()
        change(&record)
        guard let bytes: [UInt8] = try? record.serializedBytes(), let report = try? AgentReport.parse(bytes).report else { return [] }
        return step(.agentReported(link: link, report))
    }

    mutating func update(
        _ task: String, _ state: Mesos_V1_TaskState, latest: Mesos_V1_TaskState? = nil, uuid: UInt8? = 1, link: UInt64 = 1,
        framework: String = "M-0000"
    ) -> [Kernel.Effect] {
        report(link: link) { record in
            record.update.frameworkID = framework
            record.update.taskID = task
            record.update.latestState = latest ?? state
            record.update.status = World.status(task, state, uuid: uuid)
        }
    }

    static func status(
        _ task: String, _ state: Mesos_V1_TaskState, uuid: UInt8? = 1, source: Mesos_V1_TaskStatus.Source = .executor,
        reason: Mesos_V1_TaskStatus.Reason? = nil
    ) -> Data {
        let status = Mesos_V1_TaskStatus.with {
            $0.taskID.value = task
            $0.state = state
            $0.agentID.value = "M-S0"
            $0.source = source
            if let reason { $0.reason = reason }
            if let uuid { $0.uuid = Data(repeating: uuid, count: 16) }
        }
        return (try? status.serializedData()) ?? Data()
    }

    mutating func acknowledge(_ task: String, uuid: UInt8 = 1, agent: String = "M-S0") -> [Kernel.Effect] {
        call {
            $0.type = .acknowledge
            $0.acknowledge.agentID.value = agent
            $0.acknowledge.taskID.value = task
            $0.acknowledge.uuid = Data(repeating: uuid, count: 16)
        }
    }

    /// A world with one framework on stream 1, one agent on link 1, and the offer M-O0 of all of it.
    static func ready(_ change: (inout Mesos_V1_FrameworkInfo) -> Void = { _ in }, settings: (inout Kernel.Settings) -> Void = { _ in }) -> World {
        var world = World(settings)
        _ = world.subscribe(change)
        _ = world.agent()
        return world
    }

    /// `ready`, and the task `t` launched on half of the agent.
    static func running(_ change: (inout Mesos_V1_FrameworkInfo) -> Void = { _ in }, settings: (inout Kernel.Settings) -> Void = { _ in }) -> World {
        var world = ready(change, settings: settings)
        _ = world.launch([.task("t")], on: ["M-O0"], refuse: 1000)
        return world
    }
}

/// A row of a table: how a message is made wrong, and what is said about it.
struct Row<Message>: Sendable, CustomTestStringConvertible {
    let text: String
    /// Whether whoever gets the message has the capability that it needs.
    let isCapable: Bool
    let change: @Sendable (inout Message) -> Void

    init(_ text: String, capable: Bool = false, _ change: @escaping @Sendable (inout Message) -> Void) {
        self.text = text
        isCapable = capable
        self.change = change
    }

    var testDescription: String { text }
}

extension SchedulerCall {
    init(_ message: Mesos_V1_Scheduler_Call) {
        guard let bytes: [UInt8] = try? message.serializedBytes(), let call = try? SchedulerCall(bytes: bytes) else {
            preconditionFailure("a test made a call that is refused before the core sees it")
        }
        self = call
    }

    static func subscribe(
        _ info: Mesos_V1_FrameworkInfo, suppressed: [String] = [], constraints: Mesos_V1_Scheduler_OfferConstraints? = nil
    ) -> SchedulerCall {
        SchedulerCall(
            .with {
                $0.type = .subscribe
                if info.hasID { $0.frameworkID = info.id }
                $0.subscribe.frameworkInfo = info
                $0.subscribe.suppressedRoles = suppressed
                if let constraints { $0.subscribe.offerConstraints = constraints }
            })
    }
}

extension Mesos_V1_FrameworkInfo {
    /// Of one role, "*", and the failover timeout 100 s.
    static func framework(id: String? = nil, _ change: (inout Self) -> Void = { _ in }) -> Self {
        .with {
            $0.user = "u"
            $0.name = "f"
            $0.failoverTimeout = 100
            if let id { $0.id.value = id }
            change(&$0)
        }
    }

    mutating func add(_ capability: Mesos_V1_FrameworkInfo.Capability.TypeEnum) {
        capabilities.append(.with { $0.type = capability })
    }

    mutating func multiRole(_ roles: String...) {
        add(.multiRole)
        self.roles = roles
    }
}

extension Mesos_V1_TaskInfo {
    /// A command task of 2 CPUs and 2048 MB on agent M-S0.
    static func task(_ id: String, cpus: Double = 2, mem: Double = 2048, _ change: (inout Self) -> Void = { _ in }) -> Self {
        .with {
            $0.name = "task"
            $0.taskID.value = id
            $0.agentID.value = "M-S0"
            $0.resources = .scalars(cpus: cpus, mem: mem)
            $0.command.value = "true"
            change(&$0)
        }
    }
}

extension [Mesos_V1_Resource] {
    static func scalars(cpus: Double, mem: Double) -> Self { [.scalar("cpus", cpus), .scalar("mem", mem)] }
}

extension Mesos_V1_Resource {
    static func scalar(_ name: String, _ value: Double, role: String? = nil) -> Self {
        .with {
            $0.name = name
            $0.type = .scalar
            $0.scalar.value = value
            if let role { $0.role = role }
        }
    }

    static func ports(_ begin: UInt64, _ end: UInt64) -> Self {
        .with {
            $0.name = "ports"
            $0.type = .ranges
            $0.ranges.range = [
                .with {
                    $0.begin = begin
                    $0.end = end
                }
            ]
        }
    }
}

// MARK: Looking at effects

extension [Kernel.Effect] {
    /// The events, with their streams left out.
    var events: [Event] {
        compactMap { effect in
            if case .send(_, let event) = effect { event } else { nil }
        }
    }

    func events(to stream: UInt64) -> [Event] {
        compactMap { effect in
            if case .send(stream, let event) = effect { event } else { nil }
        }
    }

    /// What agents were ordered.
    var orders: [AgentOrder] {
        compactMap { effect in
            if case .order(_, let order) = effect { order } else { nil }
        }
    }

    /// `id: resources` of each offer.
    var offers: [String] {
        events.flatMap { event -> [String] in
            if case .offers(let offers) = event { offers.map { "\($0.id): \($0.resources)" } } else { [] }
        }
    }

    /// `task STATE REASON: message` of each status that the master made.
    var statuses: [String] {
        events.compactMap { event in
            if case .update(.made(let status)) = event {
                "\(status.taskID) \(status.state) \(status.reason): \(status.message)"
            } else {
                nil
            }
        }
    }

    var errors: [String] {
        events.compactMap { event in
            if case .error(let text) = event { text } else { nil }
        }
    }

    var answers: [Kernel.Answer] {
        compactMap { effect in
            if case .answer(_, let answer) = effect { answer } else { nil }
        }
    }
}
