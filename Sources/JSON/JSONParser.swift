extension JSONValue {
    /// Parses one JSON text, with nothing but white space around the value.
    ///
    /// Strict RFC 8259: no byte order mark, comments, trailing commas, unpaired surrogates or ill-formed UTF-8. A number that a finite
    /// double can't hold is an error. A number written longer than 1,024 bytes is one too.
    /// - Throws: `JSONError` with the byte offset.
    package init(parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        var parser = JSONParser(bytes: bytes.bindMemory(to: UInt8.self), limits: limits)
        self = try parser.document()
    }

    package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in
            try JSONValue(parsing: UnsafeRawBufferPointer(buffer), limits: limits)
        }
    }

    package init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        self = try JSONValue(parsing: Array(text.utf8), limits: limits)
    }
}

/// A recursive descent over the bytes; its depth on the stack is bounded by `limits.depth`.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    private(set) var offset = 0

    init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let result = try value(depth: 0)
        skipWhiteSpace()
        guard offset == bytes.count else { throw error(.trailingBytes) }
        return result
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipWhiteSpace()
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""):
            offset += 1
            return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case let byte: throw error(.unexpectedByte(byte, expected: "a value"))
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        guard depth <= limits.depth else { throw error(.tooDeep(limit: limits.depth)) }
        offset += 1
        skipWhiteSpace()
        if try peek() == UInt8(ascii: "}") {
            offset += 1
            return JSONObject()
        }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(4)
        while true {
            skipWhiteSpace()
            try expect(UInt8(ascii: "\""), "a string")
            let name = try string()
            skipWhiteSpace()
            try expect(UInt8(ascii: ":"), "':'")
            members.append(JSONObject.Member(name: name, value: try value(depth: depth)))
            skipWhiteSpace()
            switch try peek() {
            case UInt8(ascii: ","): offset += 1
            case UInt8(ascii: "}"):
                offset += 1
                return JSONObject(members: members)
            case let byte: throw error(.unexpectedByte(byte, expected: "',' or '}'"))
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth <= limits.depth else { throw error(.tooDeep(limit: limits.depth)) }
        offset += 1
        var values: [JSONValue] = []
        skipWhiteSpace()
        if try peek() == UInt8(ascii: "]") {
            offset += 1
            return values
        }
        while true {
            values.append(try value(depth: depth))
            skipWhiteSpace()
            switch try peek() {
            case UInt8(ascii: ","): offset += 1
            case UInt8(ascii: "]"):
                offset += 1
                return values
            case let byte: throw error(.unexpectedByte(byte, expected: "',' or ']'"))
            }
        }
    }

    private mutating func literal(_ text: StaticString, _ result: JSONValue) throws(JSONError) -> JSONValue {
        for index in 0..<text.utf8CodeUnitCount {
            let byte = try peek()
            guard byte == text.utf8Start[index] else { throw error(.unexpectedByte(byte, expected: "'\(text)'")) }
            offset += 1
        }
        return result
    }

    func error(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
        JSONError(offset: offset ?? self.offset, reason: reason)
    }

    private func peek() throws(JSONError) -> UInt8 {
        guard offset < bytes.count else { throw error(.unexpectedEnd) }
        return bytes[offset]
    }

    private mutating func expect(_ byte: UInt8, _ name: String) throws(JSONError) {
        let found = try peek()
        guard found == byte else { throw error(.unexpectedByte(found, expected: name)) }
        offset += 1
    }

    private mutating func skipWhiteSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0a, 0x0d, 0x09: offset += 1
            default: return
            }
        }
    }
}

// MARK: - Strings

extension JSONParser {
    /// The rest of a string whose opening quote has been read.
    private mutating func string() throws(JSONError) -> String {
        let start = offset
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") {
                let text = try validated(UnsafeBufferPointer(rebasing: bytes[start..<offset]), at: start)
                offset += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            guard byte >= 0x20 else { throw error(.controlCharacterInString(byte)) }
            offset += 1
        }
        throw error(.unexpectedEnd)
    }

    /// Goes on where the first backslash stands; what is before it is taken over.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<offset])
        while true {
            let byte = try peek()
            switch byte {
            case UInt8(ascii: "\""):
                let result = try text.withUnsafeBufferPointer { (buffer) throws(JSONError) in try validated(buffer, at: start) }
                offset += 1
                return result
            case UInt8(ascii: "\\"):
                try escape(into: &text)
            case 0..<0x20:
                throw error(.controlCharacterInString(byte))
            default:
                text.append(byte)
                offset += 1
            }
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        let start = offset
        offset += 1
        let byte = try peek()
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try unicodeScalar(from: start)
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw error(.invalidEscape, at: start)
        }
    }

    /// One or, for a surrogate pair, two escapes of which the first `\u` has been read.
    private mutating func unicodeScalar(from start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try fourHexDigits(from: start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xd800..<0xdc00).contains(first), offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        else { throw error(.unpairedSurrogate, at: start) }
        offset += 2
        let second = try fourHexDigits(from: start)
        guard (0xdc00..<0xe000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
        else { throw error(.unpairedSurrogate, at: start) }
        return scalar
    }

    private mutating func fourHexDigits(from start: Int) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = try peek()
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: throw error(.invalidEscape, at: start)
            }
            offset += 1
        }
        return value
    }

    private func validated(_ text: UnsafeBufferPointer<UInt8>, at start: Int) throws(JSONError) -> String {
        // Most strings are ASCII, for which the validating initializer is several times slower.
        if isASCII(text) { return String(decoding: text, as: UTF8.self) }
        guard let result = String(validating: text, as: UTF8.self) else { throw error(.invalidUTF8, at: start) }
        return result
    }
}

// MARK: - Numbers

extension JSONParser {
    /// Longer than any number that means something; keeps the conversion's cost bounded.
    private static let longestNumber = 1_024

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = offset
        let isNegative = bytes[offset] == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let integerStart = offset
        let integerDigits = skipDigits()
        guard integerDigits > 0, integerDigits == 1 || bytes[integerStart] != UInt8(ascii: "0") else {
            throw error(.invalidNumber, at: start)
        }
        let integerEnd = offset
        if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
            offset += 1
            guard skipDigits() > 0 else { throw error(.invalidNumber, at: start) }
        }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < bytes.count, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-") { offset += 1 }
            guard skipDigits() > 0 else { throw error(.invalidNumber, at: start) }
        }
        if offset == integerEnd, let integer = integer(integerStart..<integerEnd, isNegative: isNegative) { return integer }
        guard offset - start <= Self.longestNumber else { throw error(.invalidNumber, at: start) }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard let double = Double(text), double.isFinite else { throw error(.numberOutOfRange, at: start) }
        return .double(double)
    }

    private mutating func skipDigits() -> Int {
        let start = offset
        while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) { offset += 1 }
        return offset - start
    }

    /// The integer of these digits, if 64 bits hold it.
    private func integer(_ digits: Range<Int>, isNegative: Bool) -> JSONValue? {
        var magnitude: UInt64 = 0
        for index in digits {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(bytes[index] - UInt8(ascii: "0")))
            if overflow || carry { return nil }
            magnitude = sum
        }
        guard isNegative else {
            return Int64(exactly: magnitude).map(JSONValue.integer) ?? .unsigned(magnitude)
        }
        // The sign of "-0" is kept, which only a double can do.
        guard 1...UInt64(Int64.max) + 1 ~= magnitude else { return nil }
        return .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
    }
}
