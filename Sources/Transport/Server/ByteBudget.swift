import Synchronization

/// How many bytes of one kind a server holds at a time, all connections together: each thing has a limit, and so has the number of
/// connections, but their product is more than any machine has.
final class ByteBudget: Sendable {
    private let limit: Int
    private let used = Atomic(0)

    init(limit: Int) { self.limit = limit }

    /// - Parameter evenAlone: takes what is more than the whole budget if nothing else is held.
    /// - Returns: false, and nothing is taken, if that is more than is left.
    func take(_ count: Int, evenAlone: Bool = false) -> Bool {
        let (before, now) = used.add(count, ordering: .relaxed)
        if now <= limit || (evenAlone && before == 0) { return true }
        giveBack(count)
        return false
    }

    func giveBack(_ count: Int) { used.subtract(count, ordering: .relaxed) }
}
