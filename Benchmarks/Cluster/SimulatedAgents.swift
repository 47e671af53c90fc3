import AgoraAPI
import Foundation
import Harness
import MesosAPI
import NIOHTTP1
import SwiftProtobuf
import Synchronization
import Transport

/// Many agents in one process, which speak the agents' protocol to a real master and start nothing: a launch is answered by TASK_RUNNING, and
/// TASK_FINISHED once that is acknowledged. So it can be seen what schedulers and masters bear on a machine that could not run so many tasks.
///
///     agora-bench agents MASTER COUNT CPUS
///
/// Each 50 ms it prints, if something has changed: `launched N TIME finished N TIME`, with the times of the last ones in ms since 1970.
final class SimulatedAgents: Sendable {
    private struct Totals: Hashable {
        var launched = 0
        var launchedAt: Int64 = 0
        var finished = 0
        var finishedAt: Int64 = 0
    }

    private let totals = Mutex(Totals())

    /// Runs until the process is killed.
    static func run(_ arguments: [String]) async throws {
        guard arguments.count == 3, let count = Int(arguments[1]), let cpus = Double(arguments[2]) else {
            throw TestFailure("usage: agora-bench agents MASTER COUNT CPUS")
        }
        let all = SimulatedAgents()
        let agents = (0..<count).map { SimulatedAgent("simulated-\($0)", cpus: cpus, all) }
        for agent in agents { agent.dial(arguments[0]) }
        var last = Totals()
        var ticks = 0
        while true {
            try await Task.sleep(for: .milliseconds(50))
            ticks += 1
            if ticks % 20 == 0 { for agent in agents { agent.beat() } }
            let now = all.totals.withLock { $0 }
            guard now != last else { continue }
            last = now
            print("launched \(now.launched) \(now.launchedAt) finished \(now.finished) \(now.finishedAt)")
            fflush(nil)
        }
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    func launched() {
        totals.withLock { totals in
            totals.launched += 1
            totals.launchedAt = Self.now
        }
    }

    func finished() {
        totals.withLock { totals in
            totals.finished += 1
            totals.finishedAt = Self.now
        }
    }
}

/// One of them, for as long as its connection lasts.
private final class SimulatedAgent: Sendable {
    private struct State {
        var session = ""
        var id = ""
        var nextUpdate: UInt64 = 1
        /// Tasks whose TASK_RUNNING is not acknowledged yet.
        var running: Set<String> = []
    }

    private let hostname: String
    private let cpus: Double
    private let all: SimulatedAgents
    private let outbox = Outbox()
    private let state = Mutex(State())

    init(_ hostname: String, cpus: Double, _ all: SimulatedAgents) { (self.hostname, self.cpus, self.all) = (hostname, cpus, all) }

    func dial(_ master: String) {
        var record = Agora_V1_AgentRecord()
        record.subscribe = .with {
            $0.protocolMin = 1
            $0.protocolMax = 1
            $0.agent.hostname = hostname
            $0.agent.resources = [("cpus", cpus), ("mem", 65_536), ("disk", 1_000_000)].map { name, amount in
                .with {
                    $0.name = name
                    $0.type = .scalar
                    $0.scalar.value = amount
                }
            }
            $0.version = "1"
            $0.bootID = hostname
        }
        send(record)
        let name = hostname
        let stream = RecordStream(outbox: outbox) { [self] records in
            for bytes in records { if let record = try? Agora_V1_MasterRecord(serializedBytes: bytes) { take(record) } }
            return .more
        } onEnd: { end in
            FileHandle.standardError.write(Data("\(name): the connection has ended: \(end)\n".utf8))
            exit(1)
        }
        let request = RecordConnection.Request(
            url: "http://\(master)/agora/v1/agent", headers: ["Content-Type": "application/x-protobuf", "Accept": "application/x-protobuf"],
            body: .outbox)
        RecordConnection.open(request, stream: stream)
    }

    func beat() {
        var record = Agora_V1_AgentRecord()
        record.heartbeat = .init()
        record.session = state.withLock { $0.session }
        if !record.session.isEmpty { send(record) }
    }

    private func send(_ record: Agora_V1_AgentRecord) { if let bytes: [UInt8] = try? record.serializedBytes() { outbox.offer(record: bytes) } }

    private func take(_ record: Agora_V1_MasterRecord) {
        switch record.record {
        case .subscribed(let answer):
            state.withLock { state in
                state.session = answer.session
                state.id = answer.agentID
            }
        case .launch(let order):
            guard let task = try? Mesos_V1_TaskInfo(serializedBytes: order.task) else { return }
            all.launched()
            _ = state.withLock { $0.running.insert(task.taskID.value) }
            update(task.taskID.value, order.frameworkID, .taskRunning)
        case .acknowledge(let order):
            guard state.withLock({ $0.running.remove(order.taskID) }) != nil else { return }
            all.finished()
            update(order.taskID, order.frameworkID, .taskFinished)
        default: break
        }
    }

    private func update(_ task: String, _ framework: String, _ state: Mesos_V1_TaskState) {
        let (session, id, number) = self.state.withLock { state in
            defer { state.nextUpdate += 1 }
            return (state.session, state.id, state.nextUpdate)
        }
        let status = Mesos_V1_TaskStatus.with {
            $0.taskID.value = task
            $0.state = state
            $0.agentID.value = id
            $0.source = .executor
            $0.timestamp = Date().timeIntervalSince1970
            $0.uuid = withUnsafeBytes(of: (number, number)) { Data($0) }
        }
        guard let bytes = try? status.serializedData() else { return }
        var record = Agora_V1_AgentRecord()
        record.session = session
        record.update = .with {
            $0.frameworkID = framework
            $0.taskID = task
            $0.status = bytes
            $0.latestState = state
        }
        send(record)
    }
}
