import Foundation
import Harness
import JSON
import Logging
import NIOHTTP1
import ServiceLifecycle
import Synchronization
import Testing
import Transport

/// Deploy/examples/nightly, as its page says: five jobs, each after the other, over a shared folder.
@Suite(.serialized)
struct PipelineTests {
    /// Where the orders come from, and where the report goes to.
    private final class Shop: Responder {
        let orders = Mutex("")
        let reports = Mutex<[String]>([])

        func respond(to call: Call) async throws -> Reply {
            switch (call.method, call.path) {
            case (.GET, "/orders.csv"):
                let orders = orders.withLock { $0 }
                return orders.isEmpty ? .text(.internalServerError, "no orders today") : Reply(.ok, "text/csv", Array(orders.utf8))
            case (.POST, "/report"):
                let report = String(decoding: try await call.body.collect(), as: UTF8.self)
                reports.withLock { $0.append(report) }
                return .text(.ok, "thanks")
            default: return .text(.notFound, "no")
            }
        }
    }

    private static let stages = ["extract", "transform", "load", "report", "notify"]
    private static let head = "number,customer,product,quantity,price\n"
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Deploy/examples/nightly").path

    private let shop = Shop()

    /// Runs a test with a cluster on which the jobs have been created, and with the shop.
    private func withJobs(_ body: (Cluster) async throws -> Void) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let service = HTTPService(.init(), responder: shop, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: logger))
        let running = Task { try await group.run() }
        let result: Result<Void, any Error>
        do {
            let address = try await service.address()
            let web = "http://\(address.ip):\(address.port)"
            try await Cluster.run(services: false, batch: true) { cluster in
                let environment = [
                    "AGORA": ServerProcess.programs + "/agora", "AGORA_BATCH": cluster.batch, "FOLDER": cluster.folder + "/shared",
                    "SOURCE": web + "/orders.csv", "WEBHOOK": web + "/report"
                ]
                let (status, output) = try await outcome(of: Self.folder + "/apply.sh", [], environment: environment)
                try #require(status == 0, "\(output)")
                try await body(cluster)
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await group.triggerGracefulShutdown()
        try? await running.value
        try result.get()
    }

    private func runTonight(_ cluster: Cluster, from stage: String = "extract") async throws {
        let (status, output) = try await cluster.agora("job", "run", "nightly-\(stage)")
        try #require(status == 0, "\(output)")
    }

    /// How often each stage has ended well, and otherwise.
    private func counts(_ cluster: Cluster) async throws -> [[Int64]] {
        var counts: [[Int64]] = []
        for stage in Self.stages {
            let job = try await cluster.get("\(cluster.batch)/v1/scheduler/job/nightly-\(stage)")
            counts.append([job["successCount"]?.integer ?? -1, job["errorCount"]?.integer ?? -1])
        }
        return counts
    }

    private func wait(_ cluster: Cluster, for expected: [[Int64]]) async throws {
        var seen: [[Int64]] = []
        do {
            try await eventually("the stages have run", within: 60) {
                seen = try await counts(cluster)
                return seen == expected
            }
        } catch {
            throw TestFailure("\(error): \(seen)")
        }
    }

    private func query(_ cluster: Cluster, _ text: String) async throws -> String {
        try await run("/usr/bin/sqlite3", ["-readonly", cluster.folder + "/shared/shop.db", text])
    }

    @Test func `orders are fetched, cleaned, loaded and reported, and a second night replaces what it brings again`() async throws {
        try await withJobs { cluster in
            let next = try await cluster.agora("job", "show", "nightly-extract")
            #expect(next.status == 0 && next.output.contains("30 2 * * *"), "\(next.output)")
            shop.orders.withLock { $0 = Self.head + "1,ann,tea,2,350\n2,bob,mug,1,1200\na line that is none\n3,cy,tea,many,350\n4,dee,tea,3,350\n" }
            try await runTonight(cluster)
            try await wait(cluster, for: Array(repeating: [1, 0], count: 5))
            #expect(try await query(cluster, "SELECT * FROM orders") == "1|ann|tea|700\n2|bob|mug|1200\n4|dee|tea|1050\n")
            #expect(shop.reports.withLock { $0 } == ["tea 2 17.50\nmug 1 12.00\n"])
            #expect(Proc.lines(cluster.folder + "/shared/report.txt") == ["tea 2 17.50", "mug 1 12.00"])
            #expect(try await cluster.agora("job", "logs", "nightly-transform", "--stderr").output.contains("3 of 5 lines are orders"))

            shop.orders.withLock { $0 = Self.head + "2,bob,mug,2,1200\n5,eve,pot,1,4500\n" }
            try await runTonight(cluster)
            try await wait(cluster, for: Array(repeating: [2, 0], count: 5))
            #expect(shop.reports.withLock { $0.last } == "pot 1 45.00\nmug 1 24.00\ntea 2 17.50\n")
        }
    }

    @Test func `a stage that fails stops those behind it, and once it is mended the rest goes on from there`() async throws {
        try await withJobs { cluster in
            // The shop says no: not the network's fault, so that isn't tried again.
            try await runTonight(cluster)
            try await wait(cluster, for: [[0, 1]] + Array(repeating: [0, 0], count: 4))
            shop.orders.withLock { $0 = Self.head + "nothing that is an order\n" }
            try await runTonight(cluster)
            try await wait(cluster, for: [[1, 1], [0, 1]] + Array(repeating: [0, 0], count: 3))
            let (_, runs) = try await cluster.agora("job", "runs", "nightly-transform")
            #expect(runs.contains("failed") && runs.contains("exited with status 1"), "\(runs)")

            shop.orders.withLock { $0 = Self.head + "1,ann,tea,2,350\n" }
            let database = cluster.folder + "/shared/shop.db"
            try FileManager.default.createDirectory(atPath: database, withIntermediateDirectories: true)
            try await runTonight(cluster)
            try await wait(cluster, for: [[2, 1], [1, 1], [0, 1], [0, 0], [0, 0]])
            #expect(shop.reports.withLock { $0.isEmpty })
            try FileManager.default.removeItem(atPath: database)
            try await runTonight(cluster, from: "load")
            try await wait(cluster, for: [[2, 1], [1, 1], [1, 1], [1, 0], [1, 0]])
            #expect(shop.reports.withLock { $0 } == ["tea 1 7.00\n"])
        }
    }
}
