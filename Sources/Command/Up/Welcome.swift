import ArgumentParser
import Foundation
import JSON
import NIOHTTP1
import Transport

/// What `agora up --app` shows: the app, how to reach it, and what to try next.
enum Welcome {
    static func show(_ file: String, _ client: ClusterClient) async throws {
        let definition = try readDefinition(file)
        guard let id = (try? JSONValue(parsing: definition))?["id"]?.string else { throw ClientError("\(file) has no \"id\"") }
        let answer = try await client.exchange(.POST, "\(client.services)/v2/apps", definition)
        // 409: it is there from the last time, or somebody is changing it just now.
        guard answer.status == .created || answer.status == .conflict else { throw ClientError("\(file): \(answer.text)") }
        let app = try await settled(id, client)
        say(AppText.list([app]) + "\n")
        say(AppText.tasks(app["tasks"]?.array ?? []) + "\n")
        if let task = app["tasks"]?.array?.first(where: { $0["state"]?.string == "TASK_RUNNING" }), let host = task["host"]?.string,
            let port = task["ports"]?.array?.first?.integer
        {
            say("Reach it:\n    curl http://\(host):\(port)/\n")
        }
        let name = appPath(id).dropFirst()
        let task = app["tasks"]?.array?.first?["id"]?.string ?? "TASK"
        let program = CommandLine.arguments.first ?? "agora"
        let standard = ClusterOptions.parseOrExit([])
        let known = [standard.master, standard.services, standard.batch].map { ServerAddress($0).base }
        var lines = [
            "app scale \(name) \((app["instances"]?.integer ?? 1) + 2)", "task kill \(task)", "explain \(name)"
        ].map { "\(program) \($0)" }
        if let line = exports([client.master, client.services, client.batch], known: known) { lines.insert(line, at: 0) }
        say("Try next:\n" + lines.map { "    \($0)\n" }.joined())
    }

    /// The line by which a shell's commands find a cluster that isn't where they look by themselves; nil: none is needed.
    /// - Parameters:
    ///   - addresses: of master, services and batch.
    ///   - known: where commands look that have the variables of this program; those of another terminal may lack them.
    static func exports(_ addresses: [String], known: [String]) -> String? {
        let standard = ["http://127.0.0.1:5050", "http://127.0.0.1:8080", "http://127.0.0.1:4400"]
        if addresses == standard, known == standard { return nil }
        return "export " + zip(["AGORA_MASTER", "AGORA_SERVICES", "AGORA_BATCH"], addresses).map { "\($0)=\($1)" }.joined(separator: " ")
    }

    /// The app when all its instances run and are healthy, or as it stands after 20 s.
    private static func settled(_ id: String, _ client: ClusterClient) async throws -> JSONValue {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let app = try await client.send(.GET, try client.app(id))["app"] ?? .null
            let wanted = app["instances"]?.integer ?? 0
            let isChecked = !(app["healthChecks"]?.array ?? []).isEmpty
            let ready = isChecked ? app["tasksHealthy"]?.integer : app["tasksRunning"]?.integer
            if ready ?? 0 >= wanted || ContinuousClock.now > deadline { return app }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
