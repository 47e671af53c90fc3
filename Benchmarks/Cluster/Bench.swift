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

    static func main() async throws {
        let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 5
        var rows: [Row] = []
        rows += try await Launches.measure(rounds: rounds)
        rows += try await Changes.measure(rounds: rounds)
        rows += try await Density.measure()
        rows += try await ShortTasks.measure()
        rows += try await Start.measure(rounds: rounds)
        print("| what | measured | floor | ratio |\n|---|---|---|---|")
        for row in rows { print("| \(row.what) | \(row.measured) | \(row.floor) | \(row.ratio) |") }
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
        try output(of: "/usr/bin/cc", ["-O2", "-std=gnu11", "-o", program, source.path])
    }

    static func remove() { try? FileManager.default.removeItem(atPath: program) }

    /// Seconds for starting `count` of them.
    static func seconds(_ count: Int) throws -> Double {
        let text = try output(of: program, ["\(count)"])
        guard let number = text.split(whereSeparator: { !$0.isNumber && $0 != "." }).compactMap({ Double($0) }).last else {
            throw TestFailure("the floor program printed \(text)")
        }
        return number / 1_000
    }
}
