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
        say(
            """
            Try next:
                \(program) app scale \(name) \((app["instances"]?.integer ?? 1) + 2)
                \(program) task kill \(task)
                \(program) explain \(name)

            """)
    }

    /// The app when all its instances run and are healthy, or as it stands after 20 s.
    private static func settled(_ id: String, _ client: ClusterClient) async throws -> JSONValue {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let app = try await client.send(.GET, "\(client.services)/v2/apps\(urlEscaped(appPath(id)))")["app"] ?? .null
            let wanted = app["instances"]?.integer ?? 0
            let isChecked = !(app["healthChecks"]?.array ?? []).isEmpty
            let ready = isChecked ? app["tasksHealthy"]?.integer : app["tasksRunning"]?.integer
            if ready ?? 0 >= wanted || ContinuousClock.now > deadline { return app }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
