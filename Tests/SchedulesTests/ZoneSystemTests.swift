import Foundation
import Testing

@testable import Schedules

/// Zones against what the system says of them.
struct ZoneSystemTests {
    private static let from: Int64 = -2_208_988_800_000
    private static let untilOfZdump: Int64 = 4_102_444_800_000
    private static let until: Int64 = 7_258_118_400_000

    /// glibc's reading of the same files: each change of some zones from 1900 to 2100 (zdump takes its time).
    @Test func `zones change their clocks when zdump says so`() throws {
        let names = [
            "Africa/Casablanca", "Africa/Monrovia", "America/Juneau", "America/St_Johns", "America/Santiago", "Asia/Gaza", "Asia/Manila",
            "Asia/Pyongyang",
            "Australia/Lord_Howe", "Europe/Berlin", "Europe/Dublin", "Pacific/Apia"
        ]
        var changes = 0
        for (name, theirs) in try zdump(names) {
            let zone = try systemZone(name)
            changes += theirs.count
            for change in theirs {
                let offset = zone.offset(at: change.instant)
                #expect(offset == change.offset, "\(name) at \(zone.text(of: change.instant)): \(offset), not \(change.offset)")
            }
            // A change of ours is in their list, which shows the second before and the first one of each.
            let known = Set(theirs.map(\.instant))
            var stretch = zone.stretch(at: Self.from)
            while stretch.end < Self.untilOfZdump {
                #expect(known.contains(stretch.end) && known.contains(stretch.end - 1_000), "\(name) changes at \(zone.text(of: stretch.end))")
                stretch = zone.stretch(at: stretch.end)
            }
        }
        #expect(changes > 2_000)
    }

    /// Lines like `Europe/Berlin  Sun Mar 29 01:00:00 2026 UT = Sun Mar 29 03:00:00 2026 CEST isdst=1 gmtoff=7200`.
    private func zdump(_ names: [String]) throws -> [String: [(instant: Int64, offset: Int64)]] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/zdump")
        process.arguments = ["-V", "-c", "1900,2100"] + names
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        var listed: [String: [(instant: Int64, offset: Int64)]] = [:]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 10, let month = months.firstIndex(of: String(words[2])), let day = Int(words[3]), let year = Int(words[5]),
                let offset = words.last?.split(separator: "=").last.flatMap({ Int64($0) })
            else { continue }
            let clock = words[4].split(separator: ":").compactMap { Int64($0) }
            guard clock.count == 3, let first = SlowCalendar.months.first(where: { $0.year == year && $0.month == month + 1 }) else { continue }
            let seconds = Int64(first.firstDay + day - 1) * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2]
            listed[String(words[0]), default: []].append((seconds * 1_000, offset * 1_000))
        }
        return listed
    }

    /// Foundation brings a database of its own, which may be of another year, and knows less of the time before 1970 than Debian's does.
    @Test func `zones show what Foundation shows, from 1900 to 2200`() throws {
        let names = systemZoneNames().filter { $0.contains("/") && TimeZone(identifier: $0) != nil }
        #expect(names.count > 300)
        var (differ, differEarly) = ([String](), [String]())
        for name in names {
            guard let theirs = TimeZone(identifier: name) else { continue }
            let ours = try systemZone(name)
            var instants: [Int64] = []
            var at = Self.from
            while at < Self.until {
                instants.append(at)
                let change = ours.stretch(at: at).end
                if change < Self.until { instants += [change - 1, change] }
                at += 45 * 86_400_000
            }
            let wrong = instants.filter {
                ours.offset(at: $0) != Int64(theirs.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0) / 1_000))) * 1_000
            }
            if wrong.contains(where: { $0 >= 0 }) { differ.append(name) } else if !wrong.isEmpty { differEarly.append(name) }
        }
        #expect(differ.count <= names.count / 50, "\(differ)")
        #expect(differEarly.count <= names.count / 4, "\(differEarly)")
    }

    @Test(arguments: ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago"])
    func `the calendar is Foundation's`(name: String) throws {
        let zone = try systemZone(name)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: name))
        var at = Self.from
        while at < Self.until {
            at += 7 * 86_400_000 + 12_345_000
            let date = Date(timeIntervalSince1970: Double(at / 1_000))
            // Their database may know less of early times; that they agree on offsets else is held above.
            if at < 0, calendar.timeZone.secondsFromGMT(for: date) != Int(zone.offset(at: at) / 1_000) { continue }
            let theirs = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second, .weekday], from: date)
            let (day, time) = Civil.split(zone.wall(at: at))
            #expect(Civil.date(ofDay: day) == CivilDate(year: theirs.year ?? 0, month: theirs.month ?? 0, day: theirs.day ?? 0))
            #expect(Civil.weekday(ofDay: day) + 1 == theirs.weekday)
            #expect(Int(time / 1_000) == ((theirs.hour ?? 0) * 60 + (theirs.minute ?? 0)) * 60 + (theirs.second ?? 0))
        }
    }
}
