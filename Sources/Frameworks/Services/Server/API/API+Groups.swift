import FrameworkCore
import FrameworkServer
import JSON
import NIOHTTP1
import ServicesCore
import Transport

extension API {
    /// `/v2/groups…`; without an id the root group is meant.
    func groups(_ call: Call, _ path: [String]) async throws -> Reply {
        if path.last == "versions" { return try await groupVersions(call, id(path.dropLast())) }
        if path.dropLast().last == "versions", let version = path.last {
            return try await groupVersion(call, id(path.dropLast(2)), version)
        }
        if path.last == "apps", call.isRead {
            return try await groupOrItsApps(call, id(path.dropLast()), id(path[...]))
        }
        try require(call, [.GET, .POST, .PUT, .PATCH, .DELETE])
        let id = id(path[...])
        let force = call.query.flag("force")
        switch call.method {
        case .POST:
            let answer = try await ask(call, .createGroup(id, try await groupBody(call), force: force))
            return try deployed(answer, call)
        case .PUT:
            let isDry = call.query.flag("dryRun")
            let answer = try await ask(call, .updateGroup(id, try await groupBody(call), force: force, isDry: isDry))
            guard case .steps(let steps) = answer else { return try deployed(answer, call) }
            return .json { writer in
                writer.beginObject()
                writer.key(verbatim: "steps")
                DeploymentWriter.write(steps: steps, into: &writer)
                writer.endObject()
            }
        case .PATCH:
            _ = try await ask(call, .enforceRole(id, try await groupBody(call)))
            return Reply(status: .ok)
        case .DELETE:
            return try deployed(try await ask(call, .deleteGroup(id, force: force)), call)
        default:
            return try await group(call, id)
        }
    }

    private func id(_ path: ArraySlice<String>) -> PathID { PathID("/" + path.joined(separator: "/")) }

    private func groupBody(_ call: Call) async throws -> GroupBody {
        let bytes = try await body(call)
        do {
            return try GroupBody(json: bytes)
        } catch let error as JSONError {
            throw Failure(error)
        } catch let rejection as ModelRejection {
            throw Failure(rejection)
        }
    }

    private func group(_ call: Call, _ id: PathID) async throws -> Reply {
        let services = try await snapshot()
        guard services.hasGroup(id) else { throw Failure.group(id) }
        let group = GroupWriter(services: services, embed: GroupEmbed(call.query), now: wallTime())
        return .json { group.write(id, services.existingApps, into: &$0) }
    }

    /// A group may be called "apps"; it comes first then.
    private func groupOrItsApps(_ call: Call, _ id: PathID, _ whole: PathID) async throws -> Reply {
        let services = try await snapshot()
        if services.hasGroup(whole) { return try await group(call, whole) }
        guard services.hasGroup(id) else { throw Failure.group(id) }
        let group = GroupWriter(services: services, embed: GroupEmbed(call.query), now: wallTime())
        return .json { group.writeApps(of: id, into: &$0) }
    }

    // MARK: Versions

    /// Also of a group that is gone, as long as there are any: it can be brought back.
    private func groupVersions(_ call: Call, _ id: PathID) async throws -> Reply {
        try require(call, [.GET])
        let services = try await snapshot()
        let versions = services.versions(ofGroup: id)
        guard !versions.isEmpty || services.hasGroup(id) else { throw Failure.group(id) }
        return .json { writer in
            writer.array(versions.reversed()) { $0.string($1.description) }
        }
    }

    private func groupVersion(_ call: Call, _ id: PathID, _ text: String) async throws -> Reply {
        try require(call, [.GET])
        guard let version = Timestamp(text) else { throw Failure(.unprocessableEntity, Timestamp.invalidMessage(text)) }
        guard let past = try await snapshot().group(id, at: version) else { throw Failure(Refusal.noGroupVersion(id, version)) }
        return .json { GroupWriter.write(id, at: version, past, into: &$0) }
    }
}
