/// A small generator of random numbers whose whole state is one number: the same seed gives the same numbers in each process.
package struct SplitMix: RandomNumberGenerator, Hashable, Sendable {
    package private(set) var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound - 1`, each as likely as the others up to a deviation of one in 2^64 / `bound`.
    /// - Precondition: `bound` is above 0.
    package mutating func draw(below bound: UInt64) -> UInt64 {
        precondition(bound > 0, "nothing can be drawn")
        return next().multipliedFullWidth(by: bound).high
    }

    /// A number from 0 to `bound - 1`.
    /// - Precondition: `bound` is above 0.
    package mutating func below(_ bound: Int) -> Int { Int(draw(below: UInt64(bound))) }

    /// A random UUID (version 4, RFC 9562 §5.4) in its text form.
    package mutating func uuid() -> String {
        let high = (next() & ~0xf000) | 0x4000
        let low = (next() & ~(0b11 << 62)) | (0b10 << 62)
        var digits: [UInt8] = []
        digits.reserveCapacity(36)
        for index in 0..<32 {
            if [8, 12, 16, 20].contains(index) { digits.append(UInt8(ascii: "-")) }
            let half = index < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - 4 * (index % 16))) & 0xf
            digits.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
