import AgentCore
import Logging
import NIOHTTP1
import Runtime
import Synchronization
import Transport

/// The agent's HTTP API: finds the endpoint for a path by the rules that Mesos's tools rely on. `/slave(1)/x` is `/x`, `.json` at the end
/// is ignored, and trailing segments are dropped until an endpoint matches.
/// Specified by Mesos 1.11 docs/endpoints/ and libprocess's routing.
final class AgentAPI: Sendable {
    let settings: AgentSettings
    let ground: Ground
    let crew: Crew
    let logger: Logger
    private let loop: Loop<Agent>

    init(_ settings: AgentSettings, _ ground: Ground, crew: Crew, loop: Loop<Agent>, logger: Logger) {
        self.settings = settings
        self.ground = ground
        self.crew = crew
        self.loop = loop
        self.logger = logger
    }

    func respond(to call: Call) async throws -> Reply {
        var path = call.segments[...]
        if let first = path.first, ["slave(1)", "agent", "slave"].contains(first) { path = path.dropFirst() }
        if let last = path.last, last.hasSuffix(".json"), path.first != "system" { path = path.dropLast() + [String(last.dropLast(5))] }
        while !path.isEmpty {
            if let reply = try await answer(path.joined(separator: "/"), call) { return reply }
            path = path.dropLast()
        }
        return Replies.notFound
    }

    /// nil: there is no endpoint of this path.
    private func answer(_ path: String, _ call: Call) async throws -> Reply? {
        switch path {
        case "health": return Reply(status: .ok)
        case "api/v1/executor": return .text(.notImplemented, "Custom executors are not supported by this agent")
        case "api/v1": return try await OperatorCalls(api: self).respond(to: call)
        case "version": return read(call) { VersionReport.json() }
        case "flags": return read(call) { FlagsReport(settings, ground).json() }
        case "files/browse", "files/read", "files/download", "files/debug":
            return try await FilesEndpoint(api: self).respond(to: call, String(path.dropFirst("files/".count)))
        case "state": return await show(call) { StateReport($0, self).json() }
        case "metrics/snapshot": return await show(call) { MetricsReport($0, self).json() }
        case "metrics":
            guard let snapshot = await snapshot() else { return Replies.busy }
            return Reply(.ok, MetricsReport.contentType, MetricsReport(snapshot, self).prometheus())
        case "system/stats.json": return read(call) { SystemReport.json(ground.facts) }
        case "monitor/statistics", "containers": return try await ContainersReport(api: self).respond(to: call, path)
        default: return nil
        }
    }

    private func read(_ call: Call, _ body: () -> [UInt8]) -> Reply {
        call.isRead ? JSONP.reply(to: call, body()) : Replies.methodNotAllowed("GET", call)
    }

    private func show(_ call: Call, _ body: (AgentSnapshot) -> [UInt8]) async -> Reply {
        guard call.isRead else { return Replies.methodNotAllowed("GET", call) }
        guard let snapshot = await snapshot() else { return Replies.busy }
        return JSONP.reply(to: call, body(snapshot))
    }

    /// nil: the core has too much to do, or the agent stops.
    func snapshot() async -> AgentSnapshot? { await loop.inspect { $0.snapshot } }
}

/// What listens before there is an API: the core learns the port with its first input.
final class AgentResponder: Responder {
    private let api = Mutex<AgentAPI?>(nil)

    func serve(_ api: AgentAPI?) { self.api.withLock { $0 = api } }

    func respond(to call: Call) async throws -> Reply {
        guard let api = api.withLock({ $0 }) else { return Replies.recovering }
        return try await api.respond(to: call)
    }
}

/// Answers that several endpoints give.
enum Replies {
    static let notFound = Reply.text(.notFound, "404 Not Found.")
    static let recovering = Reply.text(.serviceUnavailable, "Agent has not finished recovery")

    /// The inbox is full, or the agent is stopping.
    static let busy = Reply.text(.serviceUnavailable, "The agent is overloaded or stopping; try again", headers: ["Retry-After": "1"])

    static func badRequest(_ text: String) -> Reply { .text(.badRequest, text) }

    static func methodNotAllowed(_ allowed: String, _ call: Call) -> Reply {
        .text(
            .methodNotAllowed, "405 Method Not Allowed. Expecting one of { '\(allowed)' }, but received '\(call.method)'.",
            headers: ["Allow": allowed])
    }
}
