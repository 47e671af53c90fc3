extension Cron {
    /// What six fields mean: cron has no rule for it, and those who added one disagree.
    package enum SixthField: Hashable, Sendable {
        /// Seconds stand before the minutes, as in Quartz and Spring.
        case seconds
        /// A year stands behind the day of the week, as in Metronome.
        case year
    }

    /// Reads five, six or seven fields, or a word like `@daily`. Seven fields begin with seconds and end with a year.
    /// - Throws: Where the text goes wrong.
    package init(_ text: String, sixthField: SixthField = .seconds) throws(ScheduleError) {
        self.init()
        let reader = try TextReader(text)
        let parts = Self.split(reader.bytes)
        if let first = parts.first, reader.bytes[first.lowerBound] == UInt8(ascii: "@") {
            self = try Cron(Self.meaning(ofWord: first, reader))
            if parts.count > 1 { throw reader.error("the end behind a word with @", at: parts[1].lowerBound) }
            return
        }
        if parts.count > 7 { throw reader.error("at most seven fields", at: parts[7].lowerBound) }
        var fields: [CronField] = [.minute, .hour, .day, .month, .weekday]
        if parts.count == 7 || parts.count == 6 && sixthField == .seconds { fields.insert(.second, at: 0) }
        if parts.count == 7 || parts.count == 6 && sixthField == .year { fields.append(.year) }
        for (field, part) in zip(fields, parts) {
            var reader = TextReader(reader.bytes, part)
            try read(field, &reader)
        }
        if parts.count < 5 { throw reader.error("\(Self.fieldNames[parts.count]), the next of five to seven fields", at: reader.end) }
    }

    private static let fieldNames = ["minutes", "hours", "days of the month", "months", "days of the week"]

    private static let macros = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *", "@hourly": "0 * * * *"
    ]

    private static func meaning(ofWord part: Range<Int>, _ reader: TextReader) throws(ScheduleError) -> String {
        let word = String(decoding: reader.bytes[part].map { isLetter($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
        guard let text = macros[word] else {
            let hint =
                switch word {
                case "@every": "an interval like R//PT90M for what is not on the calendar"
                case "@reboot": "a time: a cluster has no start"
                default: "@hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually"
                }
            throw reader.error(hint, at: part.lowerBound)
        }
        return text
    }

    /// The parts between spaces and tabs.
    private static func split(_ bytes: [UInt8]) -> [Range<Int>] {
        bytes.indices.split { bytes[$0] == UInt8(ascii: " ") || bytes[$0] == UInt8(ascii: "\t") }.map { $0.startIndex..<$0.endIndex }
    }

    private mutating func read(_ field: CronField, _ reader: inout TextReader) throws(ScheduleError) {
        if field.star != .years, let first = reader.peek, first == UInt8(ascii: "*") || first == UInt8(ascii: "?") { stars.insert(field.star) }
        var values: [Int] = []
        repeat { values += try item(field, &reader) } while reader.take(",")
        try reader.expectEnd("a comma or the end of the \(field.name) field")
        set(field, values)
    }

    private mutating func set(_ field: CronField, _ values: [Int]) {
        switch field.star {
        case .seconds: seconds = Self.bits(values)
        case .minutes: minutes = Self.bits(values)
        case .hours: hours = Self.bits(values)
        case .days: days.plain = Self.bits(values)
        case .months: months = Self.bits(values)
        case .weekdays: weekdays.plain = Self.bits(values)
        default:
            // All years are no restriction.
            if Set(values).count < Cron.yearRange.count { years = values.reduce(into: YearSet()) { $0.insert($1) } }
        }
    }

    private static func bits<T: FixedWidthInteger & UnsignedInteger>(_ values: [Int]) -> T { values.reduce(into: 0) { $0.insert(bit: $1) } }

    /// Reads one item of a list.
    /// - Returns: The values that it names; what only a month can tell goes into `days` and `weekdays`.
    private mutating func item(_ field: CronField, _ reader: inout TextReader) throws(ScheduleError) -> [Int] {
        let isDay = field.star == .days || field.star == .weekdays
        if isDay, reader.take("?") { return Array(field.range) }
        if reader.take("*") { return field.values(field.range.lowerBound, field.range.upperBound, step: try step(field, &reader) ?? 1) }
        if field.star == .days, try readFromLast(&reader) { return [] }
        let start = reader.offset
        let first = try field.value(&reader)
        if field.star == .days, takeLetter("W", &reader) {
            days.working.insert(bit: first)
            return []
        }
        if field.star == .weekdays, try readWeekday(first, &reader) { return [] }
        if reader.take("-") {
            let last = try field.value(&reader)
            if field.cycle == nil, last < first { throw reader.error("a range that goes up", at: start) }
            return field.values(first, last, step: try step(field, &reader) ?? 1)
        }
        // A step alone goes on to the end of the range.
        guard let step = try step(field, &reader) else { return field.values(first, first, step: 1) }
        let begin = field.values(first, first, step: 1)[0]
        return field.values(begin, field.range.upperBound, step: step)
    }

    private func step(_ field: CronField, _ reader: inout TextReader) throws(ScheduleError) -> Int? {
        guard reader.take("/") else { return nil }
        let start = reader.offset
        let most = field.range.count
        guard let number = reader.number(), number.value >= 1, number.value <= Int64(most) else {
            throw reader.error("a step from 1 to \(most)", at: start)
        }
        return Int(number.value)
    }

    private func takeLetter(_ letter: Unicode.Scalar, _ reader: inout TextReader) -> Bool {
        guard let byte = reader.peek, byte & ~0x20 == UInt8(ascii: letter) else { return false }
        reader.skip(1)
        return true
    }

    /// `L`, `L-3`, `LW`, `L-3W`.
    private mutating func readFromLast(_ reader: inout TextReader) throws(ScheduleError) -> Bool {
        guard takeLetter("L", &reader) else { return false }
        var distance = 0
        if reader.take("-") {
            let start = reader.offset
            guard let number = reader.number(), number.value <= 30 else { throw reader.error("a number of days from 0 to 30", at: start) }
            distance = Int(number.value)
        }
        if takeLetter("W", &reader) { days.workingFromLast.insert(bit: distance) } else { days.fromLast.insert(bit: distance) }
        return true
    }

    /// `5L` and `5#2`, behind the day.
    private mutating func readWeekday(_ day: Int, _ reader: inout TextReader) throws(ScheduleError) -> Bool {
        if takeLetter("L", &reader) {
            weekdays.last.insert(bit: day % 7)
            return true
        }
        guard reader.take("#") else { return false }
        let start = reader.offset
        guard let number = reader.number(), (1...5).contains(number.value) else { throw reader.error("a number from 1 to 5", at: start) }
        weekdays.numbered.insert(bit: Int(number.value) * 8 + day % 7)
        return true
    }
}
