import Foundation
import Harness
import Simulation
import Testing

/// The simulation, each part in a process of its own: a core that contradicts itself stops it, and two processes must see the same. They have all the
/// time in the world, and give way to other tests.
@Suite(.serialized)
struct SimulationTests {
    private struct Played {
        let status: Int32
        let lines: [Substring]

        /// The last rows: how often each kind of thing happened in all, and at least in one life.
        var counts: [(name: String, total: Int, least: Int)] {
            lines.compactMap { line in
                let columns = line.split(separator: "\t")
                guard columns.count == 3, let total = Int(columns[0]), let least = Int(columns[1]) else { return nil }
                return (String(columns[2]), total, least)
            }
        }
    }

    private static func play(_ arguments: String...) async throws -> Played { try await play(arguments) }

    private static func play(_ arguments: [String]) async throws -> Played {
        let log = FileManager.default.temporaryDirectory.path + "/agora-simulate-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: log) }
        let program = ServerProcess.programs + "/agora-simulate"
        let process = try ServerProcess(name: "agora-simulate", program: "/usr/bin/nice", arguments: ["-n", "19", program] + arguments, log: log)
        do {
            let status = try await process.end(within: 1_200)
            return Played(status: status, lines: process.output.split(separator: "\n", omittingEmptySubsequences: false))
        } catch {
            process.signal(9)
            _ = try? await process.end()
            throw error
        }
    }

    @Test func `two hundred lives keep all promises, and in them everything happens`() async throws {
        async let first = Self.play("--seeds", "1-100")
        async let second = Self.play("--seeds", "101-200")
        var totals: [String: Int] = [:]
        for half in [try await first, try await second] {
            // 2: something never happened in this half; what counts is both.
            if half.status != 0, half.status != 2 { Issue.record("\(half.status): \(half.lines.suffix(60).joined(separator: "\n"))") }
            for count in half.counts { totals[count.name, default: 0] += count.total }
            func least(_ kind: Kind) -> Int { half.counts.first { $0.name == kind.rawValue }?.least ?? 0 }
            #expect(least(.starts) >= 500 && least(.crashes) >= 20)
            for kind in [Kind.partitions, .duplicates, .overtaking, .failovers, .crashesOfAll] {
                #expect(least(kind) > 0, "\(kind)")
            }
        }
        for kind in Kind.allCases { #expect(totals[kind.rawValue] ?? 0 > 0, "never: \(kind.rawValue)") }
    }

    @Test func `the same seed gives the same trace in two processes, and another seed another`() async throws {
        async let one = Self.play("--seeds", "301-304")
        async let other = Self.play("--seeds", "301-304")
        let lines = (try await one.lines.filter { $0.hasPrefix("seed") }, try await other.lines.filter { $0.hasPrefix("seed") })
        #expect(lines.0.count == 4 && lines.0 == lines.1)
        #expect(Set(lines.0.compactMap { $0.split(separator: " ").last }).count == 4)
    }

    @Test(arguments: Plant.allCases) func `a planted mistake is found`(plant: Plant) async throws {
        let played = try await Self.play("--seeds", "1-1000", "--as-is", "--plant", plant.rawValue)
        // A core that stops itself has found it, too: SIGILL or SIGTRAP.
        #expect(played.status == 1 || [128 + 4, 128 + 5].contains(played.status), "status \(played.status)")
        #expect(played.status != 1 || played.lines.contains { $0.contains("BROKEN") })
    }

    @Test func `batch gives each due time its run, whatever fails in two weeks`() async throws {
        let played = try await Self.play("--days", "15", "--jobs", "150", "--seeds", "1-10")
        #expect(played.status == 0, "\(played.lines.suffix(5).joined(separator: "\n"))")
        var counts: [Substring: Int] = [:]
        for line in played.lines {
            let columns = line.split(separator: "\t")
            if columns.count == 2, let count = Int(columns[0]) { counts[columns[1]] = count }
        }
        #expect(counts["due times"] ?? 0 > 10_000 && counts["launches"] ?? 0 > 10_000)
        let kinds: [Substring] = [
            "ends of masters", "ends of the scheduler", "nodes cut off", "nodes given up", "nodes switched off", "reconciliations",
            "of them in the run of a later one", "left out as too late", "runs of several indices", "runs after parents"
        ]
        for kind in kinds { #expect(counts[kind] ?? 0 > 0, "never: \(kind)") }
    }

    @Test(arguments: YearPlant.allCases) func `a mistake planted in the weeks of batch is found`(plant: YearPlant) async throws {
        let played = try await Self.play("--days", "15", "--jobs", "100", "--seeds", "1-100", "--plant", plant.rawValue)
        #expect(played.status == 1 || [128 + 4, 128 + 5].contains(played.status), "status \(played.status)")
        #expect(played.status != 1 || played.lines.contains { $0.contains("BROKEN") })
    }

    @Test(arguments: [["--calm"], []])
    func `in a week an hourly, a daily, a weekly and a dependent job have exactly 168, 7, 1 and 168 runs that end well`(calm: [String]) async throws {
        let played = try await Self.play(["--week", "--seeds", calm.isEmpty ? "1-20" : "1-3"] + calm)
        #expect(played.status == 0, "\(played.lines.suffix(5).joined(separator: "\n"))")
        let finished = played.lines.filter { $0.hasPrefix("seed") }
        #expect(finished.count == (calm.isEmpty ? 20 : 3) && finished.allSatisfy { $0.contains(": finished 168 7 1 168, ") })
        let kinds: [Substring] = ["ends of the scheduler", "ends of masters", "nodes cut off", "nodes switched off", "updates lost"]
        for kind in kinds { #expect(played.lines.contains { $0.hasSuffix("\t\(kind)") && !$0.hasPrefix("0") } == calm.isEmpty, "\(kind)") }
    }

    @Test(arguments: [YearPlant.keepsNoRuns, .neverRepeats, .releasesBeforeStore])
    func `a mistake planted in that week is found`(plant: YearPlant) async throws {
        let played = try await Self.play(["--week", "--seeds", "1-50", "--plant", plant.rawValue])
        #expect(played.status == 1 || [128 + 4, 128 + 5].contains(played.status), "status \(played.status)")
        #expect(played.status != 1 || played.lines.contains { $0.contains("BROKEN") })
    }

    @Test func `a broken promise is told with its seed and the shortest story`() async throws {
        let played = try await Self.play("--seeds", "1", "--plant", Plant.overlooksLock.rawValue)
        #expect(played.status == 1)
        let text = played.lines.joined(separator: "\n")
        #expect(text.contains("BROKEN (end-is-true)") && text.contains("It takes ") && text.contains("--seeds 1 --plant overlooks-lock --trace"))
    }
}
