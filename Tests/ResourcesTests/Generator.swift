import Machine
import Resources

/// Draws cases: the same seed gives the same ones everywhere.
struct Generator {
    private var random: SplitMix

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    mutating func next() -> UInt64 { random.next() }

    mutating func below(_ bound: Int) -> Int { random.below(bound) }

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
