import ArgumentParser
import Glibc
import Simulation

/// Plays lives of a cluster, a seed each.
@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agora-simulate", abstract: "Play lives of a whole cluster in which anything may fail, and watch its promises.",
        discussion: "Exit status 0: all promises were kept. 1: one was broken; the seed and the shortest story that breaks it are printed.")

    @Option(help: "The seeds: one, or a range as in 1-200.")
    var seeds = "1-200"

    @Option(help: "A mistake to make, to see that it is found: \(Plant.allCases.map(\.rawValue).joined(separator: ", ")).")
    var plant: String?

    @Flag(help: "Print everything that happens.")
    var trace = false

    @Flag(help: "Don't look for a shorter story when a promise is broken.")
    var asIs = false

    @Option(help: "Play the batch scheduler alone instead, for so many days, with far fewer events for each.")
    var days: Int?

    @Option(help: "How many jobs it has, with --days.")
    var jobs = 1_000

    @Flag(help: "Play Chronos's own endurance test instead: four jobs for a week.")
    var week = false

    @Flag(help: "With --week: nothing fails.")
    var calm = false

    func run() throws {
        let bounds = seeds.split(separator: "-").compactMap { UInt64($0) }
        guard let first = bounds.first, let last = bounds.last, bounds.count <= 2, first <= last else {
            throw ValidationError("--seeds must be a number or a range as in 1-200.")
        }
        if week { return try playWeeks(first...last) }
        if let days { return try playYears(first...last, days) }
        let mistake = try plant.map { name in
            guard let plant = Plant(rawValue: name) else { throw ValidationError("There is no plant '\(name)'.") }
            return plant
        }
        var totals: [Kind: Int] = [:]
        var slowest: (seconds: Double, seed: UInt64) = (0, 0)
        var least: [Kind: Int] = [:]
        for seed in first...last {
            print("seed \(seed): ", terminator: "")
            fflush(nil)
            var run = Run(seed: seed, plant: mistake)
            if trace { run.onLine = { print($0) } }
            let outcome = run.play()
            if let violation = outcome.violation { try tell(run, outcome, violation) }
            let settled = outcome.settled ?? 0
            print("kept, right after \(Int(settled)) s of calm, trace \(String(outcome.trace, radix: 16))")
            if settled > slowest.seconds { slowest = (settled, seed) }
            for kind in Kind.allCases {
                totals[kind, default: 0] += outcome.counts[kind] ?? 0
                least[kind] = min(least[kind] ?? .max, outcome.counts[kind] ?? 0)
            }
        }
        print(
            "\n\(last - first + 1) lives; the slowest was right after \(Int(slowest.seconds)) s of calm (seed \(slowest.seed)). In all, and at least in one life:"
        )
        for kind in Kind.allCases { print("\(totals[kind] ?? 0)\t\(least[kind] ?? 0)\t\(kind.rawValue)") }
        let never = Kind.allCases.filter { totals[$0] ?? 0 == 0 }
        guard never.isEmpty else {
            print("Never happened: \(never.map(\.rawValue).joined(separator: ", "))")
            throw ExitCode(2)
        }
    }

    private func yearPlant() throws -> YearPlant? {
        try plant.map { name in
            guard let plant = YearPlant(rawValue: name) else {
                let all = YearPlant.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("With --days or --week there is no plant '\(name)', but \(all).")
            }
            return plant
        }
    }

    private func playWeeks(_ seeds: ClosedRange<UInt64>) throws {
        let mistake = try yearPlant()
        var totals: [String: Int] = [:]
        for seed in seeds {
            print("seed \(seed): ", terminator: "")
            fflush(nil)
            var run = WeekRun(seed: seed, isCalm: calm, plant: mistake)
            if trace { run.onLine = { print($0) } }
            let outcome = run.play()
            if let violation = outcome.violation {
                print("BROKEN (\(violation.checker)) at \(Double(violation.time / 1_000_000) / 1000) s: \(violation.text)")
                throw ExitCode(1)
            }
            totals.merge(outcome.counts, uniquingKeysWith: +)
            print("finished \(outcome.finished.map(String.init).joined(separator: " ")), trace \(String(outcome.trace, radix: 16))")
        }
        for (name, count) in totals.sorted(by: { $0.key < $1.key }) { print("\(count)\t\(name)") }
    }

    private func playYears(_ seeds: ClosedRange<UInt64>, _ days: Int) throws {
        let mistake = try yearPlant()
        var totals: [String: Int] = [:]
        for seed in seeds {
            print("seed \(seed): ", terminator: "")
            fflush(nil)
            var run = YearRun(seed: seed, days: days, jobs: jobs, plant: mistake)
            if trace { run.onLine = { print($0) } }
            let outcome = run.play()
            if let violation = outcome.violation {
                print("BROKEN (\(violation.checker)) at \(Double(violation.time / 1_000_000) / 1000) s: \(violation.text)")
                throw ExitCode(1)
            }
            totals.merge(outcome.counts, uniquingKeysWith: +)
            for (name, count) in [
                ("due times", outcome.dues), ("of them in the run of a later one", outcome.shared), ("left out as too late", outcome.leftOut)
            ] {
                totals[name, default: 0] += count
            }
            print("kept, \(outcome.dues) due times, trace \(String(outcome.trace, radix: 16))")
        }
        for (name, count) in totals.sorted(by: { $0.key < $1.key }) { print("\(count)\t\(name)") }
    }

    private func tell(_ run: Run, _ outcome: Run.Outcome, _ violation: Violation) throws {
        print("BROKEN (\(violation.checker)) at \(Double(violation.time / 1_000_000) / 1000) s: \(violation.text)")
        if !asIs {
            let (shorter, best) = run.shortened(outcome)
            print("It takes \(best.faults.count) of \(outcome.faults.count) faults:")
            for fault in best.faults { print("  \(fault)") }
            if let violation = best.violation { print("  then, at \(Double(violation.time / 1_000_000) / 1000) s: \(violation.text)") }
            if trace {
                var again = shorter
                again.onLine = { print($0) }
                _ = again.play()
            } else {
                print("All of it: agora-simulate --seeds \(run.seed)\(plant.map { " --plant \($0)" } ?? "") --trace")
            }
        }
        throw ExitCode(1)
    }
}
