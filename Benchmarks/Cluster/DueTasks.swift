import Foundation
import Harness
import JSON

/// 1,000 jobs that are due in the same second, with real tasks on one agent.
///
/// The rounds share a cluster, so that nothing is removed in between: for minutes after it has removed many files, ext4 creates new ones more slowly.
enum DueTasks {
    private static let count = 1_000

    static func measure(rounds: Int) async throws -> [Bench.Row] {
        var rows: [Bench.Row] = []
        try Floor.build()
        defer { Floor.remove() }
        for command in ["true", "sleep 10"] {
            var middle = Samples(), late = Samples(), floors = Samples()
            try await Cluster.run(resources: "cpus:200;mem:200000;disk:500000;ports:[31000-32000]", services: false, batch: true) { cluster in
                for round in 1...max(1, rounds) {
                    floors.values.append(try Floor.seconds(count))
                    let delays = try await delays(round, command, cluster)
                    middle.values.append(delays[count / 2])
                    late.values.append(delays[count * 99 / 100])
                }
            }
            rows += [
                Bench.Row(
                    what: "1,000 jobs of `\(command)` due in one second, real tasks on one agent → 99 % started", measured: late.text("s", 2),
                    floor: floors.text("s", 2), ratio: Samples.ratio(late, floors)),
                Bench.Row(what: "→ half of them", measured: middle.text("s", 2), floor: "–", ratio: "–")
            ]
        }
        return rows
    }

    /// Seconds from the due time to each start, in order.
    private static func delays(_ round: Int, _ command: String, _ cluster: Cluster) async throws -> [Double] {
        let due = (SimulatedAgents.now / 1_000 + 8) * 1_000
        let schedule = #""schedule":"R1/\#(StoredJobs.text(due / 1_000))/PT1H""#
        try await StoredJobs.create(count, on: cluster) {
            #""name":"due-\#(round)-\#($0)","command":"\#(command)","cpus":0.01,"mem":1,"disk":1,\#(schedule)"#
        }
        guard SimulatedAgents.now < due else { throw TestFailure("the jobs were due before the last one was stored") }
        let deadline = ContinuousClock.now + .seconds(120)
        // Few questions, since they cost the processors that are measured.
        while true {
            try await Task.sleep(for: .seconds(1))
            let finished = try await cluster.get("\(cluster.master)/metrics/snapshot")["master/tasks_finished"]?.double ?? 0
            if finished >= Double(count * round) { break }
            guard ContinuousClock.now < deadline else { throw TestFailure("only \(finished) tasks of \(count * round) have ended") }
        }
        let runs = try await cluster.get("\(cluster.batch)/agora/v1/runs?limit=100000")["runs"]?.array ?? []
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        let delays = try runs.filter { $0["job"]?.string?.hasPrefix("due-\(round)-") ?? false }
            .map { run in
                guard let text = run["started"]?.string else { throw TestFailure("a run has not started") }
                return try format.parse(text).timeIntervalSince1970 - Double(due) / 1_000
            }
        guard delays.count == count else { throw TestFailure("\(delays.count) runs are known of \(count)") }
        return delays.sorted()
    }
}
