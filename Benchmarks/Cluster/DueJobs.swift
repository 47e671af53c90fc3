import Foundation
import Glibc
import Harness
import JSON
import NIOHTTP1
import Transport

/// 10,000 jobs that are due in the same second, on simulated agents. The floor is a framework that launches as many tasks on the same agents by the same
/// master, and neither decides nor stores anything.
enum DueJobs {
    private static let count = 10_000
    private static let agents = 100

    static func measure(rounds: Int) async throws -> [Bench.Row] {
        var started = Samples(), ended = Samples(), floors = Samples(), cpu = Samples()
        for _ in 0..<rounds {
            try await Cluster.empty { cluster in
                try cluster.startMaster()
                try await cluster.waitUntilReady(agents: 0, services: false)
                try cluster.start("agents", program: "agora-bench", ["agents", "\(cluster.ip):5050", "\(agents)", "16"])
                try await cluster.waitUntilReady(agents: agents, services: false)
                floors.values.append(try await floor(cluster))
                let before = try totals(cluster)
                try cluster.startBatch()
                try await cluster.waitUntilReady(agents: agents, services: false, batch: true)
                let due = (SimulatedAgents.now / 1_000 + 20) * 1_000
                try await StoredJobs.create(count, on: cluster) {
                    StoredJobs.members($0) + #""schedule":"R1/\#(StoredJobs.text(due / 1_000))/PT1H""#
                }
                let posted = SimulatedAgents.now
                guard posted < due else { throw TestFailure("the jobs were due \(posted - due) ms before the last one was stored") }
                let servers = Proc.pids(named: "agora", mentioning: cluster.folder)
                try await Task.sleep(for: .milliseconds(due - posted))
                let cpuBefore = Proc.cpuSeconds(of: servers)
                var last = before
                try await eventually("all have run", within: 120) {
                    last = try totals(cluster)
                    return last.finished - before.finished >= count
                }
                guard last.launched - before.launched == count else { throw TestFailure("\(last.launched - before.launched) launches of \(count)") }
                started.values.append(Double(last.launchedAt - due) / 1_000)
                ended.values.append(Double(last.finishedAt - due) / 1_000)
                cpu.values.append(Proc.cpuSeconds(of: servers) - cpuBefore)
                // What is recorded of so many would take a while to be played again.
                try await StoredJobs.dropRecordings(cluster, ["batch", "master"])
            }
        }
        return [
            Bench.Row(
                what: "10,000 jobs due in one second, 100 simulated agents → all started", measured: started.text("s", 2), floor: "–", ratio: "–"),
            Bench.Row(what: "→ all ended", measured: ended.text("s", 2), floor: floors.text("s", 2), ratio: Samples.ratio(ended, floors)),
            Bench.Row(what: "CPU of master and batch for that", measured: cpu.text("s", 1), floor: "–", ratio: "–")
        ]
    }

    /// Seconds that a framework needs that only launches and acknowledges.
    private static func floor(_ cluster: Cluster) async throws -> Double {
        let text = try output(
            of: ServerProcess.programs + "/agora-example", ["--master", "\(cluster.ip):5050", "--count", "\(count)", "--cpus", "0.1"])
        guard let seconds = text.firstMatch(of: /tasks in ([0-9.]+) s/).flatMap({ Double($0.1) }) else { throw TestFailure("it printed: \(text)") }
        return seconds
    }

    private static func totals(_ cluster: Cluster) throws -> (launched: Int, launchedAt: Int64, finished: Int, finishedAt: Int64) {
        let agents = try cluster.process("agents")
        if let status = agents.poll() { throw TestFailure("the agents ended with \(status): \(agents.output)") }
        guard let words = agents.output.split(separator: "\n").last?.split(separator: " "), words.count == 6 else { return (0, 0, 0, 0) }
        return (Int(words[1]) ?? 0, Int64(words[2]) ?? 0, Int(words[4]) ?? 0, Int64(words[5]) ?? 0)
    }
}

/// 100,000 stored jobs: what they cost a batch process that starts, and one that waits.
enum StoredJobs {
    private static let count = 100_000
    /// Once a year: hardly any is due.
    private static let schedules = ["30 2 1 1 *", "@yearly", "0 0 29 2 *"]

    static func measure() async throws -> [Bench.Row] {
        var times = Samples(), floors = Samples()
        var created = 0, memory = 0, peak = 0, idle = 0.0
        try await Cluster.run(services: false, batch: true) { cluster in
            try await create(count, on: cluster) { number in
                members(number)
                    + (number % 2 == 0
                        ? #""schedule":"R/\#(text(4_102_444_800 + Int64(number)))/P1D""#
                        : #""cron":"\#(schedules[number / 2 % schedules.count])","scheduleTimeZone":"Europe/Berlin""#)
            }
            created = Proc.memory(of: try cluster.process("batch").pid).now
            for _ in 0..<3 {
                try await dropRecordings(cluster, ["batch"])
                floors.values.append(try await timed { try output(of: "/usr/bin/sqlite3", [cluster.folder + "/batch/state.db", read]) })
                times.values.append(
                    try await timed {
                        try cluster.startBatch()
                        try await eventually("batch is there", within: 120) {
                            let metrics = try await cluster.get("\(cluster.batch)/metrics")
                            return metrics["gauges"]?["agora.batch.subscribed"]?["value"]?.integer == 1
                        }
                    })
            }
            let pid = try cluster.process("batch").pid
            try await Task.sleep(for: .seconds(5))
            (memory, peak) = Proc.memory(of: pid)
            let before = Proc.cpuSeconds(of: [pid])
            let seconds = try await timed { try await Task.sleep(for: .seconds(30)) }
            idle = (Proc.cpuSeconds(of: [pid]) - before) / seconds
            try await dropRecordings(cluster, ["batch"])
        }
        return [
            Bench.Row(
                what: "start of batch with 100,000 jobs", measured: times.text("s", 2), floor: floors.text("s", 2) + " (sqlite3 reads them)",
                ratio: Samples.ratio(times, floors)),
            Bench.Row(
                what: "its memory: after the start, at most during it, and of the process in which they were created",
                measured: "\(memory / 1_024) MB, \(peak / 1_024) MB, \(created / 1_024) MB", floor: "–", ratio: "–"),
            Bench.Row(what: "its CPU at rest", measured: String(format: "%.4f cores", idle), floor: "–", ratio: "–")
        ]
    }

    /// Every byte of the store is looked at.
    private static let read = "SELECT count(*), sum(length(hex(value))) FROM entries"

    /// A time in ISO 8601, to the second.
    static func text(_ seconds: Int64) -> String { ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(seconds))) }

    /// What a usual job has beside its schedule.
    static func members(_ number: Int) -> String {
        #""name":"job-\#(number)","command":"/usr/local/bin/nightly --of customer-\#(number)","cpus":0.1,"mem":16,"disk":1,"#
            + #""owner":"somebody@example.org","#
    }

    /// Posts jobs, many at a time.
    /// - Parameter members: of each job's JSON.
    static func create(_ count: Int, on cluster: Cluster, _ members: @escaping @Sendable (Int) -> String) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<32 {
                group.addTask {
                    for number in stride(from: worker, to: count, by: 32) {
                        let answer = try await cluster.call(.POST, "\(cluster.batch)/v1/scheduler/iso8601", "{\(members(number))}")
                        guard answer.status == .noContent else { throw TestFailure("\(answer.status.code) \(answer.text)") }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Ends servers and removes what they have recorded, so that it isn't played again.
    static func dropRecordings(_ cluster: Cluster, _ servers: [String]) async throws {
        for name in servers {
            let process = try cluster.process(name)
            process.signal(SIGTERM)
            _ = try await process.end(within: 60)
            try? FileManager.default.removeItem(atPath: "\(cluster.folder)/\(name)/recordings")
        }
    }
}
