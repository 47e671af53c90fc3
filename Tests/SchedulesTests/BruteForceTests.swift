import Foundation
import Machine
import Testing

@testable import Schedules

/// Schedules, zones and instants drawn at random, each asked both ways of the product and of a slow and simple second implementation. A part of them here;
/// `make schedules` draws a million of each kind.
struct BruteForceTests {
    static let cases = ProcessInfo.processInfo.environment["AGORA_SCHEDULE_CASES"].flatMap(Int.init) ?? 10_000

    private static let zoneNames = [
        "UTC", "+05:45", "-09:30", "Europe/Berlin", "Europe/London", "Europe/Dublin", "Europe/Istanbul", "America/New_York", "America/St_Johns",
        "America/Santiago", "America/Caracas", "America/Sao_Paulo", "America/Nuuk", "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Chatham",
        "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Kwajalein", "Africa/Casablanca", "Africa/Cairo", "Africa/Monrovia", "Asia/Beirut",
        "Asia/Amman",
        "Asia/Gaza", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Pyongyang", "Asia/Tehran", "Antarctica/Troll", "Antarctica/Casey"
    ]

    private static let clocks = Result { try zoneNames.map { SlowClock(try systemZone($0)) } }

    /// An instant from 1970 to 2100, every other one within two days of a change of clocks.
    private static func instant(_ zone: Zone, _ random: inout SplitMix) -> Int64 {
        let instant = Int64(random.draw(below: 4_102_444_800_000))
        let change = zone.stretch(at: instant).start
        guard random.draw(below: 2) == 0, change > 0 else { return random.draw(below: 2) == 0 ? instant : instant / 60_000 * 60_000 }
        return change + Int64(random.draw(below: 4 * 86_400_000)) - 2 * 86_400_000
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>) func `lines of cron fire as brute force finds`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let clocks = try Self.clocks.get()
        var fired = 0
        for _ in 0..<Self.cases / 8 {
            let drawn = RandomCron(&random)
            let clock = clocks[Int(random.draw(below: UInt64(clocks.count)))]
            let instant = Self.instant(clock.zone, &random)
            let schedule = Schedule.cron(try Cron(drawn.text), clock.zone)
            #expect(try Cron(schedule.text) == Cron(drawn.text), "\(drawn.text) is printed as \(schedule.text)")
            let brute = BruteCron(drawn)
            // Where brute force has given up, the product may go on.
            let reach = Int64(BruteCron.days - 5) * 86_400_000
            let next = schedule.next(after: instant).flatMap { $0 - instant < reach ? $0 : nil }
            let previous = schedule.previous(before: instant).flatMap { instant - $0 < reach ? $0 : nil }
            let expectedNext = brute.next(after: instant, clock).flatMap { $0 - instant < reach ? $0 : nil }
            let expectedPrevious = brute.previous(before: instant, clock).flatMap { instant - $0 < reach ? $0 : nil }
            let place = "\(drawn.text) in \(clock.zone.name) at \(clock.zone.text(of: instant))"
            if next != expectedNext { Issue.record("\(place): next \(text(next, clock)), not \(text(expectedNext, clock))") }
            if previous != expectedPrevious { Issue.record("\(place): previous \(text(previous, clock)), not \(text(expectedPrevious, clock))") }
            fired += next == nil ? 0 : 1
        }
        #expect(fired > Self.cases / 8 / 2, "most schedules that are drawn fire some day")
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>) func `intervals fire as brute force finds`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let clocks = try Self.clocks.get()
        for _ in 0..<Self.cases / 8 {
            let clock = clocks[Int(random.draw(below: UInt64(clocks.count)))]
            let start = Self.instant(clock.zone, &random)
            func part(_ most: UInt64) -> Int { random.draw(below: 3) == 0 ? Int(random.draw(below: most)) : 0 }
            let (years, months, weeks, days) = (part(3), part(15), part(5), part(40))
            let duration = Int64(part(200_000)) * [1, 1_000, 60_000][Int(random.draw(below: 3))]
            let wall = start + clock.zone.offset(at: start) + Int64(part(100)) * 60_000
            let isEmpty = years + months + weeks + days == 0 && duration == 0
            let brute = BruteInterval(
                count: random.draw(below: 4) == 0 ? Int64(random.draw(below: 60)) : nil, wall: wall, months: years * 12 + months,
                days: weeks * 7 + days + (isEmpty ? 1 : 0), duration: duration)
            let period = "P\(years)Y\(months)M\(weeks)W\(days + (isEmpty ? 1 : 0))DT\(duration / 1_000).\(padded(duration % 1_000, 3))S"
            let count = brute.count.map(String.init) ?? ""
            let written = "R\(count)/\(StartTime.text(wall: wall, offset: 0).dropLast())/\(period)"
            let interval = try Interval(written, zone: clock.zone, now: 0)
            // Of the first forty occurrences, one is the instant, or it lies between two.
            let all = brute.times(until: start, beyond: 42, clock)
            guard let middle = all.isEmpty ? start : all[Int(random.draw(below: UInt64(all.count)))] as Int64? else { continue }
            let instant = middle + [-1, 0, 0, 1, Int64(random.draw(below: 100_000_000))][Int(random.draw(below: 5))]
            let times = brute.times(until: instant, beyond: 3, clock)
            let place = "\(written) in \(clock.zone.name) at \(clock.zone.text(of: instant))"
            let expected = times.firstIndex { $0 > instant }
            let found = interval.occurrence(after: instant)
            if found?.time != expected.map({ times[$0] }) || found?.number != expected.map(Int64.init) {
                Issue.record("\(place): next \(text(found?.time, clock)), not \(text(expected.map { times[$0] }, clock))")
            }
            let before = times.lastIndex { $0 < instant }
            let last = interval.occurrence(before: instant)
            if last?.time != before.map({ times[$0] }) || last?.number != before.map(Int64.init) {
                Issue.record("\(place): previous \(text(last?.time, clock)), not \(text(before.map { times[$0] }, clock))")
            }
        }
    }

    private func text(_ instant: Int64?, _ clock: SlowClock) -> String { instant.map(clock.zone.text) ?? "none" }
}
