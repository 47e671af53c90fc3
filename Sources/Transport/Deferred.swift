import Synchronization

/// A value that is known later, for any number of waiters.
final class Deferred<Value: Sendable>: Sendable {
    private enum State {
        case open([CheckedContinuation<Value, any Error>])
        case resolved(Result<Value, any Error>)
    }

    private let state = Mutex(State.open([]))

    func value() async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let result = state.withLock { state -> Result<Value, any Error>? in
                switch state {
                case .open(let waiters):
                    state = .open(waiters + [continuation])
                    return nil
                case .resolved(let result):
                    return result
                }
            }
            if let result { continuation.resume(with: result) }
        }
    }

    /// The first call counts.
    func resolve(_ result: Result<Value, any Error>) {
        let waiters = state.withLock { state -> [CheckedContinuation<Value, any Error>] in
            guard case .open(let waiters) = state else { return [] }
            state = .resolved(result)
            return waiters
        }
        for waiter in waiters { waiter.resume(with: result) }
    }
}
