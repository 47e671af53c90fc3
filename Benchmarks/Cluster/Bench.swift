import Foundation
import Harness

/// Measures a real cluster on this machine and prints the table of docs/performance.md.
///
/// Machines are noisy, so each time stands beside its floor, taken in the same run: a bare program that does the least that the
/// operating system demands for the same work. What counts is the ratio.
@main
struct Bench {
    struct Row {
        let what: String
        let measured: String
        let floor: String
        let ratio: String
    }

    static func main() async {
        do {
            let words = Array(CommandLine.arguments.dropFirst())
            // The benchmark of jobs starts this program once more.
            if words.first == "agents" { try await SimulatedAgents.run(Array(words.dropFirst())) } else { try await measure(words) }
        } catch {
            FileHandle.standardError.write(Data("agora-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    /// - Parameter words: how many rounds; then which groups of rows, if not all: `tasks`, `due`, `many`, `stored`, or `jobs` for the last three.
    private static func measure(_ words: [String]) async throws {
        let rounds = words.first.flatMap { Int($0) } ?? 5
        let groups = words.dropFirst()
        print("| what | measured | floor | ratio |\n|---|---|---|---|")
        if groups.isEmpty || groups.contains("tasks") { try await measureTasks(rounds) }
        func isWanted(_ group: String) -> Bool { groups.isEmpty || groups.contains("jobs") || groups.contains(group) }
        if isWanted("due") { show(try await DueTasks.measure(rounds: rounds)) }
        if isWanted("many") { show(try await DueJobs.measure(rounds: min(rounds, 3))) }
        if isWanted("stored") { show(try await StoredJobs.measure()) }
    }

    private static func measureTasks(_ rounds: Int) async throws {
        show(try await Launches.measure(rounds: rounds))
        show(try await Changes.measure(rounds: rounds))
        show(try await Density.measure())
        show(try await ShortTasks.measure())
        show(try await Start.measure(rounds: rounds))
    }

    private static func show(_ rows: [Row]) {
        for row in rows { print("| \(row.what) | \(row.measured) | \(row.floor) | \(row.ratio) |") }
        fflush(nil)
    }
}

/// Median, with the smallest and the largest value in brackets.
struct Samples {
    var values: [Double] = []

    var median: Double { values.isEmpty ? .nan : values.sorted()[values.count / 2] }

    func text(_ unit: String, _ digits: Int = 3) -> String {
        func format(_ value: Double) -> String { String(format: "%.\(digits)f", value) }
        return "\(format(median)) \(unit) (\(format(values.min() ?? .nan))–\(format(values.max() ?? .nan)))"
    }

    static func ratio(_ left: Samples, _ right: Samples) -> String { String(format: "%.1f", left.median / right.median) }
}

/// Seconds that the body takes.
func timed(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    return (ContinuousClock.now - start) / .seconds(1)
}

/// Runs a program of the toolchain or of ours to its end and returns what it printed.
@discardableResult
func output(of program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw TestFailure("\(program) ended with \(process.terminationStatus)") }
    return String(decoding: data, as: UTF8.self)
}

/// The least that 100 isolated processes cost: clone with namespaces, cgroups with limits, exec, and nothing else.
enum Floor {
    static let program: String = NSTemporaryDirectory() + "agora-floor-\(getpid())"

    /// Compiles the program; its source lies beside this file.
    static func build() throws {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("floor/floor.c")
        try output(of: "/usr/bin/cc", ["-O2", "-std=c11", "-static", "-o", program, source.path])
    }

    static func remove() { try? FileManager.default.removeItem(atPath: program) }

    /// Seconds for starting `count` of them.
    static func seconds(_ count: Int) throws -> Double {
        // containers 100 ms 63.4 ms_each 0.634 kb_each 43
        let words = try output(of: program, ["\(count)"]).split(separator: " ")
        guard let label = words.firstIndex(of: "ms"), let number = words.dropFirst(label + 1).first.flatMap({ Double($0) }) else {
            throw TestFailure("the floor program printed \(words)")
        }
        return number / 1_000
    }
}
