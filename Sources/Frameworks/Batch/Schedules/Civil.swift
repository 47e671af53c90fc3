/// A day of the proleptic Gregorian calendar.
package struct CivilDate: Hashable, Sendable {
    package let year: Int
    /// 1 is January.
    package let month: Int
    package let day: Int

    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }
}

/// Arithmetic on days, counted from 1 January 1970, and on wall times: milliseconds that a clock on the wall shows, counted as if the wall stood in
/// UTC. Nothing here knows of zones.
package enum Civil {
    package static let millisecondsOfDay: Int64 = 86_400_000
    /// The years that a schedule may name, and in which it fires.
    package static let years = 1...9999
    /// The first and the last instant of these years in UTC.
    package static let first = wall(CivilDate(year: 1, month: 1, day: 1))
    package static let last = wall(CivilDate(year: 10_000, month: 1, day: 1)) - 1
    /// After so many days the calendar repeats, days of the week included: 400 years.
    package static let daysOfCycle = 146_097

    private static let daysBeforeMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365]
    /// 1 January 1970, counted from 1 January of the year 0.
    private static let epoch = daysBefore(year: 1970)

    package static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    package static func length(ofMonth month: Int, in year: Int) -> Int {
        month == 2 && isLeap(year) ? 29 : daysBeforeMonth[month] - daysBeforeMonth[month - 1]
    }

    /// - Precondition: the month is one of 1 to 12; the day need not be in the month.
    package static func day(_ date: CivilDate) -> Int {
        let leap = date.month > 2 && isLeap(date.year) ? 1 : 0
        return daysBefore(year: date.year) + daysBeforeMonth[date.month - 1] + leap + date.day - 1 - epoch
    }

    package static func date(ofDay day: Int) -> CivilDate {
        let days = day + epoch
        // The mean year finds the right one or its neighbour.
        var year = floorDivide(days * 400, daysOfCycle)
        if daysBefore(year: year) > days { year -= 1 } else if daysBefore(year: year + 1) <= days { year += 1 }
        let ordinal = days - daysBefore(year: year)
        let leap = isLeap(year) ? 1 : 0
        // No month is longer than 31 days, so this is the month or the one before.
        var month = ordinal / 31 + 1
        if month < 12, ordinal >= daysBeforeMonth[month] + (month >= 2 ? leap : 0) { month += 1 }
        return CivilDate(year: year, month: month, day: ordinal - daysBeforeMonth[month - 1] - (month > 2 ? leap : 0) + 1)
    }

    /// 0 is Sunday.
    package static func weekday(ofDay day: Int) -> Int { floorModulo(day + 4, 7) }

    /// Midnight of this day on the wall.
    package static func wall(_ date: CivilDate) -> Int64 { Int64(day(date)) * millisecondsOfDay }

    /// The day that a wall shows, and the milliseconds since its midnight.
    package static func split(_ wall: Int64) -> (day: Int, time: Int64) {
        let day = floorDivide(wall, millisecondsOfDay)
        return (Int(day), wall - day * millisecondsOfDay)
    }

    /// This many months later (or earlier); the last day of the month where it would have no such day.
    /// - Returns: nil outside of the years that schedules know.
    package static func adding(months: Int64, toDay day: Int) -> Int? {
        let date = date(ofDay: day)
        let (total, overflows) = months.addingReportingOverflow(Int64(date.year * 12 + date.month - 1))
        guard !overflows, let year = Int(exactly: floorDivide(total, 12)), (0...10_000).contains(year) else { return nil }
        let month = Int(floorModulo(total, 12)) + 1
        return Self.day(CivilDate(year: year, month: month, day: min(date.day, length(ofMonth: month, in: year))))
    }

    /// Monday of the first week of a year as ISO 8601 counts weeks: the one with 4 January in it.
    static func firstWeek(of year: Int) -> Int {
        let fourth = day(CivilDate(year: year, month: 1, day: 4))
        return fourth - floorModulo(weekday(ofDay: fourth) + 6, 7)
    }

    /// Days from 1 January of the year 0 to that of this year.
    private static func daysBefore(year: Int) -> Int {
        year * 365 + floorDivide(year + 3, 4) - floorDivide(year + 99, 100) + floorDivide(year + 399, 400)
    }
}

/// Divides towards minus infinity, as calendars count.
func floorDivide<T: SignedInteger>(_ number: T, _ divisor: T) -> T {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}

/// What `floorDivide` leaves: from 0 to `divisor - 1`.
func floorModulo<T: SignedInteger>(_ number: T, _ divisor: T) -> T {
    let remainder = number % divisor
    return remainder < 0 ? remainder + divisor : remainder
}
