import Synchronization

/// Hands items from an event loop to one task, in order; says when so many wait that the sender should pause.
final class Mailbox<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        /// The sender was told to pause.
        var isPaused = false
        var waiter: CheckedContinuation<[Item], Never>?
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// - Returns: whether the reader is behind by `limit` items: don't read more from the peer until it has caught up.
    @discardableResult
    func put(_ item: Item) -> Bool {
        let (waiter, isFull) = state.withLock { state -> (CheckedContinuation<[Item], Never>?, Bool) in
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter, false)
            }
            state.items.append(item)
            if state.items.count >= limit { state.isPaused = true }
            return (nil, state.items.count >= limit)
        }
        waiter?.resume(returning: [item])
        return isFull
    }

    /// Whether the sender pauses since it was told to, and may go on now: what waited has been taken. For the reader, who then tells it.
    func endPause() -> Bool {
        state.withLock { state in
            guard state.isPaused, state.items.count < limit else { return false }
            state.isPaused = false
            return true
        }
    }

    /// All that waits, at least one item. For one reader.
    func take() async -> [Item] {
        await withCheckedContinuation { continuation in
            let ready = state.withLock { state -> [Item]? in
                guard state.items.isEmpty else {
                    defer { state.items = [] }
                    return state.items
                }
                precondition(state.waiter == nil, "a mailbox has one reader")
                state.waiter = continuation
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }
}
