import FrameworkCore
import JSON
import Machine
import NIOHTTP1
import Runtime
import ServicesCore
import Synchronization
import Transport

/// Sends each event to all who listen. A listener that doesn't read is cut off; nobody waits for it.
final class EventHub: Sendable {
    private struct Listener: Sendable {
        let stream: RecordStream
        /// nil: all.
        let types: [String]?
        let address: String
    }

    private struct State {
        var listeners: [Int: Listener] = [:]
        var next = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - Parameter limit: events that may wait for one listener.
    init(limit: Int) { self.limit = max(1, limit) }

    private static var now: Timestamp { Timestamp(wall: SystemClock().now().wall) }

    func publish(_ event: Event) {
        guard !state.withLock({ $0.listeners.isEmpty }) else { return }
        let writer = EventWriter(event: event, timestamp: Self.now)
        send(type: writer.type) { writer.json }
    }

    private func send(type: String, _ json: () -> [UInt8]) {
        let listeners = state.withLock { state in
            state.listeners.values.filter { $0.types?.contains(type) ?? true }
        }
        guard !listeners.isEmpty else { return }
        let frame = ServerSentEvents.frame(type: type, json: json())
        for listener in listeners { listener.stream.outbox.offer(frame) }
    }

    /// Adds a listener, who first learns that it is one.
    func listen(types: [String]?, address: String) -> RecordStream {
        let number = state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
        let stream = RecordStream(outbox: Outbox(items: limit), onEnd: { [weak self] _ in self?.left(number) })
        state.withLock { $0.listeners[number] = Listener(stream: stream, types: types, address: address) }
        announce("event_stream_attached", address)
        return stream
    }

    private func left(_ number: Int) {
        guard let listener = state.withLock({ $0.listeners.removeValue(forKey: number) }) else { return }
        announce("event_stream_detached", listener.address)
    }

    private func announce(_ type: String, _ address: String) {
        send(type: type) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("remoteAddress", address)
            writer.member("eventType", type)
            writer.member("timestamp", Self.now.description)
            writer.endObject()
            return writer.bytes
        }
    }

    /// Lets idle connections be seen to live.
    func keepAlive() {
        for listener in state.withLock({ Array($0.listeners.values) }) { listener.stream.outbox.offer(ServerSentEvents.keepAlive) }
    }
}

extension API {
    func events(_ call: Call) throws -> Reply {
        try require(call, [.GET])
        guard Negotiation.accepts(ServerSentEvents.mediaType, call.headers), call.headers.contains(name: "Accept") else {
            throw Failure.method(allowed: "GET")
        }
        let types = call.query.all("event_type")
        return .events(hub.listen(types: types.isEmpty ? nil : types, address: call.caller.address))
    }

    /// Sends keep-alives until the task is cancelled.
    func keepStreamsAlive() async throws {
        while true {
            try await Task.sleep(for: .seconds(10))
            hub.keepAlive()
        }
    }
}

extension ServerSentEvents {
    static var mediaType: String { "text/event-stream" }
}
