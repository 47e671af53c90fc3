/// Small numbers as a set: number n is bit n.
extension FixedWidthInteger where Self: UnsignedInteger {
    func contains(bit: Int) -> Bool { bit >= 0 && bit < Self.bitWidth && self >> Self(bit) & 1 == 1 }

    mutating func insert(bit: Int) { self |= 1 << Self(bit) }

    /// The lowest number from this one on.
    func lowest(from bit: Int) -> Int? {
        guard bit < Self.bitWidth else { return nil }
        let rest = self >> Self(Swift.max(bit, 0))
        return rest == 0 ? nil : Swift.max(bit, 0) + rest.trailingZeroBitCount
    }

    /// The highest number up to this one.
    func highest(to bit: Int) -> Int? {
        guard bit >= 0 else { return nil }
        let rest = bit >= Self.bitWidth - 1 ? self : self & ((1 << Self(bit + 1)) - 1)
        return rest == 0 ? nil : Self.bitWidth - 1 - rest.leadingZeroBitCount
    }

    /// The numbers in ascending order.
    var numbers: [Int] { (0..<Self.bitWidth).filter { contains(bit: $0) } }
}
