import Foundation
import Harness
import JSON
import NIOHTTP1
import Testing
import Transport

/// Servers that are killed lose no task.
@Suite(.serialized)
struct CrashTests {
    @Test(arguments: [SIGTERM, SIGINT]) func `a master that is told to stop ends at once, and says by what`(signal: Int32) async throws {
        try await Cluster.run(agents: 0, services: false) { cluster in
            let master = try cluster.process("master")
            master.signal(signal)
            #expect(try await master.end() == 0)
            #expect(master.output.contains("master stops") && master.output.contains(signal == SIGTERM ? "SIGTERM" : "SIGINT"))
        }
    }

    @Test(arguments: ["master", "agent-0", "services"])
    func `a server that is killed and started again finds all tasks as they were`(name: String) async throws {
        try await Cluster.run { cluster in
            try await cluster.createApp(#"{"id":"/a","cmd":"exec sleep 1000","instances":5,"cpus":0.1,"mem":32}"#)
            try await cluster.waitForRunning("/a", 5)
            try await cluster.waitForNoDeployments()
            let before = Set(Proc.tasks(below: cluster.folder).map(\.pid))
            #expect(before.count == 5)
            try await cluster.crash(name)
            switch name {
            case "master": try cluster.startMaster()
            case "services": try cluster.startServices()
            default: try cluster.startAgent()
            }
            try await cluster.waitUntilReady(agents: 1, services: true)
            try await eventually("the framework is connected") {
                try await cluster.get("\(cluster.master)/frameworks")["frameworks"]?.array?.first?["connected"]?.bool == true
            }
            // All of it works again, with the same tasks.
            let answer = try await cluster.call(.PUT, "\(cluster.services)/v2/apps/a", #"{"instances":7}"#)
            #expect(answer.status == .ok)
            try await cluster.waitForRunning("/a", 7)
            let after = Set(Proc.tasks(below: cluster.folder).map(\.pid))
            #expect(after.isSuperset(of: before) && after.count == 7)
        }
    }

    @Test func `an app that is larger than what shares a transaction survives crashes, and is gone for good when it is deleted`() async throws {
        try await Cluster.run(agents: 0) { cluster in
            let text = String(repeating: "x", count: 300_000)
            try await cluster.createApp(#"{"id":"/a","cmd":"exec sleep 1000","instances":20000,"cpus":1,"mem":32,"labels":{"text":"\#(text)"}}"#)
            try await restartServices(cluster)
            let app = try await cluster.app("/a")
            #expect(app["instances"]?.integer == 20_000 && app["labels"]?["text"]?.string == text)
            #expect(try await cluster.call(.DELETE, "\(cluster.services)/v2/apps/a?force=true").status == .ok)
            try await eventually("the app is gone") { try await cluster.call(.GET, "\(cluster.services)/v2/apps/a").status == .notFound }
            try await restartServices(cluster)
            #expect(try await cluster.call(.GET, "\(cluster.services)/v2/apps/a").status == .notFound)
        }
    }

    private func restartServices(_ cluster: Cluster) async throws {
        try await cluster.crash("services")
        try cluster.startServices()
        try await cluster.waitUntilReady(agents: 0, services: true)
    }

    @Test func `a task with a megabyte of labels runs, and is found by the agent that is started again`() async throws {
        try await Cluster.run(services: false) { cluster in
            let framework = try await CurlFramework.subscribe(to: cluster)
            let offer = try await framework.offer()
            let label = #"{"key":"k","value":"\#(String(repeating: "v", count: 1_000_000))"}"#
            let task =
                #"{"name":"t","task_id":{"value":"t"},"agent_id":{"value":"\#(offer.agent)"},"command":{"value":"exec sleep 1000"},"labels":{"labels":[\#(label)]},"resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":0.1}},{"name":"mem","type":"SCALAR","scalar":{"value":32}}]}"#
            let answer = try await framework.call(
                #""type":"ACCEPT","accept":{"offer_ids":[{"value":"\#(offer.id)"}],"operations":[{"type":"LAUNCH","launch":{"task_infos":[\#(task)]}}]}"#
            )
            #expect(answer.status == .accepted)
            try await eventually("the task runs") { Proc.tasks(below: cluster.folder).count == 1 }
            let before = Proc.tasks(below: cluster.folder).map(\.pid)
            try await cluster.crash("agent-0")
            try cluster.startAgent()
            try await cluster.waitUntilReady(agents: 1, services: false)
            let tasks = try await cluster.get("\(cluster.master)/tasks")["tasks"]?.array
            #expect(tasks?.map { $0["state"]?.string } == ["TASK_RUNNING"])
            #expect(Proc.tasks(below: cluster.folder).map(\.pid) == before)
        }
    }

    @Test func `what ended while services were away is replaced when they come back`() async throws {
        try await Cluster.run { cluster in
            try await cluster.createApp(#"{"id":"/a","cmd":"exec sleep 1000","instances":3,"cpus":0.1,"mem":32,"backoffSeconds":0}"#)
            try await cluster.waitForRunning("/a", 3)
            try await cluster.waitForNoDeployments()
            let before = Proc.tasks(below: cluster.folder).map(\.pid)
            try await cluster.crash("services")
            kill(try #require(before.first), SIGKILL)
            try await eventually("the task has ended") { Proc.tasks(below: cluster.folder).count == 2 }
            try cluster.startServices()
            try await eventually("a new one runs") { Proc.tasks(below: cluster.folder).count == 3 }
            #expect(Set(Proc.tasks(below: cluster.folder).map(\.pid)).isSuperset(of: before.dropFirst()))
        }
    }

    @Test(arguments: [true, false])
    func `a task whose monitor is killed is reported failed and replaced, and nothing of it runs on`(isAgentThere: Bool) async throws {
        try await Cluster.run { cluster in
            try await cluster.createApp(
                #"{"id":"/a","cmd":"sleep 999 & setsid sleep 998 & exec sleep 1000","instances":2,"cpus":0.1,"mem":32,"backoffSeconds":0}"#)
            try await cluster.waitForRunning("/a", 2)
            try await cluster.waitForNoDeployments()
            var main: [Proc.Task] = []
            try await eventually("all processes of both tasks are there") {
                let tasks = Proc.tasks(below: cluster.folder)
                main = tasks.filter { $0.command.contains("1000") }
                return tasks.count == 6 && main.count == 2
            }
            let victim = try #require(main.first)
            let id = try #require(Proc.variable("MESOS_TASK_ID", of: victim.pid))
            let monitor = try #require(Proc.parent(of: victim.pid))
            #expect(Proc.name(of: monitor) == "agora-monitor")
            if !isAgentThere { try await cluster.crash("agent-0") }
            kill(monitor, SIGKILL)
            if !isAgentThere {
                try await eventually("the monitor has ended") { Proc.name(of: monitor).isEmpty }
                try cluster.startAgent()
            }
            try await eventually("it has failed") {
                let failure = try await cluster.get("\(cluster.services)/v2/apps/a?embed=app.lastTaskFailure")["app"]?["lastTaskFailure"]
                return failure?["taskId"]?.string == id && failure?["state"]?.string == "TASK_FAILED"
            }
            try await eventually("two run, and nothing else") {
                let tasks = Proc.tasks(below: cluster.folder)
                let ids = Set(tasks.compactMap { Proc.variable("MESOS_TASK_ID", of: $0.pid) })
                return tasks.count == 6 && ids.count == 2 && !ids.contains(id)
            }
            try await cluster.waitForRunning("/a", 2)
        }
    }
}
