import MesosAPI
import NIOCore
import Synchronization

/// The bytes on their way to one peer: filled from any thread without waiting, emptied by the peer's connection as fast as the peer reads.
///
/// Bounded in bytes and in items: an offer is taken while less than that waits, so one of any size passes where the peer keeps up. What
/// isn't taken ends the stream with `StreamEnd.overflow`: a peer that doesn't read is cut off, and never misses an item in the middle.
/// An outbox may be filled before its connection exists, and serves one connection.
package final class Outbox: Sendable {
    package enum Closing: Hashable, Sendable {
        /// After what is queued; for a peer that doesn't read, within a few seconds.
        case afterDrain
        /// At once, whatever is queued.
        case now
    }

    package struct Depth: Hashable, Sendable {
        /// Bytes that the operating system has not accepted yet.
        package var bytes: Int
        package var items: Int
    }

    enum Batch {
        case nothing
        case bytes(ByteBuffer, items: Int)
        case end
        case cut(StreamEnd)
    }

    enum Urgency {
        case none
        /// To be closed after what is queued.
        case ending
        case cut(StreamEnd)
    }

    private struct Chunk {
        var bytes = ByteBuffer()
        var items = 0
    }

    /// Bytes of a chunk: what one is filled up to before the next one is begun.
    static let chunk = 256 * 1024

    private struct State {
        /// What waits, in order: chunks that nothing is added to any more, then the one that is being filled. So what has left is let go,
        /// and what waits is never copied, however much it is.
        var full = CircularBuffer<Chunk>()
        var last = Chunk()
        var queued = Depth(bytes: 0, items: 0)
        var leaving = Depth(bytes: 0, items: 0)
        var closing: Closing?
        var hasOverflowed = false
        /// The connection is gone or has been told to end: nothing is accepted any more.
        var isFinished = false
        /// Set by the connection; called at most once until it has found the outbox empty, and once more for each urgent matter.
        var wake: (@Sendable () -> Void)?
        var isAwake = false

        mutating func append(count: Int, _ write: (inout ByteBuffer) -> Void) {
            if count >= Outbox.chunk { sealLast() }
            if last.items == 0 { last.bytes.reserveCapacity(count) }
            write(&last.bytes)
            last.items += 1
            queued.bytes += count
            queued.items += 1
            if last.bytes.readableBytes >= Outbox.chunk { sealLast() }
        }

        private mutating func sealLast() {
            guard last.items > 0 else { return }
            full.append(last)
            last = Chunk()
        }

        /// At most `limit` bytes, and the items that end with them.
        mutating func removeFirst(upTo limit: Int) -> Chunk {
            if full.isEmpty { sealLast() }
            guard var first = full.popFirst() else { return Chunk() }
            if first.bytes.readableBytes > limit, let slice = first.bytes.readSlice(length: limit) {
                full.prepend(first)
                first = Chunk(bytes: slice, items: 0)
            }
            queued.bytes -= first.bytes.readableBytes
            queued.items -= first.items
            return first
        }

        mutating func waking(isUrgent: Bool = false) -> (@Sendable () -> Void)? {
            guard !isAwake || isUrgent, let wake else { return nil }
            isAwake = true
            return wake
        }
    }

    private let state = Mutex(State())
    private let maximumBytes: Int
    private let maximumItems: Int

    /// - Parameters:
    ///   - bytes: while fewer wait, those included that the connection has taken but not yet written, another offer is taken.
    ///   - items: how many offers may wait.
    package init(bytes: Int = 8 << 20, items: Int = 65_536) {
        maximumBytes = bytes
        maximumItems = items
    }

    /// Queues bytes to be sent as they are. Never waits.
    /// - Returns: false if they don't fit or the outbox is closed: they will never be sent, and nothing after them.
    @discardableResult
    package func offer(_ bytes: [UInt8]) -> Bool {
        offer(count: bytes.count) { $0.writeBytes(bytes) }
    }

    /// Queues a record: its length in decimal, a line feed, its bytes (Mesos 1.11 docs/recordio.md). Never waits.
    /// - Returns: like `offer(_:)`.
    @discardableResult
    package func offer(record: [UInt8]) -> Bool {
        let header = RecordWriter.header(length: record.count)
        return offer(count: header.count + record.count) { buffer in
            buffer.writeBytes(header)
            buffer.writeBytes(record)
        }
    }

    private func offer(count: Int, _ write: (inout ByteBuffer) -> Void) -> Bool {
        let (isAccepted, wake) = state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
            guard state.closing == nil, !state.hasOverflowed, !state.isFinished else { return (false, nil) }
            guard state.queued.bytes + state.leaving.bytes < maximumBytes, state.queued.items + state.leaving.items < maximumItems else {
                state.hasOverflowed = true
                return (false, state.waking(isUrgent: true))
            }
            state.append(count: count, write)
            return (true, state.waking())
        }
        wake?()
        return isAccepted
    }

    /// Ends the stream from this side. The first call counts, but `.now` hastens an earlier `.afterDrain`.
    package func close(_ closing: Closing) {
        let wake = state.withLock { state in
            if state.closing != .now { state.closing = closing }
            return state.waking(isUrgent: true)
        }
        wake?()
    }

    package var depth: Depth {
        state.withLock { Depth(bytes: $0.queued.bytes + $0.leaving.bytes, items: $0.queued.items + $0.leaving.items) }
    }

    /// An offer was refused because it didn't fit.
    package var hasOverflowed: Bool { state.withLock { $0.hasOverflowed } }

    /// Ties the outbox to its connection. What was offered before leaves with the first `take`.
    /// - Parameter wake: called from any thread when there is something to take.
    func attach(_ wake: @escaping @Sendable () -> Void) {
        let first = state.withLock { state in
            precondition(state.wake == nil, "an outbox serves one connection")
            state.wake = wake
            return state.waking()
        }
        first?()
    }

    /// What the connection should write next; `written` tells when it has left.
    func take(upTo limit: Int) -> Batch {
        state.withLock { state in
            guard !state.isFinished else {
                state.isAwake = false
                return .nothing
            }
            if state.hasOverflowed { return .cut(.overflow) }
            if state.closing == .now { return .cut(.closed) }
            guard state.queued.bytes > 0 else {
                if state.closing == .afterDrain { return .end }
                state.isAwake = false
                return .nothing
            }
            let chunk = state.removeFirst(upTo: limit)
            state.leaving.bytes += chunk.bytes.readableBytes
            state.leaving.items += chunk.items
            return .bytes(chunk.bytes, items: chunk.items)
        }
    }

    /// What must happen even if the connection has no room to write.
    func urgency() -> Urgency {
        state.withLock { state in
            guard !state.isFinished else { return .none }
            if state.hasOverflowed { return .cut(.overflow) }
            switch state.closing {
            case .now: return .cut(.closed)
            case .afterDrain: return .ending
            case nil: return .none
            }
        }
    }

    func written(bytes: Int, items: Int) {
        state.withLock { state in
            state.leaving.bytes -= bytes
            state.leaving.items -= items
        }
    }

    /// Refuses all further offers and lets go of what is queued.
    func finish() {
        state.withLock { state in
            state.isFinished = true
            state.wake = nil
            state.full = CircularBuffer()
            state.last = Chunk()
            state.queued = Depth(bytes: 0, items: 0)
        }
    }
}
