import Foundation
import FrameworkCore
import Machine
import MesosAPI
import SwiftProtobuf
import Testing

@testable import ServicesCore

/// A cluster around the core, as far as the core can see it: a store, a master with agents and their tasks, clients, time.
///
/// It carries out each order, fails the test when one is illegal, and hands back what follows from it.
struct World {
    struct ModelAgent {
        var id: String
        var host: String
        var cpus = 8.0
        var mem = 8192.0
        var ports: ClosedRange<UInt64> = 31_000...31_099
        var attributes: [(String, String)] = []
        var isReachable = true
    }

    struct ModelTask {
        var agent: String
        var info: Mesos_V1_TaskInfo
        var state: Mesos_V1_TaskState
    }

    var core = Services()
    /// How often the master was asked for all that it knows.
    var reconciliations = 0
    var now = Moment(monotonic: 1_000 * .second, wall: 1_600_000_000 * .second)
    var disk: [String: [String: [UInt8]]] = [:]
    var agents: [ModelAgent]
    /// How tasks ended of which the master knows, and has told nobody.
    var ended: [String: Mesos_V1_TaskState] = [:]
    /// By task id.
    var tasks: [String: ModelTask] = [:]
    var everLaunched: Set<String> = []
    var isSuppressed = true
    var isConnected = false
    /// Updates that wait to be delivered, oldest first.
    var updates: [Mesos_V1_TaskStatus] = []
    var unacknowledged: Set<Data> = []
    var answers: [UInt64: Services.Answer] = [:]
    var events: [Event] = []
    var probes: [Services.Probe] = []
    var questions: [Services.ReadinessQuestion] = []
    var wakeTime: Int64?
    /// Tasks go on to run by themselves.
    var startsTasks = true
    var killsTasks = true
    var configuration = Configuration()
    private var offers: [String: (agent: String, isFresh: Bool)] = [:]
    private var counter: UInt64 = 0

    init(agents: Int = 2, configuration: Configuration = Configuration(), isConnected: Bool = true) {
        self.agents = (0..<agents).map { ModelAgent(id: "agent-\($0)", host: "host-\($0)") }
        self.configuration = configuration
        start()
        if isConnected { connect() }
    }

    // MARK: Time and inputs

    mutating func start(seed: UInt64 = 1) {
        core = Services()
        wakeTime = nil
        isConnected = false
        let entries = Services.tables.flatMap { table in
            (disk[table] ?? [:]).sorted { $0.key < $1.key }.map { StoredEntry(table: table, key: $0.key, value: $0.value) }
        }
        send(.started(.init(seed: seed, configuration: configuration, entries: entries)))
    }

    mutating func connect() {
        isConnected = true
        isSuppressed = true
        send(.told(.subscribed(frameworkID: "framework-1", master: "master:5050", region: nil)))
    }

    /// What a crash leaves, found by a new process.
    mutating func crash() {
        counter += 1
        answers = [:]
        // Nothing that was not acknowledged is lost: agents send it again.
        start(seed: counter)
        connect()
    }

    @discardableResult
    mutating func send(_ input: Services.Input) -> [Services.Effect] {
        let effects = core.handle(Self.recorded(input), at: now)
        core.checkInvariants()
        var hasStored = false
        for (index, effect) in effects.enumerated() {
            if case .store = effect {
                #expect(index == 0 && !hasStored, "one store, before all else")
                hasStored = true
            }
            carryOut(effect)
        }
        return effects
    }

    /// What a recording would give back: all inputs must survive that.
    private static func recorded(_ input: Services.Input) -> Services.Input {
        var writer = RecordingWriter()
        writer.put(input)
        var reader = RecordingReader(writer.bytes)
        do {
            return try Services.Input(from: &reader)
        } catch {
            Issue.record("\(input) can't be recorded: \(error)")
            return input
        }
    }

    /// Lets time pass, waking the core when it wants to be woken.
    mutating func wait(seconds: Double) {
        let end = now.monotonic + Int64(seconds * 1e9)
        while let time = wakeTime, time <= end {
            now = now.advanced(by: max(0, time - now.monotonic))
            wakeTime = nil
            send(.woken)
            settle()
        }
        now = now.advanced(by: end - now.monotonic)
        settle()
    }

    /// Lets the cluster answer until nothing more happens.
    mutating func settle() {
        for _ in 0..<10_000 {
            if !updates.isEmpty {
                let status = updates.removeFirst()
                send(.told(.updated(status)))
            } else if !offerOnce() {
                return
            }
        }
        Issue.record("the world doesn't come to rest")
    }

    // MARK: Orders

    private mutating func carryOut(_ effect: Services.Effect) {
        switch effect {
        case .store(let changes):
            for change in changes {
                switch change {
                case .put(let table, let key, let value): disk[table, default: [:]][key] = value
                case .remove(let table, let key): disk[table]?[key] = nil
                }
            }
        case .wake(let time): wakeTime = time
        case .call(let call): if isConnected { take(call) }
        case .present: break
        case .answer(let number, let answer):
            #expect(answers[number] == nil, "a request is answered once")
            answers[number] = answer
        case .emit(let event): events.append(event)
        case .probe(let probe): probes.append(probe)
        case .askReadiness(let question): questions.append(question)
        case .fail(let text): Issue.record("\(text)")
        }
    }

    private mutating func take(_ call: Mesos_V1_Scheduler_Call) {
        switch call.type {
        case .accept: accept(call.accept)
        case .decline: for id in call.decline.offerIds { used(id.value) }
        case .revive:
            isSuppressed = false
            refused = [:]
        case .suppress: isSuppressed = true
        case .kill: kill(call.kill.taskID.value)
        case .acknowledge: unacknowledged.remove(call.acknowledge.uuid)
        case .reconcile: reconcile(call.reconcile)
        case .updateFramework: break
        default: Issue.record("an unexpected call: \(call.type)")
        }
    }

    private mutating func used(_ id: String) {
        guard let offer = offers.removeValue(forKey: id) else {
            Issue.record("an offer was used twice")
            return
        }
        refused[offer.agent] = free(offer.agent).cpus
    }

    private mutating func accept(_ accept: Mesos_V1_Scheduler_Call.Accept) {
        for id in accept.offerIds { used(id.value) }
        for task in accept.operations.flatMap(\.launch.taskInfos) {
            let id = task.taskID.value
            #expect(everLaunched.insert(id).inserted, "the task id \(id) was used twice")
            let stored = disk["instances"]?.keys.contains { id.hasPrefix($0) } ?? false
            #expect(stored, "\(id) was launched before its instance was stored")
            tasks[id] = ModelTask(agent: task.agentID.value, info: task, state: .taskStaging)
            let free = free(task.agentID.value)
            #expect(free.cpus > -1e-6 && free.mem > -1e-6, "\(task.agentID.value) has been given more than it has")
            if startsTasks { report(id, .taskRunning) }
        }
    }

    private mutating func kill(_ id: String) {
        guard let task = tasks[id] else {
            var status = Mesos_V1_TaskStatus()
            status.taskID.value = id
            status.state = .taskUnknown
            status.reason = .reconciliation
            updates.append(status)
            return
        }
        guard killsTasks, agents.first(where: { $0.id == task.agent })?.isReachable ?? false else { return }
        report(id, .taskKilled)
    }

    private mutating func reconcile(_ call: Mesos_V1_Scheduler_Call.Reconcile) {
        if call.tasks.isEmpty { reconciliations += 1 }
        let asked = call.tasks.isEmpty ? tasks.keys.sorted() : call.tasks.map(\.taskID.value)
        for id in asked {
            var status = Mesos_V1_TaskStatus()
            status.taskID.value = id
            status.agentID.value = tasks[id]?.agent ?? ""
            status.reason = .reconciliation
            status.state = tasks[id]?.state ?? ended[id] ?? .taskGone
            updates.append(status)
        }
    }

    // MARK: The cluster

    /// What each agent had free when its offer was last refused: only more is offered again.
    private var refused: [String: Double] = [:]

    func free(_ agent: String) -> (cpus: Double, mem: Double, ports: Set<UInt64>) {
        guard let model = agents.first(where: { $0.id == agent }) else { return (0, 0, []) }
        var free = (cpus: model.cpus, mem: model.mem, ports: Set(model.ports))
        for task in tasks.values where task.agent == agent {
            for resource in task.info.resources {
                switch resource.name {
                case "cpus": free.cpus -= resource.scalar.value
                case "mem": free.mem -= resource.scalar.value
                case "ports": for range in resource.ranges.range { free.ports.subtract(range.begin...range.end) }
                default: break
                }
            }
        }
        return free
    }

    /// - Returns: whether there was anything to offer.
    mutating func offerOnce() -> Bool {
        guard isConnected, !isSuppressed else { return false }
        var all: [Mesos_V1_Offer] = []
        for agent in agents where agent.isReachable && !offers.values.contains(where: { $0.agent == agent.id }) {
            let free = free(agent.id)
            guard free.cpus > 1e-6, free.mem > 1e-6, free.cpus > (refused[agent.id] ?? 0) + 1e-9 else { continue }
            counter += 1
            all.append(Builders.offer(id: "offer-\(counter)", agent, cpus: free.cpus, mem: free.mem, ports: free.ports))
            offers["offer-\(counter)"] = (agent.id, true)
        }
        guard !all.isEmpty else { return false }
        send(.told(.offered(all)))
        return true
    }

    /// A task has a new state, which its agent reports.
    mutating func report(
        _ id: String, _ state: Mesos_V1_TaskState, message: String = "", healthy: Bool? = nil, reason: Mesos_V1_TaskStatus.Reason? = nil
    ) {
        guard let task = tasks[id] else { return }
        var status = Mesos_V1_TaskStatus()
        status.taskID.value = id
        status.agentID.value = task.agent
        status.state = state
        status.message = message
        if let healthy { status.healthy = healthy }
        if let reason { status.reason = reason }
        counter += 1
        status.uuid = withUnsafeBytes(of: (counter, counter)) { Data($0) }
        unacknowledged.insert(status.uuid)
        if Self.isTerminal(state) { tasks[id] = nil } else { tasks[id]?.state = state }
        updates.append(status)
    }

    /// A task ends, and what follows from it happens.
    mutating func end(_ id: String, _ state: Mesos_V1_TaskState = .taskFailed, message: String = "", reason: Mesos_V1_TaskStatus.Reason? = nil) {
        report(id, state, message: message, reason: reason)
        settle()
    }

    static func isTerminal(_ state: Mesos_V1_TaskState) -> Bool {
        switch state {
        case .taskFinished, .taskFailed, .taskKilled, .taskError, .taskLost, .taskDropped, .taskGone, .taskGoneByOperator: true
        default: false
        }
    }

    // MARK: Clients

    @discardableResult
    mutating func ask(_ request: Services.Request) -> Services.Answer? {
        counter += 1
        let number = counter
        send(.asked(number: number, Origin(peer: "10.0.0.1:4711"), request))
        return answers[number]
    }

    /// Asks, and lets everything happen that follows.
    @discardableResult
    mutating func request(_ request: Services.Request) -> Services.Answer? {
        let answer = ask(request)
        settle()
        return answer
    }

    @discardableResult
    mutating func create(_ json: String) -> Services.Answer? {
        request(.createApp(Builders.body(json), force: false, uri: "/v2/apps"))
    }

    @discardableResult
    mutating func update(_ id: String, _ json: String, force: Bool = false) -> Services.Answer? {
        request(.updateApp(PathID(id), Builders.body(json), .init(force: force), uri: "/v2/apps\(id)"))
    }

    // MARK: Looking

    func instances(_ id: String) -> [Instance] { core.app(PathID(id)).map(core.instances(of:)) ?? [] }
    func running(_ id: String) -> [Instance] { instances(id).filter { $0.condition == .running && $0.goal == .running } }
    func task(_ instance: Instance) -> String { instance.task?.id.description ?? "" }
    var isIdle: Bool { core.deployments.isEmpty }
}

extension World {
    /// The least that can happen next: one update, or offers, or, when nothing else does, the passing of time.
    mutating func step() {
        if !updates.isEmpty {
            send(.told(.updated(updates.removeFirst())))
        } else if !offerOnce(), let time = wakeTime {
            now = now.advanced(by: max(0, time - now.monotonic))
            wakeTime = nil
            send(.woken)
        }
    }
}
