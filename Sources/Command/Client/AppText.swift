import JSON

/// Apps and tasks as people read them.
enum AppText {
    static func list(_ apps: [JSONValue]) -> String {
        var table = TextTable("ID", "RUNNING", "HEALTH", "CPUS", "MEM", "DEPLOYING", "COMMAND")
        for app in apps.sorted(by: { ($0["id"]?.string ?? "") < ($1["id"]?.string ?? "") }) {
            let running = "\(app["tasksRunning"]?.integer ?? 0)/\(app["instances"]?.integer ?? 0)"
            let command = app["cmd"]?.string ?? (app["args"]?.array ?? []).compactMap(\.string).joined(separator: " ")
            table.add(
                app["id"]?.string ?? "", running, health(app), quantity(app["cpus"]), quantity(app["mem"]),
                (app["deployments"]?.array ?? []).isEmpty ? "no" : "yes", shortened(command, to: 60))
        }
        return table.text(empty: "No apps.")
    }

    static func details(_ app: JSONValue) -> String {
        var lines = [
            "\(app["id"]?.string ?? "")  \(app["tasksRunning"]?.integer ?? 0) of \(app["instances"]?.integer ?? 0) running, \(health(app))",
            "version    \(app["version"]?.string ?? "")",
            "resources  cpus \(quantity(app["cpus"])), mem \(quantity(app["mem"])) MB, disk \(quantity(app["disk"])) MB"
        ]
        if let command = app["cmd"]?.string { lines.append("command    \(command)") }
        if let failure = app["lastTaskFailure"], !failure.isNull {
            lines.append("failed     \(failure["timestamp"]?.string ?? "") \(failure["state"]?.string ?? ""): \(failure["message"]?.string ?? "")")
        }
        lines.append("")
        lines.append(tasks(app["tasks"]?.array ?? []))
        return lines.joined(separator: "\n")
    }

    static func tasks(_ tasks: [JSONValue]) -> String {
        var table = TextTable("TASK", "STATE", "HEALTH", "ADDRESS", "SINCE")
        for task in tasks.sorted(by: { ($0["id"]?.string ?? "") < ($1["id"]?.string ?? "") }) {
            let results = task["healthCheckResults"]?.array ?? []
            let health = results.isEmpty ? "-" : results.allSatisfy { $0["alive"]?.bool == true } ? "healthy" : "unhealthy"
            let ports = (task["ports"]?.array ?? []).compactMap(\.integer)
            let host = task["host"]?.string ?? ""
            table.add(
                task["id"]?.string ?? "", (task["state"]?.string ?? "").replacingPrefix("TASK_", ""), health,
                ports.isEmpty ? host : ports.map { "\(host):\($0)" }.joined(separator: " "),
                task["startedAt"]?.string ?? task["stagedAt"]?.string ?? "-")
        }
        return table.text(empty: "No tasks.")
    }

    private static func health(_ app: JSONValue) -> String {
        guard !(app["healthChecks"]?.array ?? []).isEmpty else { return "not checked" }
        let healthy = app["tasksHealthy"]?.integer ?? 0
        let unhealthy = app["tasksUnhealthy"]?.integer ?? 0
        return unhealthy > 0 ? "\(unhealthy) unhealthy" : "\(healthy) healthy"
    }

}

extension String {
    func replacingPrefix(_ prefix: String, _ other: String) -> String { hasPrefix(prefix) ? other + dropFirst(prefix.count) : self }
}
