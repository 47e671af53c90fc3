/// A time zone: how far its clocks are from UTC, at each instant. Made from a file of the time zone database, which the caller reads; or fixed.
///
/// A value is one reference, so that many schedules share a zone's table. Two zones are equal when name and table are: after an update of the
/// database, the zone of the same name may be another.
package struct Zone: Hashable, Sendable {
    private let table: Table

    private final class Table: Sendable {
        let name: String
        /// The instants in milliseconds at which clocks change, ascending; `offsets[i]` (milliseconds east of Greenwich) holds before `changes[i]`,
        /// the last one after all.
        let changes: [Int64]
        let offsets: [Int32]
        /// From this instant on all repeats what was 400 years before; the table then covers at least the 400 years before it. nil: it doesn't.
        let repeats: Int64?

        init(name: String, changes: [Int64], offsets: [Int32], repeats: Int64?) {
            self.name = name
            self.changes = changes
            self.offsets = offsets
            self.repeats = repeats
        }
    }

    /// Universal time.
    package static let utc = Zone(name: "UTC", offset: 0)

    /// A zone whose clocks never change.
    /// - Parameter seconds: east of Greenwich.
    /// - Returns: nil when that is 26 hours or more.
    package static func fixed(seconds: Int) -> Zone? {
        let limit = Int(ZoneRule.largestOffset)
        guard (-limit...limit).contains(seconds) else { return nil }
        if seconds == 0 { return utc }
        let size = abs(seconds)
        let text = (seconds < 0 ? "-" : "+") + padded(Int64(size / 3_600), 2) + ":" + padded(Int64(size / 60 % 60), 2)
        return Zone(name: size % 60 == 0 ? text : text + ":" + padded(Int64(size % 60), 2), offset: Int32(seconds) * 1_000)
    }

    /// - Parameters:
    ///   - name: what the zone is called: `Europe/Berlin`. Not checked, see `Zone.source`.
    ///   - file: the bytes of its file, TZif of any version.
    /// - Throws: The offset in the file, and what should have been there.
    package init(name: String, file: [UInt8]) throws(ScheduleError) { try self.init(name: name, ZoneFile(file)) }

    /// - Parameter rule: a TZ string of POSIX: `CET-1CEST,M3.5.0,M10.5.0/3`.
    /// - Throws: The offset in the rule, and what should have been there.
    package init(name: String, rule: String) throws(ScheduleError) {
        var file = ZoneFile()
        var reader = try TextReader(rule)
        file.rule = try ZoneRule(&reader)
        try self.init(name: name, file)
    }

    private init(name: String, offset: Int32) { table = Table(name: name, changes: [], offsets: [offset], repeats: nil) }

    private init(name: String, _ file: ZoneFile) throws(ScheduleError) {
        var changes: [Int64] = []
        var offsets = [file.changes.isEmpty ? file.rule?.standard ?? file.initial : file.initial]
        func append(_ change: (instant: Int64, offset: Int64)) {
            if change.offset == offsets[offsets.count - 1] { return }
            if changes.last == change.instant {
                offsets[offsets.count - 1] = change.offset
            } else {
                changes.append(change.instant)
                offsets.append(change.offset)
            }
        }
        file.changes.forEach(append)
        var repeats: Int64?
        if let rule = file.rule {
            let last = file.changes.last?.instant
            // A rule alone holds for all years.
            let year = last.map { Civil.date(ofDay: Int(floorDivide($0, 86_400))).year } ?? 0
            let future = rule.daylight == nil ? [] : (year - 1...year + 403).flatMap(rule.changes)
            for change in future where last.map({ change.instant > $0 }) ?? true { append(change) }
            // What is looked up one cycle before this lies in years for which the rule alone speaks.
            if !future.isEmpty { repeats = Civil.wall(CivilDate(year: year + 402, month: 1, day: 1)) }
        }
        for (before, after) in zip(offsets, offsets.dropFirst()) where abs(after - before) > 86_400 {
            throw ScheduleError(offset: 0, expected: "clocks that never jump by more than a day")
        }
        table = Table(name: name, changes: changes.map { $0 * 1_000 }, offsets: offsets.map { Int32($0 * 1_000) }, repeats: repeats)
    }

    package var name: String { table.name }

    package static func == (one: Zone, other: Zone) -> Bool {
        if one.table === other.table { return true }
        return one.name == other.name && one.table.changes == other.table.changes && one.table.offsets == other.table.offsets
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// A stretch of time without a change.
    package struct Stretch: Hashable, Sendable {
        /// The instants of the first millisecond, and of the one behind the last; `Int64.min` and `.max` where there is no change.
        package var start, end: Int64
        /// Milliseconds east of Greenwich.
        package var offset: Int64

        /// The wall time when it ends; `Int64.max` when it doesn't.
        var endOfWall: Int64 { end == .max ? .max : end + offset }
    }

    /// The stretch that this instant is in.
    package func stretch(at instant: Int64) -> Stretch {
        // Far outside of the calendar all is as it is some years outside: no arithmetic overflows then.
        let margin = 4_000 * Civil.millisecondsOfDay
        let instant = min(max(instant, Civil.first - margin), Civil.last + margin)
        let cycle = Int64(Civil.daysOfCycle) * Civil.millisecondsOfDay
        // How much the table is behind this instant, in whole cycles.
        let shift = table.repeats.map { instant < $0 ? 0 : ((instant - $0) / cycle + 1) * cycle } ?? 0
        let index = indexOfChange(after: instant - shift)
        var stretch = Stretch(start: .min, end: .max, offset: Int64(table.offsets[index]))
        if index > 0 { stretch.start = table.changes[index - 1] + shift }
        if index < table.changes.count { stretch.end = table.changes[index] + shift }
        return stretch
    }

    /// How far the zone's clocks are from UTC, in milliseconds east of Greenwich.
    package func offset(at instant: Int64) -> Int64 { stretch(at: instant).offset }

    /// What the zone's clocks show, as milliseconds since 1970 on the wall.
    package func wall(at instant: Int64) -> Int64 { instant.clampedToCalendar + offset(at: instant.clampedToCalendar) }

    private func indexOfChange(after instant: Int64) -> Int {
        var low = 0
        var high = table.changes.count
        while low < high {
            let middle = (low + high) / 2
            if table.changes[middle] > instant { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension Int64 {
    /// Itself, or the nearest instant within a day of the years that schedules know: so that no later arithmetic overflows.
    var clampedToCalendar: Int64 { Swift.min(Swift.max(self, Civil.first - Civil.millisecondsOfDay), Civil.last + Civil.millisecondsOfDay) }
}
