/// A set of Unicode scalars that one place of a pattern takes.
struct ScalarSet: Hashable, Sendable {
    private var ranges: [ClosedRange<UInt32>]
    private var isNegated: Bool
    /// Whether ASCII letters match in either case.
    var ignoresCase = false

    init(_ ranges: [ClosedRange<UInt32>], isNegated: Bool = false) {
        self.ranges = ranges
        self.isNegated = isNegated
    }

    init(_ scalar: Unicode.Scalar) { self.init([scalar.value...scalar.value]) }

    static let digit = ScalarSet([0x30...0x39])
    static let word = ScalarSet([0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a])
    static let space = ScalarSet([0x09...0x0d, 0x20...0x20])
    /// `.`: anything but line ends.
    static let anyInLine = ScalarSet([0x0a...0x0a, 0x0d...0x0d, 0x85...0x85, 0x2028...0x2029], isNegated: true)

    /// The only scalar in here, if there is just one.
    var single: UInt32? {
        guard !isNegated, ranges.count == 1, ranges[0].count == 1 else { return nil }
        return ranges[0].lowerBound
    }

    var inverted: ScalarSet { ScalarSet(ranges, isNegated: !isNegated) }

    /// Adds all of another set.
    mutating func formUnion(_ other: ScalarSet) { ranges += other.positiveRanges }

    private var positiveRanges: [ClosedRange<UInt32>] {
        guard isNegated else { return ranges }
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if next < range.lowerBound { gaps.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        // One beyond the last scalar, so that there always is a range.
        return gaps + [next...0x11_0000]
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        if includes(scalar.value) { return !isNegated }
        guard ignoresCase, scalar.isASCII, UInt8(ascii: scalar).isAlphanumeric, scalar.value >= 0x41 else { return isNegated }
        return includes(scalar.value ^ 0x20) != isNegated
    }

    private func includes(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } }
}
