/// Why a text is not JSON, and where.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case unexpectedEnd
        /// The byte at the offset; `expected` says what could have stood there.
        case unexpectedByte(UInt8, expected: String)
        case trailingBytes
        case tooDeep(limit: Int)
        case invalidUTF8
        case controlCharacterInString(UInt8)
        case invalidEscape
        case unpairedSurrogate
        case invalidNumber
        case numberOutOfRange
    }

    /// The offset in bytes from the start of the text.
    package let offset: Int
    package let reason: Reason

    package init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    package var description: String {
        let text =
            switch reason {
            case .unexpectedEnd: "unexpected end of the text"
            case .unexpectedByte(let byte, let expected): "unexpected \(Self.name(of: byte)), expected \(expected)"
            case .trailingBytes: "unexpected text after the value"
            case .tooDeep(let limit): "nested deeper than \(limit) levels"
            case .invalidUTF8: "string is not valid UTF-8"
            case .controlCharacterInString(let byte): "unescaped control character \(Self.name(of: byte)) in a string"
            case .invalidEscape: "invalid escape in a string"
            case .unpairedSurrogate: "unpaired surrogate in a string"
            case .invalidNumber: "invalid number"
            case .numberOutOfRange: "number out of range"
            }
        return "\(text) at byte \(offset)"
    }

    private static func name(of byte: UInt8) -> String {
        if (0x21...0x7e).contains(byte) { return "'\(Character(Unicode.Scalar(byte)))'" }
        let digits = String(byte, radix: 16)
        return digits.utf8.count == 1 ? "0x0\(digits)" : "0x\(digits)"
    }
}

/// How much of a text a parser accepts. The length in bytes is the business of whoever collects them.
package struct JSONLimits: Hashable, Sendable {
    /// How many arrays and objects may stand inside one another.
    package var depth: Int

    package init(depth: Int = 100) {
        self.depth = depth
    }
}
