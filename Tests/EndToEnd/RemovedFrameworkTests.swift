import Foundation
import Harness
import JSON
import NIOHTTP1
import Testing
import Transport

/// Schedulers that somebody removes from the master.
@Suite(.serialized)
struct RemovedFrameworkTests {
    @Test func `services and batch that are removed subscribe as new frameworks, and start again what went with the old ones`() async throws {
        try await Cluster.run(batch: true) { cluster in
            try await cluster.createApp(#"{"id":"/app","cmd":"exec sleep 1000","cpus":0.1,"mem":32,"portDefinitions":[]}"#)
            try await cluster.waitForRunning("/app", 1)
            let job = #"{"name":"job","command":"exec sleep 1000","schedule":"R1//PT1H","cpus":0.1,"mem":32,"retryDelaySeconds":0}"#
            #expect(try await cluster.call(.POST, "\(cluster.batch)/v1/scheduler/iso8601", job).status == .noContent)
            try await eventually("both run") { try await Self.running(cluster).count == 2 }
            let before = try await Self.running(cluster)
            for framework in Set(before.values) {
                let answer = try await cluster.call(.POST, "\(cluster.master)/master/teardown", "frameworkId=\(framework)")
                #expect(answer.status == .ok, "\(answer.text)")
            }
            try await eventually("both run again, in other frameworks", within: 40) {
                let now = try await Self.running(cluster)
                return now.count == 2 && Set(now.values).isDisjoint(with: before.values) && Set(now.keys).isDisjoint(with: before.keys)
            }
            let runs = try await cluster.get("\(cluster.batch)/agora/v1/jobs/job/runs")["runs"]?.array ?? []
            #expect(runs.count == 1 && runs.first?["tasks"]?.array?.count == 2)
        }
    }

    /// The frameworks of the tasks that the master sees running.
    private static func running(_ cluster: Cluster) async throws -> [String: String] {
        let tasks = try await cluster.get("\(cluster.master)/tasks")["tasks"]?.array ?? []
        var frameworks: [String: String] = [:]
        for task in tasks where task["state"]?.string == "TASK_RUNNING" {
            if let id = task["id"]?.string { frameworks[id] = task["framework_id"]?.string }
        }
        return frameworks
    }
}
