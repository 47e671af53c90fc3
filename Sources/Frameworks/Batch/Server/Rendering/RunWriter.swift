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
        writer.member("arguments", run.arguments)
        writer.member("created", Self.time(run.createdAt))
        writer.member("started", run.startedAt.map(Self.time))
        writer.member("ended", run.endedAt.map(Self.time))
        if case .waiting(let until?) = run.phase { writer.member("nextAttempt", Self.time(until)) }
        if !run.message.isEmpty { writer.member("message", run.message) }
        writer.elements("tasks", run.tasks, isOmittedWhenEmpty: false) { write($0, into: &$1) }
        writer.endObject()
    }

    private func write(_ task: RunTask, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", task.id)
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
        case .active: run.tasks.last?.state == "TASK_UNREACHABLE" ? "unreachable" : "running"
        case .ended(let outcome, _): name(outcome)
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
