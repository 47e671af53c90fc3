import Resources
import Testing

struct ItemSetTests {
    @Test func `each operation agrees with a plain set of strings`() {
        var generator = Generator(seed: 5)
        for _ in 0..<3_000 {
            let (left, right) = (generator.items(), generator.items())
            let (mine, theirs) = (Set(left.items), Set(right.items))
            var (sum, rest) = (left, left)
            sum.add(right)
            rest.subtract(right)
            #expect(sum.items == mine.union(theirs).sorted())
            #expect(rest.items == mine.subtracting(theirs).sorted())
            #expect(left.contains(right) == mine.isSuperset(of: theirs))
            #expect(left.contains("c") == mine.contains("c"))
        }
    }

    @Test func `the text lists the items in order`() {
        #expect(ItemSet(["b", "a", "b"]).description == "{a, b}")
        #expect(ItemSet().description == "{}")
    }
}

extension Generator {
    mutating func items() -> ItemSet {
        ItemSet((0..<below(6)).map { _ in pick(["a", "b", "c", "d", "e", "f"]) })
    }
}
