import Synchronization

/// Connects those who wait for an answer (HTTP handlers) with the effects that carry it.
///
/// Each question has a number, which goes into the input and comes back in the effect. A question that gets no answer in time fails
/// alone; an answer that comes too late finds nobody and is dropped.
package final class Answers<Answer: Sendable>: Sendable {
    private struct State {
        var next: UInt64 = 1
        var waiting: [UInt64: CheckedContinuation<Answer?, Never>] = [:]
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: how many may wait at once.
    package init(limit: Int = 20_000) { self.limit = limit }

    /// Asks, and waits for the answer.
    /// - Parameter post: hands the question with this number to the loop; false if it is refused.
    /// - Returns: nil when the question was refused, too many wait, or `seconds` have passed.
    package func ask(within seconds: Double, _ post: @Sendable (UInt64) -> Bool) async -> Answer? {
        let number = state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
        let deadline = Task {
            try await Task.sleep(for: .seconds(seconds))
            self.resolve(number, nil)
        }
        defer { deadline.cancel() }
        return await withCheckedContinuation { continuation in
            let isAccepted = state.withLock { state in
                guard state.waiting.count < limit else { return false }
                state.waiting[number] = continuation
                return true
            }
            guard isAccepted else { return continuation.resume(returning: nil) }
            if !post(number) { resolve(number, nil) }
        }
    }

    /// Gives the answer to whoever waits for it; does nothing if nobody does any more.
    package func answer(_ number: UInt64, _ answer: Answer) { resolve(number, answer) }

    private func resolve(_ number: UInt64, _ answer: Answer?) {
        state.withLock { $0.waiting.removeValue(forKey: number) }?.resume(returning: answer)
    }
}
