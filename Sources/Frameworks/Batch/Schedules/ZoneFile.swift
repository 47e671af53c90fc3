/// What a compiled file of the time zone database says (TZif of RFC 9636, versions 1 to 4): the changes of the past, and the rule of the future.
struct ZoneFile {
    /// Ascending, seconds since 1970, and the offset in force from then on (seconds east of Greenwich).
    var changes: [(instant: Int64, offset: Int64)] = []
    /// Before the first change.
    var initial: Int64 = 0
    /// After the last change; nil: the last offset stays.
    var rule: ZoneRule?

    /// Changes before and after these seconds are no concern of ours: some files hold one at the supposed beginning of the universe.
    private static let window: ClosedRange<Int64> = -100_000_000_000...300_000_000_000
    private static let headerSize = 44

    /// Says nothing yet: universal time for ever.
    init() {}

    /// - Throws: The offset in the file, and what should have been there.
    init(_ bytes: [UInt8]) throws(ScheduleError) {
        let first = try Header(bytes, at: 0)
        if first.version == 0 {
            try read(bytes, first, at: Self.headerSize, wide: false)
            return
        }
        // Newer versions repeat everything with eight bytes a time, behind the block for readers of version 1.
        let second = Self.headerSize + first.size(wide: false)
        let header = try Header(bytes, at: second)
        try read(bytes, header, at: second + Self.headerSize, wide: true)
        try readRule(bytes, from: second + Self.headerSize + header.size(wide: true))
    }

    private struct Header {
        let version: UInt8
        let isUTC, isStandard, leaps, times, types, characters: Int

        init(_ bytes: [UInt8], at start: Int) throws(ScheduleError) {
            guard bytes.count - start >= ZoneFile.headerSize, bytes[start..<start + 4].elementsEqual("TZif".utf8) else {
                throw ScheduleError(offset: min(start, bytes.count), expected: "a header of TZif")
            }
            version = bytes[start + 4]
            // Each count has four bytes, so that no sum of them overflows.
            func count(_ index: Int) -> Int { Int(ZoneFile.integer(bytes, at: start + 20 + 4 * index, size: 4) & 0xffff_ffff) }
            (isUTC, isStandard, leaps) = (count(0), count(1), count(2))
            (times, types, characters) = (count(3), count(4), count(5))
        }

        func size(wide: Bool) -> Int { times * ((wide ? 8 : 4) + 1) + types * 6 + characters + leaps * (wide ? 12 : 8) + isStandard + isUTC }
    }

    private mutating func read(_ bytes: [UInt8], _ header: Header, at start: Int, wide: Bool) throws(ScheduleError) {
        guard header.size(wide: wide) <= bytes.count - start else {
            throw ScheduleError(offset: bytes.count, expected: "\(header.size(wide: wide)) bytes of data behind the header")
        }
        if header.leaps > 0 { throw ScheduleError(offset: start, expected: "a zone that doesn't count leap seconds") }
        let width = wide ? 8 : 4
        let indices = start + header.times * width
        let types = indices + header.times
        func offset(ofType index: Int) throws(ScheduleError) -> Int64 {
            guard index < header.types else { throw ScheduleError(offset: indices, expected: "a type below \(header.types)") }
            let offset = Self.integer(bytes, at: types + 6 * index, size: 4)
            if abs(offset) > ZoneRule.largestOffset { throw ScheduleError(offset: types + 6 * index, expected: "an offset of less than 26 hours") }
            return offset
        }
        initial = try offset(ofType: 0)
        for index in 0..<header.times {
            let instant = Self.integer(bytes, at: start + index * width, size: width)
            let offset = try offset(ofType: Int(bytes[indices + index]))
            if instant < Self.window.lowerBound {
                initial = offset
            } else if instant <= Self.window.upperBound {
                if let last = changes.last, last.instant >= instant {
                    throw ScheduleError(offset: start + index * width, expected: "a later time than that of the change before")
                }
                changes.append((instant, offset))
            }
        }
    }

    private mutating func readRule(_ bytes: [UInt8], from start: Int) throws(ScheduleError) {
        guard start < bytes.count, bytes[start] == 0x0a, let end = bytes[(start + 1)...].firstIndex(of: 0x0a) else {
            throw ScheduleError(offset: min(start, bytes.count), expected: "a rule between two line feeds")
        }
        if end == start + 1 { return }
        var reader = TextReader(bytes, start + 1..<end)
        rule = try ZoneRule(&reader)
    }

    /// A signed number, most significant byte first.
    private static func integer(_ bytes: [UInt8], at start: Int, size: Int) -> Int64 {
        var value: Int64 = size == 4 && bytes[start] & 0x80 != 0 ? -1 : 0
        for byte in bytes[start..<start + size] { value = value << 8 | Int64(byte) }
        return value
    }
}
