/// An amount of a scalar resource, kept in thousandths of its unit so that sums are exact: 1 CPU is 1,000, and 0.1 added ten times is 1.
///
/// What comes from outside is limited to `limit` in size; sums may grow past it, up to the range of `Int64`.
/// Specified by Mesos 1.11 docs/attributes-resources.md ("Value.Scalar": three decimal digits of precision).
@frozen
package struct Scalar: Hashable, Comparable, Sendable {
    /// The amount in thousandths of the unit.
    package let thousandths: Int64

    @inlinable
    package init(thousandths: Int64) { self.thousandths = thousandths }

    package static let zero = Scalar(thousandths: 0)

    /// The greatest amount accepted from outside, 2^53 thousandths: past it a `Double` no longer tells one thousandth from the next.
    /// A thousand sums of such amounts still fit.
    package static let limit = Scalar(thousandths: 1 << 53)

    /// Rounds to three decimals, half away from zero; nil if `value` isn't a number or is greater than `limit` in size.
    package init?(_ value: Double) {
        let scaled = value * 1_000
        guard scaled.magnitude <= Double(Scalar.limit.thousandths) else { return nil }  // false for NaN
        // By hand, since `rounded()` calls the C library's mathematics, which a module without imports doesn't link.
        let whole = Int64(scaled)
        let rest = scaled - Double(whole)
        self.init(thousandths: rest >= 0.5 ? whole + 1 : rest <= -0.5 ? whole - 1 : whole)
    }

    /// The amount in units, as the wire has it.
    package var double: Double {
        let (whole, rest) = thousandths.quotientAndRemainder(dividingBy: 1_000)
        return Double(whole) + Double(rest) / 1_000
    }

    @inlinable
    package static func < (left: Scalar, right: Scalar) -> Bool { left.thousandths < right.thousandths }

    /// The sum, or nil if it overflows.
    package func adding(_ other: Scalar) -> Scalar? {
        let (sum, overflow) = thousandths.addingReportingOverflow(other.thousandths)
        return overflow ? nil : Scalar(thousandths: sum)
    }

    /// The difference, which may be negative, or nil if it overflows.
    package func subtracting(_ other: Scalar) -> Scalar? {
        let (difference, overflow) = thousandths.subtractingReportingOverflow(other.thousandths)
        return overflow ? nil : Scalar(thousandths: difference)
    }

    /// The sum; one that overflows stays at the end of the range, where nothing real contains it.
    @inlinable
    package static func + (left: Scalar, right: Scalar) -> Scalar {
        let (sum, overflow) = left.thousandths.addingReportingOverflow(right.thousandths)
        return Scalar(thousandths: overflow ? (left.thousandths < 0 ? .min : .max) : sum)
    }

    /// The difference; one that overflows stays at the end of the range.
    @inlinable
    package static func - (left: Scalar, right: Scalar) -> Scalar {
        let (difference, overflow) = left.thousandths.subtractingReportingOverflow(right.thousandths)
        return Scalar(thousandths: overflow ? (left.thousandths < 0 ? .min : .max) : difference)
    }

    @inlinable
    package static func += (left: inout Scalar, right: Scalar) { left = left + right }

    @inlinable
    package static func -= (left: inout Scalar, right: Scalar) { left = left - right }
}

extension Scalar: ExpressibleByIntegerLiteral {
    /// Whole units: `let cpus: Scalar = 4`. For literals in our own code; too great a literal traps.
    package init(integerLiteral units: Int64) { self.init(thousandths: units * 1_000) }
}

extension Scalar: CustomStringConvertible {
    /// Decimal text without needless digits: "4", "2.5", "-0.001".
    package var description: String {
        let (whole, rest) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1_000)
        var text = thousandths < 0 ? "-\(whole)" : "\(whole)"
        guard rest > 0 else { return text }
        text += "."
        var digits = rest
        var unit: UInt64 = 100
        while digits > 0 {
            text += String(digits / unit)
            digits %= unit
            unit /= 10
        }
        return text
    }

    /// Reads decimal text, with an exponent if need be ("2.5", "1e3"), rounding as `init(_:)` does; nil if it is none or out of range.
    package init?(text: some StringProtocol) {
        let isDecimal = text.utf8.allSatisfy { ("0"..."9").contains(Character(UnicodeScalar($0))) || "+-.eE".utf8.contains($0) }
        guard isDecimal, let value = Double(text) else { return nil }
        self.init(value)
    }
}
