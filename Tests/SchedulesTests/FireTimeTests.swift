import Foundation
import Testing

@testable import Schedules

/// The table of fire times that Tools/fire_times.py has computed by other means.
struct FireTimeTests {
    struct Row {
        let line: Int
        let text, zone, after: String
        let times: [String]
    }

    static func rows() throws -> [Row] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("fire-times.txt")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().compactMap { number, line in
            let columns = line.split(separator: "\t").map(String.init)
            guard !line.hasPrefix("#"), columns.count == 4 else { return nil }
            return Row(
                line: number + 1, text: columns[0], zone: columns[1], after: columns[2],
                times: columns[3] == "-" ? [] : columns[3].split(separator: " ").map(String.init))
        }
    }

    @Test func `fires when the table says`() throws {
        let rows = try Self.rows()
        #expect(rows.count >= 500)
        for row in rows {
            let after = try instant(row.after)
            let schedule = try Schedule(row.text, zone: row.zone == "-" ? nil : try systemZone(row.zone), now: after)
            let expected = try row.times.map(instant)
            // In rows of finite schedules, and of those that never fire, nothing follows the last time.
            let times = Array(schedule.times(after: after).prefix(max(expected.count, 1)))
            #expect(times == expected, "line \(row.line): \(row.text) in \(row.zone) fires at \(times.map(schedule.zone.text))")
        }
    }

    @Test func `the same times are found backwards`() throws {
        for row in try Self.rows() {
            let after = try instant(row.after)
            let schedule = try Schedule(row.text, zone: row.zone == "-" ? nil : try systemZone(row.zone), now: after)
            let expected = try row.times.map(instant)
            for (earlier, later) in zip(expected, expected.dropFirst()) {
                #expect(schedule.previous(before: later) == earlier, "line \(row.line): \(row.text) before \(schedule.zone.text(of: later))")
            }
        }
    }

    @Test func `a text that is printed is a schedule that fires at the same times`() throws {
        for row in try Self.rows() {
            let after = try instant(row.after)
            let schedule = try Schedule(row.text, zone: row.zone == "-" ? nil : try systemZone(row.zone), now: after)
            let again = try Schedule(schedule.text, zone: schedule.zone, now: 0)
            #expect(again == schedule && again.text == schedule.text, "line \(row.line): \(row.text) is printed as \(schedule.text)")
        }
    }

    /// Reads an instant of the table by the means of the system.
    private func instant(_ text: String) throws -> Int64 {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        return Int64((try style.parse(text).timeIntervalSince1970 * 1_000).rounded())
    }
}
