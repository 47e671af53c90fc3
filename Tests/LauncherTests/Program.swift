import Foundation
import Glibc

/// Which build of the launcher a test runs: the one that users get, and one that AddressSanitizer watches.
enum Program: String, CaseIterable, Sendable {
    case built, sanitized

    /// Where it is. The sanitized one is compiled from the same sources at its first use.
    var path: String {
        get throws {
            switch self {
            case .built: return try Self.buildFolder() + "/agora-launcher"
            case .sanitized: return try Self.sanitizedPath.get()
            }
        }
    }

    static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Agent/Launcher").standardized.path

    private static let sanitizedPath = Result { try compile([sources + "/main.c"], name: "agora-launcher-sanitized") }

    /// The folder of the test program, which is also that of all others.
    static func buildFolder() throws -> String {
        try URL(filePath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")).deletingLastPathComponent().path
    }

    /// Compiles the launcher's sources, all but its `main`, with others, under AddressSanitizer and UndefinedBehaviorSanitizer.
    static func compile(_ others: [String], name: String) throws -> String {
        let output = try buildFolder() + "/" + name
        let files = try ["", "/generated/agora/v1"].flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: sources + folder).filter { $0.hasSuffix(".c") && $0 != "main.c" }
                .map { sources + folder + "/" + $0 }
        }
        let flags = ["-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
        let folders = ["-I", sources, "-I", sources + "/generated"]
        let result = try run(["cc"] + flags + folders + ["-o", output] + others + files + ["-lprotobuf-c"])
        guard result.status == 0 else { throw Problem("cc: \(result.output)") }
        return output
    }

    /// Runs a command to its end.
    static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

struct Problem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
