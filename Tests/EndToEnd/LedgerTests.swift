import Foundation
import Harness
import Machine
import Testing

/// Each task's first act is to write its id into a ledger: whatever is killed while tasks are launched, none is started twice, and each that was
/// reported running is there. `AGORA_LEDGER_ROUNDS` sets how many rounds there are, and with it that each has to converge in time (`make soak`);
/// `AGORA_LEDGER_SEED` sets which they are.
@Suite(.serialized)
struct LedgerTests {
    private static let size = 200
    /// From the restart of what was killed until all tasks run and are known to run.
    private static let patience = Duration.seconds(5)

    @Test func `whoever is killed while tasks are launched, no task runs twice, and each that was reported running has run`() async throws {
        let variables = ProcessInfo.processInfo.environment
        let given = variables["AGORA_LEDGER_ROUNDS"].flatMap { Int($0) }
        let seed = variables["AGORA_LEDGER_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        try await Cluster.run { cluster in
            var ledger = try await Ledger(cluster, size: Self.size, random: SplitMix(seed: seed))
            for round in 0..<(given ?? 4) {
                let took = try await ledger.round(round) { "seed \(seed), round \(round), \($0)" }
                if given != nil, took > Self.patience { Issue.record("seed \(seed), round \(round): \(took) is longer than \(Self.patience)") }
            }
        }
    }
}
