import BatchCore
import FrameworkCore
import JSON

/// Writes runs with their tasks.
struct RunWriter {
    /// The framework's id, which is part of the way to a sandbox.
    let framework: String?

    func write(_ run: Run, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", "\(run.key.due)")
        writer.member("job", run.key.job)
        writer.member("due", Self.time(run.key.due))
        writer.member("cause", Self.name(run.cause))
        writer.member("state", Self.state(run))
        writer.member("attempts", run.attempts)
        if run.parts.count > 1 { writeCounts(run, into: &writer) }
        writer.member("arguments", run.arguments)
        writer.elements("environment", run.parameters.environment, isOmittedWhenEmpty: true) { variable, writer in
            writer.beginObject()
            writer.member("name", variable.name)
            writer.member("value", variable.value)
            writer.endObject()
        }
        if let payload = run.parameters.payload { writer.member("payloadSize", payload.utf8.count) }
        writer.member("created", Self.time(run.createdAt))
        writer.member("started", run.startedAt.map(Self.time))
        writer.member("ended", run.endedAt.map(Self.time))
        if case .waiting(let until?) = run.phase { writer.member("nextAttempt", Self.time(until)) }
        if !run.message.isEmpty { writer.member("message", run.message) }
        if run.parts.count > 1 {
            writer.elements("indices", Array(run.parts.enumerated()), isOmittedWhenEmpty: false) { write($0.element, $0.offset, of: run, into: &$1) }
        }
        writer.elements("tasks", run.tasks, isOmittedWhenEmpty: false) { write($0, hasIndex: run.parts.count > 1, into: &$1) }
        writer.endObject()
    }

    private func writeCounts(_ run: Run, into writer: inout JSONWriter) {
        writer.member("completions", run.parts.count)
        writer.member("requiredSuccesses", run.needed)
        writer.member("running", run.activeCount)
        writer.member("succeeded", run.succeededCount)
        writer.member("failed", run.failedCount)
    }

    private func write(_ part: Part, _ index: Int, of run: Run, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("index", index)
        writer.member("state", Self.state(part, of: run))
        writer.member("attempts", part.attempts)
        if !run.hasEnded, let until = part.until { writer.member("nextAttempt", Self.time(until)) }
        if !part.message.isEmpty { writer.member("message", part.message) }
        writer.endObject()
    }

    private func write(_ task: RunTask, hasIndex: Bool, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", task.id)
        if hasIndex { writer.member("index", task.index) }
        writer.member("attempt", task.attempt)
        writer.member("slaveId", task.agentID)
        writer.member("host", task.host)
        writer.member("state", task.state.isEmpty ? "launched" : task.state)
        writer.member("launched", Self.time(task.launchedAt))
        writer.member("started", task.startedAt.map(Self.time))
        writer.member("ended", task.endedAt.map(Self.time))
        if let status = task.exitStatus { writer.member("exitStatus", Int(status)) }
        if !task.message.isEmpty { writer.member("message", task.message) }
        if let framework {
            writer.member("sandbox", "/frameworks/\(framework)/executors/\(task.id)/runs/\(task.container.isEmpty ? "latest" : task.container)")
        }
        writer.endObject()
    }

    static func time(_ milliseconds: Int64) -> String { Timestamp(milliseconds: milliseconds).description }

    static func name(_ cause: Run.Cause) -> String {
        switch cause {
        case .schedule: "schedule"
        case .request: "request"
        case .parents: "parents"
        }
    }

    static func state(_ run: Run) -> String {
        switch run.phase {
        case .waiting(until: nil): "queued"
        case .waiting: "waiting"
        case .active: run.parts.contains { $0.phase == .active && !isUnreachable($0) } ? "running" : "unreachable"
        case .ended(let outcome, _): name(outcome)
        }
    }

    private static func isUnreachable(_ part: Part) -> Bool { part.tasks.last?.state == "TASK_UNREACHABLE" }

    /// What has not ended before its run did is omitted.
    private static func state(_ part: Part, of run: Run) -> String {
        switch part.phase {
        case .waiting where run.hasEnded: "omitted"
        case .waiting(until: nil): "queued"
        case .waiting: "waiting"
        case .active: isUnreachable(part) ? "unreachable" : "running"
        case .ended(let outcome): name(outcome)
        }
    }

    static func name(_ outcome: Run.Outcome) -> String {
        switch outcome {
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .killed: "killed"
        case .replaced: "replaced"
        case .skipped: "skipped"
        }
    }
}

extension Run {
    /// All states in which a run is shown.
    package static let shownStates = ["queued", "waiting", "running", "unreachable"] + Outcome.allCases.map(RunWriter.name)
}
