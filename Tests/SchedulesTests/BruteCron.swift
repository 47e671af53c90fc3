import Machine

@testable import Schedules

/// What a drawn schedule means, the slow and simple way: every day is looked at by the words of the manual, every minute of a day that is named.
struct BruteCron {
    private let fields: [RandomCron.Field]
    private let second, minute, hour, month: [Bool]
    private let years: [Bool]
    private let bothDays, isSteady: Bool
    /// Where the search gives up.
    static let days = 4_400

    init(_ drawn: RandomCron) {
        fields = drawn.fields
        second = Self.table(fields[0])
        minute = Self.table(fields[1])
        hour = Self.table(fields[2])
        month = Self.table(fields[4])
        years = Self.table(fields[6])
        func star(_ index: Int) -> Bool { if case .all = drawn.fields[index].items[0] { true } else { false } }
        bothDays = star(3) || star(5)
        isSteady = star(0) || star(1) || star(2)
    }

    private static func table(_ field: RandomCron.Field) -> [Bool] {
        (0...field.high).map { value in value >= field.low && field.items.contains { names($0, value, field) } }
    }

    /// Whether a plain item names the value: who walks from its beginning in its steps comes by.
    private static func names(_ item: RandomCron.Item, _ value: Int, _ field: RandomCron.Field) -> Bool {
        func walk(from first: Int, to last: Int, _ step: Int) -> Bool {
            var (at, sinceStep) = (first, 0)
            while true {
                if sinceStep == 0, at == value { return true }
                if at == last { return false }
                at = at == field.high ? field.low : at + 1
                sinceStep = (sinceStep + 1) % step
            }
        }
        return switch item {
        case .all(let step): walk(from: field.low, to: field.high, step)
        case .range(let first, let last, let step): walk(from: first, to: last, step)
        case .one(let one): one == value
        case .from(let first, let step): walk(from: first, to: field.high, step)
        case .last, .lastWorking, .working, .lastWeekday, .numbered: false
        }
    }

    // MARK: - Days

    private func names(day: Int, _ month: SlowCalendar.Month) -> Bool {
        if !self.month[month.month] || month.year < 1970 && !isEachYear || month.year >= 1970 && !years[month.year] { return false }
        let weekday = (month.weekdayOfFirst + day - 1) % 7
        let byDay = fields[3].items.contains { item in
            switch item {
            case .last(let back): day == month.length - back
            case .lastWorking(let back): month.length - back >= 1 && day == Self.workingDay(month.length - back, month)
            case .working(let wanted): wanted <= month.length && day == Self.workingDay(wanted, month)
            default: Self.names(item, day, fields[3])
            }
        }
        let byWeekday = fields[5].items.contains { item in
            switch item {
            case .lastWeekday(let wanted): wanted == weekday && day + 7 > month.length
            case .numbered(let wanted, let number): wanted == weekday && (day + 6) / 7 == number
            default: Self.names(item, weekday, fields[5])
            }
        }
        return bothDays ? byDay && byWeekday : byDay || byWeekday
    }

    private var isEachYear: Bool { years[1970...].allSatisfy { $0 } }

    private static func workingDay(_ day: Int, _ month: SlowCalendar.Month) -> Int {
        let working = (1...month.length).filter { (1...5).contains((month.weekdayOfFirst + $0 - 1) % 7) }
        return working.min { abs($0 - day) < abs($1 - day) } ?? 0
    }

    // MARK: - Instants

    /// All wall times that a day names, in seconds since its midnight.
    private func times() -> [Int] {
        var times: [Int] = []
        for time in 0..<1_440 where hour[time / 60] && minute[time % 60] { for late in 0..<60 where second[late] { times.append(time * 60 + late) } }
        return times
    }

    /// When the schedule fires for a wall time: each time that the clocks show it, or once if it names times of day.
    private func instants(_ wall: Int64, _ clock: SlowClock) -> [Int64] {
        let shown = clock.instants(showing: wall)
        if isSteady { return shown }
        return [shown.first ?? clock.firstInstant(past: wall)]
    }

    /// The first time after the instant; nil: none in the days that are looked at.
    func next(after instant: Int64, _ clock: SlowClock) -> Int64? { search(instant, step: 1, clock) { $0 > instant ? $0 : nil } }

    func previous(before instant: Int64, _ clock: SlowClock) -> Int64? { search(instant, step: -1, clock) { $0 < instant ? $0 : nil } }

    private func search(_ instant: Int64, step: Int, _ clock: SlowClock, _ wanted: (Int64) -> Int64?) -> Int64? {
        var day = Int((Double(instant) / 86_400_000).rounded(.down)) - 2 * step
        var index = SlowCalendar.index(ofDay: day)
        let times = times()
        var best: Int64?
        var daysLeft = Self.days
        while daysLeft > 0 {
            daysLeft -= 1
            let month = SlowCalendar.months[index]
            if names(day: day - month.firstDay + 1, month) {
                for time in times {
                    let wall = (Int64(day) * 86_400 + Int64(time)) * 1_000
                    // No clock of the zone shows this at an instant that is wanted, or that would be better.
                    if step > 0 ? wall - clock.least <= instant : wall - clock.most - 86_400_000 >= instant { continue }
                    if let best, step > 0 ? wall - clock.most >= best : wall - clock.least <= best { continue }
                    for found in instants(wall, clock).compactMap(wanted) {
                        best = best.map { step > 0 ? min($0, found) : max($0, found) } ?? found
                    }
                }
                // Clocks that are put back by a day may bring a later day's times before these.
                if best != nil, daysLeft > 3 { daysLeft = 3 }
            }
            day += step
            if day < month.firstDay { index -= 1 } else if day >= month.firstDay + month.length { index += 1 }
        }
        return best
    }
}
