import Foundation
import Glibc
import Harness
import JSON
import Machine
import Testing

/// Tasks come and go, and whoever is concerned with them is killed now and then: in the end nothing is left that nobody owns.
/// `AGORA_NOTHING_LEFT_ROUNDS` sets how many rounds there are: one kill and fifty tasks each (`make soak`: 20).
@Suite(.serialized)
struct NothingLeftTests {
    @Test func `tasks that have come and gone under fire leave no process, mount, cgroup, namespace, socket or file behind`() async throws {
        let rounds = ProcessInfo.processInfo.environment["AGORA_NOTHING_LEFT_ROUNDS"].flatMap { Int($0) } ?? 3
        let seed = UInt64.random(in: 0...UInt64.max)
        try await Cluster.empty { cluster in
            var instance = "none"
            let before = Machine.look(at: cluster, instance: instance)
            try cluster.startMaster()
            try cluster.startAgent(flags: ["--gc-delay", "1secs"])
            try cluster.startServices()
            try await cluster.waitUntilReady(agents: 1, services: true)
            let flags = try await cluster.get("\(cluster.agent())/flags")["flags"]
            instance = String((flags?["cgroups_root"]?.string ?? "").dropFirst("agora/".count))
            #expect(!instance.isEmpty)
            var ledger = try await Ledger(cluster, size: 50, random: SplitMix(seed: seed))
            for round in 0..<rounds { _ = try await ledger.round(round) { "nothing left: seed \(seed), round \(round), \($0)" } }
            var left: [String] = []
            do {
                try await eventually("nothing of the tasks is left", within: 30) {
                    left = try Self.leftovers(of: cluster, instance)
                    return left.isEmpty
                }
            } catch { throw TestFailure("\(error): \(left)") }
            for (name, signal) in [("listener", SIGTERM), ("services", SIGTERM), ("agent-0", SIGUSR1), ("master", SIGTERM)] {
                let process = try cluster.process(name)
                process.signal(signal)
                _ = try await process.end()
            }
            try await eventually("the machine is as it was") { Machine.look(at: cluster, instance: instance) == before }
        }
    }

    /// What is there beside the servers, which still run.
    private static func leftovers(of cluster: Cluster, _ instance: String) throws -> [String] {
        let servers = try ["master", "agent-0", "services"].map { try cluster.process($0).pid }
        let launchers = Proc.pids().filter { Proc.parent(of: $0) == servers[1] }
        var left: [String] = launchers.count == 1 ? [] : ["\(launchers.count) launchers"]
        let owned = Set(servers + launchers)
        for pid in Proc.pids() where !owned.contains(pid) && pid != getpid() {
            let files = Proc.descriptors(of: pid).filter { $0.hasPrefix(cluster.folder + "/") && $0 != cluster.folder + "/events" }
            // The listener's own log is not a task's.
            if files.contains(where: { !$0.hasSuffix("/listener.log") }) { left.append("\(Proc.name(of: pid)) \(pid) has \(files)") }
        }
        for pid in owned {
            left += Proc.lines("/proc/\(pid)/mountinfo").filter { $0.contains(cluster.folder) }
            left += Proc.descriptors(of: pid).filter { name in ["pid:", "mnt:", "ipc:", "uts:", "net:"].contains { name.hasPrefix($0) } }
            let sockets = Proc.descriptors(of: pid).filter { $0.hasPrefix("socket:") }.count
            // The peers' and those of this test's client, which keeps some.
            if sockets > 80 { left.append("\(Proc.name(of: pid)) has \(sockets) sockets") }
        }
        for cgroup in Proc.cgroups(named: instance) {
            let inside = (try? FileManager.default.subpathsOfDirectory(atPath: cgroup)) ?? []
            left += inside.filter { $0.hasSuffix("/cgroup.procs") }.map { "\(cgroup)/\($0)" }
        }
        let containers = cluster.folder + "/agent-0/containers"
        left += try FileManager.default.contentsOfDirectory(atPath: containers).map { "containers/\($0)" }
        let files = FileManager.default.enumerator(atPath: cluster.folder + "/agent-0")?.compactMap { $0 as? String } ?? []
        left += files.filter { $0.contains("/runs/") && !$0.hasSuffix("/latest") }
        return left
    }
}
