import Testing

@testable import ServicesServer

struct RateMeterTests {
    private static let second: Int64 = 1_000_000_000

    @Test func `a steady rate is the rate of all windows, and fades when nothing happens any more`() {
        var meter = RateMeter(at: 0)
        for second in 0..<300 { for _ in 0..<3 { meter.mark(at: Int64(second) * Self.second) } }
        let steady = meter.rates(at: 300 * Self.second)
        #expect(steady.count == 900)
        for rate in [steady.mean, steady.oneMinute, steady.fiveMinutes, steady.fifteenMinutes] { #expect(abs(rate - 3) < 0.01) }
        let later = meter.rates(at: 360 * Self.second)
        #expect(later.count == 900)
        #expect(abs(later.oneMinute - 3 * 0.3679) < 0.02)
        #expect(later.oneMinute < later.fiveMinutes && later.fiveMinutes < later.fifteenMinutes && later.fifteenMinutes < 3)
        #expect(abs(later.mean - 2.5) < 0.01)
        #expect(meter.rates(at: 1_000_000 * Self.second).fifteenMinutes < 0.001)
    }

    @Test func `nothing is no rate`() {
        var meter = RateMeter(at: 7)
        #expect(meter.rates(at: 7) == RateMeter.Rates())
    }
}
