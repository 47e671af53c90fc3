package import FrameworkCore
package import JSON
import Machine

extension JobDefinition {
    /// What a definition doesn't know of its job: what is shown between and behind its members.
    package struct State: Hashable, Sendable {
        package var successCount: Int64 = 0
        package var errorCount: Int64 = 0
        package var errorsSinceLastSuccess: Int64 = 0
        package var lastSuccess: Timestamp?
        package var lastError: Timestamp?
        /// The schedule as it stands now: begins with the next due time.
        package var schedule: String?
        package var nextRun: Timestamp?
    }

    /// The whole job in the order of Chronos 3, ours behind it.
    /// - state: nil: for the store, the definition alone.
    /// - isMirrored: `fetch` and `uris` show the same; else each what was given.
    package func write(into writer: inout JSONWriter, state: State?, isMirrored: Bool = true) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("command", command)
        writer.member("shell", isShell)
        writer.member("executor", "")
        writer.member("executorFlags", executorFlags)
        writer.member("taskInfoData", taskInfoData)
        writer.member("retries", retries)
        writer.member("owner", owner)
        writer.member("ownerName", ownerName)
        writer.member("description", description)
        if let state {
            writer.member("successCount", Int(state.successCount))
            writer.member("errorCount", Int(state.errorCount))
            writer.member("lastSuccess", state.lastSuccess?.description ?? "")
            writer.member("lastError", state.lastError?.description ?? "")
        }
        for (name, amount) in [("cpus", cpus), ("disk", disk), ("mem", mem)] as [(StaticString, Double)] {
            writer.key(verbatim: name)
            writer.double(amount)
        }
        writer.member("disabled", isDisabled)
        writer.member("softError", isSoftError)
        writer.member("dataProcessingJobType", isDataProcessing)
        if let state { writer.member("errorsSinceLastSuccess", Int(state.errorsSinceLastSuccess)) }
        // Metronome's API may have given the files other properties since.
        let areURIs = isFetchOfURIs && fetch.allSatisfy { $0 == Fetch(uri: $0.uri) }
        writer.elements("fetch", isMirrored || !areURIs ? fetch : [], isOmittedWhenEmpty: false) { $0.write(into: &$1) }
        writer.elements("uris", isMirrored || areURIs ? fetch.map(\.uri) : [], isOmittedWhenEmpty: false) { $1.string($0) }
        writer.elements("environmentVariables", environment, isOmittedWhenEmpty: false) { variable, writer in
            writer.beginObject()
            writer.member("name", variable.name)
            writer.member("value", variable.value)
            writer.endObject()
        }
        writer.elements("arguments", arguments, isOmittedWhenEmpty: false) { $1.string($0) }
        writer.member("highPriority", isHighPriority)
        writer.member("runAsUser", runAsUser)
        writer.member("concurrent", isConcurrent)
        writer.member("maxCompletionTime", Int(maxCompletionTime))
        writer.elements("constraints", constraints, isOmittedWhenEmpty: false) { $1.strings([$0.attribute, $0.comparison.rawValue, $0.value]) }
        writeTrigger(into: &writer, state)
        options.write(into: &writer)
        extras.write(into: &writer)
        writer.endObject()
    }

    private func writeTrigger(into writer: inout JSONWriter, _ state: State?) {
        switch trigger {
        case .parents(let names): writer.elements("parents", names, isOmittedWhenEmpty: false) { $1.string($0) }
        case .schedules(let texts, let zone):
            writer.member("schedule", state?.schedule ?? texts.first ?? "")
            writer.member("scheduleTimeZone", zone)
            // Without the first one, which would come back as another one if somebody changed it in `schedule`.
            if texts.count > 1 { writer.elements("schedules", Array(texts.dropFirst())) { $1.string($0) } }
            guard let state else { return }
            writer.member("originalSchedule", texts.first ?? "")
            if let next = state.nextRun { writer.member("nextRun", next.description) }
        }
    }
}

extension JobDefinition.Fetch {
    fileprivate func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("uri", uri)
        writer.member("executable", isExecutable)
        writer.member("cache", isCached)
        writer.member("extract", isExtracted)
        if !outputFile.isEmpty { writer.member("output_file", outputFile) }
        writer.endObject()
    }
}

extension JobDefinition.Options {
    fileprivate func write(into writer: inout JSONWriter) {
        writer.member("epsilon", epsilon?.text)
        writer.member("concurrencyPolicy", concurrency?.rawValue)
        writer.member("catchUp", catchUp?.rawValue)
        let delays: [(StaticString, Int64?)] = [
            ("retryDelaySeconds", retryDelay), ("retryDelayLimitSeconds", retryDelayLimit), ("unreachableTimeoutSeconds", unreachableTimeout)
        ]
        for (name, milliseconds) in delays { if let milliseconds { writer.member(name, Double(milliseconds) / 1000) } }
        if let retryFactor { writer.member("retryFactor", retryFactor) }
        if let retryCodes { writer.elements("retryOnExitCodes", retryCodes, isOmittedWhenEmpty: false) { $1.int($0) } }
        if let history { writer.member("historyLimit", history) }
        if let completions { writer.member("completions", completions) }
        if let parallelism { writer.member("parallelism", parallelism) }
        if let requiredSuccesses { writer.member("requiredSuccesses", requiredSuccesses) }
        writer.member("triggerRule", triggerRule?.rawValue)
        guard let parameters else { return }
        writer.key(verbatim: "parameters")
        writer.beginObject()
        writer.elements("required", parameters.required, isOmittedWhenEmpty: true) { $1.string($0) }
        writer.elements("optional", parameters.optional, isOmittedWhenEmpty: true) { $1.string($0) }
        writer.member("payload", parameters.payload.rawValue)
        writer.endObject()
    }
}
