/// A repeating interval of ISO 8601 as Chronos takes it: `R5/2026-01-31T09:00:00Z/P1M`, five times, monthly from 31 January on.
///
/// Occurrence number i is the start plus i times the period, always counted from the original start: the 31st of a month comes back after February.
/// Years, months, weeks and days are added on the calendar and the clocks of the zone; hours, minutes and seconds are time that passes.
///
/// - A wall time that clocks skip moves forward by what they skip, in that one occurrence: 02:30 becomes 03:30 on the day that summer time begins.
/// - A wall time that comes twice counts once: the earlier one, unless the start was the later one.
/// - Two occurrences never come at the same instant, but in a zone that skipped a whole day; there they are one.
package struct Interval: Hashable, Sendable {
    /// How many occurrences there are; nil: no end.
    package let count: Int64?
    package let period: Period
    package let zone: Zone
    /// What the start was written as: milliseconds since 1970 on the zone's wall.
    let wall: Int64
    /// Of a wall time that comes twice, the later one is meant.
    let isLater: Bool

    /// An occurrence: number 0 is the start.
    package struct Occurrence: Hashable, Sendable {
        package let number: Int64
        /// Milliseconds since 1970.
        package let time: Int64
    }

    /// From an instant on, which the zone's clocks show as they do.
    package init(count: Int64?, start: Int64, period: Period, zone: Zone) {
        self.count = count.map { max($0, 0) }
        self.period = period
        self.zone = zone
        let start = start.clampedToCalendar
        wall = min(max(zone.wall(at: start), Civil.first), Civil.last)
        if case .twice(_, let later) = zone.meaning(of: wall) { isLater = later == start } else { isLater = false }
    }

    init(count: Int64?, wall: Int64, isLater: Bool, period: Period, zone: Zone) {
        self.count = count
        self.wall = wall
        self.isLater = isLater
        self.period = period
        self.zone = zone
    }

    /// Whether its period is zero, so that all its occurrences are at once. `next(after:)` names their instant a single time: who wants one run after
    /// the other, as Chronos did, must start the next one when one ends.
    package var isBackToBack: Bool { period.isZero }

    /// Whether its period is less than a second: nothing repeats so fast.
    package var isTooFast: Bool { period.isExact && period.duration < 1_000 }

    /// The instant of the start, in milliseconds since 1970.
    package var start: Int64 { instant(of: wall) }

    /// When occurrence number `number` is; nil: there is none, or it is after the year 9999.
    package func time(of number: Int64) -> Int64? {
        guard number >= 0, count.map({ number < $0 }) ?? true else { return nil }
        return unlimited(number)
    }

    /// The first occurrence later than this instant; nil: there is none. Of occurrences at the same instant, the one with the lowest number.
    package func occurrence(after instant: Int64) -> Occurrence? {
        let number = numberOfFirst(after: instant)
        guard let time = time(of: number), time > instant else { return nil }
        return Occurrence(number: number, time: time)
    }

    /// The last occurrence before this instant; nil: there is none. Of occurrences at the same instant, the one with the highest number.
    package func occurrence(before instant: Int64) -> Occurrence? {
        guard instant > .min else { return nil }
        var number = numberOfFirst(after: instant - 1) - 1
        if let count { number = min(number, count - 1) }
        return time(of: number).map { Occurrence(number: number, time: $0) }
    }

    package func next(after instant: Int64) -> Int64? { occurrence(after: instant)?.time }
    package func previous(before instant: Int64) -> Int64? { occurrence(before: instant)?.time }
}

// MARK: - Arithmetic

extension Interval {
    /// The number of the first occurrence later than the instant, were there no count. Occurrences never go back, so that it can be searched by
    /// halves;
    /// where the period is of exact length, it is computed.
    private func numberOfFirst(after instant: Int64) -> Int64 {
        guard let first = unlimited(0), first <= instant else { return 0 }
        if period.isZero { return .max }
        if period.isExact { return (min(instant, Civil.last) - first) / period.duration + 1 }
        // Number `high` is above: by then the calendar has ended.
        var low: Int64 = 0
        var high = (Civil.last - first) / max(period.shortest, Civil.millisecondsOfDay / 2) + 2
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if let time = unlimited(middle), time <= instant { low = middle } else { high = middle }
        }
        return high
    }

    /// The start plus so many periods; nil when that is after the year 9999.
    func unlimited(_ number: Int64) -> Int64? {
        guard let months = product(number, period.calendarMonths), let days = product(number, period.calendarDays),
            let duration = product(number, period.duration)
        else { return nil }
        var (day, time) = Civil.split(wall)
        if months != 0 {
            guard let moved = Civil.adding(months: months, toDay: day) else { return nil }
            day = moved
        }
        // All numbers are now far below what an Int64 holds.
        let result = instant(of: (Int64(day) + days) * Civil.millisecondsOfDay + time) + duration
        return result <= Civil.last ? result : nil
    }

    /// nil when it goes beyond the length of the calendar.
    private func product(_ number: Int64, _ factor: Int64) -> Int64? {
        let (product, overflows) = number.multipliedReportingOverflow(by: factor)
        return overflows || product > Civil.last - Civil.first ? nil : product
    }

    private func instant(of wall: Int64) -> Int64 {
        switch zone.meaning(of: wall) {
        case .once(let instant): instant
        case .twice(let earlier, let later): isLater ? later : earlier
        case .skipped(let instant, let length):
            // As much behind the end of the gap as it was behind its beginning.
            wall - zone.offset(at: instant) + length
        }
    }
}
