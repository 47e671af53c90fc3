import FrameworkCore
import JSON
import Schedules

/// What of a body becomes a schedule. Specified by Metronome 0.6 (`schedulespec.schema.json`).
extension SpecReader {
    /// Reads a schedule into a definition.
    /// - Parameters:
    ///   - path: where it stands in the body.
    ///   - index: of the one among those that the job has in whose place it comes, the others stay; nil: it is the job's only one.
    mutating func read(schedule: JSONObject, _ path: String, into definition: inout JobDefinition, replacing index: Int? = nil) {
        schedulePath = path
        check(
            schedule, path,
            only: ["id", "cron", "timezone", "startingDeadlineSeconds", "concurrencyPolicy", "enabled", "nextRunAt"])
        let shown = before?.shownSchedules ?? []
        let old = index.flatMap { shown.indices.contains($0) ? shown[$0] : nil }
        let kept = old == nil ? nil : before
        readID(schedule, path, old, into: &definition)
        readDeadline(schedule, path, kept, into: &definition)
        definition.isDisabled = !(flag(schedule, "enabled", path) ?? true)
        readPolicy(schedule, path, kept, into: &definition)
        readTimes(schedule, path, into: &definition, replacing: old == nil ? nil : index)
    }

    private mutating func readID(_ schedule: JSONObject, _ path: String, _ old: ShownSchedule?, into definition: inout JobDefinition) {
        let id = text(schedule, "id", path, isRequired: true)
        if let id, id == old?.id {
            definition.extras.scheduleID = before?.extras.scheduleID
            return
        }
        if let id, !Self.isScheduleID(id) { flaw("\(path)/id", "may have lower case letters, digits and dashes, with no dash at its ends") }
        definition.extras.scheduleID = id
    }

    /// - Parameter kept: the job with the schedule that is changed; what that has and the body lacks stays. nil: it is a new one.
    private mutating func readDeadline(_ schedule: JSONObject, _ path: String, _ kept: JobDefinition?, into definition: inout JobDefinition) {
        let epsilon = kept == nil ? Length("PT900S") : kept?.options.epsilon
        definition.options.epsilon = epsilon
        guard let deadline = seconds(schedule, "startingDeadlineSeconds", path, from: 60, kept: kept?.options.epsilon?.milliseconds) else { return }
        if deadline != epsilon?.milliseconds { definition.options.epsilon = Length("PT\(deadline / 1_000)S") }
    }

    private mutating func readPolicy(_ schedule: JSONObject, _ path: String, _ kept: JobDefinition?, into definition: inout JobDefinition) {
        let word = text(schedule, "concurrencyPolicy", path) ?? "ALLOW"
        guard let policy = JobDefinition.Concurrency(rawValue: word) else {
            flaw("\(path)/concurrencyPolicy", "'\(word)' is not a valid concurrency policy. Allowed values: ALLOW, FORBID, REPLACE, QUEUE")
            return
        }
        if let kept, kept.concurrency == policy {
            definition.options.concurrency = kept.options.concurrency
        } else {
            definition.options.concurrency = policy
        }
    }

    private mutating func readTimes(_ schedule: JSONObject, _ path: String, into definition: inout JobDefinition, replacing index: Int?) {
        let cron = text(schedule, "cron", path, isRequired: true) ?? ""
        let line = ShownSchedule.text(ofCron: cron)
        let given = text(schedule, "timezone", path) ?? ""
        let zone = given.isEmpty ? "UTC" : given
        guard let index, let before, case .schedules(var texts, let keptZone) = before.trigger, texts.indices.contains(index) else {
            definition.trigger = .schedules([line], zone: zone)
            return
        }
        let old = before.shownSchedules[index]
        let keepsZone = zone == old.timezone || texts.count > 1 && Self.isSame(zone, old.timezone)
        guard cron != old.cron || !keepsZone else {
            definition.trigger = before.trigger
            return
        }
        if !keepsZone, texts.count > 1 {
            flaw("\(path)/timezone", "all schedules of a job share one zone, and that of the others is '\(old.timezone)'")
            return
        }
        if cron != old.cron {
            // Of equal ones, only one would be there after a restart.
            if texts.indices.contains(where: { $0 != index && ShownSchedule.cron(texts[$0]) == ShownSchedule.cron(line) }) {
                flaw("\(path)/cron", "another schedule of the job has it already")
                return
            }
            texts[index] = line
        }
        definition.trigger = .schedules(texts, zone: keepsZone ? keptZone : zone)
    }

    /// Whether two names mean one zone.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        guard let source = try? Zone.source(of: one), let otherSource = try? Zone.source(of: other) else { return one == other }
        return source == otherSource
    }

    private static func isScheduleID(_ id: String) -> Bool {
        let bytes = Array(id.utf8)
        return !bytes.isEmpty && bytes.count <= 200 && bytes.first != UInt8(ascii: "-") && bytes.last != UInt8(ascii: "-")
            && bytes.allSatisfy { $0.isLowerAlphanumeric || $0 == UInt8(ascii: "-") }
    }
}
