import MesosAPI
import NIOHTTP1
import Transport

/// Answers that several endpoints give, in Mesos's words.
enum Replies {
    static func badRequest(_ text: String) -> Reply { .text(.badRequest, text) }

    static var notFound: Reply { .text(.notFound, "404 Not Found.") }

    static var notAcceptable: Reply {
        .text(.notAcceptable, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'")
    }

    /// The inbox is full, or the master is stopping.
    static var busy: Reply { .text(.serviceUnavailable, "The master is overloaded or stopping; try again", headers: ["Retry-After": "1"]) }

    static func methodNotAllowed(_ allowed: String, _ call: Call) -> Reply {
        .text(
            .methodNotAllowed, "405 Method Not Allowed. Expecting one of { '\(allowed)' }, but received '\(call.method.rawValue)'.",
            headers: ["Allow": allowed])
    }

    static func jsonText(_ error: MesosJSONError) -> String {
        error.isSyntax ? "Failed to parse body into JSON: \(error)" : "Failed to convert JSON into Call protobuf: \(error)"
    }
}
