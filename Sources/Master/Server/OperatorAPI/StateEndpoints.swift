import JSON
import MasterCore
import NIOHTTP1
import Transport

/// The unversioned endpoints that show the state, in Mesos's JSON.
/// Specified by Mesos 1.11 docs/endpoints/master/.
struct StateEndpoints: Sendable {
    let master: Master

    /// - Returns: nil if there is no such endpoint.
    func respond(to call: Call, _ path: String) async throws -> Reply? {
        switch path {
        case "version": return JSONP.reply(to: call, VersionJSON.bytes())
        case "flags": return JSONP.reply(to: call, flags())
        case "redirect":
            guard call.segments.last == "redirect" else { return Replies.notFound }
            let identity = try await master.identity()
            return Reply(status: .temporaryRedirect, headers: ["Location": "//\(identity.hostname):\(identity.port)"])
        case "teardown": return try await teardown(call)
        case "metrics/snapshot":
            guard let metrics = await MetricsReport.of(master) else { return Replies.busy }
            return JSONP.reply(to: call, metrics.json())
        case "metrics":
            guard let metrics = await MetricsReport.of(master) else { return Replies.busy }
            return Reply(.ok, MetricsReport.contentType, metrics.prometheus())
        case "system/stats.json": return JSONP.reply(to: call, SystemReport.json())
        // There are no quotas or maintenance windows, and nothing makes any.
        case "quota", "maintenance/schedule", "maintenance/status":
            return call.method == .GET ? JSONP.reply(to: call, Array("{}".utf8)) : .text(.notImplemented, "501 Not Implemented.")
        case "state":
            let identity = try await master.identity()
            return await show(call) { StateJSON(snapshot: $0.snapshot, identity: identity, master: master).state() }
        case "state-summary":
            let identity = try await master.identity()
            return await show(call) { SummaryJSON(snapshot: $0.snapshot, identity: identity, cluster: master.settings.cluster).bytes() }
        case "slaves": return await show(call) { AgentsJSON(snapshot: $0.snapshot).bytes(only: call.query["slave_id"]) }
        case "frameworks":
            return await show(call) { FrameworksJSON(snapshot: $0.snapshot).bytes(only: call.query["framework_id"]) }
        case "tasks": return await show(call) { TasksJSON(snapshot: $0.snapshot).bytes(TasksJSON.Query(call.query)) }
        case "roles": return await show(call) { RolesReport($0.snapshot).json() }
        case "weights": return await show(call) { RolesReport($0.snapshot).weightsJSON() }
        default: return nil
        }
    }

    private struct View {
        let snapshot: Snapshot
    }

    private func show(_ call: Call, _ encode: (View) -> [UInt8]) async -> Reply {
        guard let snapshot = await master.snapshot() else { return Replies.busy }
        return JSONP.reply(to: call, encode(View(snapshot: snapshot)))
    }

    private func flags() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("flags")
        writer.flags(of: master.settings)
        writer.endObject()
        return writer.takeBytes()
    }

    private func teardown(_ call: Call) async throws -> Reply {
        guard call.method == .POST else { return Replies.methodNotAllowed("POST", call) }
        let form = Query(String(decoding: try await call.body.collect(), as: UTF8.self))
        guard let id = form["frameworkId"], !id.isEmpty else {
            return Replies.badRequest("Missing 'frameworkId' query parameter in the request body")
        }
        switch await master.ask({ .operatorCalled(question: $0, .teardown(frameworkID: id), call.caller.origin) }) {
        case .done, .accepted: return Reply(status: .ok)
        case .operatorRefused(let refusal): return OperatorEndpoint.reply(to: refusal)
        case .refused, nil: return Replies.busy
        }
    }
}

extension JSONWriter {
    /// The flags and their values, by name.
    mutating func flags(of settings: MasterSettings) {
        beginObject()
        for (name, value) in settings.allFlags {
            key(name)
            string(value)
        }
        endObject()
    }
}

extension MasterSettings {
    /// What `/flags` shows: what was said, and what is so without having been said; by name.
    var allFlags: [(name: String, value: String)] {
        var all: [String: String] = [
            "ip": ip, "port": "\(port)", "work_dir": workFolder, "registry": isInMemory ? "in_memory" : "sqlite",
            "agent_reregister_timeout": "\(kernel.agentReregisterTimeout / 1_000_000_000)secs", "allocator": "hierarchical",
            "authenticate_frameworks": "false", "authenticate_agents": "false", "authenticate_http_readonly": "false",
            "authenticate_http_readwrite": "false", "authenticate_http_frameworks": "false", "logging_level": "INFO",
            "max_completed_frameworks": "\(kernel.completedFrameworks)",
            "max_completed_tasks_per_framework": "\(kernel.completedTasksPerFramework)",
            "max_unreachable_tasks_per_framework": "\(kernel.unreachableTasksPerFramework)",
            "root_submissions": "\(kernel.allowsRoot)", "role_sorter": "drf", "framework_sorter": "drf",
            "filter_gpu_resources": "\(kernel.filtersGPUs)"
        ]
        if let hostname { all["hostname"] = hostname }
        if let cluster { all["cluster"] = cluster }
        if let roles = kernel.roles { all["roles"] = roles.joined(separator: ",") }
        all.merge(flags) { $1 }
        return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
