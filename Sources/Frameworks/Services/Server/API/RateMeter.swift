import Foundation
import Machine

/// How often something happens: a count, and rates that forget like a Unix load average, in steps of five seconds.
struct RateMeter: Sendable {
    /// Events a second.
    struct Rates: Hashable, Sendable {
        var count = 0
        var mean = 0.0
        var oneMinute = 0.0
        var fiveMinutes = 0.0
        var fifteenMinutes = 0.0
    }

    private static let step: Int64 = 5 * .second
    /// After so many steps without events nothing is left of any rate; what is older needn't be gone through.
    private static let longestGap: Int64 = 10_000

    private let start: Int64
    private var count = 0
    private var uncounted = 0
    private var lastStep: Int64
    private var averages: [Double?] = [nil, nil, nil]

    /// - Parameter now: nanoseconds of the monotonic clock, as everywhere here.
    init(at now: Int64) {
        start = now
        lastStep = now
    }

    mutating func mark(at now: Int64) {
        advance(to: now)
        count += 1
        uncounted += 1
    }

    mutating func rates(at now: Int64) -> Rates {
        advance(to: now)
        let seconds = Double(now - start) / 1e9
        return Rates(
            count: count, mean: seconds > 0 ? Double(count) / seconds : 0, oneMinute: averages[0] ?? 0, fiveMinutes: averages[1] ?? 0,
            fifteenMinutes: averages[2] ?? 0)
    }

    private mutating func advance(to now: Int64) {
        let steps = max(0, now - lastStep) / Self.step
        guard steps > 0 else { return }
        lastStep += steps * Self.step
        for _ in 0..<min(steps, Self.longestGap) {
            let rate = Double(uncounted) / 5
            uncounted = 0
            for (index, minutes) in [1.0, 5, 15].enumerated() {
                let weight = 1 - exp(-5 / 60 / minutes)
                averages[index] = averages[index].map { $0 + weight * (rate - $0) } ?? rate
            }
        }
    }
}
