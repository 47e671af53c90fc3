import JSON
import Machine
import MasterCore
import NIOHTTP1
import Resources
import Runtime
import Transport

/// `GET /agora/v1/explain?framework=<id or name>`: why a framework has or hasn't been offered things.
/// Agora's own: the allocator keeps the reasons of its filters (docs/architecture.md, "The core"), and here they are read.
struct ExplainEndpoint: Sendable {
    let master: Master

    func respond(to call: Call) async -> Reply {
        guard let wanted = call.query["framework"], !wanted.isEmpty else { return Replies.badRequest("Expecting 'framework' in the query") }
        guard let snapshot = await master.snapshot() else { return Replies.busy }
        var ids: [String] = []
        snapshot.frameworks.forEach { _, framework in
            if !framework.isCompleted, framework.id == wanted || framework.spec.name == wanted { ids.append(framework.id) }
        }
        guard let id = ids.first else { return .text(.notFound, "No framework of this id or name") }
        let moment = SystemClock().now()
        guard let roles = await master.loop.inspect({ $0.explain(id, at: moment) }) else { return Replies.busy }
        guard let roles else { return .text(.notFound, "No framework of this id or name") }
        return JSONP.reply(to: call, Self.bytes(id, roles, agents: snapshot.agents.count))
    }

    private static func bytes(_ id: String, _ roles: [Allocator.Explanation], agents: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("framework_id", id)
        writer.member("agents", agents)
        writer.key(verbatim: "roles")
        writer.beginArray()
        for role in roles {
            writer.beginObject()
            writer.member("role", role.role)
            writer.member("subscribed", role.isSubscribed)
            writer.member("suppressed", role.isSuppressed)
            if let place = role.place { writer.member("place", place) }
            writer.member("dominant_share", role.dominantShare)
            writer.member("held", role.held)
            writer.member("agents_with_something_to_offer", role.offerableAgents)
            writer.counts("refusals_now", role.now)
            writer.counts("refusals_since_subscription", role.counts)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.takeBytes()
    }
}

extension JSONWriter {
    fileprivate mutating func counts(_ name: StaticString, _ counts: RefusalCounts) {
        key(verbatim: name)
        beginArray()
        for refusal in OfferRefusal.allCases where counts[refusal] > 0 {
            beginObject()
            member("reason", "\(refusal)")
            member("count", Int(clamping: counts[refusal]))
            endObject()
        }
        endArray()
    }
}
