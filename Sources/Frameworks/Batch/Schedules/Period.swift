/// A length of time as ISO 8601 writes it: `P1Y2M3W4DT5H6M7.8S`. Years to days are counted on the calendar of a zone, hours and less on the clock:
/// `P1D` is the same time on the next day, `PT24H` is 24 hours later.
package struct Period: Hashable, Sendable {
    package private(set) var years: Int64 = 0
    package private(set) var months: Int64 = 0
    package private(set) var weeks: Int64 = 0
    package private(set) var days: Int64 = 0
    package private(set) var hours: Int64 = 0
    package private(set) var minutes: Int64 = 0
    package private(set) var milliseconds: Int64 = 0

    /// Reads a period that stands alone, as Chronos's `epsilon` does.
    /// - Throws: Where the text goes wrong.
    package init(_ text: String) throws(ScheduleError) {
        var reader = try TextReader(text)
        try self.init(&reader)
    }

    /// How many milliseconds it takes where days have 24 hours; nil for months and years, which have no length of their own.
    package var standardMilliseconds: Int64? { calendarMonths == 0 ? calendarDays * Civil.millisecondsOfDay + duration : nil }

    /// Its parts by what they do to a time: months are added first, then days on the calendar, then milliseconds that pass.
    var calendarMonths: Int64 { years * 12 + months }
    var calendarDays: Int64 { weeks * 7 + days }
    var duration: Int64 { hours * 3_600_000 + minutes * 60_000 + milliseconds }

    package var isZero: Bool { calendarMonths == 0 && calendarDays == 0 && duration == 0 }
    /// Whether it has hours or less only, so that neither calendar nor zone matters.
    package var isExact: Bool { calendarMonths == 0 && calendarDays == 0 }

    /// The least time that it ever takes, in milliseconds: February is short, and one day may be skipped as a whole where a country changes sides of
    /// the date line.
    package var shortest: Int64 { max(0, calendarMonths * 28 + calendarDays - (isExact ? 0 : 1)) * Civil.millisecondsOfDay + duration }

    /// In the form that Joda prints: only what is not zero, `PT0S` when all is.
    package var text: String {
        func part(_ number: Int64, _ letter: String) -> String { number == 0 ? "" : "\(number)\(letter)" }
        let date = part(years, "Y") + part(months, "M") + part(weeks, "W") + part(days, "D")
        var time = part(hours, "H") + part(minutes, "M")
        if milliseconds > 0 {
            let fraction = milliseconds % 1_000
            time += "\(milliseconds / 1_000)" + (fraction == 0 ? "" : "." + padded(fraction, 3)) + "S"
        }
        if date.isEmpty, time.isEmpty { return "PT0S" }
        return "P" + date + (time.isEmpty ? "" : "T" + time)
    }
}

// MARK: - Reading

extension Period {
    /// In years of 366 days; longer periods mean nothing in a calendar of 9,999 years, and shorter ones overflow nowhere.
    private static let longest: Int64 = 10_000

    /// Reads to the end of the text. Fractions belong to seconds alone and count to the millisecond; a sign is not known, since schedules only go
    /// forward.
    init(_ reader: inout TextReader) throws(ScheduleError) {
        try reader.expect("P", "a period that begins with P")
        try readParts(&reader, Self.dateUnits, or: "T or the end")
        guard reader.take("T") else {
            if !reader.isAtEnd { throw reader.error("a number, T or the end of the period") }
            return
        }
        if !reader.isAtDigit { throw reader.error("a number of hours, minutes or seconds") }
        try readParts(&reader, Self.timeUnits, or: "the end")
        try reader.expectEnd("the end of the period")
    }

    private struct Unit {
        let letter: Unicode.Scalar
        let path: any WritableKeyPath<Period, Int64> & Sendable
        /// How many are the longest that is taken.
        let most: Int64
        /// What one of them adds.
        var scale: Int64 = 1
    }

    private static let dateUnits = [
        Unit(letter: "Y", path: \.years, most: longest), Unit(letter: "M", path: \.months, most: longest * 12),
        Unit(letter: "W", path: \.weeks, most: longest * 53), Unit(letter: "D", path: \.days, most: longest * 366)
    ]
    private static let timeUnits = [
        Unit(letter: "H", path: \.hours, most: longest * 366 * 24), Unit(letter: "M", path: \.minutes, most: longest * 366 * 1_440),
        Unit(letter: "S", path: \.milliseconds, most: longest * 366 * 86_400, scale: 1_000)
    ]

    private mutating func readParts(_ reader: inout TextReader, _ units: [Unit], or end: String) throws(ScheduleError) {
        var left = units[...]
        while reader.isAtDigit {
            let start = reader.offset
            guard let number = reader.number() else { return }
            var fraction: Int64 = 0
            if left.last?.letter == "S", reader.take(".") || reader.take(",") {
                fraction = try reader.milliseconds()
                left = left.suffix(1)
            }
            let letter = reader.peek.map { $0 & ~0x20 }
            guard let index = left.firstIndex(where: { UInt8(ascii: $0.letter) == letter }) else {
                throw reader.error(left.isEmpty ? end : "one of the letters \(left.map { String($0.letter) }.joined(separator: ", "))")
            }
            reader.skip(1)
            guard number.value <= left[index].most else {
                throw reader.error("at most \(left[index].most) before \(left[index].letter), which is \(Self.longest) years", at: start)
            }
            self[keyPath: left[index].path] = number.value * left[index].scale + fraction
            left = left[(index + 1)...]
        }
    }
}

extension TextReader {
    /// The digits of a fraction in thousandths; what is finer is cut off.
    mutating func milliseconds() throws(ScheduleError) -> Int64 {
        let (value, digits) = try fraction()
        return value * 1_000 / digits
    }

    /// The digits of a fraction as a quotient; digits after the ninth are cut off.
    mutating func fraction() throws(ScheduleError) -> (value: Int64, of: Int64) {
        guard let number = number(digits: 9) else { throw error("a digit of the fraction") }
        _ = self.number()
        return (number.value, (0..<number.digits).reduce(1) { product, _ in product * 10 })
    }
}
