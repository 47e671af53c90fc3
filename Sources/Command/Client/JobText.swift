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
        return [
            "\(job["name"]?.string ?? "")  \(counts)",
            "command    \(job["command"]?.string ?? "")",
            "schedule   \(trigger(job))",
            "next       \(next(job))",
            "resources  cpus \(quantity(job["cpus"])), mem \(quantity(job["mem"])) MB, disk \(quantity(job["disk"])) MB"
        ].joined(separator: "\n")
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

    /// The schedules of a job as they were given.
    static func schedules(_ job: JSONValue) -> [String] {
        let texts = job["schedules"]?.array?.compactMap(\.string) ?? [(job["originalSchedule"] ?? job["schedule"])?.string ?? ""]
        return texts.filter { !$0.isEmpty }
    }

    /// Whether a job was meant to have no runs but those that are asked for.
    static func isOnRequest(_ job: JSONValue) -> Bool { job["parents"] == nil && schedules(job).allSatisfy { $0.hasPrefix("R0/") } }

    private static func next(_ job: JSONValue) -> String {
        if isOnRequest(job) { return "on request" }
        if job["disabled"]?.bool == true { return "paused" }
        if job["parents"] != nil { return "after its parents" }
        return job["nextRun"]?.string ?? "never"
    }

    /// What a job begins by, as it was given.
    static func trigger(_ job: JSONValue) -> String {
        if let parents = job["parents"]?.array { return "after " + parents.compactMap(\.string).joined(separator: ", ") }
        let zone = job["scheduleTimeZone"]?.string ?? ""
        return (job["originalSchedule"]?.string ?? "") + (zone.isEmpty ? "" : " \(zone)")
    }
}
