import MasterCore
import NIOHTTP1
import Synchronization
import Transport

/// Finds the endpoint for a path, by the rules that Mesos's tools rely on: `/master/x` is `/x`, `.json` at the end is ignored, and trailing
/// segments are dropped until an endpoint matches.
/// Specified by Mesos 1.11 docs/endpoints/ and libprocess's routing.
final class MasterResponder: Responder {
    private let master = Mutex<Master?>(nil)

    func serve(_ master: Master) { self.master.withLock { $0 = master } }

    func respond(to call: Call) async throws -> Reply {
        guard let master = master.withLock({ $0 }) else { return Replies.busy }
        var path = call.segments.first == "master" ? call.segments.dropFirst() : call.segments[...]
        if let last = path.last, last.hasSuffix(".json"), path != ["system", "stats.json"] { path = path.dropLast() + [String(last.dropLast(5))] }
        while !path.isEmpty {
            if let reply = try await answer(path.joined(separator: "/"), call, master) { return reply }
            path = path.dropLast()
        }
        return Replies.notFound
    }

    /// Nil if there is no endpoint of this path.
    private func answer(_ path: String, _ call: Call, _ master: Master) async throws -> Reply? {
        switch path {
        case "api/v1/scheduler": return try await SchedulerEndpoint(master: master).respond(to: call)
        case "agora/v1/agent": return AgentLinkEndpoint(master: master).respond(to: call)
        case "agora/v1/explain": return await ExplainEndpoint(master: master).respond(to: call)
        case "api/v1": return try await OperatorEndpoint(master: master).respond(to: call)
        case "health": return Reply(status: .ok)
        default: return try await StateEndpoints(master: master).respond(to: call, path)
        }
    }
}
