import Foundation
import FrameworkCore
import JSON
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// A cluster around the core, as far as the core can see it: a store, a master with agents and their tasks, clients, time.
///
/// It carries out each order, fails the test when one is illegal, and hands back what follows from it.
struct World {
    struct ModelAgent {
        var id: String
        var host: String
        var cpus = 4.0
        var mem = 4096.0
        var attributes: [(String, String)] = []
        var isReachable = true
    }

    struct ModelTask {
        var agent: String
        var info: Mesos_V1_TaskInfo
        var state: Mesos_V1_TaskState
    }

    /// 2026-01-01T00:00:00Z
    static let newYear: Int64 = 1_767_225_600_000

    var core = Batch()
    var now = Moment(monotonic: 1_000 * .second, wall: World.newYear * .millisecond)
    var disk: [String: [String: [UInt8]]] = [:]
    var agents: [ModelAgent]
    /// By task id.
    var tasks: [String: ModelTask] = [:]
    /// In the order of their launches.
    var launched: [String] = []
    private var everLaunched: Set<String> = []
    /// How long each launch came after the run's due time, in milliseconds, by task.
    var launchedAt: [String: Int64] = [:]
    var isSuppressed = true
    var isConnected = false
    /// Updates that wait to be delivered, oldest first.
    var updates: [Mesos_V1_TaskStatus] = []
    var unacknowledged: Set<Data> = []
    var answers: [UInt64: Batch.Answer] = [:]
    var reports: [String] = []
    /// Of all processes.
    var events: [Event] = []
    var eventsBegin: UInt64 = 0
    /// What was to be sent, again and again.
    var notices: [Notice] = []
    var givenUp: [String] = []
    var wakeTime: Int64?
    /// Tasks begin to run by themselves.
    var startsTasks = true
    var killsTasks = true
    /// After each input; too slow with thousands of jobs.
    var checksInvariants = true
    /// The master answers questions about tasks.
    var answersQuestions = true
    var configuration: Configuration
    var zones: [Batch.ZoneData] = []
    private var offers: [String: String] = [:]
    private var counter: UInt64 = 0
    /// What each agent had free when its offer was last refused: only more is offered again.
    private var refused: [String: Double] = [:]

    init(agents: Int = 1, configuration: Configuration = Configuration(), isConnected: Bool = true) {
        self.agents = (0..<agents).map { ModelAgent(id: "agent-\($0)", host: "host-\($0)") }
        self.configuration = configuration
        start()
        if isConnected { connect() }
    }

    // MARK: Time and inputs

    mutating func start() {
        core = Batch()
        wakeTime = nil
        isConnected = false
        let entries = Batch.tables.flatMap { table in
            (disk[table] ?? [:]).sorted { $0.key < $1.key }.map { StoredEntry(table: table, key: $0.key, value: $0.value) }
        }
        send(.started(.init(seed: 1, configuration: configuration, entries: entries, zones: zones)))
    }

    mutating func connect() {
        isConnected = true
        isSuppressed = true
        offers = [:]
        refused = [:]
        send(.told(.subscribed(frameworkID: "framework-1", master: "master:5050", region: nil)))
    }

    /// What a crash leaves, found by a new process.
    mutating func crash() {
        answers = [:]
        start()
        connect()
    }

    @discardableResult
    mutating func send(_ input: Batch.Input) -> [Batch.Effect] {
        let effects = core.handle(Self.recorded(input), at: now)
        if checksInvariants { core.checkInvariants() }
        for (index, effect) in effects.enumerated() {
            if case .store = effect { #expect(index == 0, "one store, before all else") }
            carryOut(effect)
        }
        return effects
    }

    /// What a recording would give back: all inputs must survive that.
    private static func recorded(_ input: Batch.Input) -> Batch.Input {
        var writer = RecordingWriter()
        writer.put(input)
        var reader = RecordingReader(writer.bytes)
        do {
            return try Batch.Input(from: &reader)
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
        for _ in 0..<100_000 {
            if !updates.isEmpty {
                send(.told(.updated(updates.removeFirst())))
            } else if let time = wakeTime, time <= now.monotonic {
                wakeTime = nil
                send(.woken)
            } else if !offerOnce() {
                return
            }
        }
        Issue.record("the world doesn't come to rest")
    }

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

    // MARK: Orders

    private mutating func carryOut(_ effect: Batch.Effect) {
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
        case .beginEvents(let id): eventsBegin = id
        case .emit(let event): take(event)
        case .notify(let notice):
            #expect(disk["notices"]?["\(notice.id)"] == notice.stored, "a notice is sent before it is stored")
            notices.append(notice)
        case .giveUp(let notice, let reason): givenUp.append("\(notice.subject): \(reason)")
        case .report(let entry, let reason): reports.append("\(entry): \(reason)")
        case .fail(let text): Issue.record("\(text)")
        }
    }

    private mutating func take(_ event: Event) {
        #expect(event.id > max(eventsBegin, events.last?.id ?? 0), "the numbers of events rise")
        events.append(event)
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
        case .reconcile: if answersQuestions { reconcile(call.reconcile) }
        default: Issue.record("an unexpected call: \(call.type)")
        }
    }

    private mutating func used(_ id: String) {
        guard let agent = offers.removeValue(forKey: id) else {
            Issue.record("an offer was used twice")
            return
        }
        refused[agent] = free(agent).cpus
    }

    private mutating func accept(_ accept: Mesos_V1_Scheduler_Call.Accept) {
        for id in accept.offerIds { used(id.value) }
        for task in accept.operations.flatMap(\.launch.taskInfos) {
            let id = task.taskID.value
            #expect(everLaunched.insert(id).inserted, "the task id \(id) was used twice")
            let name = TaskName(id)
            #expect(isStored(id), "\(id) was launched before it was stored")
            launched.append(id)
            launchedAt[id] = now.wall / .millisecond - (name?.due ?? 0)
            tasks[id] = ModelTask(agent: task.agentID.value, info: task, state: .taskStaging)
            if startsTasks { report(id, .taskRunning) }
        }
        for agent in agents {
            let free = free(agent.id)
            // What was not used of the offer is refused, not what was.
            if refused[agent.id] != nil { refused[agent.id] = min(refused[agent.id] ?? 0, free.cpus) }
            #expect(free.cpus > -1e-6 && free.mem > -1e-6, "\(agent.id) has been given more than it has")
        }
    }

    /// Whether a process that started now would know of this task.
    private func isStored(_ id: String) -> Bool {
        guard let name = TaskName(id), let run = disk["runs"]?["\(name.job)/\(name.due)"] else { return false }
        guard let index = name.index else { return (try? Run(stored: run))?.tasks.last?.id == id }
        let page = disk["parts"]?["\(name.job)/\(name.due)/\(Run.page(of: index))"]
        return page.flatMap { try? Run.Page(stored: $0) }?.parts[index % Run.pageSize].tasks.last?.id == id
    }

    private mutating func kill(_ id: String) {
        guard let task = tasks[id] else { return }
        guard killsTasks, agents.first(where: { $0.id == task.agent })?.isReachable ?? false else { return }
        report(id, .taskKilled)
    }

    private mutating func reconcile(_ call: Mesos_V1_Scheduler_Call.Reconcile) {
        for id in call.tasks.isEmpty ? tasks.keys.sorted() : call.tasks.map(\.taskID.value) {
            var status = Mesos_V1_TaskStatus()
            status.taskID.value = id
            status.agentID.value = tasks[id]?.agent ?? ""
            status.reason = .reconciliation
            status.state = tasks[id]?.state ?? .taskGone
            updates.append(status)
        }
    }

    // MARK: The cluster

    func free(_ agent: String) -> (cpus: Double, mem: Double) {
        guard let model = agents.first(where: { $0.id == agent }) else { return (0, 0) }
        var free = (cpus: model.cpus, mem: model.mem)
        for task in tasks.values where task.agent == agent {
            for resource in task.info.resources {
                if resource.name == "cpus" { free.cpus -= resource.scalar.value }
                if resource.name == "mem" { free.mem -= resource.scalar.value }
            }
        }
        return free
    }

    /// - Returns: whether there was anything to offer.
    mutating func offerOnce() -> Bool {
        guard isConnected, !isSuppressed else { return false }
        var all: [Mesos_V1_Offer] = []
        for agent in agents where agent.isReachable && !offers.values.contains(agent.id) {
            let free = free(agent.id)
            guard free.cpus > 1e-6, free.mem > 1e-6, free.cpus > (refused[agent.id] ?? 0) + 1e-9 else { continue }
            counter += 1
            all.append(Builders.offer(id: "offer-\(counter)", agent, cpus: free.cpus, mem: free.mem))
            offers["offer-\(counter)"] = agent.id
        }
        guard !all.isEmpty else { return false }
        send(.told(.offered(all)))
        return true
    }

    /// A task has a new state, which its agent reports.
    mutating func report(_ id: String, _ state: Mesos_V1_TaskState, message: String = "") {
        guard let task = tasks[id] else { return }
        var status = Mesos_V1_TaskStatus()
        status.taskID.value = id
        status.agentID.value = task.agent
        status.state = state
        status.message = message
        counter += 1
        status.uuid = withUnsafeBytes(of: (counter, counter)) { Data($0) }
        unacknowledged.insert(status.uuid)
        if Self.isTerminal(state) { tasks[id] = nil } else { tasks[id]?.state = state }
        updates.append(status)
    }

    /// A task ends, and what follows from it happens.
    mutating func end(_ id: String, _ state: Mesos_V1_TaskState = .taskFinished, message: String = "") {
        #expect(tasks[id] != nil, "\(id) doesn't run")
        report(id, state, message: message)
        settle()
    }

    static func isTerminal(_ state: Mesos_V1_TaskState) -> Bool {
        switch state {
        case .taskFinished, .taskFailed, .taskKilled, .taskError, .taskLost, .taskDropped, .taskGone, .taskGoneByOperator: true
        default: false
        }
    }

    // MARK: Clients

    /// Asks, and lets everything happen that follows.
    @discardableResult
    mutating func ask(_ request: Batch.Request) -> Batch.Answer? {
        counter += 1
        let number = counter
        send(.asked(number: number, Origin(peer: "10.0.0.1:4711"), request))
        let answer = answers[number]
        settle()
        return answer
    }

    /// Creates or replaces a job, of whatever kind the members make it.
    @discardableResult
    mutating func put(_ json: String, zone: Batch.ZoneData? = nil, version: JobDefinition.Version = .three) -> Batch.Answer? {
        let body = Builders.body(json)
        return ask(.put(body, body.value["parents"] == nil ? .scheduled : .dependent, version, zone: zone))
    }

    // MARK: Looking

    /// For messages.
    var state: String {
        "suppressed: \(isSuppressed), refused: \(refused.sorted { $0.key < $1.key }), offers: \(offers.values.sorted()), "
            + "kept: \(core.queue.reservation.map { "\($0)" } ?? "-"), unknown: \(core.link.unknown.sorted()), tasks: \(tasks.keys.sorted())"
    }

    func job(_ name: String) -> Job? { core.findJob(name) }
    /// The oldest first.
    func runs(_ name: String) -> [Run] { job(name).map { core.runs(of: $0).reversed() } ?? [] }
    func running(_ name: String) -> [String] { tasks.keys.filter { TaskName($0)?.job == name }.sorted() }
    /// Due times as seconds since new year.
    func dues(_ name: String) -> [Double] { runs(name).map { Double($0.key.due - Self.newYear) / 1000 } }
    func outcomes(_ name: String) -> [Run.Outcome?] { runs(name).map(\.outcome) }
}
