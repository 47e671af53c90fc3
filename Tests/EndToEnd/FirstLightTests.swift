import Foundation
import Harness
import JSON
import NIOHTTP1
import Testing
import Transport

@Suite(.serialized)
struct FirstLightTests {
    @Test func `one sleep goes from POST to running to killed, through real processes`() async throws {
        try await Cluster.run { cluster in
            try await cluster.createApp(#"{"id":"/one","cmd":"sleep 1000","cpus":0.1,"mem":32}"#)
            try await cluster.waitForRunning("/one", 1)
            let task = try #require(try await cluster.app("/one")["tasks"]?.array?.first)
            #expect(task["state"]?.string == "TASK_RUNNING")
            let sleeping = Cluster.processes(mentioning: cluster.folder).values.filter { $0.hasPrefix("sleep 1000") || $0.contains("sleep 1000") }
            #expect(!sleeping.isEmpty)
            let answer = try await cluster.call(.DELETE, "\(cluster.services)/v2/apps/one")
            #expect(answer.status == .ok)
            try await cluster.waitForNoDeployments()
            try await eventually("the task is gone from the machine") {
                Cluster.processes(mentioning: cluster.folder).values.allSatisfy { !$0.contains("sleep 1000") }
            }
            let state = try await cluster.get("\(cluster.master)/state")
            let completed = state["frameworks"]?.array?.first?["completed_tasks"]?.array ?? []
            #expect(completed.first?["state"]?.string == "TASK_KILLED")
        }
    }
}
