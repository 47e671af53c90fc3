import Foundation
import Glibc
import Harness
import JSON
import Machine
import NIOHTTP1
import Transport

/// The app, what its tasks have written, and what services have reported.
struct Ledger {
    private static let victims = ["all", "services", "agent-0", "launcher", "master", "monitors"]

    let cluster: Cluster
    let size: Int
    var random: SplitMix
    private let file: String
    private let events: String
    /// Tasks whose monitor was killed, so perhaps before their first act.
    private var struck: Set<String> = []

    init(_ cluster: Cluster, size: Int, random: SplitMix) async throws {
        (self.cluster, self.size, self.random) = (cluster, size, random)
        file = cluster.folder + "/ledger"
        events = cluster.folder + "/events"
        // Services are killed now and then, so whoever listens to them comes again.
        let listen = "curl -sN '\(cluster.services)/v2/events?event_type=status_update_event' >> \(events)"
        try cluster.start(
            "listener", program: "/bin/sh", ["-c", "trap 'kill $p; exit' TERM; while :; do \(listen) & p=$!; wait $p; sleep 0.02; done"])
        let command = "echo $MESOS_TASK_ID >> \(file); exec sleep 1000"
        try await cluster.createApp(
            #"{"id":"/ledger","cmd":"\#(command)","instances":0,"cpus":0.01,"mem":16,"portDefinitions":[],"backoffSeconds":0}"#)
        try await cluster.waitForNoDeployments()
    }

    /// - Returns: how long it took from the restart until all was as it should be.
    mutating func round(_ number: Int, _ describe: (String) -> String) async throws -> Duration {
        let delay = Int(random.next() % 400)
        let victim = number % 2 == 0 ? Self.victims[number / 2 % Self.victims.count] : Self.victims[Int(random.next() % 6)]
        let name = describe("\(victim) killed after \(delay) ms")
        do {
            try await scale(to: size)
            // The moment is what varies; nothing is waited for.
            try await Task.sleep(for: .milliseconds(delay))
            try await strike(victim)
            let start = ContinuousClock.now
            try await eventually("all run again", within: 90) { try await allRun() }
            let took = ContinuousClock.now - start
            print("ledger: \(name): all \(size) run \(took) later")
            try await check()
            try await scale(to: 0)
            try await eventually("all have ended", within: 90) { Proc.tasks(below: cluster.folder).isEmpty }
            try await cluster.waitForNoDeployments(within: 60)
            return took
        } catch {
            throw TestFailure("\(name): \(error)")
        }
    }

    private func scale(to count: Int) async throws {
        _ = try await cluster.call(.PUT, "\(cluster.services)/v2/apps/ledger?force=true", #"{"instances":\#(count)}"#)
    }

    private mutating func strike(_ victim: String) async throws {
        if victim == "monitors" || victim == "all" { strikeMonitors() }
        if victim == "launcher" || victim == "all" {
            let agent = try cluster.process("agent-0").pid
            for pid in Proc.pids(named: "agora-launcher", mentioning: "") where Proc.parent(of: pid) == agent { kill(pid, SIGKILL) }
        }
        let servers = ["services", "agent-0", "master"].filter { victim == $0 || victim == "all" }
        for server in servers { try cluster.process(server).signal(SIGKILL) }
        for server in servers { _ = try await cluster.process(server).end(within: 10) }
        if servers.contains("master") { try cluster.startMaster() }
        if servers.contains("agent-0") { try cluster.startAgent() }
        if servers.contains("services") { try cluster.startServices() }
    }

    private mutating func strikeMonitors() {
        let tasks = Proc.tasks(below: cluster.folder)
        for _ in 0..<min(10, tasks.count) {
            let task = tasks[Int(random.next() % UInt64(tasks.count))]
            guard let id = Proc.variable("MESOS_TASK_ID", of: task.pid), let monitor = Proc.parent(of: task.pid),
                Proc.name(of: monitor) == "agora-monitor"
            else { continue }
            struck.insert(id)
            kill(monitor, SIGKILL)
        }
    }

    private func allRun() async throws -> Bool {
        guard try await cluster.get("\(cluster.services)/v2/deployments").array?.isEmpty == true else { return false }
        return try await cluster.app("/ledger")["tasksRunning"]?.integer == Int64(size)
    }

    private func check() async throws {
        // What runs, and nothing else, is known to run. The end of a task whose monitor was killed may not have been known when all seemed to run.
        var known: Set<String> = [], unseen: Set<String> = [], missing: Set<String> = []
        do {
            try await eventually("what runs is what is reported, and all of them") {
                let living = Set(Proc.tasks(below: cluster.folder).compactMap { Proc.variable("MESOS_TASK_ID", of: $0.pid) })
                known = try await running()
                (unseen, missing) = (living.subtracting(known), known.subtracting(living))
                return unseen.isEmpty && missing.isEmpty && known.count == size
            }
        } catch {
            throw TestFailure("\(error): \(known.count) are reported running, unseen \(unseen.sorted()), missing \(missing.sorted())")
        }
        let reported = reported().union(known)
        try await eventually("each task that was reported running is in the ledger") {
            reported.subtracting(struck).isSubset(of: Proc.lines(file))
        }
        let twice = Dictionary(grouping: Proc.lines(file)) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
        guard twice.isEmpty else { throw TestFailure("started twice: \(twice)") }
    }

    private func running() async throws -> Set<String> {
        let tasks = try await cluster.app("/ledger")["tasks"]?.array ?? []
        return Set(tasks.filter { $0["state"]?.string == "TASK_RUNNING" }.compactMap { $0["id"]?.string })
    }

    /// Ids of all tasks that services have ever reported as running.
    private func reported() -> Set<String> {
        var ids: Set<String> = []
        for line in Proc.lines(events) where line.hasPrefix("data:") {
            guard let event = try? JSONValue(parsing: Array(line.dropFirst(5).utf8)), event["taskStatus"]?.string == "TASK_RUNNING",
                let id = event["taskId"]?.string
            else { continue }
            ids.insert(id)
        }
        return ids
    }
}
