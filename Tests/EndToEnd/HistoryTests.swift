import Foundation
import Harness
import JSON
import Testing

/// `agora explain task` and `agora events`: the past, from what servers recorded, also of those that were killed.
@Suite(.serialized)
struct HistoryTests {
    @Test func `a task's story tells who launched it, why it ended, and who wanted that`() async throws {
        try await Cluster.run { cluster in
            try await cluster.createApp(#"{"id":"/good","cmd":"sleep 1000","cpus":0.1,"mem":32}"#)
            try await cluster.waitForRunning("/good", 1)
            let good = try #require(try await cluster.app("/good")["tasks"]?.array?.first?["id"]?.string)
            try await cluster.createApp(#"{"id":"/bad","cmd":"exit 7","cpus":0.1,"mem":32,"backoffSeconds":300}"#)
            var bad = ""
            try await eventually("the bad task has failed") {
                bad = try await cluster.app("/bad")["lastTaskFailure"]?["taskId"]?.string ?? ""
                return !bad.isEmpty
            }
            // An agent that is killed has recorded all that it let anybody see.
            try await cluster.crash("agent-0")
            try cluster.startAgent()
            try await eventually("the agent is back") {
                try await cluster.get("\(cluster.master)/slaves")["slaves"]?.array?.first?["active"]?.bool == true
            }
            let kill = try await cluster.agora("task", "kill", good)
            #expect(kill.status == 0)
            try await eventually("the task is over") { try await cluster.story(good).contains { $0.contains("framework is told TASK_KILLED") } }

            try expect(
                try await cluster.story(good),
                [
                    "services  launches it on agent ", "master    launch accepted for framework ", "agent-0   starts it in container ",
                    "agent-0   runs, in container ", "master    agent reports TASK_RUNNING", "services  hears TASK_RUNNING", "agent-0   started",
                    "asked: DELETE of task ", "master    framework ", "agent-0   sends it signal 15",
                    "agent-0   ended: Command terminated with signal Terminated",
                    "master    framework is told TASK_KILLED"
                ])
            try expect(try await cluster.story(bad), ["agent-0   runs", "agent-0   ended: Command exited with status 7", "hears TASK_FAILED"])
        }
    }

    @Test func `events are told since a time, for programs too`() async throws {
        try await Cluster.run { cluster in
            try await cluster.createApp(#"{"id":"/one","cmd":"sleep 1000","cpus":0.1,"mem":32}"#)
            try await cluster.waitForRunning("/one", 1)
            let all = try await cluster.agora("events", "--work-dir", cluster.folder)
            #expect(all.status == 0)
            #expect(all.output.contains("deployment ") && all.output.contains("agent registered"))
            let ten = try await cluster.agora("events", "--since", "10mins", "--json", "--work-dir", cluster.folder)
            let lines = ten.output.split(separator: "\n")
            for line in lines { #expect(try JSONValue(parsing: Array(line.utf8))["server"]?.string != nil) }
            #expect(lines.count >= all.output.split(separator: "\n").count)
            let none = try await cluster.agora("events", "--since", "2100-01-01T00:00:00.000Z", "--work-dir", cluster.folder)
            #expect(none.status == 0 && none.output.isEmpty)
            let unknown = try await cluster.agora("explain", "task", "nobody", "--work-dir", cluster.folder)
            #expect(unknown.status == 1 && unknown.output.contains("nothing is recorded of a task 'nobody'"))
            let nowhere = try await cluster.agora("events", "--work-dir", cluster.folder + "/nowhere")
            #expect(nowhere.status == 1 && nowhere.output.contains("there are no recordings below"))
        }
    }

    /// That the lines hold these texts, in this order.
    private func expect(_ lines: [String], _ texts: [String]) throws {
        var rest = lines[...]
        for text in texts {
            let index = rest.firstIndex { $0.contains(text) }
            guard let index else {
                Issue.record("no '\(text)', or not in its place, in:\n\(lines.joined(separator: "\n"))")
                return
            }
            rest = rest[(index + 1)...]
        }
    }
}

extension Cluster {
    fileprivate func story(_ task: String) async throws -> [String] {
        try await agora("explain", "task", task, "--work-dir", folder).output.split(separator: "\n").map(String.init)
    }
}
