import Foundation
import Harness
import JSON
import NIOHTTP1
import Testing
import Transport

/// What the machine shows of tasks, read from /proc and the cgroups alone.
@Suite(.serialized)
struct TaskTests {
    private static func app(_ id: String, _ instances: Int) -> String {
        #"{"id":"\#(id)","cmd":"exec sleep 1000","instances":\#(instances),"cpus":0.01,"mem":32,"portDefinitions":[]}"#
    }

    @Test func `a hundred tasks are a hundred processes, each in a pid namespace and a memory cgroup with a limit of its own`() async throws {
        try await Cluster.run { cluster in
            try await cluster.createApp(Self.app("/hundred", 100))
            try await cluster.waitForRunning("/hundred", 100, within: 60)
            let tasks = Proc.tasks(below: cluster.folder)
            #expect(tasks.count == 100)
            #expect(Set(tasks.map(\.pidNamespace)).count == 100)
            #expect(Set(tasks.map(\.memoryCgroup)).count == 100)
            for task in tasks {
                let limit = try #require(Proc.memoryLimit(of: task), "\(task.memoryCgroup) has no limit")
                #expect(limit == 32 << 20)
            }
            _ = try await cluster.call(.DELETE, "\(cluster.services)/v2/apps/hundred")
            try await cluster.waitForNoDeployments(within: 60)
            try await eventually("no process of the app is left") { Proc.tasks(below: cluster.folder).isEmpty }
        }
    }

    @Test func `a rolling restart replaces all ten instances, and never are fewer than ten running`() async throws {
        try await Cluster.run { cluster in
            try await cluster.createApp(Self.app("/ten", 10))
            try await cluster.waitForRunning("/ten", 10)
            try await cluster.waitForNoDeployments()
            let old = Set(Proc.tasks(below: cluster.folder).map(\.pid))
            #expect(old.count == 10)
            let answer = try await cluster.call(.POST, "\(cluster.services)/v2/apps/ten/restart")
            #expect(answer.status == .ok)
            var fewest = Int.max
            try await eventually("the restart has ended") {
                fewest = min(fewest, Proc.tasks(below: cluster.folder).count)
                return try await cluster.get("\(cluster.services)/v2/deployments").array?.isEmpty == true
            }
            #expect(fewest >= 10)
            try await eventually("the old ones are gone") { old.isDisjoint(with: Proc.tasks(below: cluster.folder).map(\.pid)) }
            #expect(Proc.tasks(below: cluster.folder).count == 10)
        }
    }

    @Test func `what a task has forked and forked again ends with it`() async throws {
        try await Cluster.run { cluster in
            let command = "(setsid sleep 1000 &); ( (trap '' TERM; sleep 1000) & ); (setsid sh -c 'sleep 1000 & sleep 1000' &); exec sleep 1000"
            try await cluster.createApp(#"{"id":"/forks","cmd":"\#(command)","cpus":0.1,"mem":32}"#)
            try await eventually("all its processes run") {
                Proc.tasks(below: cluster.folder).filter { $0.command.hasPrefix("sleep 1000") }.count == 5
            }
            _ = try await cluster.call(.DELETE, "\(cluster.services)/v2/apps/forks")
            try await cluster.waitForNoDeployments()
            try await eventually("none of them is left") { Proc.tasks(below: cluster.folder).isEmpty }
        }
    }

    @Test func `two agents on one machine leave alone what the other owns`() async throws {
        try await Cluster.run(agents: 2, resources: nil) { cluster in
            for index in 0..<2 {
                let host = index == 0 ? cluster.ip : "node-1"
                let constraint = #"["hostname","CLUSTER","\#(host)"]"#
                try await cluster.createApp(
                    #"{"id":"/on-\#(index)","cmd":"exec sleep 1000","instances":3,"cpus":0.1,"mem":32,"constraints":[\#(constraint)]}"#)
                try await cluster.waitForRunning("/on-\(index)", 3)
            }
            func tasks(_ agent: Int) -> Set<pid_t> { Set(Proc.tasks(below: "\(cluster.folder)/agent-\(agent)").map(\.pid)) }
            let first = tasks(0), second = tasks(1)
            #expect(first.count == 3 && second.count == 3)
            let ports = try await cluster.get("\(cluster.services)/v2/tasks")["tasks"]?.array?.compactMap { $0["ports"]?.array?.first?.integer } ?? []
            #expect(Set(ports).count == 6)
            // A restart of one takes over its own tasks only; its end with SIGUSR1 kills its own only.
            try await cluster.crash("agent-1")
            try cluster.startAgent(1, of: 2)
            try await cluster.waitUntilReady(agents: 2, services: true)
            #expect(tasks(0) == first && tasks(1) == second)
            let agent = try cluster.process("agent-1")
            agent.signal(SIGUSR1)
            #expect(try await agent.end() == 0)
            #expect(tasks(0) == first && tasks(1).isEmpty)
        }
    }
}
