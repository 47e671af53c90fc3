/// Appends JSON text to a byte array: no tree, no white space, no trailing newline.
///
/// It puts the commas; that keys and values, begins and ends match is the caller's business.
package struct JSONWriter: Sendable {
    package private(set) var bytes: [UInt8] = []
    /// Whether the next key or value has a neighbour on its left.
    private var needsComma = false

    package init(reservingCapacity capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Hands over what has been written and starts anew, so that long answers can be sent in pieces.
    package mutating func takeBytes() -> [UInt8] {
        let taken = bytes
        bytes = []
        return taken
    }

    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    package mutating func key(_ name: String) {
        separate()
        appendQuoted(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A key whose name needs no escapes, such as one of our own field names: copied as it is.
    package mutating func key(verbatim name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A key that has been encoded before, with its quotes and colon.
    package mutating func key(encoded key: UnsafeBufferPointer<UInt8>) {
        separate()
        bytes.append(contentsOf: key)
        needsComma = false
    }

    package mutating func string(_ value: String) {
        separate()
        appendQuoted(value)
        needsComma = true
    }

    /// A string given as UTF-8; what is not well-formed is replaced by U+FFFD.
    package mutating func string(utf8 value: UnsafeBufferPointer<UInt8>) {
        separate()
        if isASCII(value) {
            appendQuoted(validUTF8: value)
        } else {
            appendQuoted(String(decoding: value, as: UTF8.self))
        }
        needsComma = true
    }

    package mutating func int(_ value: Int64) {
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        IntegerText.append(value.magnitude, to: &bytes)
        needsComma = true
    }

    package mutating func int(_ value: Int) { int(Int64(value)) }

    package mutating func uint(_ value: UInt64) {
        separate()
        IntegerText.append(value, to: &bytes)
        needsComma = true
    }

    package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }
    package mutating func null() { raw("null") }

    /// A double as Mesos writes it: shortest text that reads back the same, with at least one decimal: `5.0`, `0.1`.
    /// JSON has no text for infinities and NaN; they are written as `null`.
    package mutating func double(_ value: Double) { append(value, alwaysWithDecimal: true) }

    /// A double as Marathon writes it: without needless decimals: `32`, `0.1`. Infinities and NaN are written as `null`.
    package mutating func number(_ value: Double) { append(value, alwaysWithDecimal: false) }

    /// Any value.
    package mutating func value(_ value: JSONValue) { value.write(into: &self) }

    /// A value that is JSON already; copied as it is.
    package mutating func raw(_ json: UnsafeBufferPointer<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    package mutating func raw(_ json: [UInt8]) {
        json.withUnsafeBufferPointer { raw($0) }
    }

    /// Standard base64 with padding, as a string (RFC 4648 §4).
    package mutating func base64(_ data: UnsafeBufferPointer<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        Base64.append(data, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// A place to come back to by `rewind(to:)`.
    package struct Mark: Sendable {
        fileprivate let count: Int
        fileprivate let needsComma: Bool
    }

    package var mark: Mark { Mark(count: bytes.count, needsComma: needsComma) }

    /// Whether nothing has been written since `mark` was taken.
    package func isAt(_ mark: Mark) -> Bool { bytes.count == mark.count }

    /// Forgets what has been written since `mark` was taken; `takeBytes()` must not have come between.
    package mutating func rewind(to mark: Mark) {
        bytes.removeSubrange(mark.count...)
        needsComma = mark.needsComma
    }

    private mutating func raw(_ text: StaticString) {
        raw(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(_ value: Double, alwaysWithDecimal: Bool) {
        guard value.isFinite else { return null() }
        separate()
        DoubleText.append(value, to: &bytes, alwaysWithDecimal: alwaysWithDecimal)
        needsComma = true
    }

    private mutating func begin(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func end(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }
}

// MARK: - Strings

extension JSONWriter {
    private mutating func appendQuoted(_ text: String) {
        var text = text
        text.withUTF8 { appendQuoted(validUTF8: $0) }
    }

    private mutating func appendQuoted(validUTF8 text: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        for index in 0..<text.count where Self.needsEscape(text[index]) {
            if start < index { bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index])) }
            appendEscape(of: text[index])
            start = index + 1
        }
        if start < text.count { bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...])) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscape(of byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0a: bytes.append(UInt8(ascii: "n"))
        case 0x0c: bytes.append(UInt8(ascii: "f"))
        case 0x0d: bytes.append(UInt8(ascii: "r"))
        case 0..<0x20:
            bytes.append(contentsOf: [UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")])
            bytes.append(UInt8(ascii: "0") + byte >> 4)
            let low = byte & 0x0f
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        default: bytes.append(byte)
        }
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}

func isASCII(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var all: UInt8 = 0
    for byte in text { all |= byte }
    return all < 0x80
}
