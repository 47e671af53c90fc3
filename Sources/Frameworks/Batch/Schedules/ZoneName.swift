extension Zone {
    /// Where the zone of a name comes from.
    package enum Source: Hashable, Sendable {
        /// Nothing has to be read: universal time, or a fixed offset.
        case fixed(Zone)
        /// A file of the time zone database by its path below the database's folder (`Europe/Berlin`). It has no dot and no empty part in it, so that
        /// it can't lead elsewhere. Whether there is such a file, only a look can tell.
        case file(String)
    }

    /// What a user may call a zone: a name of the database (`Europe/Berlin`), `UTC`, `GMT`, `Z`, a fixed offset (`+02:00`, `UTC+2`, `GMT-03:30`), or
    /// one
    /// of Java's old short names (`PST`).
    /// - Throws: Where the name goes wrong. Chronos took such a name for GMT.
    package static func source(of name: String) throws(ScheduleError) -> Source {
        if let full = shortNames[name] {
            if let hours = Int(full) { return .fixed(Zone.fixed(seconds: hours * 3_600) ?? utc) }
            return .file(full)
        }
        var reader = try TextReader(name)
        if let zone = try fixed(&reader) { return .fixed(zone) }
        try checkPath(&reader)
        return .file(name)
    }

    /// `UTC`, `UT`, `GMT`, `Z`, an offset, or an offset behind one of the first three.
    private static func fixed(_ reader: inout TextReader) throws(ScheduleError) -> Zone? {
        for prefix in ["UTC", "GMT", "UT", "Z", ""] where reader.bytes.starts(with: prefix.utf8) {
            if reader.bytes.count == prefix.utf8.count { return prefix.isEmpty ? nil : utc }
            let sign = reader.bytes[prefix.utf8.count]
            guard prefix != "Z", sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { continue }
            reader.skip(prefix.utf8.count)
            let seconds = try offset(&reader)
            try reader.expectEnd("the end of the offset")
            return fixed(seconds: seconds)
        }
        return nil
    }

    /// `±h`, `±hh`, `±hhmm`, `±hh:mm` or `±hh:mm:ss`, up to 18 hours as in Java, in seconds.
    private static func offset(_ reader: inout TextReader) throws(ScheduleError) -> Int {
        let isNegative = reader.take("-")
        if !isNegative { try reader.expect("+", "+ or -") }
        let start = reader.offset
        guard let hours = reader.number(digits: 2) else { throw reader.error("hours from 0 to 18") }
        var seconds = hours.value * 3_600
        for unit in [60, 1] as [Int64] {
            let isSeparated = reader.take(":")
            guard isSeparated || reader.isAtDigit else { break }
            let place = reader.offset
            guard let part = reader.number(digits: 2), part.digits == 2, part.value < 60 else {
                throw reader.error("two digits from 00 to 59", at: place)
            }
            seconds += part.value * unit
        }
        if seconds > 18 * 3_600 { throw reader.error("an offset of at most 18 hours", at: start) }
        return Int(isNegative ? -seconds : seconds)
    }

    /// One to three parts of letters, digits, `+`, `-` and `_`, each of which begins with a capital letter: all names of the database are like this,
    /// and
    /// none of the other files in its folder is (`posixrules`, `right/…`, `tzdata.zi`).
    private static func checkPath(_ reader: inout TextReader) throws(ScheduleError) {
        let longest = 64
        if reader.bytes.isEmpty { throw reader.error("the name of a time zone") }
        if reader.bytes.count > longest { throw reader.error("a name of at most \(longest) bytes", at: longest) }
        var parts = 0
        repeat {
            parts += 1
            guard parts <= 3 else { throw reader.error("a name of at most three parts", at: reader.offset - 1) }
            guard let first = reader.peek, isLetter(first), first & 0x20 == 0 else { throw reader.error("a capital letter, as in Europe/Berlin") }
            while let byte = reader.peek, isLetter(byte) || isDigit(byte) || "+-_".utf8.contains(byte) { reader.skip(1) }
        } while reader.take("/")
        try reader.expectEnd("a letter, a digit, + - _ or /")
    }

    /// What Java calls short ids; clients of Chronos use them. Several differ from what one would guess: BST is Bangladesh's time.
    private static let shortNames = [
        "ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires", "ART": "Africa/Cairo",
        "AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka", "CAT": "Africa/Harare", "CNT": "America/St_Johns",
        "CST": "America/Chicago", "CTT": "Asia/Shanghai", "EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris", "EST": "-5", "HST": "-10",
        "IET": "America/Indiana/Indianapolis", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "MIT": "Pacific/Apia", "MST": "-7", "NET": "Asia/Yerevan",
        "NST": "Pacific/Auckland", "PLT": "Asia/Karachi", "PNT": "America/Phoenix", "PRT": "America/Puerto_Rico", "PST": "America/Los_Angeles",
        "SST": "Pacific/Guadalcanal", "VST": "Asia/Ho_Chi_Minh"
    ]
}
