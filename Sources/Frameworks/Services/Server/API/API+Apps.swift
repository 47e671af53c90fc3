import FrameworkCore
import FrameworkServer
import JSON
import Machine
import NIOHTTP1
import ServicesCore
import Transport

extension API {
    /// `/v2/apps…`. What follows the id is recognised from the end of the path.
    func apps(_ call: Call, _ path: [String]) async throws -> Reply {
        if path.isEmpty { return try await allApps(call) }
        switch (path.last, path.dropLast().last) {
        case ("restart"?, _) where path.count > 1:
            try require(call, [.POST])
            let answer = try await ask(call, .restartApp(id(path.dropLast()), force: call.query.flag("force")))
            return try deployed(answer, call)
        case ("explain"?, _) where path.count > 1 && call.isRead:
            return try await explainOrApp(call, id(path.dropLast()), id(path[...]))
        case ("versions"?, _) where path.count > 1:
            return try await versions(call, id(path.dropLast()))
        case (let text?, "versions"?) where path.count > 2:
            return try await version(call, id(path.dropLast(2)), text)
        case ("tasks"?, "*"?):
            return try await groupTasks(call, id(path.dropLast(2)))
        case ("tasks"?, _) where path.count > 1:
            return try await appTasks(call, id(path.dropLast()))
        case (let task?, "tasks"?) where path.count > 2:
            return try await oneTask(call, id(path.dropLast(2)), task)
        case ("*"?, _):
            return try await appsOfGroup(call, id(path.dropLast()))
        default:
            return try await oneApp(call, id(path[...]))
        }
    }

    private func id(_ path: ArraySlice<String>) -> PathID { PathID("/" + path.joined(separator: "/")) }

    // MARK: All apps

    private func allApps(_ call: Call) async throws -> Reply {
        try require(call, [.GET, .POST, .PUT, .PATCH])
        let force = call.query.flag("force")
        switch call.method {
        case .POST:
            let answer = try await ask(call, .createApp(try await appBody(call), force: force, uri: call.path))
            guard case .created(let app, let deployment) = answer else { preconditionFailure("a created app is answered as such") }
            let headers: HTTPHeaders = [
                "Location": location(of: app.id, call), "Marathon-Deployment-Id": deployment
            ]
            return .json(.created, headers: headers) { AppWriter.writeNew(app, deployment: deployment, into: &$0) }
        case .PUT:
            let options = Services.UpdateOptions(force: force, isPartial: call.query.flag("partialUpdate", standard: true))
            return try deployed(try await ask(call, .updateApps(try await appBodies(call), options)), call)
        case .PATCH:
            let options = Services.UpdateOptions(force: force, mustExist: true)
            return try deployed(try await ask(call, .updateApps(try await appBodies(call), options)), call)
        default:
            return try await listApps(call)
        }
    }

    private func listApps(_ call: Call) async throws -> Reply {
        let selector: LabelSelector?
        do throws(ModelRejection) {
            selector = try call.query["label"].map { text throws(ModelRejection) in try LabelSelector(text) }
        } catch {
            throw Failure(error)
        }
        let command = call.query["cmd"]?.lowercased()
        let name = call.query["id"]?.lowercased()
        let embed = AppEmbed(call.query).union([.counts, .deployments])
        let services = try await snapshot()
        let apps = services.existingApps.filter { app in
            guard let definition = app.definition?.app else { return false }
            if let command, !(definition.cmd?.lowercased().contains(command) ?? false) { return false }
            if let name, !definition.id.description.lowercased().contains(name) { return false }
            return selector?.matches(definition.labels) ?? true
        }
        return list("apps", apps, services, embed)
    }

    private func appsOfGroup(_ call: Call, _ group: PathID) async throws -> Reply {
        try require(call, [.GET])
        let services = try await snapshot()
        let apps = services.existingApps.filter { $0.id.isWithin(group) && $0.id != group }
        guard !apps.isEmpty || group.isRoot else { throw Failure.group(group) }
        return list("*", apps, services, AppEmbed(call.query).union([.counts, .deployments]))
    }

    private func list(_ name: String, _ apps: [App], _ services: Services, _ embed: AppEmbed) -> Reply {
        let writers = AppWriter(services: services, embed: embed, now: wallTime())
        return .json { writer in
            writer.beginObject()
            writer.key(name)
            writer.array(apps) { writers.write($1, into: &$0) }
            writer.endObject()
        }
    }

    // MARK: One app

    private func oneApp(_ call: Call, _ id: PathID) async throws -> Reply {
        try require(call, [.GET, .PUT, .PATCH, .DELETE])
        switch call.method {
        case .PUT:
            let options = Services.UpdateOptions(
                force: call.query.flag("force"), isPartial: call.query.flag("partialUpdate", standard: true))
            return try deployed(try await ask(call, .updateApp(id, try await appBody(call), options, uri: call.path)), call)
        case .PATCH:
            let options = Services.UpdateOptions(force: call.query.flag("force"), mustExist: true)
            return try deployed(try await ask(call, .updateApp(id, try await appBody(call), options, uri: call.path)), call)
        case .DELETE:
            return try deployed(try await ask(call, .deleteApp(id, force: call.query.flag("force", standard: true))), call)
        default:
            let services = try await snapshot()
            guard let app = services.app(id) else { throw Failure(Refusal.noApp(id)) }
            let embed = AppEmbed(call.query).union([.counts, .tasks, .lastTaskFailure, .deployments])
            return .json { writer in
                writer.beginObject()
                writer.key("app")
                AppWriter(services: services, embed: embed, now: wallTime()).write(app, into: &writer)
                writer.endObject()
            }
        }
    }

    func deployed(_ answer: Services.Answer, _ call: Call) throws -> Reply {
        guard case .deployed(let version, let id, let created) = answer else { preconditionFailure("a deployment is answered as such") }
        return .deployment(created == nil ? .ok : .created, version: version, id: id, location: created.map { location(of: $0, call) })
    }

    /// The id resolved against the server's address, without `/v2`, as Marathon does.
    private func location(of id: PathID, _ call: Call) -> String {
        "http://\(call.headers.first(name: "Host") ?? "\(settings.hostname):\(settings.port)")\(id)"
    }

    // MARK: Versions

    private func versions(_ call: Call, _ id: PathID) async throws -> Reply {
        try require(call, [.GET])
        guard let app = try await snapshot().app(id) else { throw Failure(Refusal.noApp(id)) }
        return .json { writer in
            writer.beginObject()
            writer.key("versions")
            // Newest first: clients count back from the newest one.
            writer.array(app.versions.reversed()) { $0.string($1.app.version.description) }
            writer.endObject()
        }
    }

    private func version(_ call: Call, _ id: PathID, _ text: String) async throws -> Reply {
        try require(call, [.GET])
        guard let version = Timestamp(text) else { throw Failure(.unprocessableEntity, Timestamp.invalidMessage(text)) }
        guard let app = try await snapshot().app(id) else { throw Failure(Refusal.noApp(id)) }
        guard let definition = app.versions.last(where: { $0.app.version == version }) else { throw Failure(Refusal.noVersion(id, version)) }
        return .json { definition.app.write(into: &$0) }
    }

    // MARK: Why it doesn't run

    /// An app may be called "explain"; it comes first then.
    private func explainOrApp(_ call: Call, _ id: PathID, _ whole: PathID) async throws -> Reply {
        if try await snapshot().app(whole) != nil { return try await oneApp(call, whole) }
        return try await explain(id)
    }

    func explain(_ id: PathID) async throws -> Reply {
        let now = now()
        guard let explanation = try await snapshot().explain(id, at: now) else { throw Failure(Refusal.noApp(id)) }
        return .json { writer in
            writer.beginObject()
            writer.member("app", id.description)
            writer.member("instances", explanation.wanted)
            writer.member("running", explanation.running)
            writer.member("waiting", explanation.waiting)
            writer.member("agentsSeen", explanation.agentsSeen)
            writer.key("reasons")
            writer.array(explanation.causes) { writer, cause in
                writer.beginObject()
                writer.member("reason", cause.stage.name)
                writer.member("agents", cause.agents)
                writer.member("closestAgent", cause.closest)
                writer.member("text", cause.text)
                writer.member("fix", cause.fix)
                writer.endObject()
            }
            writer.key("lines")
            writer.array(explanation.lines) { $0.string($1) }
            writer.endObject()
        }
    }
}
