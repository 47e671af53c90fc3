/// A schedule as Metronome's API shows it. What comes back with the same members is that schedule, unchanged, whatever it was given as.
package struct ShownSchedule: Hashable, Sendable {
    /// One that was given without a name is the `default` one.
    package let id: String
    package let cron: String
    package let timezone: String

    /// Shows a line of cron so that it reads back with the same meaning. Of six fields the first are the seconds here, and the last is the year in
    /// Metronome; seven fields mean the same in both.
    static func cron(_ text: String) -> String {
        let count = fieldCount(text)
        if text.hasPrefix("0 "), count == 6 || count == 7 { return String(text.dropFirst(2)) }
        return count == 6 ? text + " *" : text
    }

    /// The opposite of `cron`: a year may stand last in Metronome's six fields; ours begin with seconds then.
    static func text(ofCron cron: String) -> String { fieldCount(cron) == 6 ? "0 " + cron : cron }

    private static func fieldCount(_ text: String) -> Int { text.split { $0 == " " || $0 == "\t" }.count }
}

extension JobDefinition {
    /// Its schedules as Metronome's API shows them, in order.
    package var shownSchedules: [ShownSchedule] {
        guard case .schedules(let texts, let zone) = trigger else { return [] }
        let first = extras.scheduleID ?? "default"
        return texts.enumerated().map { index, text in
            ShownSchedule(id: index == 0 ? first : "\(first)-\(index + 1)", cron: ShownSchedule.cron(text), timezone: zone.isEmpty ? "UTC" : zone)
        }
    }

    /// The line for the shell that Metronome's API shows: its command has no arguments beside it.
    package var shownCommand: String { ([command] + arguments).joined(separator: " ") }
}
