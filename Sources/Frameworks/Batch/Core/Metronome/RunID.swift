import FrameworkCore

/// Runs as Metronome names them: `yyyyMMddHHmmss` and five characters, which are random there. Here they are the milliseconds, so that a run
/// can be told from its name.
package enum RunID {
    package static func text(of run: Run.Key) -> String {
        let digits = Timestamp(milliseconds: run.due).description.utf8.filter(\.isDigit)
        return String(decoding: digits.dropLast(3) + Array("00".utf8) + digits.suffix(3), as: UTF8.self)
    }

    /// - Returns: the due time, in milliseconds since 1970; nil: this is no such name.
    package static func due(_ text: String) -> Int64? {
        let digits = Array(text.utf8)
        guard digits.count == 19, digits.allSatisfy(\.isDigit), digits[14] == UInt8(ascii: "0"), digits[15] == UInt8(ascii: "0") else { return nil }
        func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        let day = "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))"
        return Timestamp("\(day)T\(part(8..<10)):\(part(10..<12)):\(part(12..<14)).\(part(16..<19))Z")?.milliseconds
    }
}
