import Foundation
import Glibc
import Harness
import JSON
import NIOHTTP1
import OwnThread
import Testing
import Transport

/// A server is killed within a millisecond after it has acknowledged something; its successor knows of it. `AGORA_DURABILITY_ROUNDS` sets how often
/// (`make soak`). What a power cut adds to a kill is up to the pragmas of SQLite, which are read here and in StoreTests.
@Suite(.serialized, .ownThread)
struct DurabilityTests {
    private static let isStrict = ProcessInfo.processInfo.environment["AGORA_STRICT_TIMES"] != nil
    private static let rounds = ProcessInfo.processInfo.environment["AGORA_DURABILITY_ROUNDS"].flatMap { Int($0) } ?? 12

    /// Does one thing after the other, each with a kill right behind its acknowledgement, and then looks.
    private static func repeatedly(_ server: String, _ cluster: Cluster, _ round: (Int) async throws -> Duration) async throws {
        var times: [Duration] = []
        for number in 0..<rounds {
            do { times.append(try await round(number)) } catch { throw TestFailure("round \(number): \(error)") }
        }
        let late = times.count { $0 > .milliseconds(1) }
        print("durability: \(server) killed \(rounds) times, at most \(times.max() ?? .zero) after its acknowledgement, \(late) times over 1 ms")
        if isStrict { #expect(late * 20 <= rounds) }
    }

    /// The killer runs before everybody else: on a busy machine it would come milliseconds late.
    private static func urgently<Value>(_ body: () throws -> Value) rethrows -> Value {
        var urgent = sched_param(sched_priority: 1), usual = sched_param(sched_priority: 0)
        _ = sched_setscheduler(0, SCHED_FIFO, &urgent)
        defer { _ = sched_setscheduler(0, SCHED_OTHER, &usual) }
        return try body()
    }

    /// Kills right behind the head of an answer. - Returns: how long that took
    private static func kill(_ process: ServerProcess, after client: BlockingClient, _ wanted: Int) throws -> Duration {
        let (head, took) = try urgently {
            let head = try client.head()
            let answered = ContinuousClock.now
            process.signal(SIGKILL)
            return (head, ContinuousClock.now - answered)
        }
        guard head.status == wanted else {
            throw TestFailure("the answer was \(head.status) \(String(decoding: try client.body(of: head), as: UTF8.self))")
        }
        return took
    }

    @Test func `services that are killed right after they have created, changed or deleted an app know of it afterwards`() async throws {
        try await Cluster.run(agents: 0) { cluster in
            try await Self.repeatedly("services", cluster) { number in
                let app = "/v2/apps/d\(number / 3)"
                let (method, path, body, status) =
                    switch number % 3 {
                    case 0: ("POST", "/v2/apps", #"{"id":"/d\#(number / 3)","cmd":"one","instances":0}"#, 201)
                    case 1: ("PUT", app + "?force=true", #"{"cmd":"two"}"#, 200)
                    default: ("DELETE", app + "?force=true", "", 200)
                    }
                let client = try BlockingClient(ip: cluster.ip, port: 8080)
                try client.send(method, path, headers: [("Content-Type", "application/json")], body: Array(body.utf8))
                let process = try cluster.process("services")
                let took = try Self.kill(process, after: client, status)
                _ = try await process.end()
                try cluster.startServices()
                var answer: Answer?
                try await eventually("services answer") {
                    answer = try await cluster.call(.GET, cluster.services + app)
                    return true
                }
                let found = try JSONValue(parsing: answer?.body ?? [])["app"]?["cmd"]?.string
                #expect(found == ["one", "two", nil][number % 3], "round \(number): \(answer?.text.prefix(300) ?? "")")
                try await cluster.waitUntilReady(agents: 0, services: true)
                return took
            }
        }
    }

    @Test func `a master that is killed right after it has torn a framework down, or given it its id, knows of it afterwards`() async throws {
        try await Cluster.run(agents: 0, services: false) { cluster in
            try await Self.repeatedly("the master", cluster) { number in
                let isTeardown = number % 2 == 0
                let process = try cluster.process("master")
                let framework = try Self.subscribe(cluster, killing: isTeardown ? nil : process)
                let id = framework.id
                let took: Duration
                if isTeardown {
                    let client = try BlockingClient(ip: cluster.ip, port: 5050)
                    try client.send(
                        "POST", "/api/v1/scheduler", headers: [("Content-Type", "application/json"), ("Mesos-Stream-Id", framework.stream)],
                        body: Array(#"{"type":"TEARDOWN","framework_id":{"value":"\#(id)"}}"#.utf8))
                    took = try Self.kill(process, after: client, 202)
                } else {
                    took = framework.took
                }
                _ = try await process.end()
                try cluster.startMaster()
                try await cluster.waitUntilReady(agents: 0, services: false)
                let state = try await cluster.get("\(cluster.master)/state")
                func ids(_ list: String) -> [String] { state[list]?.array?.compactMap { $0["id"]?.string } ?? [] }
                #expect(ids("frameworks").contains(id) == !isTeardown, "round \(number)")
                #expect(ids("completed_frameworks").contains(id) == isTeardown, "round \(number)")
                return took
            }
        }
    }

    private struct Framework {
        let client: BlockingClient
        let stream: String
        let id: String
        /// From hearing the id to the kill, if there is one.
        let took: Duration
    }

    /// - Parameter master: to be killed when the framework has heard its id.
    private static func subscribe(_ cluster: Cluster, killing master: ServerProcess?) throws -> Framework {
        let client = try BlockingClient(ip: cluster.ip, port: 5050)
        let info = #"{"user":"root","name":"durable","roles":["*"],"failover_timeout":3600,"capabilities":[{"type":"MULTI_ROLE"}]}"#
        try client.send(
            "POST", "/api/v1/scheduler", headers: [("Content-Type", "application/json")],
            body: Array(#"{"type":"SUBSCRIBE","subscribe":{"framework_info":\#(info)}}"#.utf8))
        let head = try client.head()
        let (record, took) = try urgently {
            let record = try client.record()
            let heard = ContinuousClock.now
            master?.signal(SIGKILL)
            return (record, ContinuousClock.now - heard)
        }
        guard let id = try JSONValue(parsing: record)["subscribed"]?["framework_id"]?["value"]?.string else {
            throw TestFailure("not subscribed: \(String(decoding: record, as: UTF8.self))")
        }
        return Framework(client: client, stream: head.headers["mesos-stream-id"] ?? "", id: id, took: took)
    }

    @Test func `the stores of running servers have a write-ahead log`() async throws {
        try await Cluster.run { cluster in
            for server in ["master", "agent-0", "services"] {
                let files = FileManager.default.enumerator(atPath: "\(cluster.folder)/\(server)")?.compactMap { $0 as? String } ?? []
                let stores = files.filter { $0.hasSuffix(".db") }
                #expect(stores.count == 1, "\(server): \(files)")
                for store in stores {
                    let bytes = [UInt8](FileManager.default.contents(atPath: "\(cluster.folder)/\(server)/\(store)") ?? Data())
                    // The versions of the format for writing and for reading: 2 is the one with a log.
                    #expect(bytes.count > 20 && bytes[18] == 2 && bytes[19] == 2, "\(server)")
                }
            }
        }
    }
}
