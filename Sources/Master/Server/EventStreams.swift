import MasterCore
import Synchronization
import Transport

/// The streams of frameworks and of operators that are open, by number.
final class EventStreams: Sendable {
    private struct Entry {
        let outbox: Outbox
        let type: ContentType
    }

    private struct State {
        var next: UInt64 = 1
        var entries: [UInt64: Entry] = [:]
    }

    private let state = Mutex(State())

    /// Makes a stream that can be written to at once.
    /// - Parameter onEnd: called once, when the stream has ended, whoever ended it.
    func open(_ type: ContentType, bytes: Int, onEnd: @escaping @Sendable (UInt64) -> Void) -> (number: UInt64, stream: RecordStream) {
        let outbox = Outbox(bytes: bytes)
        let number = state.withLock { state in
            defer { state.next += 1 }
            state.entries[state.next] = Entry(outbox: outbox, type: type)
            return state.next
        }
        let stream = RecordStream(outbox: outbox) { [self] _ in
            drop(number)
            onEnd(number)
        }
        return (number, stream)
    }

    func drop(_ number: UInt64) { state.withLock { $0.entries[number] = nil } }

    /// Queues a record, in the form that the stream has.
    /// - Returns: false if the stream is gone.
    @discardableResult
    func send(_ number: UInt64, _ record: (ContentType) -> [UInt8]) -> Bool {
        guard let entry = state.withLock({ $0.entries[number] }) else { return false }
        let bytes = record(entry.type)
        if !bytes.isEmpty { entry.outbox.offer(record: bytes) }
        return true
    }

    /// Ends a stream after what is queued.
    func end(_ number: UInt64) {
        guard let entry = state.withLock({ $0.entries.removeValue(forKey: number) }) else { return }
        entry.outbox.close(.afterDrain)
    }

    var count: Int { state.withLock { $0.entries.count } }
}
