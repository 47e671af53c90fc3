import BatchCore
import FrameworkCore
import FrameworkServer
import JSON
import NIOHTTP1
import Transport

/// What Chronos doesn't have: below `/agora/v1`.
extension API {
    func additions(_ call: Call, _ rest: [String]) async throws -> Reply {
        if rest == ["runs"] { return try await runs(call, of: nil) }
        guard rest.count == 3, rest[0] == "jobs" else { throw Failure.noSuchPath }
        switch rest[2] {
        case "runs": return try await runs(call, of: rest[1])
        case "explain": return try await explain(call, rest[1])
        case "pause", "resume":
            try require(call, .PUT, .POST)
            try await ask(call, .setDisabled(rest[1], rest[2] == "pause"))
            return Self.noContent
        default: throw Failure.noSuchPath
        }
    }
}
