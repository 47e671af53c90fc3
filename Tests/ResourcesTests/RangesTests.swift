import Resources
import Testing

struct RangesTests {
    @Test(
        arguments: [
            ([], "[]"), ([5...5], "[5-5]"), ([31_000...32_000, 33_000...33_000], "[31000-32000, 33000-33000]"),
            ([4...6, 1...3], "[1-6]"), ([1...10, 2...3], "[1-10]"), ([7...9, 1...2, 4...4], "[1-2, 4-4, 7-9]"),
            ([0...UInt64.max], "[0-18446744073709551615]"), ([UInt64.max...UInt64.max, 0...0], "[0-0, 18446744073709551615-18446744073709551615]")
        ] as [([ClosedRange<UInt64>], String)])
    func `ranges in any order are sorted and coalesced`(_ row: ([ClosedRange<UInt64>], String)) {
        #expect(Ranges(row.0).description == row.1)
    }

    @Test func `the ends of the range of integers neither trap nor wrap`() {
        let all = Ranges(0...UInt64.max)
        #expect(all.count == .max)
        #expect(Ranges([0...UInt64.max - 2, UInt64.max...UInt64.max]).count == .max)
        #expect(all - Ranges(0...0) == Ranges(1...UInt64.max))
        #expect(all - Ranges(UInt64.max...UInt64.max) == Ranges(0...UInt64.max - 1))
        #expect((all - all).isEmpty)
        #expect(Ranges(0...0) + Ranges(1...UInt64.max) == all)
        #expect(!Ranges(1...UInt64.max).contains(0))
        #expect(Ranges(5...UInt64.max).value(at: .max - 5) == .max)
        #expect(Ranges(5...UInt64.max).value(at: .max - 4) == nil)
    }

    @Test func `first gives the least values, fewer if there are no more`() {
        let ranges = Ranges([1...2, 10...11])
        #expect(ranges.first(3) == [1, 2, 10])
        #expect(ranges.first(9) == [1, 2, 10, 11])
        #expect(ranges.first(0).isEmpty)
        #expect(Ranges(0...UInt64.max).first(2) == [0, 1])
    }

    /// Each operation on ranges, beside the same on a set of values between 0 and 127, low or at the very top of the integers.
    @Test(arguments: [0, UInt64.max - 127])
    func `each operation agrees with a plain set of values`(_ base: UInt64) {
        var generator = Generator(seed: 3 &+ base)
        for round in 0..<4_000 {
            let mode = round % 4
            let left = generator.ranges(from: base, most: mode == 3 ? 30 : 4)
            let right = generator.ranges(from: base, most: mode > 1 ? 30 : 3)
            let (mine, theirs) = (model(left), model(right))
            #expect(model(left + right) == mine.union(theirs))
            #expect(model(left - right) == mine.subtracting(theirs))
            #expect(model(left.intersection(right)) == mine.intersection(theirs))
            #expect(left.contains(right) == mine.isSuperset(of: theirs))
            #expect(left.isDisjoint(with: right) == mine.isDisjoint(with: theirs))
            #expect(left.count == UInt64(mine.count))
            #expect((left == right) == (mine == theirs))
            #expect((left + right).contains(left) && left.contains(left - right))
            #expect([left + right, left - right, left.intersection(right)].allSatisfy(isCanonical))
            let value = base + UInt64(generator.below(128))
            #expect(left.contains(value) == mine.contains(value))
            #expect(left.first(5) == Array(mine.sorted().prefix(5)))
            let position = generator.below(140)
            #expect(left.value(at: UInt64(position)) == (position < mine.count ? mine.sorted()[position] : nil))
        }
    }

    @Test func `a long walk of insertions and removals agrees with a plain set`() {
        var generator = Generator(seed: 4)
        var ranges = Ranges()
        var values: Set<UInt64> = []
        for _ in 0..<5_000 {
            let begin = UInt64(generator.below(300))
            let range = begin...begin + UInt64(generator.below(12))
            if generator.chance(1, in: 2) {
                ranges.insert(range)
                values.formUnion(range)
            } else {
                ranges.remove(range)
                values.subtract(range)
            }
            #expect(model(ranges) == values)
            #expect(isCanonical(ranges))
        }
    }

    private func model(_ ranges: Ranges) -> Set<UInt64> { Set(ranges.ranges.flatMap { Array($0) }) }

    /// Whether the ranges are in order with gaps between them.
    private func isCanonical(_ ranges: Ranges) -> Bool {
        let list = ranges.ranges
        return list.count == ranges.rangeCount && ranges.isEmpty == list.isEmpty && Ranges(list) == ranges
            && zip(list, list.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound - 1 }
    }
}

extension Generator {
    /// Up to `most` ranges among the 128 values from `base`.
    mutating func ranges(from base: UInt64, most: Int) -> Ranges {
        var ranges: [ClosedRange<UInt64>] = []
        for _ in 0..<below(most + 1) {
            let begin = below(128)
            ranges.append(base + UInt64(begin)...base + UInt64(min(begin + below(12), 127)))
        }
        return Ranges(ranges)
    }
}
