import BatchCore
import FrameworkCore
import JSON

/// Writes jobs, schedules and runs as Metronome does. Specified by Metronome 0.6 (the examples of its API's description).
struct MetronomeWriter {
    let batch: Batch

    /// What of a job is shown beside its definition.
    struct Parts: OptionSet {
        let rawValue: Int

        static let schedules = Parts(rawValue: 1)
        static let activeRuns = Parts(rawValue: 2)
        static let history = Parts(rawValue: 4)
        static let summary = Parts(rawValue: 8)

        static let named: [(name: String, part: Parts)] = [
            ("activeRuns", .activeRuns), ("schedules", .schedules), ("history", .history), ("historySummary", .summary)
        ]
    }

    // MARK: Jobs

    func write(_ job: Job, _ parts: Parts, into writer: inout JSONWriter) {
        let definition = job.definition
        writer.beginObject()
        writer.member("id", job.name)
        writer.member("description", definition.description)
        writer.key(verbatim: "labels")
        Self.write(definition.extras.labels, into: &writer)
        writer.elements("dependencies", definition.parents, isOmittedWhenEmpty: false) { parent, writer in
            writer.beginObject()
            writer.member("id", parent)
            writer.endObject()
        }
        writer.key(verbatim: "run")
        writeRunSpec(definition, into: &writer)
        if parts.contains(.schedules) {
            writer.key(verbatim: "schedules")
            writeSchedules(of: job, into: &writer)
        }
        if parts.contains(.activeRuns) {
            writer.key(verbatim: "activeRuns")
            writeActiveRuns(of: job, into: &writer)
        }
        if parts.contains(.history) {
            writer.key(verbatim: "history")
            writeHistory(of: job, isWhole: true, into: &writer)
        }
        if parts.contains(.summary) {
            writer.key(verbatim: "historySummary")
            writeHistory(of: job, isWhole: false, into: &writer)
        }
        writer.endObject()
    }

    private static func write(_ pairs: [JobDefinition.Variable], into writer: inout JSONWriter) {
        writer.beginObject()
        for pair in pairs {
            writer.key(pair.name)
            writer.string(pair.value)
        }
        writer.endObject()
    }

    private func writeRunSpec(_ definition: JobDefinition, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("cpus", definition.cpus)
        writer.member("mem", definition.mem)
        writer.member("disk", definition.disk)
        if definition.isShell {
            writer.member("cmd", definition.shownCommand)
        } else {
            writer.elements("args", [definition.command] + definition.arguments) { $1.string($0) }
        }
        writer.member("user", definition.runAsUser)
        writer.key(verbatim: "env")
        Self.write(definition.environment, into: &writer)
        writer.key(verbatim: "placement")
        writer.beginObject()
        writer.elements("constraints", definition.constraints, isOmittedWhenEmpty: false) { constraint, writer in
            writer.beginObject()
            writer.member("attribute", constraint.attribute)
            writer.member("operator", constraint.comparison == .equals ? "IS" : constraint.comparison.rawValue)
            writer.member("value", constraint.value)
            writer.endObject()
        }
        writer.endObject()
        writer.elements("artifacts", definition.fetch, isOmittedWhenEmpty: false) { file, writer in
            writer.beginObject()
            writer.member("uri", file.uri)
            writer.member("extract", file.isExtracted)
            writer.member("executable", file.isExecutable)
            writer.member("cache", file.isCached)
            writer.endObject()
        }
        if let delay = definition.extras.launchDelay { writer.member("maxLaunchDelay", Int(delay / 1_000)) }
        for name in ["volumes", "networks"] as [StaticString] {
            writer.key(verbatim: name)
            writer.strings([])
        }
        writer.key(verbatim: "secrets")
        Self.write([], into: &writer)
        writer.key(verbatim: "restart")
        writer.beginObject()
        writer.member("policy", definition.retries == 0 ? "NEVER" : "ON_FAILURE")
        if let window = definition.extras.retryWindow { writer.member("activeDeadlineSeconds", Int(window / 1_000)) }
        writer.endObject()
        if let grace = definition.extras.killGrace { writer.member("taskKillGracePeriodSeconds", Int(grace / 1_000)) }
        writer.endObject()
    }

    // MARK: Schedules

    func writeSchedules(of job: Job, into writer: inout JSONWriter) {
        writer.array(batch.scheduleIDs(of: job).indices) { writeSchedule($1, of: job, into: &$0) }
    }

    func writeSchedule(_ index: Int, of job: Job, into writer: inout JSONWriter) {
        let schedules = job.definition.shownSchedules
        guard schedules.indices.contains(index) else { return writer.null() }
        writer.beginObject()
        writer.member("id", schedules[index].id)
        writer.member("cron", schedules[index].cron)
        writer.member("timezone", schedules[index].timezone)
        if let epsilon = job.definition.options.epsilon { writer.member("startingDeadlineSeconds", Int(epsilon.milliseconds / 1_000)) }
        writer.member("concurrencyPolicy", job.definition.concurrency.rawValue)
        writer.member("enabled", !job.definition.isDisabled)
        if job.nextDue != nil, let next = job.progress.cursors.indices.contains(index) ? job.progress.cursors[index].next : nil {
            writer.member("nextRunAt", Self.time(next))
        }
        writer.endObject()
    }

    // MARK: Runs

    func writeActiveRuns(of job: Job, into writer: inout JSONWriter) {
        writer.array(batch.runs(of: job).filter { !$0.hasEnded }) { Self.write($1, into: &$0) }
    }

    static func write(_ run: Run, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", RunID.text(of: run.key))
        writer.member("jobId", run.key.job)
        writer.member("status", status(of: run))
        writer.member("createdAt", time(run.createdAt))
        write("completedAt", run.endedAt, into: &writer)
        writer.elements("tasks", run.tasks, isOmittedWhenEmpty: false) { task, writer in
            writer.beginObject()
            writer.member("id", task.id)
            writer.member("startedAt", time(task.startedAt ?? task.launchedAt))
            write("completedAt", task.endedAt, into: &writer)
            writer.member("status", task.state.isEmpty ? "TASK_CREATED" : task.state)
            writer.endObject()
        }
        writer.endObject()
    }

    static func status(of run: Run) -> String {
        switch run.phase {
        case .waiting: run.attempts == 0 ? "INITIAL" : "ACTIVE"
        case .active: run.tasks.contains { $0.startedAt != nil } ? "ACTIVE" : "STARTING"
        case .ended(.succeeded, _): "SUCCESS"
        case .ended: "FAILED"
        }
    }

    func writeQueue(into writer: inout JSONWriter) {
        let jobs = batch.allJobs.map { job in (job: job, runs: batch.runs(of: job).filter { Self.status(of: $0) == "INITIAL" }) }
        writer.array(jobs.filter { !$0.runs.isEmpty }) { writer, entry in
            writer.beginObject()
            writer.member("jobId", entry.job.name)
            writer.elements("runs", entry.runs) { run, writer in
                writer.beginObject()
                writer.member("runId", RunID.text(of: run.key))
                writer.endObject()
            }
            writer.endObject()
        }
    }

    // MARK: History

    private func writeHistory(of job: Job, isWhole: Bool, into writer: inout JSONWriter) {
        let ended = batch.runs(of: job).filter(\.hasEnded)
        let successful = ended.filter { $0.outcome == .succeeded }
        let failed = ended.filter { $0.outcome != .succeeded }
        let progress = job.progress
        // The counts are of all times, the lists have what is kept. What ended and didn't succeed has failed or was stopped; what was replaced or
        // came too late is counted for as long as it is kept alone.
        writer.beginObject()
        writer.member("successCount", Int(progress.successCount))
        writer.member("failureCount", max(Int(progress.ends &- progress.successCount), failed.count))
        Self.write("lastSuccessAt", progress.lastSuccess, into: &writer)
        Self.write("lastFailureAt", ([progress.lastError] + failed.map(\.endedAt)).compactMap { $0 }.max(), into: &writer)
        if isWhole {
            writer.elements("successfulFinishedRuns", successful, isOmittedWhenEmpty: false) { write(ended: $0, into: &$1) }
            writer.elements("failedFinishedRuns", failed, isOmittedWhenEmpty: false) { write(ended: $0, into: &$1) }
        }
        writer.endObject()
    }

    private func write(ended run: Run, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", RunID.text(of: run.key))
        writer.member("createdAt", Self.time(run.createdAt))
        Self.write("finishedAt", run.endedAt, into: &writer)
        writer.elements("tasks", run.tasks, isOmittedWhenEmpty: false) { $1.string($0.id) }
        writer.endObject()
    }

    // MARK: Times

    /// `yyyy-MM-ddTHH:mm:ss.SSS+0000`
    static func time(_ milliseconds: Int64) -> String { Timestamp(milliseconds: milliseconds).description.dropLast() + "+0000" }

    private static func write(_ name: StaticString, _ time: Int64?, into writer: inout JSONWriter) {
        writer.key(verbatim: name)
        if let time { writer.string(Self.time(time)) } else { writer.null() }
    }
}
