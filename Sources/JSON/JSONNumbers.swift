extension Int64 {
    /// The integer that equals this double, or nil for fractions, values out of range and NaN. Never traps, unlike `Int64(_:)`.
    package init?(exactlyOrNil value: Double) {
        guard value.isFinite, let exact = Int64(exactly: value) else { return nil }
        self = exact
    }
}

extension UInt64 {
    /// The integer that equals this double, or nil for fractions, negative values, values out of range and NaN.
    package init?(exactlyOrNil value: Double) {
        guard value.isFinite, let exact = UInt64(exactly: value) else { return nil }
        self = exact
    }
}

/// The text of a finite double: the fewest digits that read back as the same double.
///
/// Laid out as JSON writers of the C++ world do: plain digits for 1e-6 ≤ |x| < 1e21, else an exponent without plus sign.
enum DoubleText {
    static func append(_ value: Double, to bytes: inout [UInt8], alwaysWithDecimal: Bool) {
        if appendThousandths(value, to: &bytes, alwaysWithDecimal: alwaysWithDecimal) { return }
        var digits: [UInt8] = []
        let (isNegative, point) = shortestDigits(of: value, into: &digits)
        if isNegative { bytes.append(UInt8(ascii: "-")) }
        switch point {
        case digits.count...21 where digits.count <= 21:
            bytes.append(contentsOf: digits)
            for _ in digits.count..<point { bytes.append(UInt8(ascii: "0")) }
            if alwaysWithDecimal { bytes.append(contentsOf: [UInt8(ascii: "."), UInt8(ascii: "0")]) }
        case 1...21:
            bytes.append(contentsOf: digits[..<point])
            bytes.append(UInt8(ascii: "."))
            bytes.append(contentsOf: digits[point...])
        case -5...0:
            bytes.append(contentsOf: [UInt8(ascii: "0"), UInt8(ascii: ".")])
            for _ in 0..<(-point) { bytes.append(UInt8(ascii: "0")) }
            bytes.append(contentsOf: digits)
        default:
            bytes.append(digits[0])
            if digits.count > 1 {
                bytes.append(UInt8(ascii: "."))
                bytes.append(contentsOf: digits[1...])
            }
            bytes.append(UInt8(ascii: "e"))
            bytes.append(contentsOf: Array(String(point - 1).utf8))
        }
    }

    /// Nearly all doubles of a cluster are thousandths (resources) or whole; they need no search for the shortest digits.
    ///
    /// With at most 15 digits the decimal that reads back as the value is the shortest one.
    private static func appendThousandths(_ value: Double, to bytes: inout [UInt8], alwaysWithDecimal: Bool) -> Bool {
        guard value.magnitude < 1e12, !(value == 0 && value.sign == .minus) else { return false }
        let scaled = (value * 1000).rounded()
        guard scaled / 1000 == value, let thousandths = Int64(exactlyOrNil: scaled) else { return false }
        if thousandths < 0 { bytes.append(UInt8(ascii: "-")) }
        let (whole, fraction) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
        IntegerText.append(whole, to: &bytes)
        guard fraction > 0 || alwaysWithDecimal else { return true }
        bytes.append(UInt8(ascii: "."))
        bytes.append(UInt8(ascii: "0") + UInt8(fraction / 100))
        guard fraction % 100 > 0 else { return true }
        bytes.append(UInt8(ascii: "0") + UInt8(fraction / 10 % 10))
        guard fraction % 10 > 0 else { return true }
        bytes.append(UInt8(ascii: "0") + UInt8(fraction % 10))
        return true
    }

    /// Splits the standard library's shortest text into significant digits and the place of the decimal point before, in or after them.
    private static func shortestDigits(of value: Double, into digits: inout [UInt8]) -> (isNegative: Bool, point: Int) {
        var point: Int?
        var exponent = 0
        var exponentSign = 1
        var inExponent = false
        for byte in value.magnitude.description.utf8 {
            switch byte {
            case UInt8(ascii: "."): point = digits.count
            case UInt8(ascii: "e"): inExponent = true
            case UInt8(ascii: "-"): exponentSign = -1
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if inExponent {
                    exponent = exponent * 10 + Int(byte - UInt8(ascii: "0"))
                } else {
                    digits.append(byte)
                }
            default: break
            }
        }
        let place = (point ?? digits.count) + exponent * exponentSign
        let leadingZeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(leadingZeros)
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        guard !digits.isEmpty else {
            digits = [UInt8(ascii: "0")]
            return (value.sign == .minus, 1)
        }
        return (value.sign == .minus, place - leadingZeros)
    }
}

enum IntegerText {
    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        if value < 10 { return bytes.append(UInt8(ascii: "0") + UInt8(value)) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
            var index = 20
            var rest = value
            while rest > 0 {
                index -= 1
                buffer[index] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[index..<20]))
        }
    }
}
