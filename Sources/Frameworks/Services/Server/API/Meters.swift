import Machine
import NIOHTTP1
import Runtime
import Synchronization

/// Counts of requests and answers, for the metrics.
final class Meters: Sendable {
    private let active = Atomic(0)
    private let classes: Mutex<[RateMeter]>

    init() { classes = Mutex(Array(repeating: RateMeter(at: SystemClock().now().monotonic), count: 5)) }

    /// - Returns: how many requests are being answered, this one included.
    func begin() -> Int { active.add(1, ordering: .relaxed).newValue }
    func end() { active.subtract(1, ordering: .relaxed) }

    func answered(_ status: HTTPResponseStatus) {
        let kind = Int(status.code / 100) - 1
        let now = SystemClock().now().monotonic
        classes.withLock { if $0.indices.contains(kind) { $0[kind].mark(at: now) } }
    }

    var activeRequests: Int { active.load(ordering: .relaxed) }

    /// Answers by the first digit of their status, from 1 on.
    var answers: [RateMeter.Rates] {
        let now = SystemClock().now().monotonic
        return classes.withLock { meters in meters.indices.map { meters[$0].rates(at: now) } }
    }
}
