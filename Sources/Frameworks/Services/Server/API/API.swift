import FrameworkCore
import FrameworkServer
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

    /// Seconds that a change may take until the client is told to come again.
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
        guard let credentials = settings.httpCredentials, !call.carries(credentials: credentials) else { return nil }
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
    /// - Throws: `Failure` with the core's refusal, or if there is no answer in time.
    func ask(_ call: Call, _ request: Services.Request) async throws -> Services.Answer {
        let origin = call.caller.origin
        return try Self.outcome(
            of: await answers.ask(within: Self.patience) { [loop] number in loop.post(.asked(number: number, origin, request)) })
    }

    static func outcome(of answer: Services.Answer?) throws -> Services.Answer {
        switch answer {
        case nil: throw Failure.overloaded
        case .refused(let refusal): throw Failure(refusal)
        case let answer?: return answer
        }
    }

    /// - Throws: `Failure` if there is none.
    func body(_ call: Call) async throws -> [UInt8] {
        let bytes = try await call.body.collect()
        let blanks = " \t\r\n".utf8
        if bytes.allSatisfy(blanks.contains) { throw Failure.noBody }
        return bytes
    }

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

extension Reply {
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
