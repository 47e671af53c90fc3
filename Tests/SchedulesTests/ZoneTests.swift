import Foundation
import Machine
import Testing

@testable import Schedules

struct ZoneTests {
    @Test(arguments: [
        // Each form of a rule, an instant, and the offset in seconds.
        ("EST5", "2026-07-01T00:00:00Z", -18_000), ("<+0330>-3:30", "2026-07-01T00:00:00Z", 12_600), ("<-00>0:00:01", "2026-07-01T00:00:00Z", -1),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", 3_600), ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", 7_200),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T00:59:59Z", 7_200), ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", 3_600),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "9876-07-01T00:00:00Z", 7_200), ("CET-1CEST,M3.5.0,M10.5.0/3", "0100-01-01T00:00:00Z", 3_600),
        // Without days: those of the United States.
        ("EST5EDT", "2026-03-08T06:59:59Z", -18_000), ("EST5EDT", "2026-03-08T07:00:00Z", -14_400), ("EST5EDT", "2026-11-01T06:00:00Z", -18_000),
        // Half an hour more, in the southern half of the world.
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-01T00:00:00Z", 39_600),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-06-01T00:00:00Z", 37_800),
        // Ireland's summer time is the standard one; winter is an hour less.
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3_600), ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-12-01T00:00:00Z", 0),
        // Days by number: J60 is 1 March in each year, 59 is 29 February in leap years.
        ("AAA0BBB,J60/0,J300", "2024-02-29T23:59:59Z", 0), ("AAA0BBB,J60/0,J300", "2024-03-01T00:00:00Z", 3_600),
        ("AAA0BBB,J60/0,J300", "2025-03-01T00:00:00Z", 3_600),
        ("AAA0BBB,59/0,300", "2024-02-29T00:00:00Z", 3_600), ("AAA0BBB,59/0,300", "2025-02-28T23:59:59Z", 0),
        ("AAA0BBB,59/0,300", "2025-03-01T00:00:00Z", 3_600),
        // Times before the day and long after it.
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -7_200), ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3_600),
        ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-27T23:59:59Z", 7_200), ("EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-28T00:00:00Z", 10_800),
        // Daylight saving all year.
        ("EST5EDT,0/0,J365/25", "2026-01-01T05:00:00Z", -14_400), ("EST5EDT,0/0,J365/25", "2026-12-31T23:59:59Z", -14_400),
        ("ABC3EDT4,0/0,J365/23", "2026-06-01T00:00:00Z", -14_400), ("ABC3EDT4,0/0,J365/23", "2027-01-01T03:30:00Z", -14_400)
    ])
    func `a rule tells the offset`(rule: String, text: String, seconds: Int64) throws {
        let zone = try Zone(name: "rule", rule: rule)
        let start = try Interval("R1/\(text)/P1D", now: 0).start
        #expect(zone.offset(at: start) == seconds * 1_000)
    }

    @Test(arguments: [
        ("", 0), ("EST", 3), ("ES5", 0), ("<EST5", 5), ("EST26", 3), ("EST5:60", 5), ("EST5EDT,", 8), ("EST5EDT,M3.2.0", 14),
        ("EST5EDT,M13.2.0,M11.1.0", 9),
        ("EST5EDT,M3.6.0,M11.1.0", 11), ("EST5EDT,M3.2.7,M11.1.0", 13), ("EST5EDT,J0,J5", 9), ("EST5EDT,J366,J5", 9), ("EST5EDT,366,5", 8),
        ("EST5EDT,M3.2.0/168,M11.1.0", 15), ("EST5EDT,M3.2.0,M11.1.0,", 22), ("EST5EDT4x", 8), ("EST99999999999999999999", 3), ("EST5 ", 4)
    ])
    func `a wrong rule is refused with the place`(rule: String, offset: Int) {
        #expect { try Zone(name: "rule", rule: rule) } throws: { ($0 as? ScheduleError)?.offset == offset }
    }

    @Test(arguments: [
        ("UTC", "UTC"), ("GMT", "UTC"), ("Z", "UTC"), ("UT", "UTC"), ("+00:00", "UTC"), ("+02:00", "+02:00"), ("-0330", "-03:30"),
        ("GMT+5", "+05:00"),
        ("UTC-11", "-11:00"), ("+05:45:30", "+05:45:30"), ("EST", "-05:00"), ("MST", "-07:00"), ("HST", "-10:00")
    ])
    func `a fixed zone needs no file`(name: String, printed: String) throws {
        guard case .fixed(let zone) = try Zone.source(of: name) else { throw ScheduleError(offset: 0, expected: "a fixed zone") }
        #expect(zone.name == printed)
    }

    @Test(arguments: [
        ("Europe/Berlin", "Europe/Berlin"), ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"), ("Etc/GMT+5", "Etc/GMT+5"),
        ("America/Port-au-Prince", "America/Port-au-Prince"), ("BST", "Asia/Dhaka"), ("PST", "America/Los_Angeles"), ("CET", "CET"), ("GMT0", "GMT0"),
        ("Zulu", "Zulu"), ("Atlantis/Poseidonia", "Atlantis/Poseidonia")
    ])
    func `other names are paths of files`(name: String, path: String) throws { #expect(try Zone.source(of: name) == .file(path)) }

    @Test(arguments: [
        ("", 0), ("..", 0), ("../passwd", 0), ("Europe/../../passwd", 7), ("/etc/passwd", 0), ("Europe//Berlin", 7), ("Europe/", 7), ("Europe/.", 7),
        ("null", 0),
        ("right/Europe/Berlin", 0), ("posixrules", 0), ("tzdata.zi", 0), ("Europe/Berlin ", 13), ("Europe/Berlin\0", 13), ("Europe/Köln", 8),
        ("A/B/C/D", 5),
        ("Europe\\Berlin", 6), ("+19:00", 1), ("+5:6", 3), ("GMT+", 4), ("+12:34:56:78", 9), (String(repeating: "A", count: 65), 64)
    ])
    func `a name that is no zone's is refused with the place`(name: String, offset: Int) {
        #expect { try Zone.source(of: name) } throws: { ($0 as? ScheduleError)?.offset == offset }
    }

    @Test func `wall times come once, twice or never`() throws {
        let howe = try systemZone("Australia/Lord_Howe")
        func wall(_ text: String) throws -> Int64 { try Interval("R/\(text)/P1D", now: 0).start }
        // 2025-10-05: at 02:00 half an hour is skipped.
        #expect(try howe.meaning(of: wall("2025-10-05T02:15")) == .skipped(at: wall("2025-10-04T15:30"), by: 1_800_000))
        #expect(try howe.firstInstant(showing: wall("2025-10-05T02:15")) == wall("2025-10-04T15:30"))
        #expect(try howe.meaning(of: wall("2025-10-05T02:30")) == .once(wall("2025-10-04T15:30")))
        // 2025-04-06: at 02:00 clocks are put back to 01:30.
        #expect(try howe.meaning(of: wall("2025-04-06T01:45")) == .twice(earlier: wall("2025-04-05T14:45"), later: wall("2025-04-05T15:15")))
        #expect(try howe.firstInstant(showing: wall("2025-04-06T01:45")) == wall("2025-04-05T14:45"))
        #expect(try howe.meaning(of: wall("2025-04-06T02:00")) == .once(wall("2025-04-05T15:30")))
        for extreme in [Int64.min, .max] { #expect(howe.firstInstant(showing: extreme) != 0 && howe.offset(at: extreme) != 0) }
    }

    @Test func `zones are equal when they are called alike and show the same`() throws {
        let berlin = try systemZone("Europe/Berlin")
        let again = try Zone(name: "Europe/Berlin", file: Array(Data(contentsOf: zoneFolder.appendingPathComponent("Europe/Berlin"))))
        #expect(berlin == again && Set([berlin, again]).count == 1)
        #expect(try berlin != Zone(name: "Europe/Berlin", file: Array(Data(contentsOf: zoneFolder.appendingPathComponent("Europe/Paris")))))
        #expect(
            Zone.fixed(seconds: 0) == .utc && Zone.fixed(seconds: 3_600) != .utc && Zone.fixed(seconds: 26 * 3_600) == nil
                && Zone.fixed(seconds: .min) == nil)
    }

    /// A file with two changes: an hour more at 1,000,000 s, back at 2,000,000 s.
    private func file(version: UInt8, rule: String) -> [UInt8] {
        func header() -> [UInt8] { Array("TZif".utf8) + [version] + Array(repeating: 0, count: 15 + 15) + [2, 0, 0, 0, 2, 0, 0, 0, 4] }
        func number(_ value: Int, _ size: Int) -> [UInt8] { (0..<size).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
        func block(_ size: Int) -> [UInt8] {
            number(1_000_000, size) + number(2_000_000, size) + [1, 0] + number(-3_600, 4) + [0, 0] + number(0, 4) + [1, 0] + Array("A\0B\0".utf8)
        }
        let first = header() + block(4)
        return version == 0 ? first : first + header() + block(8) + Array("\n\(rule)\n".utf8)
    }

    @Test(arguments: [(0, ""), (0x32, ""), (0x33, "ABC1"), (0x34, "ABC1YYY,M3.5.0,M10.5.0")] as [(UInt8, String)])
    func `files of each version are read`(version: UInt8, rule: String) throws {
        let zone = try Zone(name: "made", file: file(version: version, rule: rule))
        let hours = [999_999_999, 1_000_000_000, 1_999_999_999, 2_000_000_000, 1_782_864_000_000].map { zone.offset(at: $0) / 3_600_000 }
        // The last one is in the summer of 2026.
        #expect(hours == [-1, 0, 0, -1, rule.contains("YYY") ? 0 : -1])
    }

    @Test func `a clock that jumps by more than a day is none`() throws {
        #expect(throws: ScheduleError.self) { try Zone(name: "far", rule: "AAA13BBB-13,M3.5.0,M10.5.0") }
    }

    @Test func `a damaged file is refused or read, and never traps`() throws {
        let bytes = [UInt8](try Data(contentsOf: zoneFolder.appendingPathComponent("Europe/Berlin")))
        for length in 0..<bytes.count { #expect(throws: ScheduleError.self) { try Zone(name: "cut", file: Array(bytes[..<length])) } }
        var random = SplitMix(seed: 7)
        var accepted = 0
        for _ in 0..<4_000 {
            var damaged = bytes
            for _ in 0...random.draw(below: 3) { damaged[Int(random.draw(below: UInt64(bytes.count)))] = UInt8(truncatingIfNeeded: random.next()) }
            guard let zone = try? Zone(name: "damaged", file: damaged) else { continue }
            accepted += 1
            let instant = Int64(truncatingIfNeeded: random.next())
            _ = zone.meaning(of: instant)
            _ = zone.latestWall(until: instant)
            let now = Int64(random.draw(below: 4_102_444_800_000))
            for text in ["30 2 * * *", "*/7 * * * *"] {
                let cron = Schedule.cron(try Cron(text), zone)
                if let next = cron.next(after: now) { #expect(next > now && cron.previous(before: next).map { $0 <= now } ?? true) }
            }
        }
        #expect(accepted > 100)
    }
}
