/// When clocks change year after year: a TZ string of POSIX with the extensions of RFC 9636 §3.3.1, as it ends a zone's file.
///
///     CET-1CEST,M3.5.0,M10.5.0/3      <+1030>-10:30<+11>-11,M10.1.0,M4.1.0      EST5
struct ZoneRule {
    struct Daylight {
        let offset: Int64
        let start: Change
        let end: Change
    }

    /// A day of each year and a time on it.
    struct Change {
        enum Day: Hashable {
            /// From 1 to 365; 29 February is never counted.
            case julian(Int)
            /// From 0 to 365; 29 February is counted.
            case ordinal(Int)
            /// The weekday (0 is Sunday) of the week 1 to 5 of the month; 5 is the last.
            case weekday(month: Int, week: Int, weekday: Int)
        }
        let day: Day
        /// Seconds after midnight of the wall as it shows before the change; negative or more than a day where needed.
        let time: Int64
    }

    /// Seconds east of Greenwich.
    let standard: Int64
    let daylight: Daylight?

    /// Both changes of a year, by instant (seconds since 1970), with the offset in force afterwards. Where one year's end meets the next one's start,
    /// the start comes last: there daylight saving never ends.
    func changes(in year: Int) -> [(instant: Int64, offset: Int64)] {
        guard let daylight else { return [] }
        let start = (instant: daylight.start.wall(in: year) - standard, offset: daylight.offset)
        let end = (instant: daylight.end.wall(in: year) - daylight.offset, offset: standard)
        return start.instant < end.instant ? [start, end] : [end, start]
    }
}

extension ZoneRule.Change {
    /// The wall time, in seconds, of the change in this year.
    func wall(in year: Int) -> Int64 {
        let first = Civil.day(CivilDate(year: year, month: 1, day: 1))
        let number =
            switch day {
            case .julian(let day): first + day - 1 + (Civil.isLeap(year) && day >= 60 ? 1 : 0)
            case .ordinal(let day): first + day
            case .weekday(let month, let week, let weekday): Self.day(weekday, week, month, year)
            }
        return Int64(number) * 86_400 + time
    }

    private static func day(_ weekday: Int, _ week: Int, _ month: Int, _ year: Int) -> Int {
        let first = Civil.day(CivilDate(year: year, month: month, day: 1))
        let day = floorModulo(weekday - Civil.weekday(ofDay: first), 7) + 7 * (week - 1)
        return first + (day < Civil.length(ofMonth: month, in: year) ? day : day - 7)
    }
}

// MARK: - Reading

extension ZoneRule {
    /// The largest offset in seconds: no zone was ever further from Greenwich.
    static let largestOffset: Int64 = 26 * 3_600 - 1

    init(_ reader: inout TextReader) throws(ScheduleError) {
        try Self.skipName(&reader)
        standard = try Self.offset(&reader)
        guard let next = reader.peek, next != UInt8(ascii: ",") else {
            try reader.expectEnd("the name of daylight saving time or the end")
            daylight = nil
            return
        }
        try Self.skipName(&reader)
        var offset = standard + 3_600
        if let byte = reader.peek, byte != UInt8(ascii: ",") { offset = try Self.offset(&reader) }
        if reader.isAtEnd {
            // POSIX leaves it open when then; everyone takes the rule of the United States.
            daylight = Daylight(
                offset: offset, start: Change(day: .weekday(month: 3, week: 2, weekday: 0), time: 7_200),
                end: Change(day: .weekday(month: 11, week: 1, weekday: 0), time: 7_200))
            return
        }
        let start = try Self.change(&reader)
        let end = try Self.change(&reader)
        try reader.expectEnd("the end of the rule")
        daylight = Daylight(offset: offset, start: start, end: end)
    }

    private static func skipName(_ reader: inout TextReader) throws(ScheduleError) {
        let expected = "a name of at least three letters, or one in < and >"
        let start = reader.offset
        if reader.take("<") {
            while let byte = reader.peek, isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { reader.skip(1) }
            try reader.expect(">", "the > that ends a name")
        } else {
            while let byte = reader.peek, isLetter(byte) { reader.skip(1) }
        }
        if reader.offset - start < 3 { throw reader.error(expected, at: start) }
    }

    /// POSIX counts west, the rest of the world and this type count east.
    private static func offset(_ reader: inout TextReader) throws(ScheduleError) -> Int64 {
        let start = reader.offset
        let west = try time(&reader, hours: 25)
        if abs(west) > largestOffset { throw reader.error("an offset of less than 26 hours", at: start) }
        return -west
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    private static func time(_ reader: inout TextReader, hours most: Int64) throws(ScheduleError) -> Int64 {
        let isNegative = reader.take("-")
        if !isNegative { _ = reader.take("+") }
        var seconds = try part(&reader, most, "hours from 0 to \(most)") * 3_600
        if reader.take(":") {
            seconds += try part(&reader, 59, "minutes from 0 to 59") * 60
            if reader.take(":") { seconds += try part(&reader, 59, "seconds from 0 to 59") }
        }
        return isNegative ? -seconds : seconds
    }

    private static func part(_ reader: inout TextReader, _ most: Int64, _ expected: String) throws(ScheduleError) -> Int64 {
        let start = reader.offset
        guard let number = reader.number(), number.value <= most else { throw reader.error(expected, at: start) }
        return number.value
    }

    private static func change(_ reader: inout TextReader) throws(ScheduleError) -> Change {
        try reader.expect(",", "a comma and the day of a change")
        let day: Change.Day
        if reader.take("J") {
            day = .julian(try number(&reader, 1...365, "a day from 1 to 365"))
        } else if reader.take("M") {
            let month = try number(&reader, 1...12, "a month from 1 to 12")
            try reader.expect(".", "a dot and a week")
            let week = try number(&reader, 1...5, "a week from 1 to 5")
            try reader.expect(".", "a dot and a weekday")
            day = .weekday(month: month, week: week, weekday: try number(&reader, 0...6, "a weekday from 0 to 6"))
        } else {
            day = .ordinal(try number(&reader, 0...365, "a day from 0 to 365, J or M"))
        }
        return Change(day: day, time: reader.take("/") ? try time(&reader, hours: 167) : 7_200)
    }

    private static func number(_ reader: inout TextReader, _ range: ClosedRange<Int>, _ expected: String) throws(ScheduleError) -> Int {
        let start = reader.offset
        guard let number = reader.number(), range.contains(Int(number.value)) else { throw reader.error(expected, at: start) }
        return Int(number.value)
    }
}
