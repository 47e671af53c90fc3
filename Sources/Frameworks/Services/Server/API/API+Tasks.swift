import FrameworkCore
import FrameworkServer
import JSON
import NIOHTTP1
import ServicesCore
import Transport

extension API {
    // MARK: Of one app

    func groupTasks(_ call: Call, _ group: PathID) async throws -> Reply {
        try require(call, [.GET])
        try requireJSON(call)
        let services = try await snapshot()
        let apps = services.existingApps.filter { $0.id.isWithin(group) && $0.id != group }
        guard !apps.isEmpty || group.isRoot else { throw Failure.group(group) }
        return list(apps.flatMap(services.launched))
    }

    func appTasks(_ call: Call, _ id: PathID) async throws -> Reply {
        try require(call, [.GET, .DELETE])
        if call.method == .DELETE {
            let answer = try await ask(call, .killTasks(.app(id, host: call.query["host"]), options(call)))
            return try killed(answer, call) { instances in self.list(instances) }
        }
        try requireJSON(call)
        let services = try await snapshot()
        guard let app = services.app(id) else { throw Failure(Refusal.noApp(id)) }
        return list(services.launched(app))
    }

    func oneTask(_ call: Call, _ id: PathID, _ task: String) async throws -> Reply {
        try require(call, [.DELETE])
        let answer = try await ask(call, .killTasks(.task(task, of: id, host: call.query["host"]), options(call)))
        return try killed(answer, call) { instances in
            .json { writer in
                writer.beginObject()
                writer.key("task")
                if let instance = instances.first { TaskWriter.write(instance, into: &writer) } else { writer.null() }
                writer.endObject()
            }
        }
    }

    // MARK: Of all apps

    func tasks(_ call: Call, _ path: [String]) async throws -> Reply {
        if path == ["delete"] { return try await deleteTasks(call) }
        guard path.isEmpty else { throw Failure.uriNotFound }
        try require(call, [.GET])
        try requireJSON(call)
        let wanted = (call.query.all("status") + call.query.all("status[]")).map { $0.lowercased() }
        let services = try await snapshot()
        let instances = services.existingApps.flatMap(services.launched).filter { instance in
            wanted.isEmpty
                || wanted.contains(instance.condition == .running ? "running" : "staging")
                    && [.running, .staging, .starting, .provisioned].contains(instance.condition)
        }
        return list(instances, showsServicePorts: true)
    }

    private func deleteTasks(_ call: Call) async throws -> Reply {
        try require(call, [.POST])
        let bytes = try await body(call)
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw Failure(error)
        }
        guard let values = json["ids"] else { throw Failure(ModelRejection.schema([Violation("/ids", "error.path.missing")])) }
        guard let ids = values.array, ids.allSatisfy({ $0.string != nil }) else {
            throw Failure(ModelRejection.schema([Violation("/ids", "error.expected.jsarray")]))
        }
        let answer = try await ask(call, .killTasks(.tasks(ids.compactMap(\.string)), options(call)))
        return try killed(answer, call) { instances in self.list(instances) }
    }

    // MARK: Both

    /// Tasks were once listed as plain text, too; whoever still wants that learns that it is gone.
    private func requireJSON(_ call: Call) throws {
        if !Negotiation.accepts("application/json", call.headers) { throw Failure(.notAcceptable, "Not Acceptable") }
    }

    private func options(_ call: Call) -> Services.KillOptions {
        .init(scale: call.query.flag("scale"), wipe: call.query.flag("wipe"), force: call.query.flag("force"))
    }

    private func killed(_ answer: Services.Answer, _ call: Call, _ reply: ([Instance]) -> Reply) throws -> Reply {
        if case .killed(let instances) = answer { return reply(instances) }
        return try deployed(answer, call)
    }

    private func list(_ instances: [Instance], showsServicePorts: Bool = false) -> Reply {
        .json { writer in
            writer.beginObject()
            writer.key("tasks")
            writer.array(instances) { TaskWriter.write($1, showsServicePorts: showsServicePorts, into: &$0) }
            writer.endObject()
        }
    }
}
