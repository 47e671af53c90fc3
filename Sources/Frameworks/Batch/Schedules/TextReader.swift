/// Reads a text byte by byte and knows where it is, for errors.
struct TextReader {
    let bytes: [UInt8]
    private(set) var offset = 0
    /// Where reading stops: the end of the text, or of the part in hand.
    let end: Int

    /// The longest text that is read: no schedule that means anything needs more.
    static let limit = 1_024
    /// What a number with more digits than anyone needs is read as: above each limit here, and far from overflowing.
    static let huge: Int64 = 100_000_000_000_000_000

    /// - Throws: When the text is longer than `limit`.
    init(_ text: String) throws(ScheduleError) {
        bytes = Array(text.utf8.prefix(Self.limit + 1))
        end = bytes.count
        if end > Self.limit { throw ScheduleError(offset: Self.limit, expected: "a text of at most \(Self.limit) bytes") }
    }

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { offset >= end }
    var peek: UInt8? { offset < end ? bytes[offset] : nil }
    var isAtDigit: Bool { peek.map(isDigit) ?? false }

    func peek(at distance: Int) -> UInt8? { offset + distance < end ? bytes[offset + distance] : nil }

    /// Steps over this byte if it is the next one.
    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: scalar) else { return false }
        offset += 1
        return true
    }

    mutating func expect(_ scalar: Unicode.Scalar, _ expected: String) throws(ScheduleError) {
        if !take(scalar) { throw error(expected) }
    }

    mutating func expectEnd(_ expected: String) throws(ScheduleError) {
        if !isAtEnd { throw error(expected) }
    }

    mutating func skip(_ count: Int) { offset = min(offset + count, end) }

    /// All digits that follow, at most `most`, as a number that never overflows; nil when none follows.
    mutating func number(digits most: Int = .max) -> (value: Int64, digits: Int)? {
        var value: Int64 = 0
        var count = 0
        while count < most, let byte = peek, isDigit(byte) {
            value = min(value * 10 + Int64(byte - UInt8(ascii: "0")), Self.huge)
            count += 1
            offset += 1
        }
        return count == 0 ? nil : (value, count)
    }

    /// The error that this was expected where reading stands, or at an earlier place.
    func error(_ expected: String, at place: Int? = nil) -> ScheduleError { ScheduleError(offset: place ?? offset, expected: expected) }
}

func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

func isLetter(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
}

/// The decimal digits of a number that is not negative, with leading zeros up to this width.
func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
