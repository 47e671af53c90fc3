import JSON
import Machine
import NIOHTTP1
import Runtime
import ServicesCore
import Synchronization
import Transport

/// Marathon 1.11's REST API: finds who answers a request, and puts on each answer what all have in common.
///
/// Reads are answered from a copy of the state, outside of the core's thread; changes are asked of the core.
struct API: Responder {
    let settings: ServicesSettings
    let loop: Loop<Services>
    let answers: Answers<Services.Answer>
    let hub: EventHub
    let meters = Meters()

    /// How long a change may take until the client is told to come again.
    private static let patience = 30.0

    func respond(to call: Call) async throws -> Reply {
        let concurrent = meters.begin()
        defer { meters.end() }
        var reply: Reply
        if let limit = settings.httpMaxConcurrentRequests, concurrent > limit {
            reply = Failure(.serviceUnavailable, "Too many concurrent requests! Allowed: \(limit).").reply
        } else if let refusal = refusalOfCredentials(call) {
            reply = refusal
        } else {
            do {
                reply = try await route(call)
            } catch let failure as Failure {
                reply = failure.reply
            } catch let failure as RequestBody.Failure {
                reply = Failure(failure.status, failure.message).reply
            }
        }
        meters.answered(reply.status)
        return addCommonHeaders(to: reply, for: call)
    }

    private func route(_ call: Call) async throws -> Reply {
        if call.method == .OPTIONS { return Reply(status: .ok) }
        let segments = call.segments
        switch segments.first {
        case nil: return Reply(status: .found, headers: ["Location": "/ui/"])
        case "ping" where segments.count == 1: return try ping(call)
        case "metrics": return try await metrics(call)
        case "agora" where segments == ["agora", "v1", "explain"]:
            try require(call, [.GET])
            guard let app = call.query["app"] else { throw Failure(.badRequest, "Say which: ?app=/id") }
            return try await explain(PathID(app))
        case "v2": break
        default: throw Failure.uriNotFound
        }
        let rest = Array(segments.dropFirst(2))
        switch segments.dropFirst().first {
        case "apps": return try await apps(call, rest)
        case "tasks": return try await tasks(call, rest)
        case "groups": return try await groups(call, rest)
        case "deployments": return try await deployments(call, rest)
        case "queue": return try await queue(call, rest)
        case "events" where rest.isEmpty: return try events(call)
        case "info" where rest.isEmpty: return try await info(call)
        case "leader" where rest.isEmpty: return try leader(call)
        case "plugins" where rest.isEmpty:
            try require(call, [.GET])
            return .json(.ok, Array(#"{"plugins":[]}"#.utf8))
        case "pods": throw Failure(.notImplemented, "Pods are not served")
        default: throw Failure.uriNotFound
        }
    }

    // MARK: What all answers have in common

    private func addCommonHeaders(to reply: Reply, for call: Call) -> Reply {
        var reply = reply
        reply.headers.replaceOrAdd(name: "Cache-Control", value: "no-cache, no-store, must-revalidate")
        reply.headers.replaceOrAdd(name: "Pragma", value: "no-cache")
        reply.headers.replaceOrAdd(name: "Expires", value: "0")
        reply.headers.replaceOrAdd(name: "X-Marathon-Leader", value: "http://\(settings.hostname):\(settings.port)")
        reply.headers.replaceOrAdd(name: "X-Frame-Options", value: "DENY")
        reply.headers.replaceOrAdd(name: "X-XSS-Protection", value: "1; mode=block")
        for origin in settings.accessControlAllowOrigin {
            reply.headers.add(name: "Access-Control-Allow-Origin", value: origin)
        }
        if !settings.accessControlAllowOrigin.isEmpty {
            for asked in call.headers["Access-Control-Request-Headers"] {
                reply.headers.add(name: "Access-Control-Allow-Headers", value: asked)
            }
            reply.headers.replaceOrAdd(name: "Access-Control-Allow-Methods", value: "GET, HEAD, OPTIONS")
            reply.headers.replaceOrAdd(name: "Access-Control-Max-Age", value: "86400")
        }
        return reply
    }

    private func refusalOfCredentials(_ call: Call) -> Reply? {
        guard let credentials = settings.httpCredentials else { return nil }
        if call.headers.first(name: "Authorization") == "Basic " + Base64.encode(Array(credentials.utf8)) { return nil }
        return Failure(.unauthorized, "Unauthorized", headers: ["WWW-Authenticate": "Basic realm=\"\(settings.httpRealm)\""]).reply
    }

    // MARK: Tools of the handlers

    func require(_ call: Call, _ methods: [HTTPMethod]) throws {
        let isAllowed = methods.contains(call.method) || call.method == .HEAD && methods.contains(.GET)
        if !isAllowed { throw Failure.method(allowed: methods.map(\.rawValue).joined(separator: ", ")) }
    }

    /// The state as of now, everything in it durable.
    func snapshot() async throws -> Services {
        guard let services = await loop.inspect({ copy $0 }) else { throw Failure.overloaded }
        return services
    }

    /// Asks the core for a change.
    /// - Throws: `Failure` with the core's refusal.
    func ask(_ call: Call, _ request: Services.Request) async throws -> Services.Answer {
        let origin = call.caller.origin
        let answer = await answers.ask(within: Self.patience) { [loop] number in
            loop.post(.asked(number: number, origin, request))
        }
        switch answer {
        case nil: throw Failure.overloaded
        case .refused(let refusal): throw Failure(refusal)
        case let answer?: return answer
        }
    }

    func body(_ call: Call) async throws -> [UInt8] { try await call.body.collect() }

    func appBody(_ call: Call) async throws -> AppBody {
        let bytes = try await body(call)
        do {
            return try AppBody(json: bytes)
        } catch let error as JSONError {
            throw Failure(error)
        } catch let rejection as ModelRejection {
            throw Failure(rejection)
        }
    }

    func appBodies(_ call: Call) async throws -> AppBodies {
        let bytes = try await body(call)
        do {
            return try AppBodies(json: bytes)
        } catch let error as JSONError {
            throw Failure(error)
        } catch let rejection as ModelRejection {
            throw Failure(rejection)
        }
    }
}

extension Query {
    /// A flag, in any case ("True" is what Python writes).
    func flag(_ name: String, standard: Bool = false) -> Bool {
        guard let text = self[name] else { return standard }
        return text.lowercased() == "true"
    }
}

extension JSONWriter {
    mutating func member(_ name: StaticString, _ value: String) {
        key(verbatim: name)
        string(value)
    }

    mutating func member(_ name: StaticString, _ value: Int) {
        key(verbatim: name)
        int(value)
    }

    mutating func member(_ name: StaticString, _ value: Bool) {
        key(verbatim: name)
        bool(value)
    }

    mutating func array<Element>(_ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void) {
        beginArray()
        for element in elements { body(&self, element) }
        endArray()
    }
}

extension Reply {
    /// The answer with what a writer makes.
    static func json(_ status: HTTPResponseStatus = .ok, headers: HTTPHeaders = [:], write: (inout JSONWriter) -> Void) -> Reply {
        var writer = JSONWriter()
        write(&writer)
        return .json(status, writer.bytes, headers: headers)
    }

    /// The answer to a change that began a deployment.
    static func deployment(_ status: HTTPResponseStatus = .ok, version: Timestamp, id: String, location: String? = nil) -> Reply {
        var headers: HTTPHeaders = ["Marathon-Deployment-Id": id]
        if let location { headers.add(name: "Location", value: location) }
        return .json(status, headers: headers) { writer in
            writer.beginObject()
            writer.member("version", version.description)
            writer.member("deploymentId", id)
            writer.endObject()
        }
    }
}
