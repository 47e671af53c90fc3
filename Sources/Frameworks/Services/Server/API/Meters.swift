import NIOHTTP1
import Synchronization

/// Counts of requests and answers, for the metrics.
final class Meters: Sendable {
    private let active = Atomic(0)
    private let classes = Mutex([Int](repeating: 0, count: 6))

    /// - Returns: how many requests are being answered, this one included.
    func begin() -> Int { active.add(1, ordering: .relaxed).newValue }
    func end() { active.subtract(1, ordering: .relaxed) }

    func answered(_ status: HTTPResponseStatus) {
        let kind = Int(status.code / 100)
        classes.withLock { if $0.indices.contains(kind) { $0[kind] += 1 } }
    }

    var activeRequests: Int { active.load(ordering: .relaxed) }

    /// Answers by the first digit of their status.
    var answers: [Int] { classes.withLock { $0 } }
}
