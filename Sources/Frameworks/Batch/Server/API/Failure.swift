import BatchCore
import FrameworkCore
import FrameworkServer
import JSON
import NIOHTTP1
import Transport

/// An error answer in Chronos 3's shape: `{"message":…,"status":…}`, with a reason where Chronos had a stack trace.
struct Failure: Error {
    let status: HTTPResponseStatus
    let message: String
    var headers: HTTPHeaders = [:]

    init(_ status: HTTPResponseStatus, _ message: String, headers: HTTPHeaders = [:]) {
        self.status = status
        self.message = message
        self.headers = headers
    }

    var reply: Reply {
        .json(status, headers: headers) { writer in
            writer.beginObject()
            writer.member("message", message)
            writer.member("status", status.reasonPhrase)
            writer.endObject()
        }
    }

    static let noSuchPath = Failure(.notFound, "There is no such resource")
    static let overloaded = Failure(
        .serviceUnavailable, "The server is overloaded or shutting down; try again", headers: ["Retry-After": "1"])

    static func method(allowed: String) -> Failure { Failure(.methodNotAllowed, "Method Not Allowed", headers: ["Allow": allowed]) }

    /// Whatever a client did wrong is a 400, unknown jobs included: clients of Chronos expect that.
    init(_ refusal: Batch.Refusal) {
        switch refusal {
        case .rejected(let rejection): self.init(.badRequest, rejection.message)
        case .noJob(let name): self.init(.badRequest, "Job '\(name)' not found")
        case .noTask(let id): self.init(.badRequest, "Invalid task id format or no such task: \(id)")
        case .notTracked(let name): self.init(.badRequest, "JobSchedule '\(name)' is not enabled to track data")
        case .missingParents(let name, let parents):
            self.init(.badRequest, "\(name) does not have all parents defined! Missing: \(parents.joined(separator: ", "))")
        case .cycle(let way): self.init(.badRequest, "the dependencies would be a cycle: \(way.joined(separator: " -> "))")
        case .tooManyChildren(let name, let count):
            self.init(.badRequest, "\(count) jobs wait for '\(name)', too many to be changed at once: delete some of them first")
        case .tooManyRuns(let name, let limit): self.init(.badRequest, "Job '\(name)' has \(limit) runs that have not ended")
        case .tooLarge(let name, let bytes, let limit):
            self.init(.badRequest, "The definition of '\(name)' has \(bytes) bytes, and at most \(limit) are stored")
        case .jobExists(let name): self.init(.badRequest, "Job '\(name)' exists already")
        case .hasRuns(let name): self.init(.badRequest, "Job '\(name)' has runs that have not ended")
        case .hasDependents(let name, _): self.init(.badRequest, "There are jobs that wait for '\(name)'")
        case .noSchedule(let name, let id), .scheduleExists(let name, let id): self.init(.badRequest, "Job '\(name)': schedule '\(id)'")
        case .noRun(let name, let id): self.init(.badRequest, "Job '\(name)' has no run '\(id)'")
        case .flaws(let flaws): self.init(.badRequest, flaws.map { "\($0.path): \($0.text)" }.joined(separator: "; "))
        case .starting: self.init(.serviceUnavailable, "The server is starting; try again", headers: ["Retry-After": "1"])
        }
    }

    init(_ error: JSONError) { self.init(.badRequest, "Invalid JSON: \(error)") }
}
