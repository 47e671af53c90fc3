import Foundation
import Harness
import JSON
import Testing

@Suite(.serialized)
struct ExampleFrameworkTests {
    @Test func `a framework of a hundred lines runs commands, isolated, and acknowledges every update`() async throws {
        try await Cluster.run(services: false) { cluster in
            let output = try await run(
                "agora-example", ["--master", "\(cluster.ip):5050", "--command", "true", "--count", "50"], within: 60)
            #expect(output.contains("taskFinished: 50"))
            // What was acknowledged is completed; what was not would still be listed among the framework's tasks.
            let state = try await cluster.get("\(cluster.master)/state")
            let completed = (state["completed_frameworks"]?.array ?? []) + (state["frameworks"]?.array ?? [])
            let tasks = completed.flatMap { $0["completed_tasks"]?.array ?? [] }
            #expect(tasks.count == 50)
            #expect(tasks.allSatisfy { $0["state"]?.string == "TASK_FINISHED" })
        }
    }
}
