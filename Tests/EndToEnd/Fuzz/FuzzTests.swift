import BatchCore
import Foundation
import Glibc
import Harness
import JSON
import Machine
import MasterCore
import OwnThread
import Runtime
import ServicesCore
import Testing

/// Requests that are nearly right, to every API of real servers: all are answered, nobody ends or grows, and what was refused has changed nothing.
/// `AGORA_FUZZ_REQUESTS` sets how many (`make fuzz`), `AGORA_FUZZ_SEED` which.
@Suite(.serialized, .ownThread)
struct FuzzTests {
    private static let variables = ProcessInfo.processInfo.environment
    private static let count = variables["AGORA_FUZZ_REQUESTS"].flatMap { Int($0) } ?? 100_000
    private static let seed = variables["AGORA_FUZZ_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
    /// Kilobytes that a server may grow by, beside what its state grows by and what its allocator keeps.
    private static let growth = 100_000

    @Test func `requests that are nearly right do master and agent no harm`() async throws {
        try await Cluster.run(resources: "cpus:1;mem:256;disk:10;ports:[31000-31001]", services: false) { cluster in
            let framework = try FuzzFramework(cluster)
            defer { framework.stop() }
            let values = ["$FRAMEWORK": framework.id, "$AGENT": framework.agent, "$OFFER": framework.offer]
            func at(_ port: UInt16, _ seeds: [Seed], _ headers: [(String, String)] = []) -> Bombardment {
                Bombardment(ip: cluster.ip, port: port, seeds: seeds, values: values, headers: headers)
            }
            let targets: [(String, Bombardment, Int)] = [
                ("master", at(5050, Seed.scheduler, [("Mesos-Stream-Id", framework.stream)]), 30), ("master", at(5050, Seed.operators), 15),
                ("master", at(5050, Seed.link), 5), ("agent-0", at(5051, Seed.agent), 20)
            ]
            for (server, target, share) in targets { try await Self.bombard(cluster, server, target, Self.count / 100 * share) }
            try await cluster.waitUntilReady(agents: 1, services: false)
            let refused = try Self.countRefused(cluster, "master", Kernel()) { effect in
                switch effect {
                case .answer(_, .refused), .answer(_, .operatorRefused): true
                default: false
                }
            }
            #expect(refused > 0)
        }
    }

    @Test func `requests that are nearly right do services no harm`() async throws {
        try await Cluster.run(agents: 0) { cluster in
            let target = Bombardment(ip: cluster.ip, port: 8080, seeds: Seed.services, values: [:], headers: [])
            try await Self.bombard(cluster, "services", target, Self.count / 100 * 20)
            try await cluster.waitUntilReady(agents: 0, services: true)
            let refused = try Self.countRefused(cluster, "services", Services()) { if case .answer(_, .refused) = $0 { true } else { false } }
            #expect(refused > 0)
        }
    }

    @Test func `requests that are nearly right do batch no harm`() async throws {
        try await Cluster.run(agents: 0, services: false, batch: true) { cluster in
            let target = Bombardment(ip: cluster.ip, port: 4400, seeds: Seed.batch, values: [:], headers: [])
            try await Self.bombard(cluster, "batch", target, Self.count / 100 * 10)
            try await cluster.waitUntilReady(agents: 0, services: false, batch: true)
            let refused = try Self.countRefused(cluster, "batch", Batch()) { if case .answer(_, .refused) = $0 { true } else { false } }
            #expect(refused > 0)
        }
    }

    private static func bombard(_ cluster: Cluster, _ server: String, _ target: Bombardment, _ count: Int) async throws {
        let process = try cluster.process(server)
        var tally = await target.run(count / 5, seed: seed)
        let before = residentKilobytes(process.pid)
        tally.add(await target.run(count - count / 5, seed: seed &+ 1_000))
        let after = residentKilobytes(process.pid)
        print("fuzz: seed \(seed), \(server): \(tally.summary), resident \(before) kB after a fifth, \(after) kB at the end")
        if let status = process.poll() { throw TestFailure("seed \(seed): \(server) ended with \(status): \(process.output.suffix(3_000))") }
        #expect(tally.faults == [], "seed \(seed), \(server)")
        #expect(tally.sent >= count / 4 * 4 - 8 && tally.parsed * 10 >= tally.sent * 3, "\(tally.summary)")
        #expect(after - before < growth, "seed \(seed), \(server): \(before) → \(after) kB")
    }

    private static func residentKilobytes(_ pid: pid_t) -> Int {
        let line = Proc.lines("/proc/\(pid)/status").first { $0.hasPrefix("VmRSS:") } ?? ""
        return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }

    /// Feeds what the server was told to a core of our own: an input that is refused, and nothing else, must leave its digest as it was.
    /// - Returns: how many there were.
    private static func countRefused<Core: StateMachine>(
        _ cluster: Cluster, _ server: String, _ fresh: Core, _ isRefusal: (Core.Effect) -> Bool
    ) throws -> Int {
        let folder = "\(cluster.folder)/\(server)/recordings"
        var refused = 0
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let recording = try Recording<Core.Input>([UInt8](Data(contentsOf: URL(filePath: "\(folder)/\(file)"))))
            var core = fresh
            // A digest goes over the whole state: enough of them for each server, whatever its state has grown to.
            let stride = max(1, recording.entries.count / 3_000)
            for (number, (moment, input)) in recording.entries.enumerated() {
                guard number % stride == 0 else {
                    _ = core.handle(input, at: moment)
                    continue
                }
                // Timers that are due go off with any input: that is not the request's doing.
                _ = core.handle(Core.wake, at: moment)
                let before = core.digest
                let effects = core.handle(input, at: moment)
                guard effects.contains(where: isRefusal), effects.allSatisfy({ isRefusal($0) || $0.changes == nil }) else { continue }
                guard core.digest == before else {
                    throw TestFailure("seed \(seed), \(server): refused input \(number) has changed the state: \(input)")
                }
                refused += 1
            }
        }
        print("fuzz: \(server): \(refused) inputs were refused by the core and have changed nothing")
        return refused
    }
}

/// A framework whose calls are mutated; it listens, so that it stays connected.
private final class FuzzFramework: @unchecked Sendable {
    // Sendable: all but the client is constant, and that is its thread's alone once it has started.
    let id: String
    let stream: String
    let agent: String
    let offer: String
    private let client: BlockingClient

    init(_ cluster: Cluster) throws {
        client = try BlockingClient(ip: cluster.ip, port: 5050, patience: 3_600)
        let info =
            #"{"user":"root","name":"fuzz","roles":["fuzz"],"failover_timeout":3600,"capabilities":[{"type":"MULTI_ROLE"},{"type":"PARTITION_AWARE"}]}"#
        try client.send(
            "POST", "/api/v1/scheduler", headers: [("Content-Type", "application/json")],
            body: Array(#"{"type":"SUBSCRIBE","subscribe":{"framework_info":\#(info)}}"#.utf8))
        stream = try client.head().headers["mesos-stream-id"] ?? ""
        var ids: [String: String] = [:]
        while ids.count < 3 {
            let event = try JSONValue(parsing: client.record())
            if let id = event["subscribed"]?["framework_id"]?["value"]?.string { ids["framework"] = id }
            guard let offer = event["offers"]?["offers"]?.array?.first else { continue }
            ids["offer"] = offer["id"]?["value"]?.string
            ids["agent"] = offer["agent_id"]?["value"]?.string
        }
        (id, offer, agent) = (ids["framework"] ?? "", ids["offer"] ?? "", ids["agent"] ?? "")
        let thread = Thread { [client] in while (try? client.chunk()) != nil {} }
        thread.start()
    }

    /// Ends the connection, and with it the thread.
    func stop() { client.shutDown() }
}
