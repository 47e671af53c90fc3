import Foundation
import Harness
import JSON
import NIOHTTP1
import Testing
import Transport

/// Metronome's API and the stream of events, on a cluster of real processes.
@Suite(.serialized)
struct BatchEventsTests {
    private struct Event {
        var id: String
        var data: JSONValue

        var type: String { data["eventType"]?.string ?? "" }
    }

    /// What curl has written of a stream so far.
    private static func events(_ file: String) -> [Event] {
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return text.components(separatedBy: "\r\n\r\n").dropLast().compactMap { block in
            let lines = block.components(separatedBy: "\r\n")
            guard let data = lines.first(where: { $0.hasPrefix("data: ") }), let id = lines.first(where: { $0.hasPrefix("id: ") }),
                let value = try? JSONValue(parsing: Array(data.dropFirst(6).utf8))
            else { return nil }
            return Event(id: String(id.dropFirst(4)), data: value)
        }
    }

    private static func listen(_ cluster: Cluster, _ name: String, after id: String? = nil) async throws -> String {
        let file = "\(cluster.folder)/\(name)"
        let header = id.map { ["-H", "Last-Event-ID: \($0)"] } ?? []
        try cluster.start(name, program: "/usr/bin/curl", ["-sN", "\(cluster.batch)/v1/events", "-o", file] + header)
        try await eventually("\(name) listens") { FileManager.default.contents(atPath: file)?.starts(with: Array("retry: ".utf8)) ?? false }
        return file
    }

    /// - Returns: the run's id.
    private static func run(_ cluster: Cluster, to status: String) async throws -> String {
        let jobs = "\(cluster.batch)/v1/jobs/demo.hello"
        let started = try await cluster.call(.POST, "\(jobs)/runs")
        guard started.status == .created, let id = try JSONValue(parsing: started.body)["id"]?.string else { throw TestFailure(started.text) }
        try await eventually("the run is \(status)") { try await cluster.get("\(jobs)/runs/\(id)")["status"]?.string == status }
        return id
    }

    @Test func `a job of Metronome's runs to its success, a reader hears all of it, and one that comes back after a crash hears of the gap`()
        async throws
    {
        try await Cluster.run(services: false, batch: true) { cluster in
            let first = try await Self.listen(cluster, "first")
            let job = #"{"id":"demo.hello","run":{"cmd":"echo hello $A","cpus":0.1,"mem":32,"disk":0,"env":{"A":"world"}}}"#
            let created = try await cluster.call(.POST, "\(cluster.batch)/v1/jobs", job)
            #expect(created.status == .created, "\(created.text)")
            let id = try await Self.run(cluster, to: "SUCCESS")
            let history = try await cluster.get("\(cluster.batch)/v1/jobs/demo.hello?embed=history")["history"]
            #expect(history?["successCount"]?.integer == 1 && history?["successfulFinishedRuns"]?.array?.first?["id"]?.string == id)
            #expect(try await cluster.agora("job", "logs", "demo.hello").output.hasSuffix("hello world\n"))

            try await eventually("the end is told") { Self.events(first).last?.type == "run_ended" }
            let events = Self.events(first)
            #expect(events.first?.type == "job_created" && events.contains { $0.type == "run_started" })
            let end = try #require(events.last)
            #expect(end.data["job"]?.string == "demo.hello" && end.data["run"]?["outcome"]?.string == "succeeded")
            #expect(end.data["task"]?["exitStatus"]?.integer == 0 && end.data["task"]?["host"]?.string == cluster.ip)

            try await cluster.crash("batch")
            try cluster.startBatch()
            try await eventually("batch is back") {
                try await cluster.get("\(cluster.batch)/metrics")["gauges"]?["agora.batch.subscribed"]?["value"]?.integer == 1
            }
            let second = try await Self.listen(cluster, "second", after: end.id)
            _ = try await Self.run(cluster, to: "SUCCESS")
            try await eventually("the end is told") { Self.events(second).last?.type == "run_ended" }
            #expect(Self.events(second).first?.type == "gap" && Self.events(second).first?.data["lastEventId"] == end.data["id"])
            let ids = (events + Self.events(second)).compactMap { UInt64($0.id) }
            #expect(ids == ids.sorted() && Set(ids).count == ids.count, "numbers never repeat or go back")
        }
    }
}
