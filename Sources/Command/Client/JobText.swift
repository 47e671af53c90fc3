import JSON

/// Jobs and runs as people read them.
enum JobText {
    /// - Parameter summary: of the same jobs, in any order.
    static func list(_ jobs: [JSONValue], _ summary: [JSONValue]) -> String {
        var table = TextTable("JOB", "LAST", "STATE", "NEXT", "SCHEDULE", "COMMAND")
        for job in jobs {
            let entry = summary.first { $0["name"] == job["name"] }
            table.add(
                job["name"]?.string ?? "", entry?["status"]?.string ?? "", entry?["state"]?.string ?? "", next(job), trigger(job),
                shortened(job["command"]?.string ?? "", to: 40))
        }
        return table.text(empty: "No jobs.")
    }

    static func created(_ job: JSONValue) -> String { "\(job["name"]?.string ?? "")  next: \(next(job))" }

    static func details(_ job: JSONValue) -> String {
        let counts = "\(job["successCount"]?.integer ?? 0) succeeded, \(job["errorCount"]?.integer ?? 0) failed"
        let texts = schedules(job)
        var rows: [(label: String, text: String)] = [("command", job["command"]?.string ?? "")]
        if texts.count > 1 {
            for text in texts { rows.append(("schedule", zoned(text, job))) }
        } else {
            rows.append(("schedule", trigger(job)))
        }
        rows.append(("next", next(job)))
        rows.append(("resources", "cpus \(quantity(job["cpus"])), mem \(quantity(job["mem"])) MB, disk \(quantity(job["disk"])) MB"))
        for name in ["owner", "ownerName", "description"] {
            if let text = job[name]?.string, !text.isEmpty { rows.append((name, text)) }
        }
        if let retries = job["retries"]?.integer { rows.append(("retries", "\(retries)")) }
        if let policy = job["concurrencyPolicy"]?.string { rows.append(("concurrency", policy)) }
        for variable in job["environmentVariables"]?.array ?? [] {
            rows.append(("environment", "\(variable["name"]?.string ?? "")=\(variable["value"]?.string ?? "")"))
        }
        for label in job["labels"]?.object ?? JSONObject() { rows.append(("label", "\(label.name)=\(label.value.string ?? "")")) }
        var lines = ["\(job["name"]?.string ?? "")  \(counts)"]
        var last = ""
        for row in rows {
            // What has several lines is named once.
            let label = row.label == last ? "" : row.label
            lines.append(label + String(repeating: " ", count: 13 - label.count) + row.text)
            last = row.label
        }
        return lines.joined(separator: "\n")
    }

    static func runs(_ runs: [JSONValue]) -> String {
        var table = TextTable("DUE", "STATE", "ATTEMPTS", "NODE", "EXIT", "STARTED", "ENDED", "MESSAGE")
        for run in runs {
            let task = run["tasks"]?.array?.last
            table.add(
                run["due"]?.string ?? "", state(run), "\(run["attempts"]?.integer ?? 0)", task?["host"]?.string ?? "-",
                task?["exitStatus"]?.integer.map { "\($0)" } ?? "-", run["started"]?.string ?? "-", run["ended"]?.string ?? "-",
                shortened(run["message"]?.string ?? "", to: 60))
        }
        return table.text(empty: "No runs.")
    }

    /// With how many indices have ended well, of a run that has several.
    private static func state(_ run: JSONValue) -> String {
        let state = run["state"]?.string ?? ""
        guard let count = run["completions"]?.integer else { return state }
        return "\(state) \(run["succeeded"]?.integer ?? 0)/\(count)"
    }

    /// The schedules of a job as they were given: the first stands in a member of its own, the others may name it again.
    static func schedules(_ job: JSONValue) -> [String] {
        let first = (job["originalSchedule"] ?? job["schedule"])?.string ?? ""
        let others = job["schedules"]?.array?.compactMap(\.string) ?? []
        return ([first] + others.filter { $0 != first }).filter { !$0.isEmpty }
    }

    /// Whether a job was meant to have no runs but those that are asked for.
    static func isOnRequest(_ job: JSONValue) -> Bool { job["parents"] == nil && schedules(job).allSatisfy { $0.hasPrefix("R0/") } }

    private static func next(_ job: JSONValue) -> String {
        if isOnRequest(job) { return "on request" }
        if job["disabled"]?.bool == true { return "paused" }
        if job["parents"] != nil { return "after its parents" }
        return job["nextRun"]?.string ?? "never"
    }

    /// What a job begins by, as it was given: of several schedules the first, and how many more there are.
    static func trigger(_ job: JSONValue) -> String {
        if let parents = job["parents"]?.array { return "after " + parents.compactMap(\.string).joined(separator: ", ") }
        let texts = schedules(job)
        return zoned(job["originalSchedule"]?.string ?? "", job) + (texts.count > 1 ? " (+\(texts.count - 1))" : "")
    }

    private static func zoned(_ schedule: String, _ job: JSONValue) -> String {
        let zone = job["scheduleTimeZone"]?.string ?? ""
        return schedule + (zone.isEmpty ? "" : " \(zone)")
    }
}
