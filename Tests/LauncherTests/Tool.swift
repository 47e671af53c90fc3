import Foundation

/// Programs of the tests, in C, compiled at their first use.
enum Tool {
    static let crash = Result { try compile("crash") }

    private static func compile(_ name: String) throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Tools").path
        let output = try Program.buildFolder() + "/agora-test-" + name
        let flags = ["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror"]
        let result = try Program.run(["cc"] + flags + ["-o", output, folder + "/" + name + ".c"])
        guard result.status == 0 else { throw Problem("cc: \(result.output)") }
        return output
    }
}
