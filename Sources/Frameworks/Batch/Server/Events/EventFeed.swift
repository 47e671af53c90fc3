import BatchCore
import DequeModule
import Synchronization
import Transport

/// The newest events, and those who read them.
///
/// A reader is a place in the ring of the newest events: it gets as much as it reads, at its own pace, and costs no more than what is on its way
/// to it. One that falls behind the ring, or comes back for what isn't in it any more, is told by a `gap` that it has missed something.
/// Publishing waits for nobody.
final class EventFeed: Sendable {
    struct Filter: Sendable {
        /// nil: all.
        var jobs: [String]?
        var types: [String]?

        func passes(_ event: Event) -> Bool {
            (jobs?.contains(event.job) ?? true) && (types?.contains(event.kind.rawValue) ?? true)
        }
    }

    private struct Listener: Sendable {
        let stream: RecordStream
        let filter: Filter
        /// The last event that it has been given, or that was passed over.
        var cursor: UInt64
        /// It has missed what came after this event.
        var missedSince: UInt64?
    }

    private struct State {
        var ring = Deque<Event>()
        var bytes = 0
        /// All events behind this one are in the ring.
        var floor: UInt64 = 0
        var newest: UInt64 = 0
        var listeners: [Int: Listener] = [:]
        var next = 0
    }

    /// What a listener is to be sent next.
    private struct Portion {
        var outbox: Outbox
        var gap: (since: UInt64, floor: UInt64)?
        var events: [Event] = []
        /// There is more.
        var isPartial = false
    }

    /// Events of one look at the ring.
    private static let portion = 256
    /// While so many bytes are on their way to a reader, it gets no more.
    private static let window = 256 * 1024
    private static let mostListeners = 1_000

    private let state = Mutex(State())
    private let mostEvents: Int
    private let mostBytes: Int
    private let news: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - events: how many are kept.
    ///   - bytes: about how much memory they may take.
    init(events: Int = 10_000, bytes: Int = 16 << 20) {
        mostEvents = events
        mostBytes = bytes
        (news, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// All events that follow have larger numbers than this.
    func begin(after id: UInt64) {
        state.withLock { state in
            state.floor = id
            state.newest = id
        }
    }

    func publish(_ event: Event) {
        let isHeard = state.withLock { state in
            state.ring.append(event)
            state.bytes += event.size
            state.newest = event.id
            while state.ring.count > mostEvents || state.bytes > mostBytes, let first = state.ring.popFirst() {
                state.bytes -= first.size
                state.floor = first.id
            }
            return !state.listeners.isEmpty
        }
        if isHeard { bell.yield() }
    }

    /// Adds a reader.
    /// - Parameter last: the last event that it has heard of; nil: it wants what comes from here on.
    /// - Returns: nil: there are too many.
    func listen(after last: UInt64?, _ filter: Filter) -> RecordStream? {
        let number = state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
        let stream = RecordStream(outbox: Outbox(bytes: 4 << 20), onEnd: { [weak self] _ in self?.left(number) })
        let isIn = state.withLock { state in
            guard state.listeners.count < Self.mostListeners else { return false }
            var listener = Listener(stream: stream, filter: filter, cursor: last ?? state.newest)
            // What has never been given was given by somebody else.
            if let last, last < state.floor || last > state.newest {
                listener.missedSince = last
                listener.cursor = state.floor
            }
            stream.outbox.offer(ServerSentEvents.greeting(retryMilliseconds: 1_000, id: listener.missedSince == nil ? listener.cursor : nil))
            state.listeners[number] = listener
            return true
        }
        bell.yield()
        return isIn ? stream : nil
    }

    private func left(_ number: Int) { _ = state.withLock { $0.listeners.removeValue(forKey: number) } }

    // MARK: Sending

    /// Sends until the task is cancelled.
    func run() async throws {
        for await _ in news {
            // Who has not read enough is looked after again soon.
            while pump() { try await Task.sleep(for: .milliseconds(20)) }
        }
        try Task.checkCancellation()
    }

    /// Lets idle connections be seen to live, until the task is cancelled.
    func keepAlive() async throws {
        while true {
            try await Task.sleep(for: .seconds(10))
            for listener in state.withLock({ Array($0.listeners.values) }) { listener.stream.outbox.offer(ServerSentEvents.keepAlive) }
        }
    }

    /// - Returns: whether somebody is behind.
    private func pump() -> Bool {
        var isBehind = false
        // What several readers get is written once.
        var frames: [UInt64: [UInt8]] = [:]
        for number in state.withLock({ $0.listeners.keys.sorted() }) {
            while let portion = take(for: number) {
                var bytes: [UInt8] = []
                if let gap = portion.gap { bytes += EventWriter.gap(since: gap.since, floor: gap.floor) }
                for event in portion.events {
                    let frame = frames[event.id] ?? EventWriter.frame(event)
                    if frames.count < Self.portion { frames[event.id] = frame }
                    bytes += frame
                }
                if !bytes.isEmpty { portion.outbox.offer(bytes) }
                guard portion.isPartial else { break }
                if portion.outbox.depth.bytes >= Self.window {
                    isBehind = true
                    break
                }
            }
        }
        return isBehind
    }

    /// - Returns: nil: it has left, or there is nothing to send.
    private func take(for number: Int) -> Portion? {
        state.withLock { state in
            guard var listener = state.listeners[number] else { return nil }
            if listener.cursor < state.floor {
                listener.missedSince = listener.missedSince ?? listener.cursor
                listener.cursor = state.floor
            }
            var portion = Portion(outbox: listener.stream.outbox)
            guard portion.outbox.depth.bytes < Self.window else {
                portion.isPartial = listener.cursor < state.newest
                return portion
            }
            if let since = listener.missedSince { portion.gap = (since, state.floor) }
            listener.missedSince = nil
            let start = Self.index(after: listener.cursor, in: state.ring)
            let end = min(start + Self.portion, state.ring.count)
            portion.events = state.ring[start..<end].filter(listener.filter.passes)
            if end > start { listener.cursor = state.ring[end - 1].id }
            portion.isPartial = end < state.ring.count
            state.listeners[number] = listener
            return portion
        }
    }

    /// Where the first event stands that is newer.
    private static func index(after id: UInt64, in ring: Deque<Event>) -> Int {
        var (low, high) = (0, ring.count)
        while low < high {
            let middle = (low + high) / 2
            if ring[middle].id <= id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
