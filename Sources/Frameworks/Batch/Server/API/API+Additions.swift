import BatchCore
import FrameworkCore
import FrameworkServer
import JSON
import NIOHTTP1
import Transport

/// What Chronos doesn't have: below `/agora/v1`.
extension API {
    func additions(_ call: Call, _ rest: [String]) async throws -> Reply {
        if rest == ["events"] { return try await events(call) }
        if rest == ["runs"] { return try await runs(call, of: nil) }
        guard rest.count == 3 || rest.count == 4 && rest[2] == "runs", rest[0] == "jobs" else { throw Failure.noSuchPath }
        switch rest[2] {
        case "runs" where rest.count == 4: return try await run(call, rest[1], id: rest[3])
        case "runs" where call.method == .POST: return try await start(call, rest[1])
        case "runs": return try await runs(call, of: rest[1])
        case "explain": return try await explain(call, rest[1])
        case "pause", "resume":
            try require(call, .PUT, .POST)
            try await ask(call, .setDisabled(rest[1], rest[2] == "pause"))
            return Self.noContent
        default: throw Failure.noSuchPath
        }
    }

    /// A run of its own, with what the body gives it; as `runs` shows it.
    private func start(_ call: Call, _ name: String) async throws -> Reply {
        let bytes = try await call.body.collect()
        let parameters: Run.Parameters
        do {
            parameters = bytes.isEmpty ? Run.Parameters() : try Run.Parameters(JSONValue(parsing: bytes))
        } catch let error as JSONError {
            throw Failure(error)
        } catch let rejection as Rejection {
            throw Failure(.rejected(rejection))
        }
        guard case .run(let run) = try await ask(call, .start(name, parameters)) else { throw Failure.overloaded }
        return .json(.created) { RunWriter(framework: nil).write(run, into: &$0) }
    }

    /// One run, by what `runs` calls its id.
    private func run(_ call: Call, _ name: String, id: String) async throws -> Reply {
        try require(call, .GET)
        let batch = try await snapshot()
        guard let run = batch.runs(of: try job(name, in: batch)).first(where: { "\($0.key.due)" == id }) else {
            throw Failure(.notFound, "Job '\(name)' has no run '\(id)', or none any more")
        }
        return .json { RunWriter(framework: batch.link.frameworkID).write(run, into: &$0) }
    }
}
