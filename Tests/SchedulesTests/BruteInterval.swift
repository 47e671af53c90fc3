@testable import Schedules

/// What an interval means, the slow way: occurrence after occurrence, a month at a time on the calendar that was counted out.
struct BruteInterval {
    let count: Int64?
    /// Milliseconds on the wall.
    let wall: Int64
    let months, days: Int
    let duration: Int64

    /// All occurrences up to the first `beyond` ones after the instant.
    func times(until instant: Int64, beyond: Int, _ clock: SlowClock) -> [Int64] {
        let day = Int((Double(wall) / 86_400_000).rounded(.down))
        let time = wall - Int64(day) * 86_400_000
        var month = SlowCalendar.index(ofDay: day)
        let dayOfMonth = day - SlowCalendar.months[month].firstDay
        var (times, later, number) = ([Int64](), 0, 0)
        while later < beyond, count.map({ number < $0 }) ?? true {
            let current = SlowCalendar.months[month]
            let day = current.firstDay + min(dayOfMonth, current.length - 1) + days * number
            let time = Self.instant(Int64(day) * 86_400_000 + time, clock) + duration * Int64(number)
            times.append(time)
            if time > instant { later += 1 }
            number += 1
            month += months
        }
        return times
    }

    /// The first instant that shows the wall time; where clocks skip it, it is moved by what they skip: by what they show at the same instant when they
    /// are read as they were before.
    private static func instant(_ wall: Int64, _ clock: SlowClock) -> Int64 {
        if let first = clock.instants(showing: wall).first { return first }
        let end = clock.firstInstant(past: wall)
        return wall - clock.zone.offset(at: end - 1)
    }
}
