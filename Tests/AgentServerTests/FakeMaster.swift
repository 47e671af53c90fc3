import AgoraAPI
import Foundation
import Logging
import MesosAPI
import NIOHTTP1
import ServiceLifecycle
import SwiftProtobuf
import Synchronization
import Transport

/// What a master's end of the link has to be for an agent: takes it in, hands out orders, acknowledges updates, and remembers all.
final class FakeMaster: Responder {
    struct State {
        var outbox: Outbox?
        var subscriptions: [Agora_V1_Subscribe] = []
        var updates: [(status: Mesos_V1_TaskStatus, at: ContinuousClock.Instant)] = []
        var goodbyes: [Agora_V1_AgentRecord.Goodbye] = []
        var refused: [Agora_V1_AgentRecord.Refused] = []
        var waiters: [Waiter] = []
        var acknowledges = true
        /// Hears of each update at once, and says whether it is acknowledged.
        var onUpdate: (@Sendable (Mesos_V1_TaskStatus) -> Bool)?
        var epoch: UInt64 = 1
        var unknownTasks: [Agora_V1_TaskReference] = []
        /// How long a connection waits for the head of its answer.
        var answerDelay: Duration = .zero
        /// Of the connection that spoke last.
        var newest: Outbox?
        /// The first record of each connection.
        var firstRecords: [Agora_V1_AgentRecord] = []
    }

    struct Waiter {
        let isMet: @Sendable (State) -> Bool
        let continuation: AsyncStream<Void>.Continuation
    }

    let state = Mutex(State())
    static let agentID = "agent-of-test-S0"
    static let framework = "framework-1"

    func respond(to call: Call) async throws -> Reply {
        guard call.segments == ["agora", "v1", "agent"] else { return .text(.notFound, "404 Not Found.") }
        try await Task.sleep(for: state.withLock { $0.answerDelay })
        let outbox = Outbox()
        let stream = RecordStream(outbox: outbox) { [self] records in
            for record in records { if let record = try? Agora_V1_AgentRecord(serializedBytes: record) { take(record, outbox) } }
            return .more
        } onEnd: { [self] _ in
            state.withLock { if $0.outbox === outbox { $0.outbox = nil } }
        }
        return .records(stream, contentType: "application/x-protobuf")
    }

    private func take(_ record: Agora_V1_AgentRecord, _ outbox: Outbox) {
        change { state in
            if state.newest !== outbox {
                state.newest = outbox
                state.firstRecords.append(record)
            }
            switch record.record {
            case .subscribe(let subscribe):
                state.subscriptions.append(subscribe)
                state.outbox = outbox
                var answer = Agora_V1_MasterRecord()
                answer.subscribed.session = "session-\(state.subscriptions.count)"
                answer.subscribed.agentID = Self.agentID
                answer.subscribed.clusterID = "cluster"
                answer.subscribed.epoch = state.epoch
                answer.subscribed.protocol = 1
                answer.subscribed.silenceMs = 4_000
                answer.subscribed.unknownTasks = state.unknownTasks
                Self.send(answer, outbox)
            case .update(let update):
                guard let status = try? Mesos_V1_TaskStatus(serializedBytes: update.status) else { return }
                state.updates.append((status, .now))
                guard state.onUpdate?(status) ?? state.acknowledges else { return }
                var answer = Agora_V1_MasterRecord()
                answer.acknowledge.frameworkID = update.frameworkID
                answer.acknowledge.taskID = update.taskID
                answer.acknowledge.uuid = status.uuid
                Self.send(answer, outbox)
            case .goodbye(let goodbye): state.goodbyes.append(goodbye)
            case .refused(let refused): state.refused.append(refused)
            default: break
            }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let ready = state.withLock { state in
            body(&state)
            let waiters = state.waiters
            let met = waiters.map { $0.isMet(state) }
            state.waiters = zip(waiters, met).filter { !$0.1 }.map(\.0)
            return zip(waiters, met).filter(\.1).map(\.0)
        }
        for waiter in ready { waiter.continuation.finish() }
    }

    private static func send(_ record: Agora_V1_MasterRecord, _ outbox: Outbox) {
        if let bytes: [UInt8] = try? record.serializedBytes() { outbox.offer(record: bytes) }
    }

    func order(_ body: (inout Agora_V1_MasterRecord) -> Void) {
        var record = Agora_V1_MasterRecord()
        body(&record)
        if let outbox = state.withLock({ $0.outbox }) { Self.send(record, outbox) }
    }

    /// Waits until the master has seen something. The test's time limit is the deadline: it cancels.
    func wait(until isMet: @escaping @Sendable (State) -> Bool) async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        state.withLock { state in
            if isMet(state) { continuation.finish() } else { state.waiters.append(Waiter(isMet: isMet, continuation: continuation)) }
        }
        for await _ in stream {}
    }

    func statuses(of task: String) -> [Mesos_V1_TaskStatus] {
        state.withLock { state in state.updates.map(\.status).filter { $0.taskID.value == task } }
    }

    /// Waits for an update of a task in a state, the first one or a later one.
    @discardableResult
    func status(_ task: String, _ wanted: Mesos_V1_TaskState, healthy: Bool? = nil) async -> Mesos_V1_TaskStatus {
        let isIt: @Sendable (Mesos_V1_TaskStatus) -> Bool = { status in
            status.taskID.value == task && status.state == wanted && (healthy == nil || status.hasHealthy && status.healthy == healthy)
        }
        await wait { state in state.updates.contains { isIt($0.status) } }
        return state.withLock { state in state.updates.last { isIt($0.status) }?.status ?? .init() }
    }

    // MARK: Orders

    static func task(_ id: String, _ command: String, _ change: (inout Mesos_V1_TaskInfo) -> Void = { _ in }) -> Mesos_V1_TaskInfo {
        var info = Mesos_V1_TaskInfo()
        info.name = id
        info.taskID.value = id
        info.agentID.value = agentID
        info.command.value = command
        var cpus = Mesos_V1_Resource()
        cpus.name = "cpus"
        cpus.type = .scalar
        cpus.scalar.value = 0.1
        cpus.allocationInfo.role = "web"
        var memory = cpus
        memory.name = "mem"
        memory.scalar.value = 32
        info.resources = [cpus, memory]
        change(&info)
        return info
    }

    func launch(_ info: Mesos_V1_TaskInfo, capabilities: [Mesos_V1_FrameworkInfo.Capability.TypeEnum] = [.partitionAware, .taskKillingState]) throws {
        var framework = Mesos_V1_FrameworkInfo()
        framework.id.value = Self.framework
        framework.name = "test"
        framework.user = NSUserName()
        framework.capabilities = capabilities.map { type in
            var capability = Mesos_V1_FrameworkInfo.Capability()
            capability.type = type
            return capability
        }
        let bytes = try info.serializedData(), frameworkBytes = try framework.serializedData()
        order {
            $0.launch.frameworkID = Self.framework
            $0.launch.frameworkInfo = frameworkBytes
            $0.launch.task = bytes
        }
    }

    func kill(_ task: String, grace: Duration? = nil) {
        order {
            $0.kill.frameworkID = Self.framework
            $0.kill.taskID = task
            if let grace { $0.kill.gracePeriod = Int64(grace.components.seconds) * 1_000_000_000 + grace.components.attoseconds / 1_000_000_000 }
        }
    }
}
