/// FNV-1a over 64 bits: a digest that is the same in each process, unlike `Hasher`, which Swift seeds anew.
package struct Digest: Sendable {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    package mutating func combine(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }

    package mutating func combine(_ number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { combine(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    package mutating func combine(_ number: Int64) { combine(UInt64(bitPattern: number)) }
    package mutating func combine(_ number: Int) { combine(Int64(number)) }
    package mutating func combine(_ flag: Bool) { combine(flag ? 1 as UInt8 : 0) }

    /// Length first, so that "ab","c" and "a","bc" differ.
    package mutating func combine(_ text: String) {
        combine(UInt64(text.utf8.count))
        for byte in text.utf8 { combine(byte) }
    }

    package mutating func combine(_ bytes: [UInt8]) {
        combine(UInt64(bytes.count))
        for byte in bytes { combine(byte) }
    }
}
