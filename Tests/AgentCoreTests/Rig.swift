import AgoraAPI
import Machine
import MesosAPI
import SwiftProtobuf
import Testing

@testable import AgentCore

/// An agent's core with a clock and a store of the test's own. After each input the invariants are checked.
struct Rig {
    var agent = Agent()
    var now = Moment(monotonic: 1_000 * .second, wall: 1_700_000_000 * .second)
    var stored: [String: [String: [UInt8]]] = [:]
    var rules = Rules()
    var abilities = Abilities()
    private var starts: UInt64 = 0

    static let agentID = "M-S0"
    static let framework = "F1"

    init() {
        rules.workFolder = "/work"
        rules.ip = "10.0.0.7"
        abilities.isRoot = true
        abilities.controllers = ["cpu", "memory", "pids"]
        abilities.namespaces = ["pid", "ipc", "uts", "mount"]
    }

    /// Started, the launcher there, subscribed as `M-S0`.
    static func running(_ change: (inout Rig) -> Void = { _ in }) throws -> Rig {
        var rig = Rig()
        change(&rig)
        try rig.start()
        rig.input(.launcherReady(rig.abilities, []))
        rig.subscribe()
        return rig
    }

    mutating func start() throws {
        agent = Agent()
        starts += 1
        let rows = Saved.tables.flatMap { table in
            (stored[table] ?? [:]).sorted { $0.key < $1.key }.map { Saved.Row(table: table, key: $0.key, value: $0.value) }
        }
        input(.started(Agent.Started(rules: rules, seed: [starts, 2, 3, 4], bootID: "boot", saved: try Saved(rows: rows))))
    }

    /// What the agent is told, and what it orders.
    @discardableResult
    mutating func input(_ input: Agent.Input) -> [Agent.Effect] {
        let effects = agent.handle(input, at: now)
        agent.checkInvariants()
        for effect in effects {
            for change in effect.changes ?? [] {
                switch change {
                case .put(let table, let key, let value): stored[table, default: [:]][key] = value
                case .remove(let table, let key): stored[table]?[key] = nil
                }
            }
        }
        return effects
    }

    mutating func pass(_ seconds: Double) {
        now = now.advanced(by: Int64(seconds * 1_000) * .millisecond)
    }

    /// Lets time pass and wakes the agent.
    @discardableResult
    mutating func wake(after seconds: Double) -> [Agent.Effect] {
        pass(seconds)
        return input(.woken)
    }

    // MARK: The master

    mutating func subscribe(epoch: UInt64 = 1, unknown: [Agora_V1_TaskReference] = []) {
        input(.linkOpened(agent.link.number))
        _ = subscribed(epoch: epoch, unknown: unknown)
    }

    mutating func subscribed(epoch: UInt64 = 1, id: String = Rig.agentID, unknown: [Agora_V1_TaskReference] = []) -> [Agent.Effect] {
        var record = Agora_V1_MasterRecord()
        record.subscribed.session = "s\(agent.link.number)"
        record.subscribed.agentID = id
        record.subscribed.clusterID = "c"
        record.subscribed.epoch = epoch
        record.subscribed.protocol = 1
        record.subscribed.silenceMs = 4_000
        record.subscribed.unknownTasks = unknown
        return input(.master(agent.link.number, record))
    }

    @discardableResult
    mutating func order(session: String? = nil, _ body: (inout Agora_V1_MasterRecord) -> Void) -> [Agent.Effect] {
        var record = Agora_V1_MasterRecord()
        record.session = session ?? "s\(agent.link.number)"
        body(&record)
        return input(.master(agent.link.number, record))
    }

    @discardableResult
    mutating func launch(
        _ info: Mesos_V1_TaskInfo, capabilities: [Mesos_V1_FrameworkInfo.Capability.TypeEnum] = [.partitionAware, .taskKillingState]
    ) -> [Agent.Effect] {
        let framework = Self.frameworkInfo(capabilities)
        return order {
            $0.launch.frameworkID = Self.framework
            $0.launch.frameworkInfo = .init(wire: framework.bytes)
            $0.launch.task = .init(wire: info.bytes)
        }
    }

    static func frameworkInfo(_ capabilities: [Mesos_V1_FrameworkInfo.Capability.TypeEnum]) -> Mesos_V1_FrameworkInfo {
        var framework = Mesos_V1_FrameworkInfo()
        framework.id.value = Self.framework
        framework.name = "services"
        framework.user = "nobody"
        framework.capabilities = capabilities.map { type in
            var capability = Mesos_V1_FrameworkInfo.Capability()
            capability.type = type
            return capability
        }
        return framework
    }

    @discardableResult
    mutating func kill(_ task: String, grace: Double? = nil) -> [Agent.Effect] {
        order {
            $0.kill.frameworkID = Self.framework
            $0.kill.taskID = task
            if let grace { $0.kill.gracePeriod = Int64(grace * 1_000) * .millisecond }
        }
    }

    @discardableResult
    mutating func acknowledge(_ status: Mesos_V1_TaskStatus) -> [Agent.Effect] {
        order {
            $0.acknowledge.frameworkID = Self.framework
            $0.acknowledge.taskID = status.taskID.value
            $0.acknowledge.uuid = status.uuid
        }
    }

    /// Acknowledges what is in flight until nothing is; the statuses, in order.
    @discardableResult
    mutating func acknowledgeAll(_ task: String) -> [Mesos_V1_TaskStatus] {
        var statuses: [Mesos_V1_TaskStatus] = []
        while let handle = handle(task), let update = agent.tasks[handle].stream.queue.first {
            guard let status = try? Mesos_V1_TaskStatus(serializedBytes: update.status) else { break }
            statuses.append(status)
            acknowledge(status)
        }
        return statuses
    }

    // MARK: The launcher

    func handle(_ task: String) -> Handle<AgentTask>? { agent.byName[.init(framework: Self.framework, task: task)] }
    func container(_ task: String) -> String { handle(task).map { agent.tasks[$0].container } ?? "no container of \(task)" }

    @discardableResult
    mutating func prepared(_ task: String, failure: String? = nil) -> [Agent.Effect] {
        input(.prepared(container: container(task), failure: failure))
    }

    @discardableResult
    mutating func launched(_ task: String, pid: UInt32 = 77) -> [Agent.Effect] {
        input(.launched(container: container(task), .started(pid: pid, started: now.wall)))
    }

    @discardableResult
    mutating func exited(_ task: String, _ end: ContainerEnd) -> [Agent.Effect] {
        input(.exited(container: container(task), end))
    }

    /// From the order to TASK_RUNNING, all updates acknowledged.
    mutating func run(
        _ info: Mesos_V1_TaskInfo, capabilities: [Mesos_V1_FrameworkInfo.Capability.TypeEnum] = [.partitionAware, .taskKillingState]
    ) {
        launch(info, capabilities: capabilities)
        prepared(info.taskID.value)
        launched(info.taskID.value)
        acknowledgeAll(info.taskID.value)
    }

    // MARK: Tasks

    static func task(_ id: String = "t", _ change: (inout Mesos_V1_TaskInfo) -> Void = { _ in }) -> Mesos_V1_TaskInfo {
        var info = Mesos_V1_TaskInfo()
        info.name = id
        info.taskID.value = id
        info.agentID.value = agentID
        info.command.value = "sleep 100"
        info.resources = [scalar("cpus", 0.5), scalar("mem", 64)]
        change(&info)
        return info
    }

    static func scalar(_ name: String, _ amount: Double) -> Mesos_V1_Resource {
        var resource = Mesos_V1_Resource()
        resource.name = name
        resource.type = .scalar
        resource.scalar.value = amount
        resource.allocationInfo.role = "web"
        return resource
    }
}

/// An effect in a few words, so that a test says what matters.
extension Agent.Effect {
    var word: String {
        switch self {
        case .store(let changes):
            "store "
                + changes.map { change in
                    switch change {
                    case .put(let table, _, _): "+\(table)"
                    case .remove(let table, _): "-\(table)"
                    }
                }.joined(separator: " ")
        case .wake: "wake"
        case .connect: "connect"
        case .send(_, let record): "send " + Self.word(record)
        case .disconnect(_, let reason): "disconnect: \(reason)"
        case .prepare: "prepare"
        case .abandon: "abandon"
        case .launch: "launch"
        case .signal(_, let signal): "signal \(signal)"
        case .destroy: "destroy"
        case .remove: "remove"
        case .probe(let probe): "probe \(probe.kind)"
        case .prune: "prune"
        case .note(let note): "note: \(note.text)"
        case .stopped: "stopped"
        }
    }

    private static func word(_ record: Agora_V1_AgentRecord) -> String {
        switch record.record {
        case .update(let update):
            guard let status = try? Mesos_V1_TaskStatus(serializedBytes: update.status) else { return "nonsense" }
            return "\(status.state)"
        case .subscribe: return "subscribe"
        case .goodbye(let goodbye): return "goodbye(stay: \(goodbye.tasksStay))"
        case .refused(let refused): return "refused: \(refused.reason)"
        case .operationUpdate(let update): return "operation \(update.status.state)"
        default: return "record"
        }
    }
}

extension [Agent.Effect] {
    /// Without the wakes.
    var words: [String] { map(\.word).filter { $0 != "wake" } }
    var wakeTime: Int64? { compactMap(\.wakeTime).last }

    var statuses: [Mesos_V1_TaskStatus] {
        compactMap { effect in
            guard case .send(_, let record) = effect, case .update(let update) = record.record else { return nil }
            return try? Mesos_V1_TaskStatus(serializedBytes: update.status)
        }
    }
}
