import BatchCore
import FrameworkServer
import JSON
import NIOHTTP1
import Runtime
import Transport

/// Chronos's and Metronome's REST APIs: finds who answers a request, and puts on each answer what all have in common. `/v1/scheduler` is that of
/// Chronos 3, `/scheduler` that of Chronos 2, the rest of `/v1` and `/v0` is Metronome's; all serve the same jobs.
///
/// Reads are answered from a copy of the state, outside of the core's thread; changes are asked of the core, and are visible when they are answered.
struct API: Responder {
    let settings: BatchSettings
    let loop: Loop<Batch>
    let answers: Answers<Batch.Answer>
    let zones: ZoneFiles
    let feed: EventFeed

    /// Seconds that a change may take until the client is told to come again.
    private static let patience = 30.0

    func respond(to call: Call) async throws -> Reply {
        var reply: Reply
        if let credentials = settings.httpCredentials, !call.carries(credentials: credentials) {
            reply = Reply(status: .unauthorized, headers: ["WWW-Authenticate": "Basic realm=\"Chronos\""])
        } else {
            do {
                reply = try await route(call)
            } catch let failure as Failure {
                reply = failure.reply
            } catch let failure as MetronomeFailure {
                reply = failure.reply
            } catch let failure as RequestBody.Failure {
                reply = Failure(failure.status, failure.message).reply
            }
        }
        reply.headers.replaceOrAdd(name: "Access-Control-Allow-Origin", value: "*")
        return reply
    }

    private func route(_ call: Call) async throws -> Reply {
        if call.method == .OPTIONS { return Reply(status: .ok) }
        let segments = call.segments
        switch segments.first {
        case "ping" where segments.count == 1:
            try require(call, .GET)
            return .text(.ok, "pong\n")
        case "metrics" where segments.count == 1:
            try require(call, .GET)
            return try await metrics()
        case "leader" where segments.count == 1: return try leader(call)
        case "v1" where segments == ["v1", "leader"]: return try leader(call)
        case "info" where segments.count == 1: return try info(call)
        case "v1" where segments == ["v1", "events"]: return try await events(call)
        case "v1" where segments.dropFirst().first == "scheduler": return try await scheduler(call, Array(segments.dropFirst(2)), .three)
        case "v1": return try await metronome(call, Array(segments.dropFirst()))
        case "v0": return try await scheduledJobs(call, Array(segments.dropFirst()))
        case "scheduler": return try await scheduler(call, Array(segments.dropFirst()), .two)
        case "agora" where segments.dropFirst().first == "v1": return try await additions(call, Array(segments.dropFirst(2)))
        default: throw Failure.noSuchPath
        }
    }

    private func scheduler(_ call: Call, _ rest: [String], _ version: JobDefinition.Version) async throws -> Reply {
        switch (rest.count, rest.first) {
        case (1, "iso8601"): return try await put(call, .scheduled, version)
        case (1, "dependency"): return try await put(call, .dependent, version)
        case (1, "leader"): return try leader(call)
        case (1, "events"): return try await events(call)
        case (_, "jobs"): return try await jobs(call, Array(rest.dropFirst()))
        case (_, "job"): return try await job(call, Array(rest.dropFirst()))
        case (_, "task"): return try await task(call, Array(rest.dropFirst()), version)
        case (2, "graph"): return try await graph(call, rest[1])
        case (2, "stats"): return try await statistics(call, rest[1])
        default: throw Failure.noSuchPath
        }
    }

    private func leader(_ call: Call) throws -> Reply {
        try require(call, .GET)
        return .json { writer in
            writer.beginObject()
            writer.key(verbatim: "leader")
            writer.string("\(settings.hostname):\(settings.port)")
            writer.endObject()
        }
    }

    // MARK: Tools of the handlers

    func require(_ call: Call, _ methods: HTTPMethod...) throws {
        let isAllowed = methods.contains(call.method) || call.method == .HEAD && methods.contains(.GET)
        if !isAllowed { throw Failure.method(allowed: methods.map(\.rawValue).joined(separator: ", ")) }
    }

    /// The state as of now, everything in it durable.
    func snapshot() async throws -> Batch {
        guard let batch = await loop.inspect({ copy $0 }) else { throw Failure.overloaded }
        return batch
    }

    /// - Throws: `Failure` if there is no such job.
    func job(_ name: String, in batch: borrowing Batch) throws -> Job {
        guard let job = batch.findJob(name) else { throw Failure(.noJob(name)) }
        return job
    }

    /// Asks the core for a change.
    /// - Throws: `Failure` with the core's refusal, or if there is no answer in time.
    @discardableResult
    func ask(_ call: Call, _ request: Batch.Request) async throws -> Batch.Answer {
        switch await answer(call, request) {
        case nil: throw Failure.overloaded
        case .refused(let refusal): throw Failure(refusal)
        case let answer?: return answer
        }
    }

    /// - Returns: nil: there is none in time.
    func answer(_ call: Call, _ request: Batch.Request) async -> Batch.Answer? {
        let origin = call.caller.origin
        return await answers.ask(within: Self.patience) { [loop] number in loop.post(.asked(number: number, origin, request)) }
    }

    static let noContent = Reply(status: .noContent)
}
