import Testing

@testable import Schedules

struct IntervalTests {
    /// 2026-03-01T00:00:00Z.
    private let now: Int64 = 1_772_323_200_000

    @Test(arguments: [
        ("R/2026-01-01T00:00:00Z/P1D", "R/2026-01-01T00:00:00.000Z/P1D"),
        ("R5/2026-01-01T00:00:00+02:00/PT60M", "R5/2026-01-01T00:00:00.000+02:00/PT60M"),
        ("R0/2014-01-01T00:00:00Z/PT60M", "R0/2014-01-01T00:00:00.000Z/PT60M"), ("R1//P1M", "R1/2026-02-28T23:59:59.000Z/P1M"),
        ("R007/2026-01-01T00:00:00.123456789Z/P1Y2M3W4DT5H6M7.8S", "R7/2026-01-01T00:00:00.123Z/P1Y2M3W4DT5H6M7.800S"),
        ("R/2026-01-01T10.5/P", "R/2026-01-01T10:30:00.000Z/PT0S"), ("R/2026-01-01T10:30.25Z/PT0S", "R/2026-01-01T10:30:15.000Z/PT0S"),
        ("R/2026-01-01T10:30:15,75Z/P0D", "R/2026-01-01T10:30:15.750Z/PT0S"), ("R/2026-1-5T7:3:9Z/P1d", "R/2026-01-05T07:03:09.000Z/P1D"),
        ("R/2026-01-01T+0530/P1D", "R/2026-01-01T00:00:00.000+05:30/P1D"), ("R/2026-W53-7/P1D", "R/2027-01-03T00:00:00.000Z/P1D"),
        ("R/2020-366/P1D", "R/2020-12-31T00:00:00.000Z/P1D"), ("R/T06:30/P1D", "R/1970-01-01T06:30:00.000Z/P1D"),
        ("R/26-05/P1D", "R/0026-05-01T00:00:00.000Z/P1D"),
        ("R/1969-12-31T23:59:59-01:00/P7D", "R/1969-12-31T23:59:59.000-01:00/P7D"), ("R/2026/PT36H", "R/2026-01-01T00:00:00.000Z/PT36H")
    ])
    func `an interval is read and printed`(text: String, printed: String) throws {
        let interval = try Interval(text, now: now)
        #expect(interval.text == printed)
        #expect(try Interval(printed, now: 0) == interval)
    }

    @Test(arguments: [
        ("", 0, "R, the beginning of a repeating interval"), ("r/2026-01-01/P1D", 0, "R, the beginning of a repeating interval"),
        ("R", 1, "a digit or / after R"), ("Rx/2026-01-01/P1D", 1, "a digit or / after R"), ("R-1/2026-01-01/P1D", 1, "a digit or / after R"),
        ("R1/2026-01-01", 13, "a second / and a period behind it"), ("R99999999999999999999/2026-01-01/P1D", 1, "a count of at most 17 digits"),
        ("R/2026-13-01/P1D", 7, "a month from 01 to 12"), ("R/2026-02-29/P1D", 10, "a day from 1 to 28"),
        ("R/2026-02-30T00:00Z/P1D", 10, "a day from 1 to 28"),
        ("R/2026-366/P1D", 7, "a day of the year from 001 to 365"), ("R/2026-W54/P1D", 8, "a week from 1 to 53"),
        ("R/2025-W53/P1D", 8, "a week from 1 to 52"),
        ("R/2026-W01-8/P1D", 11, "a day of the week from 1 to 7"), ("R/0000-01-01/P1D", 2, "a year from 1 to 9999"),
        ("R/-2026-01-01/P1D", 2, "a year from 1 to 9999"),
        ("R/10000-01-01/P1D", 2, "a year from 1 to 9999"), ("R/99999999999999999999-01-01/P1D", 2, "a year from 1 to 9999"),
        ("R/tomorrow/P1D", 2, "a year, or T and a time"), ("R/2026-/P1D", 7, "a month, a day of the year or W and a week"),
        ("R/2026-01-01T24:00Z/P1D", 13, "an hour from 0 to 23"), ("R/2026-01-01T00:60Z/P1D", 16, "a minute from 0 to 59"),
        ("R/2026-01-01T00:00:60Z/P1D", 19, "a second from 0 to 59"), ("R/2026-01-01T00:00:00.Z/P1D", 22, "a digit of the fraction"),
        ("R/2026-01-01T00:00:00+24/P1D", 22, "hours from 0 to 23"), ("R/2026-01-01T00:00:00+02:61/P1D", 25, "minutes from 0 to 59"),
        ("R/2026-01-01 00:00/P1D", 12, "the end of the start time"), ("R/2026-01-01T00:00ZZ/P1D", 19, "the end of the start time"),
        ("R/2026-01-01/", 13, "a period that begins with P"), ("R/2026-01-01/1D", 13, "a period that begins with P"),
        ("R/2026-01-01/PD", 14, "a number, T or the end of the period"), ("R/2026-01-01/P-1D", 14, "a number, T or the end of the period"),
        ("R/2026-01-01/P1", 15, "one of the letters Y, M, W, D"), ("R/2026-01-01/P1X", 15, "one of the letters Y, M, W, D"),
        ("R/2026-01-01/P1H", 15, "one of the letters Y, M, W, D"), ("R/2026-01-01/P1D2M", 17, "T or the end"),
        ("R/2026-01-01/P1.5D", 15, "one of the letters Y, M, W, D"),
        ("R/2026-01-01/PT", 15, "a number of hours, minutes or seconds"), ("R/2026-01-01/P1DT", 17, "a number of hours, minutes or seconds"),
        ("R/2026-01-01/PT1M1H", 18, "one of the letters S"), ("R/2026-01-01/PT1.5M", 18, "one of the letters S"),
        ("R/2026-01-01/PT1S5", 18, "the end"),
        ("R/2026-01-01/PT1S/P1D", 17, "the end of the period"), ("R/2026-01-01/P10001Y", 14, "at most 10000 before Y, which is 10000 years"),
        ("R/2026-01-01/P99999999999999999999999Y", 14, "at most 10000 before Y, which is 10000 years"),
        ("R/2026-01-01/PT99999999999999999999999S", 15, "at most 316224000000 before S, which is 10000 years")
    ])
    func `a wrong interval is refused with the place and what was expected`(text: String, offset: Int, expected: String) {
        #expect(throws: ScheduleError(offset: offset, expected: expected)) { try Interval(text, now: 0) }
    }

    @Test func `a zone keeps the wall time and replaces the offset`() throws {
        let paris = try systemZone("Europe/Paris")
        #expect(try Interval("R/2026-01-01T09:00:00Z/P1D", zone: paris, now: 0).text == "R/2026-01-01T09:00:00.000+01:00/P1D")
        #expect(try Interval("R/2026-07-01T09:00:00-08:00/P1D", zone: paris, now: 0).text == "R/2026-07-01T09:00:00.000+02:00/P1D")
        let dhaka = try #require(try { if case .file(let path) = try Zone.source(of: "BST") { path } else { nil } }())
        #expect(try Interval("R/2026-07-01T09:00:00Z/P1D", zone: systemZone(dhaka), now: 0).text == "R/2026-07-01T09:00:00.000+06:00/P1D")
    }

    @Test func `an empty start is one second ago on the zone's clocks`() throws {
        let berlin = try systemZone("Europe/Berlin")
        #expect(try Interval("R2//P1D", zone: berlin, now: now).text == "R2/2026-03-01T00:59:59.000+01:00/P1D")
        #expect(try Interval("R2//P1D", zone: berlin, now: now).next(after: now - 2_000) == now - 1_000)
        // In the second pass of an hour that comes twice it is not an hour ago.
        let second: Int64 = 1_792_978_200_000 + 3_600_000
        let interval = try Interval("R//P1D", zone: berlin, now: second)
        #expect(interval.start == second - 1_000)
        #expect(try Interval(interval.text, zone: berlin, now: 0) == interval)
        for extreme in [Int64.min, .max] { #expect(try Interval("R//P1D", zone: berlin, now: extreme).text.count > 20) }
    }

    @Test func `a start in the gap is moved once and not for ever`() throws {
        let berlin = try systemZone("Europe/Berlin")
        let interval = try Interval("R/2026-03-29T02:30:00/P1D", zone: berlin, now: 0)
        #expect(interval.time(of: 0).map(berlin.text) == "2026-03-29T03:30:00.000+02:00")
        #expect(interval.time(of: 1).map(berlin.text) == "2026-03-30T02:30:00.000+02:00")
        #expect(try Interval(interval.text, zone: berlin, now: 0) == interval)
    }

    @Test func `the text of a server begins where the schedule stands`() throws {
        let interval = try Interval("R5/2026-01-31T09:00:00Z/P1M", now: 0)
        #expect(interval.text(from: 1) == "R4/2026-02-28T09:00:00.000Z/P1M")
        #expect(interval.text(from: 2, left: 1) == "R1/2026-03-31T09:00:00.000Z/P1M")
        #expect(interval.text(from: 5) == "R0/2026-06-30T09:00:00.000Z/P1M")
        #expect(interval.text(from: -7) == "R5/2026-01-31T09:00:00.000Z/P1M")
        #expect(try Interval("R/2026-01-31T09:00:00Z/P1Y", now: 0).text(from: .max) == "R/9999-01-31T09:00:00.000Z/P1Y")
    }

    @Test func `a period of nothing fires once and says what it is`() throws {
        for text in ["R/2026-03-01T00:00:00Z/PT0S", "R3/2026-03-01T00:00:00Z/P"] {
            let interval = try Interval(text, now: 0)
            #expect(interval.isBackToBack)
            #expect(Array(Schedule.interval(interval).times(after: 0)) == [now])
            #expect(interval.next(after: now) == nil && interval.previous(before: now) == nil && interval.previous(before: now + 1) == now)
        }
        #expect(try !Interval("R/2026-03-01T00:00:00Z/PT0.001S", now: 0).isBackToBack)
        #expect(try Interval("R/2026-03-01T00:00:00Z/PT0.0001S", now: 0).isBackToBack)
    }

    @Test func `counts end, and the calendar does`() throws {
        let three = try Interval("R3/2026-03-01T00:00:00Z/P1D", now: 0)
        #expect(Array(Schedule.interval(three).times(after: .min)) == [now, now + 86_400_000, now + 2 * 86_400_000])
        #expect(three.occurrence(after: now) == Interval.Occurrence(number: 1, time: now + 86_400_000))
        #expect(three.occurrence(before: .max) == Interval.Occurrence(number: 2, time: now + 2 * 86_400_000))
        #expect(three.time(of: 3) == nil && three.time(of: -1) == nil && three.time(of: .max) == nil && three.time(of: .min) == nil)
        let none = try Interval("R0/2026-03-01T00:00:00Z/P1D", now: 0)
        #expect(none.next(after: 0) == nil && none.previous(before: .max) == nil)
        for period in ["P1D", "PT1S", "P10000Y", "P120000M", "P1Y1DT1S", "PT316224000000S"] {
            let interval = try Interval("R/9990-03-01T00:00:00Z/\(period)", now: 0)
            #expect(interval.next(after: .max) == nil && interval.next(after: Civil.last) == nil)
            #expect(interval.previous(before: .max).map { $0 <= Civil.last } == true)
            #expect(interval.time(of: .max) == nil)
        }
    }

    @Test func `times of a range begin and end with it`() throws {
        let schedule = try Schedule("R/2026-03-01T00:00:00Z/PT1H", now: 0)
        #expect(Array(schedule.times(in: now..<now + 7_200_000)) == [now, now + 3_600_000])
        #expect(Array(schedule.times(in: now + 1..<now + 3_600_000)) == [])
        #expect(schedule.times(in: Int64.min..<Int64.max).prefix(2).map { $0 } == [now, now + 3_600_000])
    }

    @Test func `periods and instants are read alone, too`() throws {
        #expect(try Period("PT5M").standardMilliseconds == 300_000)
        #expect(try Period("P1W1DT0.5S").standardMilliseconds == 8 * 86_400_000 + 500)
        #expect(try Period("P1M").standardMilliseconds == nil)
        #expect(throws: ScheduleError(offset: 0, expected: "a period that begins with P")) { try Period("5M") }
        let berlin = try systemZone("Europe/Berlin")
        #expect(try berlin.text(of: berlin.instant("2026-03-29T01:30")) == "2026-03-29T01:30:00.000+01:00")
        #expect(try berlin.text(of: berlin.instant("2026-03-29T02:30")) == "2026-03-29T03:00:00.000+02:00")
        #expect(try berlin.text(of: berlin.instant("2026-10-25T02:30")) == "2026-10-25T02:30:00.000+02:00")
        #expect(try berlin.text(of: berlin.instant("2026-10-25T02:30+01:00")) == "2026-10-25T02:30:00.000+01:00")
        #expect(throws: ScheduleError(offset: 10, expected: "the end of the start time")) { try berlin.instant("2026-03-29 01:30") }
    }
}
