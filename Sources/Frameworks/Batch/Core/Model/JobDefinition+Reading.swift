package import JSON
import Machine

extension JobDefinition {
    /// Defaults of members that a body lacks; they come from flags.
    package struct Defaults: Hashable, Sendable {
        package var cpus = 0.1
        package var mem = 128.0
        package var disk = 256.0
        package var user = "root"

        package init() {}
    }

    /// Reads a body; what it lacks has its default. Schedules are taken as they stand: `Batch` reads them with their zone.
    /// - Throws: what is wrong with it, in one line.
    package init(_ json: JSONValue, defaults: Defaults) throws(Rejection) {
        self.init()
        let members = try Members(json)
        name = try members.text("name") ?? ""
        command = try members.text("command") ?? ""
        isShell = try members.flag("shell") ?? true
        arguments = try members.texts("arguments") ?? []
        executorFlags = try members.text("executorFlags") ?? ""
        taskInfoData = try members.text("taskInfoData") ?? ""
        retries = Int(max(0, min(try members.integer("retries") ?? 2, 1_000_000)))
        owner = try members.text("owner") ?? ""
        ownerName = try members.text("ownerName") ?? ""
        description = try members.text("description") ?? ""
        cpus = Self.positive(try members.number("cpus")) ?? defaults.cpus
        mem = Self.positive(try members.number("mem")) ?? defaults.mem
        disk = Self.positive(try members.number("disk")) ?? defaults.disk
        isDisabled = try members.flag("disabled") ?? false
        isSoftError = try members.flag("softError") ?? false
        isDataProcessing = try members.flag("dataProcessingJobType") ?? false
        isHighPriority = try members.flag("highPriority") ?? false
        let user = try members.text("runAsUser") ?? ""
        runAsUser = user.isEmpty ? defaults.user : user
        isConcurrent = try members.flag("concurrent") ?? false
        maxCompletionTime = max(0, try members.integer("maxCompletionTime") ?? 0)
        try readFetch(members)
        try readEnvironment(members)
        try readConstraints(members)
        try refuseUnserved(members)
        try readTrigger(members)
        options = try Options(members)
        extras = try Extras(members)
        if extras.hasNoDisk { disk = 0 }
    }

    private static func positive(_ number: Double?) -> Double? { number.flatMap { $0 > 0 ? $0 : nil } }

    /// `uris` are the same as `fetch` with its defaults; a job that was read from here has both, and they agree.
    private mutating func readFetch(_ members: Members) throws(Rejection) {
        for entry in try members.objects("fetch") ?? [] {
            var file = Fetch(uri: try entry.text("uri") ?? "")
            file.isExecutable = try entry.flag("executable") ?? false
            file.isCached = try entry.flag("cache") ?? false
            file.isExtracted = try entry.flag("extract") ?? true
            file.outputFile = try entry.text("output_file") ?? ""
            fetch.append(file)
        }
        let uris = try members.texts("uris") ?? []
        if fetch.isEmpty {
            fetch = uris.map(Fetch.init)
            isFetchOfURIs = !uris.isEmpty
        } else if !uris.isEmpty, uris != fetch.map(\.uri) {
            throw Rejection("Tried to add both uri (deprecated) and fetch parameters on \(name)")
        }
    }

    private mutating func readEnvironment(_ members: Members) throws(Rejection) {
        for entry in try members.objects("environmentVariables") ?? [] {
            guard let variable = try entry.text("name"), !variable.isEmpty else { throw Rejection("environmentVariables: a variable has no name") }
            environment.append(Variable(name: variable, value: try entry.text("value") ?? ""))
        }
    }

    private mutating func readConstraints(_ members: Members) throws(Rejection) {
        for (index, entry) in (try members.array("constraints") ?? []).enumerated() {
            guard let words = entry.array?.compactMap(Members.text), words.count == 3, entry.array?.count == 3 else {
                throw Rejection("constraints[\(index)] must be an array of three texts: attribute, operator, value")
            }
            guard let comparison = JobConstraint.Comparison(rawValue: words[1].uppercased()) else {
                throw Rejection("constraints[\(index)]: the operator must be EQUALS, LIKE or UNLIKE, not '\(words[1])'")
            }
            guard let constraint = JobConstraint(words[0], comparison, words[2]) else {
                throw Rejection("constraints[\(index)]: '\(words[2])' is no regular expression that can be matched in linear time")
            }
            constraints.append(constraint)
        }
    }

    /// What nothing here serves is refused, not ignored.
    private func refuseUnserved(_ members: Members) throws(Rejection) {
        if let executor = try members.text("executor"), !executor.isEmpty {
            throw Rejection("executor: custom executors are not served yet; the job would run without its executor '\(executor)'")
        }
        if try members.flag("async") ?? false { throw Rejection("async: jobs whose task's end is not their own are not served") }
        // As in Chronos, a container without an image is none.
        if let container = try members.members("container"), let image = try container.text("image"), !image.isEmpty {
            throw Rejection("container: images are not served yet; the job would run outside of its image '\(image)'")
        }
    }

    private mutating func readTrigger(_ members: Members) throws(Rejection) {
        if let parents = try members.texts("parents") {
            var names: [String] = []
            for parent in parents where !names.contains(parent) { names.append(parent) }
            trigger = .parents(names)
            return
        }
        var texts: [String] = []
        for name in ["schedule", "cron"] {
            if let text = try members.text(name), !text.isEmpty { texts.append(text) }
        }
        for text in try members.texts("schedules") ?? [] where !texts.contains(text) { texts.append(text) }
        if texts.count > 100 { throw Rejection("schedules: a job has at most 100") }
        trigger = .schedules(texts, zone: try members.text("scheduleTimeZone") ?? "")
    }
}

extension JobDefinition.Options {
    init(_ members: Members) throws(Rejection) {
        self.init()
        epsilon = try Self.period(members, "epsilon")
        concurrency = try members.word("concurrencyPolicy", JobDefinition.Concurrency.self)
        catchUp = try members.word("catchUp", JobDefinition.CatchUp.self)
        retryDelay = try Self.milliseconds(members, "retryDelaySeconds")
        retryDelayLimit = try Self.milliseconds(members, "retryDelayLimitSeconds")
        unreachableTimeout = try Self.milliseconds(members, "unreachableTimeoutSeconds")
        if let factor = try members.number("retryFactor") {
            guard (1...100).contains(factor) else { throw Rejection("retryFactor must be from 1 to 100") }
            retryFactor = factor
        }
        if let codes = try members.array("retryOnExitCodes") {
            let numbers = codes.compactMap { $0.integer ?? $0.string.flatMap { Int64($0) } }
            guard numbers.count == codes.count else { throw Rejection("retryOnExitCodes must be an array of whole numbers") }
            retryCodes = numbers
        }
        if let count = try members.integer("historyLimit") {
            guard (0...1_000).contains(count) else { throw Rejection("historyLimit must be from 0 to 1000") }
            history = Int(count)
        }
        completions = try Self.count(members, "completions", upTo: Run.mostParts)
        parallelism = try Self.count(members, "parallelism", upTo: Run.mostParts)
        requiredSuccesses = try Self.count(members, "requiredSuccesses", upTo: completions ?? 1)
        triggerRule = try members.word("triggerRule", JobDefinition.TriggerRule.self)
        if let rule = try members.members("parameters") { parameters = try JobDefinition.ParameterRule(rule) }
    }

    private static func count(_ members: Members, _ name: String, upTo limit: Int) throws(Rejection) -> Int? {
        guard let count = try members.integer(name) else { return nil }
        guard count >= 1, count <= limit else { throw Rejection("\(name) must be from 1 to \(limit)") }
        return Int(count)
    }

    private static func milliseconds(_ members: Members, _ name: String) throws(Rejection) -> Int64? {
        guard let seconds = try members.number(name) else { return nil }
        guard seconds >= 0, let nanoseconds = Int64(secondsClamped: seconds) else { throw Rejection("\(name) must be a number from 0") }
        return nanoseconds / .millisecond
    }

    private static func period(_ members: Members, _ name: String) throws(Rejection) -> Length? {
        guard let text = try members.text(name), !text.isEmpty else { return nil }
        guard let length = Length(text) else { throw Rejection("\(name) must be a period of weeks or less, such as PT5M, not '\(text)'") }
        return length
    }
}

extension JobDefinition.ParameterRule {
    fileprivate init(_ members: Members) throws(Rejection) {
        self.init()
        required = try members.texts("required") ?? []
        optional = try members.texts("optional") ?? []
        payload = try members.word("payload", Payload.self) ?? .optional
        let names = required + optional
        if names.count > 100 { throw Rejection("parameters: a job has at most 100") }
        for name in names where name.isEmpty || name.contains("=") || name.utf8.contains(0) || TaskBuilder.isReserved(name) {
            throw Rejection("parameters: '\(name)' is no name of a variable that can be given")
        }
    }
}
