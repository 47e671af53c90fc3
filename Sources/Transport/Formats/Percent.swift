/// Percent-coding of URLs (RFC 3986 §2.1).
package enum Percent {
    /// The decoded text; the text itself where a `%` isn't followed by two hexadecimal digits or the result isn't UTF-8.
    package static func decode<Bytes: Collection<UInt8>>(_ bytes: Bytes, plusIsBlank: Bool = false) -> String {
        strictlyDecode(bytes, plusIsBlank: plusIsBlank) ?? String(decoding: bytes, as: UTF8.self)
    }

    static func strictlyDecode<Bytes: Collection<UInt8>>(_ bytes: Bytes, plusIsBlank: Bool = false) -> String? {
        guard bytes.contains(where: { $0 == UInt8(ascii: "%") || (plusIsBlank && $0 == UInt8(ascii: "+")) }) else {
            return String(validating: bytes, as: UTF8.self)
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(hexadecimal), let low = rest.next().flatMap(hexadecimal) else { return nil }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsBlank:
                decoded.append(UInt8(ascii: " "))
            default:
                decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    /// Encodes all but unreserved characters, so that the result is one path segment or one query value.
    package static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.append(byte)
            default:
                encoded += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// - Returns: nil for a path that doesn't begin with `/`, has a segment which begins with `..` before decoding or is `..` after
    ///   it (as Mesos 1.11 refuses both), or can't be decoded.
    static func segments(of path: Substring) -> [String]? {
        let bytes = path.utf8
        guard bytes.first == UInt8(ascii: "/") else { return nil }
        var segments: [String] = []
        for raw in bytes.split(separator: UInt8(ascii: "/")) {
            guard !raw.starts(with: "..".utf8), let segment = strictlyDecode(raw) else { return nil }
            guard segment != "..", !segment.utf8.contains(0) else { return nil }
            segments.append(segment)
        }
        return segments
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10 }
}
