import Foundation
import Testing

@testable import AgentServer

/// What an agent leaves of its sandboxes, whenever it died.
struct SandboxTests {
    private func with(_ body: (_ runs: String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/sandbox-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder + "/slaves/S0/frameworks/F/executors/E/runs")
    }

    @Test func `a sandbox is deleted with all above it that is empty then, and with a link that was not finished`() throws {
        try with { runs in
            _ = try Sandbox.make(runs + "/c-1", user: nil)
            // As an agent leaves it that is killed between making the link and giving it its name.
            try FileManager.default.createSymbolicLink(atPath: runs + "/latest.c-1", withDestinationPath: "c-1")
            Sandbox.delete(runs + "/c-1")
            #expect(!FileManager.default.fileExists(atPath: (runs as NSString).deletingLastPathComponent))
        }
    }

    @Test func `a link that was not finished is made anew`() throws {
        try with { runs in
            try FileManager.default.createDirectory(atPath: runs, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: runs + "/latest.c-1", withDestinationPath: "c-1")
            _ = try Sandbox.make(runs + "/c-1", user: nil)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: runs + "/latest") == "c-1")
            #expect(try FileManager.default.contentsOfDirectory(atPath: runs).sorted() == ["c-1", "latest"])
        }
    }
}
