import Foundation
package import Glibc

/// A server under test: one process, started from the folder of the tests' own program, its output in a file.
package final class ServerProcess: @unchecked Sendable {
    // Sendable: `pid` is constant; `hasEnded` is changed under the lock.
    package let name: String
    package let pid: pid_t
    package let log: String
    package let started = ContinuousClock.now
    private let lock = NSLock()
    private var hasEnded = false

    /// Where `agora` and `agora-launcher` were built to.
    package static let programs: String = {
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return (path as NSString).deletingLastPathComponent
    }()

    /// Of one of our programs by its name; an absolute path stays what it is.
    package static func path(of program: String) -> String { program.hasPrefix("/") ? program : programs + "/" + program }

    package init(
        name: String, program: String = "agora", arguments: [String], log: String, environment: [String: String] = [:], input: String = "/dev/null"
    ) throws {
        let program = Self.path(of: program)
        guard access(program, X_OK) == 0 else { throw TestFailure("\(program) has not been built") }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // The thread that starts it may have signals blocked, which a child would inherit.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var pid: pid_t = 0
        var result = posix_spawn(&pid, program, &actions, &attributes, &words, &variables)
        // A program that the test has just copied is busy while a process that another thread forked at that moment has not yet run its own.
        for _ in 0..<500 where result == ETXTBSY {
            usleep(10_000)
            result = posix_spawn(&pid, program, &actions, &attributes, &words, &variables)
        }
        guard result == 0 else { throw TestFailure("can't start \(name): \(String(cString: strerror(result)))") }
        self.name = name
        self.pid = pid
        self.log = log
    }

    package func signal(_ number: Int32) { lock.withLock { if !hasEnded { kill(pid, number) } } }

    /// The exit status (128 + n for signal n) if the process has ended; reaps it.
    package func poll() -> Int32? {
        lock.withLock {
            guard !hasEnded else { return -1 }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            hasEnded = true
            return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
        }
    }

    /// Waits for the end.
    package func end(within seconds: Double = 20) async throws -> Int32 {
        var status: Int32 = 0
        try await eventually("\(name) ends", within: seconds) {
            guard let ended = poll() else { return false }
            status = ended
            return true
        }
        return status
    }

    package var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
}

package struct TestFailure: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Polls a condition until it holds.
/// - Throws: `TestFailure` at the deadline, with the last error if there was one.
package func eventually(_ what: String, within seconds: Double = 20, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
        var last = ""
        do { if try await condition() { return } } catch { last = ": \(error)" }
        guard ContinuousClock.now < deadline else { throw TestFailure("not within \(seconds) s: \(what)\(last)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// Looks for so long whether a condition goes on to hold.
/// - Throws: `TestFailure` as soon as it doesn't; what the condition throws.
package func throughout(_ what: String, seconds: Double, _ condition: () async throws -> Bool) async throws {
    let start = ContinuousClock.now
    while ContinuousClock.now < start + .seconds(seconds) {
        guard try await condition() else { throw TestFailure("after \((ContinuousClock.now - start) / .seconds(1)) s not any more: \(what)") }
        try await Task.sleep(for: .milliseconds(100))
    }
}

/// Runs one of our programs, or one with an absolute path, to its end, whatever its status.
/// - Parameter input: a file, its standard input.
/// - Returns: its exit status, and what it printed on both outputs.
/// - Throws: `TestFailure` when it doesn't end in time; it is killed then.
package func outcome(
    of program: String, _ arguments: [String], environment: [String: String] = [:], input: String = "/dev/null", within seconds: Double = 30
) async throws -> (status: Int32, output: String) {
    let log = NSTemporaryDirectory() + "agora-run-\(getpid())-\(UUID().uuidString).log"
    defer { try? FileManager.default.removeItem(atPath: log) }
    let process = try ServerProcess(name: program, program: program, arguments: arguments, log: log, environment: environment, input: input)
    do {
        let status = try await process.end(within: seconds)
        return (status, process.output)
    } catch {
        process.signal(SIGKILL)
        _ = try? await process.end(within: 5)
        throw error
    }
}

/// Runs one of our programs to its end.
/// - Returns: what it printed.
/// - Throws: `TestFailure` when it ends with another status than 0, or not in time.
package func run(_ program: String, _ arguments: [String], environment: [String: String] = [:], within seconds: Double = 30) async throws -> String {
    let (status, output) = try await outcome(of: program, arguments, environment: environment, within: seconds)
    guard status == 0 else { throw TestFailure("\(program) \(arguments.joined(separator: " ")) ended with \(status): \(output)") }
    return output
}
