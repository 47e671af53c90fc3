import BatchCore
import FrameworkServer
import JSON
import NIOHTTP1
import Transport

/// An error answer in Metronome's shapes.
struct MetronomeFailure: Error {
    let status: HTTPResponseStatus
    let members: [(name: String, value: JSONValue)]
    var headers: HTTPHeaders = [:]

    private init(_ status: HTTPResponseStatus, _ message: String, _ others: [(name: String, value: JSONValue)] = []) {
        self.status = status
        members = others + [("message", .string(message))]
    }

    var reply: Reply { .json(status, JSONValue.object(JSONObject(members.map { ($0.name, $0.value) })).bytes, headers: headers) }

    static func noJob(_ id: String) -> MetronomeFailure { .init(.notFound, "Job not found", [("id", .string(id))]) }
    static func noSchedule(_ id: String) -> MetronomeFailure { .init(.notFound, "Schedule not found", [("id", .string(id))]) }

    static func noRun(_ job: String, _ id: String) -> MetronomeFailure {
        .init(.notFound, "Job Run not found", [("jobSpec", .string(job)), ("id", .string(id))])
    }

    static func noRoute(_ path: String) -> MetronomeFailure { .init(.notFound, "Unknown route.", [("requestPath", .string(path))]) }
    static func json(_ error: JSONError, _ path: String) -> MetronomeFailure {
        .init(.badRequest, "Invalid Json: \(error)", [("requestPath", .string(path))])
    }

    static func query(_ text: String, _ path: String) -> MetronomeFailure { .init(.badRequest, text, [("requestPath", .string(path))]) }

    static func method(_ call: Call, allowed: String) -> MetronomeFailure {
        var failure = MetronomeFailure(.methodNotAllowed, "Method Not Allowed", [("requestPath", .string(call.path))])
        failure.headers.add(name: "Allow", value: allowed)
        return failure
    }

    private static func flaws(_ flaws: [MetronomeFlaw]) -> MetronomeFailure {
        // What is wrong with one member stands together.
        var paths: [String] = []
        for flaw in flaws where !paths.contains(flaw.path) { paths.append(flaw.path) }
        let details = paths.map { path in
            let texts = flaws.filter { $0.path == path }.map { JSONValue.string($0.text) }
            return JSONValue.object(JSONObject([("path", .string(path)), ("errors", .array(texts))]))
        }
        var failure = MetronomeFailure(.unprocessableEntity, "Object is not valid")
        failure = MetronomeFailure(failure.status, failure.members + [("details", .array(details))])
        return failure
    }

    private init(_ status: HTTPResponseStatus, _ members: [(name: String, value: JSONValue)]) {
        self.status = status
        self.members = members
    }

    init(_ refusal: Batch.Refusal) {
        switch refusal {
        case .rejected(let rejection): self = .flaws([MetronomeFlaw("", rejection.message)])
        case .flaws(let flaws): self = .flaws(flaws)
        case .noJob(let id): self = .noJob(id)
        case .noSchedule(_, let id): self = .noSchedule(id)
        case .noRun(let job, let id): self = .noRun(job, id)
        case .jobExists: self.init(.conflict, "Job with this id already exists")
        case .scheduleExists(_, let id):
            self.init(.conflict, "The job has the schedule '\(id)' already; only one schedule supported at the moment")
        case .hasRuns: self.init(.conflict, "There are active job runs. Override with stopCurrentJobRuns=true")
        case .hasDependents(_, let jobs): self.init(.conflict, "There are jobs that depend on it: \(jobs.joined(separator: ", "))")
        case .missingParents(_, let parents):
            self = .flaws(parents.map { MetronomeFlaw("/dependencies", "Dependencies contain a job that does not exist: \($0)") })
        case .cycle(let way): self = .flaws([MetronomeFlaw("/dependencies", "Dependencies have a cycle: \(way.joined(separator: " -> "))")])
        case .noTask, .notTracked, .tooManyChildren, .tooManyRuns, .tooLarge:
            let failure = Failure(refusal)
            self.init(.unprocessableEntity, failure.message)
        case .starting:
            self.init(.serviceUnavailable, "The server is starting; try again")
            headers.add(name: "Retry-After", value: "1")
        }
    }
}
