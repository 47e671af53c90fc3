import FrameworkCore
import Machine

/// What people are told, in the words of Chronos 3.0 where it has them.
extension Batch {
    /// Bytes of a text of the job's that are passed on.
    private static let longestField = 1_000
    /// Bytes of a task's message.
    private static let longestMessage = 4_000

    private static func cut(_ text: String, to bytes: Int) -> String {
        text.utf8.count > bytes ? String(decoding: text.utf8.prefix(bytes), as: UTF8.self) + "…" : text
    }

    func noticeSubject(of cause: Notice.Cause, _ job: String) -> String {
        let text =
            switch cause {
            case .removed: "Your job '\(job)' was deleted!"
            case .exhausted, .failedTooOften: "job '\(job)' disabled"
            case .failed: "job '\(job)' failed!"
            case .recovered: "job '\(job)' recovered"
            case .missed: "job '\(job)' missed a run"
            }
        return (configuration.notices.clusterName.map { "[\($0)] " } ?? "") + "[Chronos] " + text
    }

    func noticeMessage(of cause: Notice.Cause, _ job: Handle<Job>) -> String {
        let name = jobs[job].name
        switch cause {
        case .removed: return ""
        case .exhausted: return "Job '\(name)' has exhausted all of its recurrences and has been disabled."
        case .failedTooOften:
            return lines("Failed at '\(timestamp)', \(jobs[job].progress.errorsSinceLastSuccess) failures since last success")
        case .failed: return lines("'\(timestamp)'. Retries attempted: \(max(0, (output.lastEnd?.attempts ?? 1) - 1)).")
        case .recovered(let failures):
            return "Job '\(name)' ended well at '\(timestamp)', after \(failures) \(failures == 1 ? "failure" : "failures")."
        case .missed(let text): return "'\(timestamp)'. \(text)"
        }
    }

    /// A first line, and what is known of the run that has just ended.
    private func lines(_ first: String) -> String {
        var text = first
        if let task = output.lastEnd?.task { text += "\nTask id: \(task)" }
        if let message = output.lastEnd?.message, !message.isEmpty {
            text += "\nThe scheduler provided this message:\n" + Self.cut(message, to: Self.longestMessage)
        }
        return text
    }

    /// What a callback is told of a job. Specified by Chronos 3.0 docs/configuration.md ("http_notification_url").
    func noticeFields(of job: Handle<Job>) -> [Notice.Field] {
        let (definition, progress) = (jobs[job].definition, jobs[job].progress)
        func time(_ milliseconds: Int64?) -> String { milliseconds.map { "\(Timestamp(milliseconds: $0))" } ?? "" }
        let texts: [(String, String)] = [
            ("job", definition.name), ("command", definition.command), ("cpus", "\(definition.cpus)"), ("mem", "\(definition.mem)"),
            ("softError", "\(definition.isSoftError)"), ("errorCount", "\(progress.errorCount)"),
            ("errorsSinceLastSuccess", "\(progress.errorsSinceLastSuccess)"), ("executor", ""), ("executorFlags", definition.executorFlags),
            ("lastError", time(progress.lastError)), ("lastSuccess", time(progress.lastSuccess)), ("retries", "\(definition.retries)"),
            ("successCount", "\(progress.successCount)"), ("uris", definition.fetch.map(\.uri).joined(separator: ","))
        ]
        return texts.map { name, text in
            .init(name: name, value: Self.cut(text, to: Self.longestField))
        }
    }
}
