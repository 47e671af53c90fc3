import AgoraAPI
import Foundation
import Logging
import MasterCore
import MasterServer
import MesosAPI
import NIOHTTP1
import ServiceLifecycle
import SwiftProtobuf
import Testing
import Transport

/// A master in this process, in memory, on a port of its own; ends with the body.
struct TestMaster: Sendable {
    let url: String
    let caller: HTTPCaller

    static func run(_ change: (inout MasterSettings) -> Void = { _ in }, _ body: @Sendable (TestMaster) async throws -> Void) async throws {
        var settings = MasterSettings()
        settings.port = 0
        settings.isInMemory = true
        // Test agents say nothing by themselves, and a test may be held up by those beside it.
        settings.kernel.agentTimeout = 120_000_000_000
        settings.kernel.agentSilence = 110_000_000_000
        change(&settings)
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let server = try MasterServer(settings: settings, logger: logger)
        let caller = HTTPCaller(logger: logger)
        let group = ServiceGroup(services: [server, caller], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let address = try await server.address()
            do {
                try await body(TestMaster(url: "http://127.0.0.1:\(address.port)", caller: caller))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    func get(_ path: String) async throws -> Answer { try await caller.send(.init(.GET, url + path)) }

    func post(_ path: String, _ headers: HTTPHeaders, _ body: some Collection<UInt8>) async throws -> Answer {
        try await caller.send(.init(.POST, url + path, headers: headers, body: Array(body)))
    }

    func operate(_ call: String) async throws -> Answer {
        try await post("/api/v1", ["Content-Type": "application/json", "Accept": "application/json"], call.utf8)
    }

    /// A call of a framework, in JSON.
    func call(_ framework: TestFramework, _ json: String) async throws -> Answer {
        let text = "{\"framework_id\":{\"value\":\"\(framework.id)\"},\(json)}"
        return try await post("/api/v1/scheduler", ["Content-Type": "application/json", "Mesos-Stream-Id": framework.streamID], text.utf8)
    }
}

/// What a stream brings, record by record.
final class Records: Sendable {
    private let records: AsyncStream<[UInt8]>
    private let continuation: AsyncStream<[UInt8]>.Continuation

    init() { (records, continuation) = AsyncStream.makeStream() }

    var receive: @Sendable ([[UInt8]]) -> Flow {
        { [continuation] in
            for record in $0 { continuation.yield(record) }
            return .more
        }
    }

    func finish() { continuation.finish() }

    /// The next record; nil at the stream's end.
    /// - Throws: when none comes within ten seconds.
    func next() async throws -> [UInt8]? {
        try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { [records] in
                for await record in records { return record }
                return nil
            }
            group.addTask {
                try await Task.sleep(for: .seconds(10))
                throw NothingCame()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    struct NothingCame: Error {}
}

/// A framework that is subscribed.
struct TestFramework: Sendable {
    let id: String
    let streamID: String
    let records: Records
    let connection: RecordConnection
    let type: ContentType

    static func subscribe(
        to master: TestMaster, _ type: ContentType = .protobuf, role: String = "*", id: String? = nil
    ) async throws -> TestFramework {
        let records = Records()
        let call = Mesos_V1_Scheduler_Call.with {
            $0.type = .subscribe
            if let id { $0.frameworkID.value = id }
            $0.subscribe.frameworkInfo = .with {
                $0.user = "u"
                $0.name = "f"
                $0.role = role
                $0.failoverTimeout = 60
                if let id { $0.id.value = id }
            }
        }
        let body: [UInt8] = type == .json ? call.mesosJSON() : try call.serializedBytes()
        let (headers, opened) = AsyncStream<HTTPHeaders>.makeStream()
        let stream = RecordStream(outbox: Outbox(), onRecords: records.receive) { _ in
            records.finish()
            opened.finish()
        }
        let request = RecordConnection.Request(
            url: master.url + "/api/v1/scheduler", headers: ["Content-Type": type.name, "Accept": type.name], body: .bytes(body))
        let connection = RecordConnection.open(request, stream: stream) { opened.yield($0) }
        var head: HTTPHeaders = [:]
        for await next in headers {
            head = next
            break
        }
        #expect(head.first(name: "Content-Type") == type.name)
        let first = try event(try await records.next() ?? [], type)
        #expect(first.type == .subscribed && first.subscribed.heartbeatIntervalSeconds == 15)
        #expect(first.subscribed.masterInfo.version.split(separator: ".").allSatisfy { Int($0) != nil })
        #expect(try event(try await records.next() ?? [], type).type == .heartbeat)
        return TestFramework(
            id: first.subscribed.frameworkID.value, streamID: head.first(name: "Mesos-Stream-Id") ?? "", records: records,
            connection: connection, type: type)
    }

    private static func event(_ record: [UInt8], _ type: ContentType) throws -> Mesos_V1_Scheduler_Event {
        type == .json ? try Mesos_V1_Scheduler_Event(mesosJSON: record) : try Mesos_V1_Scheduler_Event(serializedBytes: record)
    }

    /// The next event but heartbeats; nil at the stream's end.
    func next() async throws -> Mesos_V1_Scheduler_Event? {
        while let record = try await records.next() {
            let event = try Self.event(record, type)
            if event.type != .heartbeat { return event }
        }
        return nil
    }
}

/// An agent that is subscribed, and does nothing by itself.
struct TestAgent: Sendable {
    let id: String
    let session: String
    let outbox: Outbox
    let records: Records
    let connection: RecordConnection

    static func subscribe(to master: TestMaster, _ change: (inout Agora_V1_Subscribe) -> Void = { _ in }) async throws -> TestAgent {
        let records = Records()
        let outbox = Outbox()
        let stream = RecordStream(outbox: outbox, onRecords: records.receive) { _ in records.finish() }
        var record = Agora_V1_AgentRecord()
        record.subscribe = .with {
            $0.protocolMin = 1
            $0.protocolMax = 1
            $0.agent.hostname = "host-1"
            $0.agent.resources = [("cpus", 4.0), ("mem", 1024)].map { name, amount in
                .with {
                    $0.name = name
                    $0.type = .scalar
                    $0.scalar.value = amount
                }
            }
            $0.agent.attributes = [
                .with {
                    $0.name = "rack"
                    $0.type = .text
                    $0.text.value = "r1"
                }
            ]
            $0.version = "1"
            $0.bootID = "b"
        }
        change(&record.subscribe)
        outbox.offer(record: try record.serializedBytes())
        let request = RecordConnection.Request(
            url: master.url + "/agora/v1/agent", headers: ["Content-Type": "application/x-protobuf"], body: .outbox)
        let connection = RecordConnection.open(request, stream: stream)
        let first = try Agora_V1_MasterRecord(serializedBytes: try await records.next() ?? [])
        #expect(first.subscribed.silenceMs >= 4_000 && first.subscribed.epoch == 1)
        return TestAgent(id: first.subscribed.agentID, session: first.session, outbox: outbox, records: records, connection: connection)
    }

    /// The next order but heartbeats; nil at the stream's end.
    func next() async throws -> Agora_V1_MasterRecord.OneOf_Record? {
        while let bytes = try await records.next() {
            let record = try Agora_V1_MasterRecord(serializedBytes: bytes)
            #expect(record.session == session)
            if case .heartbeat = record.record { continue }
            return record.record
        }
        return nil
    }

    func send(_ change: (inout Agora_V1_AgentRecord) -> Void) throws {
        var record = Agora_V1_AgentRecord()
        record.session = session
        change(&record)
        outbox.offer(record: try record.serializedBytes())
    }

    func update(_ task: String, _ framework: String, _ state: Mesos_V1_TaskState, uuid: UInt8) throws {
        let status = Mesos_V1_TaskStatus.with {
            $0.taskID.value = task
            $0.state = state
            $0.agentID.value = id
            $0.timestamp = 1
            $0.uuid = Data(repeating: uuid, count: 16)
        }
        let bytes = try status.serializedData()
        try send {
            $0.update.frameworkID = framework
            $0.update.taskID = task
            $0.update.latestState = state
            $0.update.status = bytes
        }
    }
}
