extension Interval {
    /// Reads `R[n]/[start]/period`.
    /// - Parameters:
    ///   - zone: where the wall clock hangs that the start is meant for; an offset in the text then only tells which of two equal wall times is
    /// meant.
    ///     nil: the offset in the text is the zone, and UTC when there is none.
    ///   - now: milliseconds since 1970; an empty start is one second before, so that the first occurrence is due.
    /// - Throws: Where the text goes wrong.
    package init(_ text: String, zone: Zone? = nil, now: Int64) throws(ScheduleError) {
        var reader = try TextReader(text)
        try reader.expect("R", "R, the beginning of a repeating interval")
        count = try Self.readCount(&reader)
        try reader.expect("/", "a digit or / after R")
        let slashes = reader.bytes.indices.filter { reader.bytes[$0] == UInt8(ascii: "/") }
        guard slashes.count >= 2 else { throw reader.error("a second / and a period behind it", at: reader.end) }
        var startReader = TextReader(reader.bytes, slashes[0] + 1..<slashes[1])
        var periodReader = TextReader(reader.bytes, slashes[1] + 1..<reader.end)
        if startReader.isAtEnd {
            period = try Period(&periodReader)
            let start = max(now, .min + 1_000) - 1_000
            let made = Interval(count: count, start: start, period: period, zone: zone ?? .utc)
            (wall, isLater, self.zone) = (made.wall, made.isLater, made.zone)
            return
        }
        let start = try StartTime(&startReader)
        period = try Period(&periodReader)
        self.zone = zone ?? Zone.fixed(seconds: Int((start.offset ?? 0) / 1_000)) ?? .utc
        wall = start.wall
        if case .twice(_, let later) = self.zone.meaning(of: wall), let offset = start.offset {
            isLater = wall - offset == later
        } else {
            isLater = false
        }
    }

    private static func readCount(_ reader: inout TextReader) throws(ScheduleError) -> Int64? {
        let start = reader.offset
        guard let number = reader.number() else { return nil }
        if number.value >= TextReader.huge { throw reader.error("a count of at most 17 digits", at: start) }
        return number.value
    }

    /// `R5/2026-01-31T09:00:00.000Z/P1M`: reads back, with the same zone, as a schedule that fires at the same times.
    package var text: String { text(from: 0) }

    /// The text that a server shows when occurrences have passed: it begins at occurrence `number`, and so many are left.
    /// - Parameter left: nil: as many as follow by count.
    /// - Returns: The start is that of the last occurrence that there is when there is no such one.
    package func text(from number: Int64, left: Int64? = nil) -> String {
        let number = max(0, number)
        let ending = "/" + period.text
        let left = left ?? count.map { max(0, $0 - number) }
        let head = "R\(left.map(String.init) ?? "")/"
        // The start is printed as it was written, even where clocks skip that time; the offset then still makes it the right instant.
        if number == 0 { return head + StartTime.text(wall: wall, offset: wall - start) + ending }
        let start = unlimited(number) ?? occurrence(before: .max)?.time ?? self.start
        return head + zone.text(of: start) + ending
    }
}
