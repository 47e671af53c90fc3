/// When to fire, as the tables of cron say it: `30 2 * * MON-FRI`. What a text may be made of: docs/schedules.md.
///
/// **Days.** When day of month and day of week both are restricted, a day that either names will do; when one of them begins with `*` (or is `?`),
/// both
/// must agree, which for `*` alone says nothing and for `*/2` does. That is Vixie's rule.
///
/// **Clocks that change.** A schedule is *steady* when its seconds, minutes or hours begin with `*`: it fires whenever the clocks show a time that
/// the
/// fields name. So it follows the time that passes: every ten minutes stays every ten minutes, in the hour that comes twice, too, and no time of the
/// hour that is skipped is made up for. Any other schedule names times of day, and each of them on each day fires just once: at the first moment at
/// which the clocks show this time or a later one. So 02:30 fires at 03:00 on the night in which 02:00 is followed by 03:00, and only the first time
/// when the hour from 02:00 to 03:00 comes twice. That is what Vixie's cron and cronie do where clocks change by up to three hours.
package struct Cron: Hashable, Sendable {
    var seconds: UInt64 = 1
    var minutes: UInt64 = 0
    var hours: UInt32 = 0
    var months: UInt16 = 0
    var days = MonthDays()
    var weekdays = WeekDays()
    /// The years that it names; nil: all.
    var years: YearSet?
    /// The fields that begin with `*` or are `?`; nothing hangs on whether the years do.
    var stars: Stars = []

    struct Stars: OptionSet, Hashable, Sendable {
        let rawValue: UInt8
        static let seconds = Stars(rawValue: 1 << 0)
        static let minutes = Stars(rawValue: 1 << 1)
        static let hours = Stars(rawValue: 1 << 2)
        static let days = Stars(rawValue: 1 << 3)
        static let months = Stars(rawValue: 1 << 4)
        static let weekdays = Stars(rawValue: 1 << 5)
        static let years = Stars(rawValue: 1 << 6)
    }

    /// The days of a month that the third field names.
    struct MonthDays: Hashable, Sendable {
        /// 1 to 31.
        var plain: UInt32 = 0
        /// So many days before the last one: `L` is 0, `L-3` is 3.
        var fromLast: UInt32 = 0
        /// The working day (Monday to Friday) next to the day in the same month: `15W`.
        var working: UInt32 = 0
        /// The same, counted from the last day: `LW` is 0.
        var workingFromLast: UInt32 = 0
    }

    /// The days of the week that the fifth field names; 0 is Sunday.
    struct WeekDays: Hashable, Sendable {
        var plain: UInt8 = 0
        /// The last of its kind in the month: `5L`.
        var last: UInt8 = 0
        /// The one with this number in the month: `5#2` is bit 8 · 2 + 5.
        var numbered: UInt64 = 0
    }

    /// The years that may be named: 1970 to 2299.
    static let yearRange = 1_970...2_299

    /// Whether it follows the time that passes where clocks change.
    package var isSteady: Bool { !stars.isDisjoint(with: [.seconds, .minutes, .hours]) }
}

/// The years from 1970 to 2299.
struct YearSet: Hashable, Sendable {
    private var words: [UInt64] = Array(repeating: 0, count: 6)

    private static let first = Cron.yearRange.lowerBound

    mutating func insert(_ year: Int) { words[(year - Self.first) / 64].insert(bit: (year - Self.first) % 64) }

    func contains(_ year: Int) -> Bool { Cron.yearRange.contains(year) && words[(year - Self.first) / 64].contains(bit: (year - Self.first) % 64) }

    var numbers: [Int] { Cron.yearRange.filter(contains) }

    func lowest(from year: Int) -> Int? { (max(year, Self.first)..<max(year, Cron.yearRange.upperBound + 1)).first(where: contains) }

    func highest(to year: Int) -> Int? { Cron.yearRange.last { $0 <= year && contains($0) } }
}
