import AgentCore
import DequeModule
import Runtime
import Synchronization

/// Hands facts to the agent's core in the order in which they came, and never loses one: the launcher says each thing once.
///
/// What the loop has no room for waits here. It can only be a few facts for each container, and the master's stream is told to pause.
final class Feeder: Sendable {
    private struct State {
        var loop: Loop<Agent>?
        var waiting = Deque<Agent.Input>()
        var isDraining = false
        var onRoom: [@Sendable () -> Void] = []
    }

    private let state: Mutex<State>

    init(_ loop: Loop<Agent>) { state = Mutex(State(loop: loop)) }

    /// Lets go of the loop, which has ended; what comes now is dropped.
    func end() {
        state.withLock { state in
            state.loop = nil
            state.waiting = []
        }
    }

    func post(_ input: Agent.Input) {
        let mustDrain = state.withLock { state in
            guard let loop = state.loop else { return false }
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
        while let (next, loop) = state.withLock({ state in state.waiting.first.flatMap { next in state.loop.map { (next, $0) } } }) {
            let isTaken = await loop.postWhenRoom(next)
            let callbacks = state.withLock { state -> [@Sendable () -> Void] in
                _ = state.waiting.popFirst()
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
