import AgentCore
import DequeModule
import Runtime
import Synchronization

/// Hands facts to the agent's core in the order in which they came, and never loses one: the launcher says each thing once.
///
/// What the loop has no room for waits here. It can only be a few facts for each container, and the master's stream is told to pause.
final class Feeder: Sendable {
    private struct State {
        var waiting = Deque<Agent.Input>()
        var isDraining = false
        var onRoom: [@Sendable () -> Void] = []
    }

    private let loop: Loop<Agent>
    private let state = Mutex(State())

    init(_ loop: Loop<Agent>) { self.loop = loop }

    func post(_ input: Agent.Input) {
        let mustDrain = state.withLock { state in
            if state.waiting.isEmpty, loop.post(input) { return false }
            state.waiting.append(input)
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if mustDrain { Task { await drain() } }
    }

    /// - Returns: false if facts wait; then `onRoom` is called once none does.
    func hasRoom(_ onRoom: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if state.waiting.isEmpty { return true }
            state.onRoom.append(onRoom)
            return false
        }
    }

    private func drain() async {
        while let next = state.withLock({ $0.waiting.first }) {
            let isTaken = await loop.postWhenRoom(next)
            let callbacks = state.withLock { state -> [@Sendable () -> Void] in
                state.waiting.removeFirst()
                // The loop is stopping: nothing is decided any more.
                if !isTaken { state.waiting.removeAll() }
                guard state.waiting.isEmpty else { return [] }
                state.isDraining = false
                defer { state.onRoom = [] }
                return state.onRoom
            }
            for callback in callbacks { callback() }
        }
    }
}
