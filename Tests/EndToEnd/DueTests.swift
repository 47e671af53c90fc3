import Foundation
import Harness
import JSON
import Machine
import NIOHTTP1
import Testing
import Transport

/// Jepsen's test of Chronos: jobs with drawn schedules, each of whose runs writes when it began and when it ended, while servers are killed.
/// `AGORA_DUE_SECONDS` sets for how long, and with it that there are 50 jobs (`make soak`); `AGORA_DUE_SEED` sets which, and who is killed when.
@Suite(.serialized)
struct DueTests {
    @Test func `each due time has one complete run within its window while batch, master and agents are killed`() async throws {
        let variables = ProcessInfo.processInfo.environment
        let given = variables["AGORA_DUE_SECONDS"].flatMap { Int64($0) }
        let seed = variables["AGORA_DUE_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        try await Cluster.run(agents: 2, services: false, batch: true) { cluster in
            do {
                try await Self.observe(cluster, seconds: given ?? 12, jobs: given == nil ? 20 : 50, isShort: given == nil, seed)
            } catch {
                throw TestFailure("seed \(seed): \(error)")
            }
        }
    }

    private static func observe(_ cluster: Cluster, seconds: Int64, jobs count: Int, isShort: Bool, _ seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let ledger = cluster.folder + "/due"
        let start = DueNemesis.now + 10_000
        let end = start + seconds * 1_000
        let jobs = (0..<count).map { DueJob.draw($0, start: start, isShort: isShort, &random) }
        for job in jobs {
            let answer = try await cluster.call(.POST, "\(cluster.batch)/v1/scheduler/iso8601", job.json(ledger: ledger))
            guard answer.status == .noContent else { throw TestFailure("\(answer.status.code) \(answer.text)") }
        }
        guard DueNemesis.now < start else { throw TestFailure("the machine is too slow to post \(count) jobs in ten seconds") }
        var nemesis = DueNemesis(cluster, pause: isShort ? 1_000...3_000 : 1_000...8_000, random: SplitMix(seed: random.next()))
        try await nemesis.rage(until: end)
        let checker = DueChecker(jobs: jobs, agentDeaths: nemesis.agentDeaths)
        let patience = Double((jobs.map { $0.duration + $0.epsilon }.max() ?? 0) + 30)
        var verdict = DueChecker.Verdict()
        do {
            try await eventually("each due time has its run", within: patience) {
                verdict = checker.judge(Proc.lines(ledger), upTo: end)
                return !verdict.problems.contains { $0.hasPrefix("missing") }
            }
        } catch {
            let names = Set(verdict.problems.compactMap { $0.firstMatch(of: /missing: (\S+)/).map { String($0.1) } })
            var runs: [String] = []
            for name in names.sorted() { runs.append(try await cluster.call(.GET, "\(cluster.batch)/agora/v1/jobs/\(name)/runs").text) }
            throw TestFailure("\(error): \(verdict.problems)\n\(runs.joined(separator: "\n"))")
        }
        guard verdict.problems.isEmpty else { throw TestFailure(verdict.problems.joined(separator: "\n")) }
        let kills = nemesis.kills.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        print(
            "due: seed \(seed): \(verdict.dues) due times of \(jobs.count) jobs in \(seconds) s, killed: \(kills); \(verdict.brokenOff) broken off and "
                + "\(verdict.lost) lost at their launch and made again, the latest \(verdict.latest) ms late")
        #expect(verdict.dues >= jobs.count && nemesis.kills.values.reduce(0, +) >= 2)
    }

    private static let job = DueJob(name: "j", start: 10_000, count: 3, duration: 2, epsilon: 10, interval: 20, isEager: false)
    private static let good = [
        "begin j 10000 0 10100", "end j 10000 0 12101", "begin j 30000 0 30500", "begin j 30000 1 31000", "end j 30000 1 33010"
    ]

    @Test(
        arguments: [
            (["begin j 50000 0 50100", "end j 50000 0 52100"], 60_000, nil), ([], 45_000, nil), ([], 60_000, "missing"),
            (["begin j 50000 0 50100"], 60_000, "missing"), (["begin j 50000 0 65001", "end j 50000 0 67100"], 60_000, "late"),
            (["begin j 50000 0 49999", "end j 50000 0 52100"], 60_000, "early"), (["begin j 50000 0 50100", "end j 50000 0 51100"], 60_000, "short"),
            (["begin j 30000 2 34000", "end j 30000 2 36000"], 45_000, "twice"), (["begin j 30000 1 34000"], 45_000, "started twice"),
            (["begin j 70000 0 70100", "end j 70000 0 72100"], 45_000, "extra"), (["begin k 30000 0 30100"], 45_000, "extra"),
            (["begin j 10000 1 12000"], 45_000, "broken off"), (["begin j 30000 2 33500"], 45_000, "again"),
            (["end j 50000 0 5"], 45_000, "started twice"),
            (["begin j 50000 0"], 45_000, "unreadable")
        ] as [([String], Int64, String?)])
    func `the checker finds each kind of wrong ledger`(more: [String], end: Int64, problem: String?) {
        let checker = DueChecker(jobs: [Self.job], agentDeaths: [30_400...30_600, 33_400...33_600])
        let verdict = checker.judge(Self.good + more, upTo: end)
        #expect(verdict.problems.first?.hasPrefix(problem ?? "") ?? (problem == nil), "\(verdict.problems)")
        #expect(verdict.problems.isEmpty == (problem == nil))
    }
}
