import ArgumentParser
import Foundation

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
    FileHandle.standardError.write(Data("agora: \(message)\n".utf8))
    exit(1)
}

/// Prints, without a line's end if told so, and at once.
func say(_ text: String, end: String = "\n") {
    FileHandle.standardOutput.write(Data((text + end).utf8))
}
