import BatchCore
import FrameworkCore
import FrameworkServer
import JSON
import NIOHTTP1
import Transport

/// Metronome's REST API, on the jobs that Chronos's has, too. Specified by Metronome 0.6 (its API's description in RAML).
extension API {
    /// Below `/v1`, but for `/v1/scheduler`.
    func metronome(_ call: Call, _ rest: [String]) async throws -> Reply {
        switch (rest.first, rest.count) {
        case ("metrics", 1):
            try metronomeRequire(call, .GET)
            return try await metrics()
        case ("queue", 1):
            try metronomeRequire(call, .GET)
            let batch = try await snapshot()
            return .json { MetronomeWriter(batch: batch).writeQueue(into: &$0) }
        case ("jobs", 1): return try await metronomeJobs(call)
        case ("jobs", 2): return try await metronomeJob(call, rest[1])
        case ("jobs", 3...) where rest[2] == "schedules": return try await metronomeSchedules(call, rest[1], Array(rest.dropFirst(3)))
        case ("jobs", 3...) where rest[2] == "runs": return try await metronomeRuns(call, rest[1], Array(rest.dropFirst(3)))
        default: throw MetronomeFailure.noRoute(call.path)
        }
    }

    /// Jobs with their schedules in one body, below `/v0`.
    func scheduledJobs(_ call: Call, _ rest: [String]) async throws -> Reply {
        switch (rest.first, rest.count) {
        case ("scheduled-jobs", 1):
            try metronomeRequire(call, .POST)
            return try await createJob(call, showsSchedules: true)
        case ("scheduled-jobs", 2):
            try metronomeRequire(call, .PUT)
            return try await updateJob(call, rest[1], takesSchedules: true)
        default: throw MetronomeFailure.noRoute(call.path)
        }
    }

    func info(_ call: Call) throws -> Reply {
        try metronomeRequire(call, .GET)
        return .json { writer in
            writer.beginObject()
            writer.member("version", "0.6.0")
            writer.member("libVersion", "1.11.0")
            writer.endObject()
        }
    }

    // MARK: Jobs

    private func metronomeJobs(_ call: Call) async throws -> Reply {
        try metronomeRequire(call, .GET, .POST)
        if call.method == .POST { return try await createJob(call, showsSchedules: false) }
        let parts = try Self.parts(call)
        let batch = try await snapshot()
        let writer = MetronomeWriter(batch: batch)
        return .json { $0.array(batch.allJobs) { writer.write($1, parts, into: &$0) } }
    }

    private func metronomeJob(_ call: Call, _ id: String) async throws -> Reply {
        try metronomeRequire(call, .GET, .PUT, .DELETE)
        switch call.method {
        case .PUT: return try await updateJob(call, id, takesSchedules: false)
        case .DELETE:
            let reply = try await show(id, [])
            let stopsRuns = call.query.flag("stopCurrentJobRuns")
            try await metronomeAsk(call, .delete(id, stopsRuns: stopsRuns))
            return reply
        default: return try await show(id, try Self.parts(call))
        }
    }

    private func show(_ id: String, _ parts: MetronomeWriter.Parts, status: HTTPResponseStatus = .ok) async throws -> Reply {
        let batch = try await snapshot()
        let job = try metronomeJob(id, in: batch)
        return .json(status) { MetronomeWriter(batch: batch).write(job, parts, into: &$0) }
    }

    private func createJob(_ call: Call, showsSchedules: Bool) async throws -> Reply {
        let body = try await jobBody(call)
        let zone = body.value["schedules"]?.array?.first?["timezone"]?.string
        try await metronomeAsk(call, .create(body), zone: zone)
        return try await show(body.value["id"]?.string ?? "", showsSchedules ? .schedules : [], status: .created)
    }

    private func updateJob(_ call: Call, _ id: String, takesSchedules: Bool) async throws -> Reply {
        let body = try await jobBody(call)
        let zone = takesSchedules ? body.value["schedules"]?.array?.first?["timezone"]?.string : nil
        try await metronomeAsk(call, .update(id, body, takesSchedules: takesSchedules), zone: zone)
        return try await show(id, takesSchedules ? .schedules : [])
    }

    // MARK: Schedules

    private func metronomeSchedules(_ call: Call, _ id: String, _ rest: [String]) async throws -> Reply {
        switch rest.count {
        case 0:
            try metronomeRequire(call, .GET, .POST)
            if call.method == .GET || call.method == .HEAD {
                let batch = try await snapshot()
                let job = try metronomeJob(id, in: batch)
                return .json { MetronomeWriter(batch: batch).writeSchedules(of: job, into: &$0) }
            }
            let body = try await jobBody(call)
            try await metronomeAsk(call, .createSchedule(id, body), zone: body.value["timezone"]?.string)
            return try await showSchedule(of: id, body.value["id"]?.string ?? "", status: .created)
        case 1:
            try metronomeRequire(call, .GET, .PUT, .DELETE)
            switch call.method {
            case .PUT:
                let body = try await jobBody(call)
                try await metronomeAsk(call, .updateSchedule(id, id: rest[0], body), zone: body.value["timezone"]?.string)
            case .DELETE:
                try await metronomeAsk(call, .deleteSchedule(id, id: rest[0]))
                return Reply(status: .ok)
            default: break
            }
            return try await showSchedule(of: id, rest[0])
        default: throw MetronomeFailure.noRoute(call.path)
        }
    }

    private func showSchedule(of id: String, _ schedule: String, status: HTTPResponseStatus = .ok) async throws -> Reply {
        let batch = try await snapshot()
        let job = try metronomeJob(id, in: batch)
        guard let index = batch.scheduleIDs(of: job).firstIndex(of: schedule) else { throw MetronomeFailure.noSchedule(schedule) }
        return .json(status) { MetronomeWriter(batch: batch).writeSchedule(index, of: job, into: &$0) }
    }

    // MARK: Runs

    private func metronomeRuns(_ call: Call, _ id: String, _ rest: [String]) async throws -> Reply {
        switch rest.count {
        case 0:
            try metronomeRequire(call, .GET, .POST)
            if call.method == .POST { return try await runReply(call, .run(id), status: .created) }
            let batch = try await snapshot()
            let job = try metronomeJob(id, in: batch)
            return .json { MetronomeWriter(batch: batch).writeActiveRuns(of: job, into: &$0) }
        case 1:
            try metronomeRequire(call, .GET)
            let batch = try await snapshot()
            let due = RunID.due(rest[0])
            // Unlike Metronome, also those that have ended.
            guard let job = batch.findJob(id), let run = batch.runs(of: job).first(where: { $0.key.due == due }) else {
                throw MetronomeFailure.noRun(id, rest[0])
            }
            return .json { MetronomeWriter.write(run, into: &$0) }
        case 3 where ["actions", "action"].contains(rest[1]) && rest[2] == "stop":
            try metronomeRequire(call, .POST)
            return try await runReply(call, .stop(id, run: rest[0]))
        default: throw MetronomeFailure.noRoute(call.path)
        }
    }

    private func runReply(_ call: Call, _ request: MetronomeRequest, status: HTTPResponseStatus = .ok) async throws -> Reply {
        guard case .run(let run) = try await metronomeAsk(call, request) else { throw Failure.overloaded }
        return .json(status) { MetronomeWriter.write(run, into: &$0) }
    }

    // MARK: Tools

    private func metronomeRequire(_ call: Call, _ methods: HTTPMethod...) throws {
        let isAllowed = methods.contains(call.method) || call.method == .HEAD && methods.contains(.GET)
        if !isAllowed { throw MetronomeFailure.method(call, allowed: methods.map(\.rawValue).joined(separator: ", ")) }
    }

    @discardableResult
    private func metronomeAsk(_ call: Call, _ request: MetronomeRequest, zone: String? = nil) async throws -> Batch.Answer {
        switch await answer(call, .metronome(request, zone: zone.flatMap(zones.find))) {
        case nil: throw Failure.overloaded
        case .refused(let refusal): throw MetronomeFailure(refusal)
        case let answer?: return answer
        }
    }

    private func jobBody(_ call: Call) async throws -> JobBody {
        let bytes = try await call.body.collect()
        do { return try JobBody(json: bytes) } catch let error as JSONError { throw MetronomeFailure.json(error, call.path) }
    }

    private func metronomeJob(_ id: String, in batch: borrowing Batch) throws -> Job {
        guard let job = batch.findJob(id) else { throw MetronomeFailure.noJob(id) }
        return job
    }

    /// What is to be shown of each job; its schedules always are.
    private static func parts(_ call: Call) throws -> MetronomeWriter.Parts {
        var parts: MetronomeWriter.Parts = .schedules
        for name in call.query.all("embed") {
            guard let part = MetronomeWriter.Parts.named.first(where: { $0.name == name })?.part else {
                let names = MetronomeWriter.Parts.named.map(\.name).joined(separator: ", ")
                throw MetronomeFailure.query("Unknown embed options. Valid options are: \(names)", call.path)
            }
            parts.insert(part)
        }
        return parts
    }
}
