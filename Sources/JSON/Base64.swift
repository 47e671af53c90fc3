/// Standard base64 with padding (RFC 4648 §4).
package enum Base64 {
    private static let alphabet: [UInt8] = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    package static func encode(_ data: [UInt8]) -> String {
        var text: [UInt8] = []
        data.withUnsafeBufferPointer { append($0, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    package static func append(_ data: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
        text.reserveCapacity(text.count + (data.count + 2) / 3 * 4)
        alphabet.withUnsafeBufferPointer { alphabet in
            for start in stride(from: 0, to: data.count, by: 3) {
                let rest = data.count - start
                let first = data[start]
                let second = rest > 1 ? data[start + 1] : 0
                let third = rest > 2 ? data[start + 2] : 0
                text.append(alphabet[Int(first >> 2)])
                text.append(alphabet[Int(first << 4 & 0x3f | second >> 4)])
                text.append(rest > 1 ? alphabet[Int(second << 2 & 0x3f | third >> 6)] : padding)
                text.append(rest > 2 ? alphabet[Int(third & 0x3f)] : padding)
            }
        }
    }

    /// The bytes, or nil if the text has other characters, a wrong length or wrong padding. Line breaks are not accepted.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let significant = text.count - text.suffix(2).count { $0 == padding }
        var data: [UInt8] = []
        data.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        for byte in text.prefix(significant) {
            guard let value = value(of: byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 1
            guard count % 4 == 0 else { continue }
            data.append(UInt8(truncatingIfNeeded: bits >> 16))
            data.append(UInt8(truncatingIfNeeded: bits >> 8))
            data.append(UInt8(truncatingIfNeeded: bits))
        }
        switch count % 4 {
        case 0: break
        case 2: data.append(UInt8(truncatingIfNeeded: bits >> 4))
        case 3:
            data.append(UInt8(truncatingIfNeeded: bits >> 10))
            data.append(UInt8(truncatingIfNeeded: bits >> 2))
        default: return nil
        }
        return data
    }

    private static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
