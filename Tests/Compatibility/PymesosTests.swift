import Foundation
import Harness
import JSON
import NIOHTTP1
import Testing
import Transport

/// pymesos 0.3.15, as PyPI has it, drives a framework beside services.
struct PymesosTests {
    private func start(_ name: String, on cluster: Cluster, _ arguments: String...) throws {
        try Clients.start("framework.py", as: name, on: cluster, ["\(cluster.ip):5050"] + arguments)
    }

    private func lines(_ process: ServerProcess) -> [String] { process.output.split(separator: "\n").map(String.init) }

    @Test func `a framework on pymesos declines, launches, kills, reconciles and fails over, beside services`() async throws {
        try await Cluster.run { cluster in
            try await cluster.createApp(#"{"id":"/beside","cmd":"exec sleep 1000","cpus":0.1,"mem":32}"#)
            try await cluster.waitForRunning("/beside", 1)
            try start("first", on: cluster, "first")
            let first = try cluster.process("first")
            try await eventually("the first instance waits to be failed over", within: 90) {
                if let status = first.poll() { throw TestFailure("it ended with \(status)") }
                return lines(first).last?.hasPrefix("id ") == true
            }
            let id = String(lines(first).last?.dropFirst("id ".count) ?? "")
            #expect(
                lines(first) == [
                    "registered", "offered: ['cpus', 'disk', 'mem', 'ports']", "declined, and offered again after the filter: True",
                    "20 tasks finished", "reconciled: [('nobody', 'TASK_LOST'), ('sleeper', 'TASK_RUNNING')]",
                    "reconciled implicitly: {'sleeper': 'TASK_RUNNING'}", "id \(id)"
                ])

            try start("second", on: cluster, "second", id)
            let second = try cluster.process("second")
            #expect(try await second.end(within: 60) == 0, "\(second.output)")
            #expect(
                lines(second) == [
                    "reregistered with the same id: True", "reconciled implicitly: {'sleeper': 'TASK_RUNNING'}", "killed: TASK_KILLED", "torn down"
                ])
            #expect(try await first.end(within: 60) == 0, "\(first.output)")
            #expect(lines(first).last == "error: Framework failed over")

            // The framework is over, its tasks have ended, and services has not noticed any of it.
            let frameworks = try await cluster.get("\(cluster.master)/frameworks")["completed_frameworks"]?.array ?? []
            #expect(frameworks.contains { $0["id"]?.string == id })
            try await eventually("only the app's task runs") { Proc.tasks(below: cluster.folder).count == 1 }
            #expect(try await cluster.app("/beside")["tasksRunning"]?.integer == 1)
        }
    }
}
