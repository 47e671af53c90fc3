import BatchCore
import FrameworkCore
import FrameworkServer
import JSON
import NIOHTTP1
import Transport

extension API {
    /// Runs that are kept, the newest first: of one job, or of all.
    ///
    /// `limit` is how many, `state` the one that they are in, as they show it.
    func runs(_ call: Call, of name: String?) async throws -> Reply {
        if name == nil { try require(call, .GET) } else { try require(call, .GET, .POST) }
        let limit = try number(call.query, "limit", Self.mostRuns)
        let state = call.query["state"]
        let batch = try await snapshot()
        let all = if let name { batch.runs(of: try job(name, in: batch)) } else { batch.allRuns }
        let found = state.map { state in all.filter { RunWriter.state($0) == state } } ?? all
        return .json { writer in
            writer.beginObject()
            writer.elements("runs", Array(found.prefix(limit)), isOmittedWhenEmpty: false) {
                RunWriter(framework: batch.link.frameworkID).write($0, into: &$1)
            }
            writer.endObject()
        }
    }

    private static let mostRuns = 10_000

    /// A number of the query.
    /// - Throws: `Failure` if it is none, or below 0.
    func number(_ query: Query, _ name: String, _ standard: Int) throws -> Int {
        guard let text = query[name] else { return standard }
        guard let number = Int(text), number >= 0 else { throw Failure(.badRequest, "\(name) must be a number from 0, not '\(text)'") }
        return number
    }

    /// Why a job doesn't run, or didn't.
    func explain(_ call: Call, _ name: String) async throws -> Reply {
        try require(call, .GET)
        let batch = try await snapshot()
        guard let explanation = batch.explain(name) else { throw Failure(.noJob(name)) }
        return .json { writer in
            writer.beginObject()
            writer.member("job", name)
            writer.member("nextRun", explanation.nextDue.map(RunWriter.time))
            writer.elements("lines", explanation.lines, isOmittedWhenEmpty: false) { $1.string($0) }
            writer.elements("agents", explanation.agents, isOmittedWhenEmpty: false) { agent, writer in
                writer.beginObject()
                writer.member("host", agent.host)
                writer.elements("missing", agent.missing, isOmittedWhenEmpty: false) { $1.string($0) }
                writer.endObject()
            }
            writer.endObject()
        }
    }
}
