import Foundation
import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing
import Transport

/// What becomes of tasks when an agent, its link or the master is away or slow (docs/nodes.md). `AGORA_STRICT_TIMES` lets figures fail that
/// depend on how busy this machine is (`make soak`).
@Suite(.serialized)
struct NodeTests {
    private static let isStrict = ProcessInfo.processInfo.environment["AGORA_STRICT_TIMES"] != nil

    /// Says how long something took, and holds it to its limit where that is asked for.
    private func note(_ what: String, _ start: ContinuousClock.Instant, _ end: ContinuousClock.Instant, limit seconds: Double) {
        let taken = (end - start) / .seconds(1)
        print("\(what): \(String(format: "%.3f", taken)) s (limit \(seconds) s)")
        if Self.isStrict { #expect(taken <= seconds, "\(what)") }
    }

    static func app(_ id: String, _ count: Int) -> String {
        #"{"id":"\#(id)","cmd":"exec sleep 1000","instances":\#(count),"cpus":0.1,"mem":32,"portDefinitions":[],"backoffSeconds":0}"#
    }

    // MARK: An agent

    @Test func `an agent that stands still is taken for lost, and its tasks are its own again when it goes on`() async throws {
        try await Cluster.run(agents: 2) { cluster in
            let framework = try await CurlFramework.subscribe(to: cluster, name: "aware", capabilities: ["PARTITION_AWARE"])
            let index = try await framework.launch("task").hasPrefix("node-") ? 1 : 0
            let agent = try cluster.process("agent-\(index)")
            agent.signal(SIGSTOP)
            try await eventually("the framework has heard") { try await framework.states("task").last == "TASK_UNREACHABLE" }
            #expect(Proc.tasks(below: cluster.folder).count == 1)
            agent.signal(SIGCONT)
            try await eventually("the framework has its task back") { try await framework.states("task").last == "TASK_RUNNING" }
            try await eventually("the books agree") { try await cluster.booksAgree(agent: index, tasks: 1) }
        }
    }

    // MARK: A link

    @Test func `a link that is cut: frameworks hear of it, services replaces; mended: the books agree, and what is too much goes`() async throws {
        try await Cluster.networked(hosts: 2) { cluster, network in
            try cluster.startAgent(0, of: 2)
            try await cluster.waitUntilReady(agents: 1, services: true)
            let aware = try await CurlFramework.subscribe(to: cluster, name: "aware", capabilities: ["PARTITION_AWARE"])
            try await aware.launch("aware-task")
            let plain = try await CurlFramework.subscribe(to: cluster, name: "plain")
            try await plain.launch("plain-task")
            try await cluster.createApp(Self.app("/a", 3))
            try await cluster.waitForRunning("/a", 3)
            let old = try await cluster.taskIDs("/a")
            try cluster.startAgent(1, of: 2)
            try await cluster.waitUntilReady(agents: 2, services: true)

            let isCut = ContinuousClock.now
            try await network.cut(0)
            try await eventually("the frameworks have heard") {
                let heard = [try await aware.states("aware-task").last, try await plain.states("plain-task").last]
                return heard == ["TASK_UNREACHABLE", "TASK_LOST"]
            }
            let isHeard = ContinuousClock.now
            try await eventually("all instances run elsewhere") {
                let tasks = try await cluster.taskIDs("/a", state: "TASK_RUNNING")
                return tasks.count == 3 && old.isDisjoint(with: tasks)
            }
            let isReplaced = ContinuousClock.now
            note("link cut → TASK_UNREACHABLE heard", isCut, isHeard, limit: 5)
            note("TASK_UNREACHABLE heard → replacements run", isHeard, isReplaced, limit: 1)
            #expect(Proc.tasks(below: "\(cluster.folder)/agent-0").count == 5, "what can't be reached runs on")

            let isMended = ContinuousClock.now
            try await network.mend(0)
            try await eventually("the frameworks have their tasks back") {
                let heard = [try await aware.states("aware-task").last, try await plain.states("plain-task").last]
                return heard == ["TASK_RUNNING", "TASK_RUNNING"]
            }
            try await eventually("the books agree, without the instances that were replaced") {
                try await cluster.booksAgree(agent: 0, tasks: 2)
            }
            note("link mended → books agree", isMended, .now, limit: 5)
            #expect(try await aware.reasons("aware-task").last == "REASON_AGENT_REREGISTERED")
            try await eventually("the instances that were replaced have ended") { Proc.tasks(below: "\(cluster.folder)/agent-0").count == 2 }
            try await cluster.waitForRunning("/a", 3)
            #expect(try await old.isDisjoint(with: cluster.taskIDs("/a")))
            try await checkSilence(cluster)
        }
    }

    /// By the master's own clock: a second of grace, or nearly, after four seconds without a byte.
    private func checkSilence(_ cluster: Cluster) async throws {
        let (status, output) = try await cluster.agora("replay", "--print", "\(cluster.folder)/master/recordings/1.rec")
        #expect(status == 0)
        var time = 0.0
        var silent: Double?
        var lost: Double?
        for line in output.split(separator: "\n") {
            if let match = line.firstMatch(of: #/^\S+T\d\d:(\d\d):(\d\d\.\d+)Z /#), let minutes = Double(match.1), let seconds = Double(match.2) {
                time = minutes * 60 + seconds
            }
            if line.contains("linkEnded("), line.contains("isSilent: true") { silent = silent ?? time }
            if line.contains("agent is unreachable") { lost = lost ?? time }
        }
        let grace = try #require(lost) - (try #require(silent))
        #expect((grace + 3_600).truncatingRemainder(dividingBy: 3_600) > 0.5, "the master was hasty")
    }

    // MARK: The master

    @Test func `a master that is stopped for 20 seconds declares nothing lost when it goes on`() async throws {
        try await Cluster.run(agents: 2) { cluster in
            try await cluster.createApp(Self.app("/a", 4))
            try await cluster.waitForRunning("/a", 4)
            let before = Set(Proc.tasks(below: cluster.folder).map(\.pid))
            let master = try cluster.process("master")
            master.signal(SIGSTOP)
            try await throughout("all tasks run", seconds: 20) {
                let running = try await cluster.app("/a")["tasksRunning"]?.integer
                return running == 4 && before.isSubset(of: Proc.tasks(below: cluster.folder).map(\.pid))
            }
            master.signal(SIGCONT)
            try await throughout("nothing is declared lost", seconds: 8) { try await cluster.nothingIsLost() }
            try await cluster.waitUntilReady(agents: 2, services: true)
            try await cluster.createApp(Self.app("/b", 2))
            try await cluster.waitForRunning("/b", 2)
            #expect(before.isSubset(of: Proc.tasks(below: cluster.folder).map(\.pid)))
            #expect(try await cluster.nothingIsLost())
        }
    }

    @Test func `a machine that is kept busy raises no false alarm`() async throws {
        let seconds = ProcessInfo.processInfo.environment["AGORA_BUSY_SECONDS"].flatMap { Double($0) } ?? 8
        try await Cluster.run(agents: 2) { cluster in
            try await cluster.createApp(Self.app("/a", 4))
            try await cluster.waitForRunning("/a", 4)
            // All on one processor: the tests beside this one need the others.
            for name in ["master", "services", "agent-0", "agent-1"] {
                _ = try await run("/usr/bin/taskset", ["-apc", Proc.firstProcessor, "\(try cluster.process(name).pid)"])
            }
            for number in 0..<8 {
                try cluster.start("spinner-\(number)", program: "/usr/bin/taskset", ["-c", Proc.firstProcessor, "sh", "-c", "while :; do :; done"])
            }
            try await throughout("nothing is declared lost, no agent is away", seconds: seconds) {
                let away = try await cluster.metric("master/slaves_disconnected")
                return try await cluster.nothingIsLost() && away == 0
            }
            for number in 0..<8 { try await cluster.crash("spinner-\(number)") }
            #expect(try await cluster.app("/a")["tasksRunning"]?.integer == 4)
            #expect(try await cluster.nothingIsLost())
        }
    }
}

/// The minute that an agent is away is waited for beside the other tests.
struct NodeAwayTests {
    @Test func `an agent that is killed and away for a minute: nothing is lost, its tasks go on, and then the books agree`() async throws {
        try await Cluster.networked(hosts: 1) { cluster, _ in
            try cluster.startAgent(0, of: 2)
            try await cluster.waitUntilReady(agents: 1, services: true)
            try await cluster.createApp(NodeTests.app("/a", 4))
            try await cluster.waitForRunning("/a", 4)
            let before = Set(Proc.tasks(below: cluster.folder).map(\.pid))
            #expect(before.count == 4)
            try await cluster.crash("agent-0")
            try await eventually("the master has noticed") { try await cluster.metric("master/slaves_disconnected") == 1 }
            try await throughout("nothing is declared lost, all tasks run", seconds: 60) {
                let running = try await cluster.app("/a")["tasksRunning"]?.integer
                return try await cluster.nothingIsLost() && running == 4 && before.isSubset(of: Proc.tasks(below: cluster.folder).map(\.pid))
            }
            try cluster.startAgent(0, of: 2)
            try await cluster.waitUntilReady(agents: 1, services: true)
            try await eventually("the books agree") { try await cluster.booksAgree(agent: 0, tasks: 4) }
            #expect(Set(Proc.tasks(below: cluster.folder).map(\.pid)) == before)
            #expect(try await cluster.nothingIsLost())
        }
    }
}

extension Cluster {
    func metric(_ name: String) async throws -> Int64? { try await get("\(master)/metrics/snapshot")[name]?.integer }

    /// Whether no agent has been given up, nor any task.
    func nothingIsLost() async throws -> Bool {
        let metrics = try await get("\(master)/metrics/snapshot")
        let names = ["slave_unreachable_scheduled", "slave_removals", "tasks_lost", "tasks_unreachable", "tasks_gone", "tasks_dropped"]
        for name in names {
            guard let value = metrics["master/\(name)"]?.integer else { throw TestFailure("no metric master/\(name)") }
            if value != 0 { return false }
        }
        return true
    }

    /// Of an app, all or those in one state.
    func taskIDs(_ app: String, state: String? = nil) async throws -> Set<String> {
        let tasks = try await get("\(services)/v2/apps\(app)/tasks")["tasks"]?.array ?? []
        return Set(tasks.filter { state == nil || $0["state"]?.string == state }.compactMap { $0["id"]?.string })
    }

    /// Whether master and agent name the same running tasks of this agent, and so many.
    func booksAgree(agent index: Int, tasks count: Int) async throws -> Bool {
        let state = try await get("\(agent(index))/state")
        guard let id = state["id"]?.string, !id.isEmpty else { return false }
        let frameworks = state["frameworks"]?.array ?? []
        let own = frameworks.flatMap { $0["executors"]?.array ?? [] }.flatMap { $0["tasks"]?.array ?? [] }
        let all = try await get("\(master)/tasks?limit=10000")["tasks"]?.array ?? []
        let books = [own, all.filter { $0["slave_id"]?.string == id }].map { tasks in
            Set(tasks.filter { $0["state"]?.string == "TASK_RUNNING" }.compactMap { $0["id"]?.string })
        }
        return books[0] == books[1] && books[0].count == count
    }
}

extension CurlFramework {
    /// Launches a task that sleeps, on the first offer that comes, waits until it runs, and wants no more offers then.
    /// - Returns: the agent's hostname.
    @discardableResult
    func launch(_ task: String) async throws -> String {
        let offer = try await offer()
        let resources =
            #"[{"name":"cpus","type":"SCALAR","scalar":{"value":0.1}},{"name":"mem","type":"SCALAR","scalar":{"value":32}}]"#
        let info =
            #"{"name":"\#(task)","task_id":{"value":"\#(task)"},"agent_id":{"value":"\#(offer.agent)"},"command":{"value":"exec sleep 1000"}"#
            + #","resources":\#(resources)}"#
        let operation = #"{"type":"LAUNCH","launch":{"task_infos":[\#(info)]}}"#
        let accept = #"{"offer_ids":[{"value":"\#(offer.id)"}],"operations":[\#(operation)],"filters":{"refuse_seconds":1000}}"#
        let answer = try await call(#""type":"ACCEPT","accept":\#(accept)"#)
        guard answer.status == .accepted else { throw TestFailure("ACCEPT: \(answer.status.code) \(answer.text)") }
        _ = try await call(#""type":"SUPPRESS","suppress":{}"#)
        var acknowledged: Set<String> = []
        try await eventually("\(task) runs") {
            for status in try await self.statuses(task) {
                guard let uuid = status["uuid"]?.string, acknowledged.insert(uuid).inserted else { continue }
                let agent = status["agent_id"]?["value"]?.string ?? ""
                let update = #"{"agent_id":{"value":"\#(agent)"},"task_id":{"value":"\#(task)"},"uuid":"\#(uuid)"}"#
                _ = try await self.call(#""type":"ACKNOWLEDGE","acknowledge":\#(update)"#)
            }
            return try await self.states(task).last == "TASK_RUNNING"
        }
        let offers = try await events().flatMap { $0["offers"]?["offers"]?.array ?? [] }
        return offers.first { $0["id"]?["value"]?.string == offer.id }?["hostname"]?.string ?? ""
    }

    private func statuses(_ task: String) async throws -> [JSONValue] {
        try await events().compactMap { $0["update"]?["status"] }.filter { $0["task_id"]?["value"]?.string == task }
    }

    /// What it has heard of a task, in order.
    func states(_ task: String) async throws -> [String] { try await statuses(task).compactMap { $0["state"]?.string } }
    func reasons(_ task: String) async throws -> [String] { try await statuses(task).compactMap { $0["reason"]?.string } }
}
