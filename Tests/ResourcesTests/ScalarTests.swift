import Resources
import Testing

struct ScalarTests {
    @Test func `a tenth added ten times is one`() throws {
        let tenth = try #require(Scalar(0.1))
        #expect((0..<10).reduce(Scalar.zero) { sum, _ in sum + tenth } == 1)
    }

    @Test(
        arguments: [
            (0.0, 0), (1, 1_000), (2.5, 2_500), (0.0004, 0), (0.0005, 1), (-0.0005, -1), (0.1 + 0.2, 300), (9_007_199_254_740.992, 1 << 53)
        ] as [(Double, Int64)])
    func `a double is rounded to thousandths, half away from zero`(_ row: (Double, Int64)) {
        #expect(Scalar(row.0)?.thousandths == row.1)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude, 1e300, -1e300, 9_007_199_254_741])
    func `what is no number or too large is refused`(_ value: Double) {
        #expect(Scalar(value) == nil)
    }

    @Test(
        arguments: [
            (0, "0"), (4_000, "4"), (2_500, "2.5"), (-1, "-0.001"), (10, "0.01"), (1_230, "1.23"), (-4_050, "-4.05"),
            (.min, "-9223372036854775.808"), (.max, "9223372036854775.807")
        ] as [(Int64, String)])
    func `the text has no needless digits`(_ row: (Int64, String)) {
        #expect(Scalar(thousandths: row.0).description == row.1)
    }

    @Test(arguments: [("4", 4_000), ("2.5", 2_500), ("1e3", 1_000_000), ("+0.25", 250), ("0.0006", 1), ("-3", -3_000)] as [(String, Int64)])
    func `decimal text is read`(_ row: (String, Int64)) {
        #expect(Scalar(text: row.0)?.thousandths == row.1)
    }

    @Test(arguments: ["", "x", "0x10", "nan", "inf", "1,5", "1e300", "1 2", "--1", "e", "١"])
    func `text that is no decimal in range is refused`(_ text: String) {
        #expect(Scalar(text: text) == nil)
    }

    @Test func `overflow is refused by checked sums and kept at the end by the others`() {
        let (most, least, one) = (Scalar(thousandths: .max), Scalar(thousandths: .min), Scalar(thousandths: 1))
        #expect(most.adding(one) == nil)
        #expect(least.adding(least) == nil)
        #expect(least.subtracting(one) == nil)
        #expect(most + one == most)
        #expect(least - one == least)
        #expect(most - least == most)
        #expect(one.adding(one) == Scalar(thousandths: 2))
        #expect(one.subtracting(one) == .zero)
    }

    @Test func `double and text come back as they were`() {
        var generator = Generator(seed: 1)
        for _ in 0..<10_000 {
            let scalar = Scalar(thousandths: generator.wide(bits: 50))
            #expect(Scalar(scalar.double) == scalar)
            #expect(Scalar(text: scalar.description) == scalar)
        }
    }

    @Test func `checked sums agree with wider integers`() {
        var generator = Generator(seed: 2)
        for _ in 0..<10_000 {
            let (left, right) = (generator.wide(bits: 63), generator.wide(bits: 63))
            let sum = Int128(left) + Int128(right)
            let difference = Int128(left) - Int128(right)
            #expect(Scalar(thousandths: left).adding(Scalar(thousandths: right))?.thousandths == Int64(exactly: sum))
            #expect(Scalar(thousandths: left).subtracting(Scalar(thousandths: right))?.thousandths == Int64(exactly: difference))
            #expect((Scalar(thousandths: left) + Scalar(thousandths: right)).thousandths == Int64(clamping: sum))
            #expect((Scalar(thousandths: left) - Scalar(thousandths: right)).thousandths == Int64(clamping: difference))
        }
    }
}
