import BatchCore
import FrameworkCore
import JSON

/// Writes what `job/stat` shows. Specified by Chronos 3.0 docs/api.md ("Job statistics").
enum StatisticsWriter {
    /// The measures of a job's latencies, in milliseconds, as they stand in the histogram.
    static let measures: [(name: StaticString, read: @Sendable (Latencies) -> Double)] = [
        ("75thPercentile", { $0.quantile(750) }), ("95thPercentile", { $0.quantile(950) }), ("98thPercentile", { $0.quantile(980) }),
        ("99thPercentile", { $0.quantile(990) }), ("median", { $0.quantile(500) }), ("mean", { $0.mean })
    ]

    /// - Parameter runs: the newest first.
    static func write(_ runs: [Run], limit: Int, into writer: inout JSONWriter) {
        let latencies = Latencies(runs)
        writer.beginObject()
        writer.key(verbatim: "histogram")
        writer.beginObject()
        for measure in measures {
            writer.key(verbatim: measure.name)
            writer.double(measure.read(latencies))
        }
        writer.member("count", latencies.count)
        writer.endObject()
        let tasks = runs.flatMap { run in run.tasks.reversed().map { (run: run, task: $0) } }.prefix(limit)
        writer.elements("taskStatHistory", Array(tasks), isOmittedWhenEmpty: false) { write($0.task, of: $0.run, into: &$1) }
        writer.endObject()
    }

    private static func write(_ task: RunTask, of run: Run, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("taskId", task.id)
        writer.member("jobName", run.key.job)
        writer.member("slaveId", task.agentID)
        writer.member("startTime", task.startedAt.map(time) ?? "N/A")
        writer.member("endTime", task.endedAt.map(time) ?? "N/A")
        if let start = task.startedAt, let end = task.endedAt { writer.member("duration", duration(end - start)) }
        writer.member("status", status(task))
        if task.processedElements > 0 { writer.member("numElementsProcessed", Int(task.processedElements)) }
        writer.endObject()
    }

    private static func status(_ task: RunTask) -> String {
        if task.endedAt != nil { return task.state == "TASK_FINISHED" ? "Success" : "Fail" }
        return task.startedAt == nil ? "Idle" : "Running"
    }

    /// `MM/dd/yy HH:mm:ss`, in UTC.
    private static func time(_ milliseconds: Int64) -> String {
        let text = Timestamp(milliseconds: milliseconds).description
        guard text.utf8.count == 24 else { return "N/A" }
        let parts = text.dropLast(5).split { "-T".contains($0) }
        guard parts.count == 4 else { return "N/A" }
        return "\(parts[1])/\(parts[2])/\(parts[0].suffix(2)) \(parts[3])"
    }

    /// `1d2h3m4s`, without what is 0.
    static func duration(_ milliseconds: Int64) -> String {
        var rest = max(0, milliseconds) / 1000
        var text = ""
        for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60)] as [(String, Int64)] {
            if rest >= size { text += "\(rest / size)\(unit)" }
            rest %= size
        }
        return text.isEmpty || rest > 0 ? text + "\(rest)s" : text
    }
}
