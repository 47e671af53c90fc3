import BatchCore
import FrameworkCore
import FrameworkServer
import JSON
import NIOHTTP1
import Transport

/// What Chronos doesn't have: below `/agora/v1/jobs`.
extension API {
    func additions(_ call: Call, _ rest: [String]) async throws -> Reply {
        if rest == ["events"] { return try events(call) }
        guard rest.count == 3, rest[0] == "jobs" else { throw Failure.noSuchPath }
        switch rest[2] {
        case "runs":
            try require(call, .GET)
            let batch = try await snapshot()
            let runs = batch.runs(of: try job(rest[1], in: batch))
            return .json { writer in
                writer.beginObject()
                writer.elements("runs", runs, isOmittedWhenEmpty: false) { RunWriter(framework: batch.link.frameworkID).write($0, into: &$1) }
                writer.endObject()
            }
        case "pause", "resume":
            try require(call, .PUT, .POST)
            try await ask(call, .setDisabled(rest[1], rest[2] == "pause"))
            return Self.noContent
        default: throw Failure.noSuchPath
        }
    }
}
