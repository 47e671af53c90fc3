/// A date and time of ISO 8601 as Joda reads them: what a wall shows, and the offset that was written behind it.
///
///     2026-03-29T02:30:00.500+02:00   2026-03-29   2026-088   2026-W13-7T02:30   2026-03   T02:30Z
struct StartTime {
    /// Milliseconds since 1970 on the wall.
    private(set) var wall: Int64 = 0
    /// Milliseconds east of Greenwich; nil: none was written.
    private(set) var offset: Int64?

    /// Reads up to the end of the text. What is left out is the first that there is: of months January, of weekdays Monday, of the times midnight. A
    /// time
    /// without a date is one of 1 January 1970.
    init(_ reader: inout TextReader) throws(ScheduleError) {
        if !(reader.peek == UInt8(ascii: "T")) { wall = Int64(try Self.day(&reader)) * Civil.millisecondsOfDay }
        if reader.take("T") {
            if reader.isAtDigit { wall += try Self.time(&reader) }
            offset = try Self.offset(&reader)
        }
        try reader.expectEnd("the end of the start time")
    }

    // MARK: - Dates

    private static func day(_ reader: inout TextReader) throws(ScheduleError) -> Int {
        let start = reader.offset
        let isNegative = reader.take("-")
        if !isNegative { _ = reader.take("+") }
        guard let number = reader.number() else { throw reader.error("a year, or T and a time", at: start) }
        guard !isNegative, Civil.years.contains(Int(number.value)) else { throw reader.error("a year from 1 to 9999", at: start) }
        let year = Int(number.value)
        guard reader.take("-") else { return Civil.day(CivilDate(year: year, month: 1, day: 1)) }
        if reader.take("W") { return try weekDay(&reader, year) }
        let place = reader.offset
        guard let part = reader.number(digits: 3) else { throw reader.error("a month, a day of the year or W and a week") }
        if part.digits == 3 {
            let days = Civil.isLeap(year) ? 366 : 365
            guard (1...days).contains(Int(part.value)) else { throw reader.error("a day of the year from 001 to \(days)", at: place) }
            return Civil.day(CivilDate(year: year, month: 1, day: 1)) + Int(part.value) - 1
        }
        guard (1...12).contains(part.value) else { throw reader.error("a month from 01 to 12", at: place) }
        let month = Int(part.value)
        let day = reader.take("-") ? try self.part(&reader, 1...Civil.length(ofMonth: month, in: year), "a day") : 1
        return Civil.day(CivilDate(year: year, month: month, day: day))
    }

    private static func weekDay(_ reader: inout TextReader, _ year: Int) throws(ScheduleError) -> Int {
        let first = Civil.firstWeek(of: year)
        let weeks = (Civil.firstWeek(of: year + 1) - first) / 7
        let week = try part(&reader, 1...weeks, "a week")
        let weekday = reader.take("-") ? try part(&reader, 1...7, "a day of the week") : 1
        return first + 7 * (week - 1) + weekday - 1
    }

    /// One or two digits.
    private static func part(_ reader: inout TextReader, _ range: ClosedRange<Int>, _ name: String) throws(ScheduleError) -> Int {
        let start = reader.offset
        guard let number = reader.number(digits: 2), range.contains(Int(number.value)) else {
            throw reader.error("\(name) from \(range.lowerBound) to \(range.upperBound)", at: start)
        }
        return Int(number.value)
    }

    // MARK: - Times

    /// Hours, minutes, seconds; the last one that is there may have a fraction.
    private static func time(_ reader: inout TextReader) throws(ScheduleError) -> Int64 {
        var time: Int64 = 0
        for (name, most, unit) in [("an hour", 23, 3_600_000), ("a minute", 59, 60_000), ("a second", 59, 1_000)] as [(String, Int, Int64)] {
            time += Int64(try part(&reader, 0...most, name)) * unit
            if reader.take(".") || reader.take(",") {
                let (value, digits) = try reader.fraction()
                return time + value * unit / digits
            }
            guard unit > 1_000, reader.take(":") else { break }
        }
        return time
    }

    /// `Z`, `±hh`, `±hhmm`, `±hh:mm` or `±hh:mm:ss`.
    private static func offset(_ reader: inout TextReader) throws(ScheduleError) -> Int64? {
        if reader.take("Z") { return 0 }
        let isNegative = reader.take("-")
        guard isNegative || reader.take("+") else { return nil }
        var offset = Int64(try part(&reader, 0...23, "hours")) * 3_600_000
        for unit in [60_000, 1_000] as [Int64] {
            guard reader.take(":") || reader.isAtDigit else { break }
            offset += Int64(try part(&reader, 0...59, unit == 1_000 ? "seconds" : "minutes")) * unit
        }
        return isNegative ? -offset : offset
    }
}

extension Zone {
    /// Reads an instant by the rules for an interval's start: `2026-03-29T02:30`. An offset in the text counts; without one it is what the zone's
    /// clocks
    /// show, the earlier one of two.
    /// - Returns: Milliseconds since 1970.
    /// - Throws: Where the text goes wrong.
    package func instant(_ text: String) throws(ScheduleError) -> Int64 {
        var reader = try TextReader(text)
        let time = try StartTime(&reader)
        return time.offset.map { time.wall - $0 } ?? firstInstant(showing: time.wall)
    }

    /// An instant as Joda prints it: `2026-03-29T03:30:00.000+02:00`, with `Z` where the zone is at UTC.
    package func text(of instant: Int64) -> String {
        let instant = instant.clampedToCalendar
        let offset = self.offset(at: instant)
        return StartTime.text(wall: instant + offset, offset: offset)
    }
}

extension StartTime {
    /// - Parameter offset: milliseconds east of Greenwich.
    static func text(wall: Int64, offset: Int64) -> String {
        let (day, time) = Civil.split(wall)
        let date = Civil.date(ofDay: day)
        let dateText = "\(padded(Int64(date.year), 4))-\(padded(Int64(date.month), 2))-\(padded(Int64(date.day), 2))"
        let clock = "\(padded(time / 3_600_000, 2)):\(padded(time / 60_000 % 60, 2)):\(padded(time / 1_000 % 60, 2)).\(padded(time % 1_000, 3))"
        if offset == 0 { return dateText + "T" + clock + "Z" }
        let size = abs(offset) / 1_000
        // Offsets of long ago have seconds, too.
        let seconds = size % 60 == 0 ? "" : ":" + padded(size % 60, 2)
        return "\(dateText)T\(clock)\(offset < 0 ? "-" : "+")\(padded(size / 3_600, 2)):\(padded(size / 60 % 60, 2))\(seconds)"
    }
}
