/// An instant in milliseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// - Parameter wall: nanoseconds since 1970, as a `Moment` carries them.
    package init(wall: Int64) { milliseconds = wall.floorDivided(by: 1_000_000).quotient }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// `yyyy-MM-dd'T'HH:mm:ss.SSS'Z'`, always in UTC.
    package var description: String {
        let (days, inDay) = milliseconds.floorDivided(by: 86_400_000)
        let (year, month, day) = Self.date(ofDay: days)
        let second = inDay / 1000
        var text: [UInt8] = []
        text.reserveCapacity(24)
        Self.append(year, digits: 4, "-", to: &text)
        Self.append(month, digits: 2, "-", to: &text)
        Self.append(day, digits: 2, "T", to: &text)
        Self.append(second / 3600, digits: 2, ":", to: &text)
        Self.append(second / 60 % 60, digits: 2, ":", to: &text)
        Self.append(second % 60, digits: 2, ".", to: &text)
        Self.append(inDay % 1000, digits: 3, "Z", to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ number: Int64, digits: Int, _ end: Unicode.Scalar, to text: inout [UInt8]) {
        let digitsOfNumber = String(number).utf8
        for _ in 0..<max(0, digits - digitsOfNumber.count) { text.append(UInt8(ascii: "0")) }
        text += digitsOfNumber
        text.append(UInt8(ascii: end))
    }
}

// MARK: - Reading

extension Timestamp {
    /// Reads an ISO 8601 date and time with an offset: `2021-07-27T10:00:00.123Z`, `2021-07-27T12:00+02:00`. Seconds and a fraction of
    /// up to nine digits may be absent; what is finer than a millisecond is cut off.
    /// - Returns: nil for anything else, for dates that don't exist and for instants outside of the years 0 to 9999.
    package init?(_ text: String) {
        guard text.utf8.count <= 48 else { return nil }
        var scanner = Scanner(bytes: Array(text.utf8))
        guard let year = scanner.number(digits: 4), scanner.skip("-"), let month = scanner.number(digits: 2), scanner.skip("-"),
            let day = scanner.number(digits: 2), scanner.skip("T") || scanner.skip("t"),
            let hour = scanner.number(digits: 2), scanner.skip(":"), let minute = scanner.number(digits: 2)
        else { return nil }
        var second: Int64 = 0
        var millisecond: Int64 = 0
        if scanner.skip(":") {
            guard let seconds = scanner.number(digits: 2) else { return nil }
            second = seconds
            if scanner.skip(".") {
                guard let fraction = scanner.fraction() else { return nil }
                millisecond = fraction
            }
        }
        guard let offset = scanner.offset(), scanner.isAtEnd, (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let inDay = (hour * 3600 + minute * 60 + second - offset) * 1000 + millisecond
        milliseconds = Self.day(ofYear: year, month: month, day: day) * 86_400_000 + inDay
        guard (Self.earliest...Self.latest).contains(milliseconds) else { return nil }
    }

    private static let earliest = day(ofYear: 0, month: 1, day: 1) * 86_400_000
    private static let latest = day(ofYear: 10_000, month: 1, day: 1) * 86_400_000 - 1

    private struct Scanner {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        mutating func digit() -> Int64? {
            guard position < bytes.count, bytes[position].isDigit else { return nil }
            position += 1
            return Int64(bytes[position - 1] - UInt8(ascii: "0"))
        }

        mutating func number(digits: Int) -> Int64? {
            var number: Int64 = 0
            for _ in 0..<digits {
                guard let digit = digit() else { return nil }
                number = number * 10 + digit
            }
            return number
        }

        /// One to nine digits behind a point, as milliseconds.
        mutating func fraction() -> Int64? {
            guard var fraction = digit() else { return nil }
            var digits = 1
            while let digit = digit() {
                digits += 1
                if digits > 9 { return nil }
                if digits <= 3 { fraction = fraction * 10 + digit }
            }
            for _ in min(digits, 3)..<3 { fraction *= 10 }
            return fraction
        }

        /// `Z` or `±HH`, `±HH:MM`, `±HH:MM:SS` up to 18 hours, in seconds east of Greenwich.
        mutating func offset() -> Int64? {
            if skip("Z") || skip("z") { return 0 }
            let isWest = skip("-")
            guard isWest || skip("+"), let hours = number(digits: 2) else { return nil }
            var seconds = hours * 3600
            for unit: Int64 in [60, 1] {
                guard skip(":") else { break }
                guard let number = number(digits: 2), number < 60 else { return nil }
                seconds += number * unit
            }
            guard seconds <= 18 * 3600 else { return nil }
            return isWest ? -seconds : seconds
        }
    }
}

// MARK: - Calendar

extension Timestamp {
    /// Days since 1970-01-01 of a date of the proleptic Gregorian calendar. Years are counted from March, so that the leap day is last.
    private static func day(ofYear year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = month > 2 ? year : year - 1
        let (era, yearOfEra) = marchYear.floorDivided(by: 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (day + 719_468).floorDivided(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}

extension Int64 {
    /// Quotient rounded down and the remainder, which is never negative.
    fileprivate func floorDivided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
