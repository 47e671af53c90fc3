internal import Machine
internal import MesosAPI

/// xoshiro256**: ids from a seed that came in with the first input. Not for secrets.
struct RandomBits: Sendable, Hashable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// A seed of zeros only would never leave zero; it is replaced.
    init(seed: [UInt64]) {
        var mixer: UInt64 = 0x9e37_79b9_7f4a_7c15
        for word in seed {
            mixer = (mixer ^ word) &* 0xbf58_476d_1ce4_e5b9
            mixer ^= mixer >> 29
        }
        func word(_ index: Int) -> UInt64 { index < seed.count ? seed[index] : mixer &+ UInt64(index) }
        state = (word(0), word(1), word(2), word(3))
        if state == (0, 0, 0, 0) { state = (1, 2, 3, 4) }
    }

    static func == (left: Self, right: Self) -> Bool { left.state == right.state }
    func hash(into hasher: inout Hasher) { hasher.combine(state.0) }

    func add(to digest: inout Digest) {
        for word in [state.0, state.1, state.2, state.3] { digest.combine(word) }
    }

    mutating func next() -> UInt64 {
        func rotated(_ value: UInt64, _ by: UInt64) -> UInt64 { (value << by) | (value >> (64 - by)) }
        let result = rotated(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, 45)
        return result
    }

    /// 16 bytes with version and variant of a random UUID (RFC 9562, version 4).
    mutating func uuid() -> [UInt8] {
        var bytes: [UInt8] = []
        for word in [next(), next()] {
            for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        return bytes
    }

    /// A UUID in its usual form of 36 characters.
    mutating func uuidText() -> String {
        guard let text = UUIDText.text(of: uuid()) else { preconditionFailure("a UUID has 16 bytes") }
        return text
    }

    /// A number of 0..<bound; 0 if there is none.
    mutating func below(_ bound: Int64) -> Int64 { bound <= 0 ? 0 : Int64(next() % UInt64(bound)) }
}
