import JSON
import Machine
import NIOHTTP1
import Runtime
import ServicesCore
import Transport

extension API {
    func now() -> Int64 { SystemClock().now().monotonic }

    // MARK: Deployments

    func deployments(_ call: Call, _ path: [String]) async throws -> Reply {
        if path.count == 1 { return try await deleteDeployment(call, path[0]) }
        guard path.isEmpty else { throw Failure.uriNotFound }
        try require(call, [.GET])
        let services = try await snapshot()
        return .json { writer in
            writer.array(services.deployments) { DeploymentWriter.write($1, services, into: &$0) }
        }
    }

    private func deleteDeployment(_ call: Call, _ id: String) async throws -> Reply {
        try require(call, [.DELETE])
        let answer = try await ask(call, .cancelDeployment(id, force: call.query.flag("force")))
        if case .stopped = answer { return Reply(status: .accepted) }
        return try deployed(answer, call)
    }

    // MARK: Queue

    func queue(_ call: Call, _ path: [String]) async throws -> Reply {
        if path.last == "delay", path.count > 1 {
            try require(call, [.DELETE])
            _ = try await ask(call, .resetDelay(PathID("/" + path.dropLast().joined(separator: "/"))))
            return Reply(status: .noContent)
        }
        guard path.isEmpty else { throw Failure.uriNotFound }
        try require(call, [.GET])
        let showsOffers = call.query.all("embed").contains("lastUnusedOffers")
        let now = now()
        let services = try await snapshot()
        return .json { writer in
            writer.beginObject()
            writer.key("queue")
            writer.array(services.queueItems(at: now)) { QueueWriter.write($1, showsOffers: showsOffers, into: &$0) }
            writer.endObject()
        }
    }

    // MARK: Groups, as far as apps make them

    func groups(_ call: Call, _ path: [String]) async throws -> Reply {
        var path = path[...]
        let isApps = path.last == "apps" && call.isRead
        if isApps { path = path.dropLast() }
        let id = PathID("/" + path.joined(separator: "/"))
        switch call.method {
        case .GET, .HEAD:
            let services = try await snapshot()
            let apps = services.existingApps
            guard id.isRoot || apps.contains(where: { $0.id.isWithin(id) && $0.id != id }) else { throw Failure.group(id) }
            let group = GroupWriter(services: services, embed: GroupEmbed(call.query))
            return .json { writer in
                if isApps { group.writeApps(of: id, into: &writer) } else { group.write(id, apps, into: &writer) }
            }
        case .DELETE:
            return try deployed(try await ask(call, .deleteGroup(id, force: call.query.flag("force"))), call)
        case .POST, .PUT, .PATCH:
            throw Failure(.notImplemented, "Groups can't be changed as a whole; change their apps with PUT /v2/apps")
        default:
            throw Failure.method(allowed: "GET, DELETE")
        }
    }
}
