import Resources

/// A small generator of pseudo-random numbers (SplitMix64): the same seed gives the same cases everywhere.
struct Generator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func chance(_ part: Int, in whole: Int) -> Bool { below(whole) < part }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

    /// An integer of either sign whose size is spread evenly over the numbers of bits.
    mutating func wide(bits: Int) -> Int64 {
        let size = Int64(next() >> UInt64(64 - bits + below(bits)))
        return chance(1, in: 2) ? size : -size
    }

    mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var elements = elements
        for index in elements.indices.reversed() { elements.swapAt(index, below(index + 1)) }
        return elements
    }
}
