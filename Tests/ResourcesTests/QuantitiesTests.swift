import Resources
import Testing

struct QuantitiesTests {
    @Test func `quantities agree with plain arithmetic by name`() {
        var generator = Generator(seed: 20)
        for _ in 0..<5_000 {
            let (left, right) = (generator.amounts(), generator.amounts())
            let (a, b) = (Quantities(left), Quantities(right))
            for name in Generator.names {
                let (mine, theirs) = (sum(left, name), sum(right, name))
                let values = [a[name], (a + b)[name], (a - b)[name]].map(\.thousandths)
                #expect(values == [mine, mine + theirs, max(mine - theirs, 0)])
            }
            #expect(a.contains(b) == Generator.names.allSatisfy { sum(left, $0) >= sum(right, $0) })
            #expect(a + b - b == a)
            #expect(a.subtracting(b) == (a.contains(b) ? a - b : nil))
            #expect(a.adding(b) == a + b)
            #expect(Quantities(generator.shuffled(left)) == a)
            #expect(a.isEmpty == left.allSatisfy { $0.1 == .zero })
        }
    }

    @Test func `a sum past the range is refused, and without the check contained in nothing real`() {
        let most = Quantities([("cpus", Scalar(thousandths: .max - 1)), ("x", 1)])
        #expect(most.adding(Quantities([("cpus", 1)])) == nil)
        #expect(most.adding(Quantities([("x", Scalar(thousandths: .max))])) == nil)
        #expect(most.adding(Quantities([("mem", 1)])) != nil)
        #expect(!most.contains(most + most))
    }

    @Test func `a missing limit allows anything, a limit of zero nothing`() {
        let limits = Limits([("cpus", 2), ("gpus", 0)])
        #expect(limits.allows(Quantities([("cpus", 2), ("mem", 4_096)])))
        #expect(!limits.allows(Quantities([("cpus", Scalar(thousandths: 2_001))])))
        #expect(!limits.allows(Quantities([("gpus", 1)])))
        #expect(limits["mem"] == nil && limits["gpus"] == .zero)
        #expect(Limits().allows(Quantities([("cpus", 1_000_000)])))
    }

    @Test func `use lowers a limit, to zero at least`() {
        var limits = Limits([("cpus", 2), ("mem", 10)])
        limits.use(Quantities([("cpus", 3), ("mem", 4), ("disk", 1)]))
        #expect(limits == Limits([("mem", 6), ("cpus", 0)]))
        limits["cpus"] = nil
        #expect(limits == Limits([("mem", 6)]))
    }

    private func sum(_ amounts: [(String, Scalar)], _ name: String) -> Int64 {
        amounts.reduce(0) { $0 + ($1.0 == name ? $1.1.thousandths : 0) }
    }
}

extension Generator {
    static let names = ["cpus", "mem", "disk", "gpus", "a", "b"]

    mutating func amounts() -> [(String, Scalar)] {
        (0..<below(8)).map { _ in (pick(Generator.names), Scalar(thousandths: Int64(below(4)))) }
    }
}
