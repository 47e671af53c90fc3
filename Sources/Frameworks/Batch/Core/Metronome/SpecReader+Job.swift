import FrameworkCore
import JSON

/// What of a body becomes a job. Specified by Metronome 0.6's schemas (`jobspec.schema.json`).
extension SpecReader {
    /// Members that an answer has, and that are no wishes when they come back.
    private static let shown = ["schedules", "activeRuns", "history", "historySummary"]

    /// Reads a job into a definition; what Metronome doesn't know of it stays as it is.
    mutating func read(_ body: JSONValue, into definition: inout JobDefinition, _ defaults: JobDefinition.Defaults, takesSchedules: Bool) {
        guard let object = object(body, "") else { return }
        check(object, "", only: ["id", "description", "labels", "run", "dependencies"] + Self.shown)
        definition.description = text(object, "description", "") ?? ""
        definition.extras.labels = pairs(object, "labels", "")
        var parents: [String] = []
        for (entry, path) in objects(object, "dependencies", "") {
            guard let id = text(entry, "id", path, isRequired: true), !parents.contains(id) else { continue }
            parents.append(id)
        }
        if parents.count > 1_000 { flaw("/dependencies", "a job has at most 1000") }
        readTrigger(object, parents, into: &definition, takesSchedules: takesSchedules)
        if let run = self.object(object, "run", "") {
            read(run: run, into: &definition, defaults)
        } else if object["run"]?.isNull ?? true {
            flaw("/run", "error.path.missing")
        }
    }

    private mutating func readTrigger(_ object: JSONObject, _ parents: [String], into definition: inout JobDefinition, takesSchedules: Bool) {
        if takesSchedules || definition.isDependent && parents.isEmpty { definition.dropSchedule() }
        let schedules = takesSchedules ? objects(object, "schedules", "") : []
        if schedules.count > 1 { flaw("/schedules", "Only one schedule supported at the moment") }
        if let (schedule, path) = schedules.first {
            read(schedule: schedule, path, into: &definition, replacing: before?.shownSchedules.count == 1 ? 0 : nil)
        }
        guard !parents.isEmpty else { return }
        if case .schedules(let texts, _) = definition.trigger, !texts.isEmpty {
            flaw("/dependencies", "a job can have either dependencies or schedules, not both")
        }
        definition.trigger = .parents(parents)
    }

    private mutating func read(run: JSONObject, into definition: inout JobDefinition, _ defaults: JobDefinition.Defaults) {
        let path = "/run"
        check(
            run, path,
            only: [
                "cpus", "mem", "disk", "gpus", "cmd", "args", "user", "env", "secrets", "placement", "artifacts", "maxLaunchDelay", "docker", "ucr",
                "volumes", "networks", "restart", "taskKillGracePeriodSeconds"
            ])
        definition.cpus = number(run, "cpus", path, from: 0.01, kept: before?.cpus) ?? 1
        definition.mem = number(run, "mem", path, from: 32, kept: before?.mem) ?? 128
        definition.disk = number(run, "disk", path, from: 0, kept: before?.disk) ?? 0
        definition.extras.hasNoDisk = definition.disk == 0
        readCommand(run, into: &definition)
        definition.runAsUser = text(run, "user", path).flatMap { $0.isEmpty ? nil : $0 } ?? defaults.user
        readEnvironment(run, into: &definition)
        readPlacement(run, into: &definition)
        readArtifacts(run, into: &definition)
        let launchDelay: Int64? = if let before { before.extras.launchDelay } else { 3_600_000 }
        definition.extras.launchDelay = seconds(run, "maxLaunchDelay", path, from: 1, kept: launchDelay) ?? launchDelay
        definition.extras.killGrace = seconds(run, "taskKillGracePeriodSeconds", path, from: 0, kept: before?.extras.killGrace)
        readRestart(run, into: &definition)
        refuseUnserved(run)
    }

    private mutating func readCommand(_ run: JSONObject, into definition: inout JobDefinition) {
        let line = text(run, "cmd", "/run")
        let words = texts(run, "args", "/run")
        // As it was shown: the arguments that it was shown with stay such.
        if let before, before.isShell, words.isEmpty, line == before.shownCommand { return }
        switch (line, words.first) {
        case (let line?, nil) where !line.isEmpty: (definition.command, definition.isShell, definition.arguments) = (line, true, [])
        case (nil, let program?): (definition.command, definition.isShell, definition.arguments) = (program, false, Array(words.dropFirst()))
        default: flaw("/run", "exactly one of cmd and args must be given, and not be empty")
        }
    }

    /// A file that the job fetches already keeps what Metronome doesn't know of it.
    private mutating func readArtifacts(_ run: JSONObject, into definition: inout JobDefinition) {
        var old = definition.fetch
        definition.fetch = []
        for (entry, path) in objects(run, "artifacts", "/run") {
            check(entry, path, only: ["uri", "executable", "extract", "cache"])
            let uri = text(entry, "uri", path, isRequired: true)
            if let uri, uri.isEmpty { flaw("\(path)/uri", "must not be empty") }
            var file = JobDefinition.Fetch(uri: uri ?? "")
            if let index = old.firstIndex(where: { $0.uri == uri }) { file = old.remove(at: index) }
            file.isExecutable = flag(entry, "executable", path) ?? false
            file.isExtracted = flag(entry, "extract", path) ?? true
            file.isCached = flag(entry, "cache", path) ?? false
            definition.fetch.append(file)
        }
    }

    private mutating func readEnvironment(_ run: JSONObject, into definition: inout JobDefinition) {
        definition.environment = []
        for member in object(run, "env", "/run") ?? JSONObject() {
            let path = "/run/env/\(member.name)"
            if member.name.isEmpty || member.name.utf8.contains(0) || member.name.utf8.contains(UInt8(ascii: "=")) {
                flaw(path, "is no name of a variable")
            }
            switch member.value {
            case .string(let text) where !text.utf8.contains(0):
                definition.environment.removeAll { $0.name == member.name }
                definition.environment.append(.init(name: member.name, value: text))
            case .object(let object) where object["secret"] != nil: flaw(path, "secrets are not served")
            default: flaw(path, "must be a string")
            }
        }
    }

    private mutating func readPlacement(_ run: JSONObject, into definition: inout JobDefinition) {
        definition.constraints = []
        guard let placement = object(run, "placement", "/run") else { return }
        check(placement, "/run/placement", only: ["constraints"])
        for (entry, path) in objects(placement, "constraints", "/run/placement") {
            check(entry, path, only: ["attribute", "operator", "value"])
            guard let attribute = text(entry, "attribute", path, isRequired: true), let word = text(entry, "operator", path, isRequired: true) else {
                continue
            }
            let comparison: JobConstraint.Comparison
            switch word {
            case "IS", "EQ": comparison = .equals
            case "LIKE": comparison = .like
            case "UNLIKE": comparison = .unlike
            default:
                flaw("\(path)/operator", "'\(word)' is not a valid operator. Allowed values: IS, EQ, LIKE, UNLIKE")
                continue
            }
            guard let value = text(entry, "value", path, isRequired: true) else { continue }
            guard let constraint = JobConstraint(attribute, comparison, value) else {
                flaw("\(path)/value", "'\(value)' is no regular expression that can be matched in linear time")
                continue
            }
            definition.constraints.append(constraint)
        }
    }

    /// Without an end to it, a failed run is tried again for ever, each time twice as long later; what is tried again already goes on as it did.
    private mutating func readRestart(_ run: JSONObject, into definition: inout JobDefinition) {
        (definition.retries, definition.extras.retryWindow) = (0, nil)
        guard let restart = object(run, "restart", "/run") else { return }
        let path = "/run/restart"
        check(restart, path, only: ["policy", "activeDeadlineSeconds"])
        definition.extras.retryWindow = seconds(restart, "activeDeadlineSeconds", path, from: 1, kept: before?.extras.retryWindow)
        switch text(restart, "policy", path) ?? "NEVER" {
        case "NEVER": break
        case "ON_FAILURE":
            if let before, before.retries > 0 {
                definition.retries = before.retries
                return
            }
            definition.retries = 1_000_000
            if definition.options.retryDelay == nil {
                (definition.options.retryDelay, definition.options.retryFactor, definition.options.retryDelayLimit) = (1_000, 2, 300_000)
            }
        case let word: flaw("\(path)/policy", "'\(word)' is not a valid restart policy. Allowed values: NEVER, ON_FAILURE")
        }
    }

    /// What nothing here serves is refused, not ignored.
    private mutating func refuseUnserved(_ run: JSONObject) {
        for name in ["docker", "ucr"] where run[name].map({ !$0.isNull }) ?? false {
            flaw("/run/\(name)", "images are not served yet; the job would run outside of its image")
        }
        if number(run, "gpus", "/run", from: 0) ?? 0 > 0 { flaw("/run/gpus", "GPUs are not served yet") }
        if !array(run, "volumes", "/run").isEmpty { flaw("/run/volumes", "volumes are not served yet") }
        if !(object(run, "secrets", "/run") ?? JSONObject()).isEmpty { flaw("/run/secrets", "secrets are not served") }
        for (network, path) in objects(run, "networks", "/run") {
            if text(network, "mode", path, isRequired: true) ?? "host" != "host" { flaw("\(path)/mode", "only the network of the host is served") }
        }
    }

    /// Names separated by dots, of lower case letters, digits and single dashes between them.
    static func isJobID(_ id: String) -> Bool {
        guard id.utf8.count <= JobDefinition.longestName else { return false }
        return id.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { name in
            name.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && $0.allSatisfy(\.isLowerAlphanumeric)
            }
        }
    }
}

extension JobDefinition {
    /// Without a schedule it runs on request alone, as often as is asked for.
    mutating func dropSchedule() {
        trigger = .schedules([], zone: "")
        isDisabled = false
        (options.epsilon, options.concurrency, extras.scheduleID) = (nil, .allow, nil)
    }
}
