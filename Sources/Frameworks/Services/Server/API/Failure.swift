import JSON
import NIOHTTP1
import ServicesCore
import Transport

/// An error answer in Marathon 1.11's shapes: `{"message":…}`, and what some kinds add.
struct Failure: Error {
    let status: HTTPResponseStatus
    let body: [UInt8]
    var headers: HTTPHeaders = [:]

    init(_ status: HTTPResponseStatus, _ message: String, headers: HTTPHeaders = [:], more: (inout JSONWriter) -> Void = { _ in }) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("message")
        writer.string(message)
        more(&writer)
        writer.endObject()
        self.init(status, body: writer.bytes, headers: headers)
    }

    private init(_ status: HTTPResponseStatus, body: [UInt8], headers: HTTPHeaders = [:]) {
        self.status = status
        self.body = body
        self.headers = headers
    }

    var reply: Reply { .json(status, body, headers: headers) }

    static let uriNotFound = Failure(.notFound, "URI not found")
    static let overloaded = Failure(
        .serviceUnavailable, "The server is overloaded or shutting down; try again", headers: ["Retry-After": "1"])

    /// No JSON text at all.
    static let noBody = Failure(.badRequest, "Please specify data in JSON format") { writer in
        writer.key("details")
        writer.string("the body is empty")
    }

    static func method(allowed: String) -> Failure { Failure(.methodNotAllowed, "Method Not Allowed", headers: ["Allow": allowed]) }

    static func group(_ id: PathID) -> Failure { Failure(.notFound, "Group '\(id)' does not exist") }

    /// A definition that isn't taken.
    init(_ rejection: ModelRejection) {
        var writer = JSONWriter()
        rejection.write(into: &writer)
        self.init(.unprocessableEntity, body: writer.bytes)
    }

    init(_ error: JSONError) {
        self.init(.badRequest, "Invalid JSON") { writer in
            writer.key("details")
            writer.string("\(error)")
        }
    }

    init(_ refusal: Refusal) {
        switch refusal {
        case .model(let rejection): self.init(rejection)
        case .locked(let deployments):
            self.init(.conflict, refusal.reason) { writer in
                writer.key("deployments")
                writer.beginArray()
                for id in deployments {
                    writer.beginObject()
                    writer.key("id")
                    writer.string(id)
                    writer.endObject()
                }
                writer.endArray()
            }
        case .tooManyDeployments: self.init(.forbidden, refusal.reason)
        case .noApp, .noVersion, .noTask, .noDeployment, .noGroup, .noGroupVersion, .notQueued: self.init(.notFound, refusal.reason)
        case .appExists, .groupExists, .groupIsApp: self.init(.conflict, refusal.reason)
        case .scaleAndWipe, .malformedTaskID: self.init(.badRequest, refusal.reason)
        case .tooLarge: self.init(.unprocessableEntity, refusal.reason)
        case .starting: self.init(.serviceUnavailable, refusal.reason)
        }
    }
}
