import ArgumentParser
import Foundation
import Glibc
import Synchronization

/// Defaults from AGORA_… variables: each flag can be set by the variable of its name, and the flag stands above it.
enum Environment {
    static func text(_ name: String, _ standard: String) -> String {
        ProcessInfo.processInfo.environment["AGORA_" + name].flatMap { $0.isEmpty ? nil : $0 } ?? standard
    }

    /// A number; a variable that holds none is named, and the process ends with status 1.
    static func number(_ name: String, _ standard: Int) -> Int {
        let value = text(name, "\(standard)")
        guard let number = Int(value) else { fail("AGORA_\(name) must be a number, but is '\(value)'") }
        return number
    }

    /// `~` is the home folder.
    static func path(_ path: String) -> String {
        path == "~" || path.hasPrefix("~/") ? home + path.dropFirst() : path
    }

    static var home: String { ProcessInfo.processInfo.environment["HOME"] ?? NSHomeDirectory() }
}

/// Says one line and ends with status 1.
func fail(_ message: String) -> Never {
    complain(message)
    exit(1)
}

/// Says one line on standard error; if nobody can hear it, nothing else can be done.
func complain(_ message: String) { _ = StandardStreams.write("agora: \(message)\n", to: STDERR_FILENO) }

/// Prints, without a line's end if told so, and at once. What can't be printed ends the process with status 1; if the reader has gone (`| head`),
/// quietly, with the status of one that SIGPIPE has ended.
func say(_ text: String, end: String = "\n") {
    let problem = StandardStreams.write(text + end, to: STDOUT_FILENO)
    guard problem != 0, StandardStreams.isOutputNeeded.load(ordering: .relaxed) else { return }
    if problem == EPIPE { exit(128 + SIGPIPE) }
    fail("can't write: \(String(cString: strerror(problem)))")
}
