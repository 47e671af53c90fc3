import Foundation
import FrameworkCore
import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing
import Transport

/// Jobs on a cluster of real processes.
@Suite(.serialized)
struct BatchTests {
    private static func post(_ cluster: Cluster, _ job: String, kind: String = "iso8601") async throws {
        let answer = try await cluster.call(.POST, "\(cluster.batch)/v1/scheduler/\(kind)", job)
        guard answer.status == .noContent else { throw TestFailure("\(answer.status.code) \(answer.text)") }
    }

    private static func runs(_ cluster: Cluster, _ job: String) async throws -> [JSONValue] {
        try await cluster.get("\(cluster.batch)/agora/v1/jobs/\(job)/runs")["runs"]?.array ?? []
    }

    private static func lines(_ path: String) -> [String] {
        (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").map(String.init) ?? []
    }

    @Test func `a job that is due runs on an agent, its end is in its history, and what depends on it runs after it`() async throws {
        try await Cluster.run(services: false, batch: true) { cluster in
            let file = cluster.folder + "/out"
            try await Self.post(
                cluster,
                #"{"name":"first","command":"echo first $CHRONOS_JOB_NAME $CHRONOS_JOB_RUN_ATTEMPT >> \#(file)","schedule":"R1//PT1H","mem":32,"cpus":0.1}"#
            )
            // It may have ended before this is known: what is counted is what comes after.
            try await Self.post(
                cluster, #"{"name":"second","command":"echo second >> \#(file); exit 3","parents":["first"],"retries":0,"mem":32,"cpus":0.1}"#,
                kind: "dependency")
            try await eventually("the first job has run") {
                try await cluster.get("\(cluster.batch)/v1/scheduler/job/first")["successCount"]?.integer == 1
            }
            _ = try await cluster.call(.PUT, "\(cluster.batch)/v1/scheduler/job/first")
            try await eventually("the second job has failed") {
                try await cluster.get("\(cluster.batch)/scheduler/job/second")["errorCount"]?.integer ?? 0 >= 1
            }
            #expect(Self.lines(file).first == "first first 0" && Self.lines(file).contains("second"))
            let run = try #require(try await Self.runs(cluster, "second").last)
            #expect(run["state"]?.string == "failed" && run["cause"]?.string == "parents")
            let task = try #require(run["tasks"]?.array?.first)
            #expect(
                task["exitStatus"]?.integer == 3 && task["host"]?.string == cluster.ip && task["message"]?.string == "Command exited with status 3")
            // Its output is where the run says.
            let sandbox = try #require(task["sandbox"]?.string)
            let listing = try await cluster.get("\(cluster.agent())/files/browse?path=\(sandbox.replacing(":", with: "%3A"))")
            #expect(listing.array?.contains { $0["path"]?.string?.hasSuffix("/stdout") == true } == true)
            _ = try await cluster.call(.POST, "\(cluster.batch)/v1/scheduler/iso8601", #"{"name":"third","command":"echo to be read","mem":32}"#)
            try await eventually("the third job has run") {
                try await cluster.get("\(cluster.batch)/v1/scheduler/job/third")["successCount"]?.integer == 1
            }
            #expect(try await cluster.agora("job", "logs", "third").output.hasSuffix("to be read\n"))
            let (status, output) = try await cluster.agora("job", "runs", "second")
            #expect(status == 0 && output.contains("failed") && output.contains("Command exited with status 3"), "\(output)")
        }
    }

    @Test func `each due time has one run while batch, master and agent are killed`() async throws {
        try await Cluster.run(services: false, batch: true) { cluster in
            let file = cluster.folder + "/out"
            let start = Int64(Date().timeIntervalSince1970) * 1000 + 2_000
            try await Self.post(
                cluster,
                #"{"name":"tick","command":"echo $CHRONOS_JOB_RUN_TIME $CHRONOS_JOB_RUN_ATTEMPT >> \#(file)","#
                    + #""schedule":"R12/\#(Timestamp(milliseconds: start))/PT1S","catchUp":"ALL","concurrencyPolicy":"ALLOW","#
                    + #""mem":32,"cpus":0.1,"retries":3,"retryDelaySeconds":0,"historyLimit":100}"#
            )
            for (part, start) in [
                ("batch", { try cluster.startBatch() }), ("master", { try cluster.startMaster() }), ("batch", { try cluster.startBatch() }),
                ("agent-0", { try cluster.startAgent() })
            ] as [(String, () throws -> Void)] {
                let count = Self.lines(file).count
                try await eventually("another run has begun") { Self.lines(file).count > count }
                try await cluster.crash(part)
                try start()
            }
            var runs: [JSONValue] = []
            do {
                try await eventually("all have run", within: 60) {
                    runs = (try? await Self.runs(cluster, "tick")) ?? []
                    return runs.count { $0["ended"] != nil } == 12
                }
            } catch {
                throw TestFailure("\(error): \(runs.map { String(decoding: $0.bytes, as: UTF8.self) })")
            }
            #expect(runs.allSatisfy { $0["state"]?.string == "succeeded" })
            // Whoever is killed in the middle of a launch may lose it, and the run is tried again: but no attempt is ever made twice.
            let lines = Self.lines(file)
            #expect(Set(lines).count == lines.count, "\(lines)")
            let times = Set(lines.compactMap { $0.split(separator: " ").first.flatMap { Int64($0) } })
            #expect(times.sorted() == (0..<12).map { start + $0 * 1000 })
        }
    }
}
