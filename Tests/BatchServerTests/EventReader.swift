import Foundation
import JSON
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// A reader of the event stream: a GET that is never answered to the end, read without a library that would hide anything.
final class EventReader: Sendable {
    struct Event: Sendable {
        var id: UInt64?
        var type: String
        var data: JSONValue
    }

    private let bytes = Mutex<[UInt8]>([])
    private let channel = Mutex<(any Channel)?>(nil)

    /// - Parameter isReading: false: nothing is taken from the socket.
    init(_ fixture: Fixture, _ target: String, headers: [String] = [], isReading: Bool = true) async throws {
        let port = try #require(Int(fixture.url.split(separator: ":").last ?? ""))
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: isReading)
            .channelOption(.socketOption(.so_rcvbuf), value: 4_096)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler(self)) }
            }
            .connect(host: "127.0.0.1", port: port).get()
        self.channel.withLock { $0 = channel }
        let lines = ["GET \(target) HTTP/1.1", "Host: x", "Accept: text/event-stream"] + headers + ["", ""]
        try await channel.writeAndFlush(ByteBuffer(string: lines.joined(separator: "\r\n")))
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let reader: EventReader
        init(_ reader: EventReader) { self.reader = reader }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            reader.bytes.withLock { $0 += buffer.readableBytesView }
        }
    }

    func startReading() async throws { try await channel.withLock { $0 }?.setOption(.autoRead, value: true).get() }

    func close() async { try? await channel.withLock { $0 }?.close() }

    /// What has come, head and chunks included.
    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

    /// The body, without what HTTP puts between its chunks.
    var body: String {
        guard let end = text.range(of: "\r\n\r\n") else { return "" }
        var rest = Array(text[end.upperBound...].utf8)[...]
        var body: [UInt8] = []
        while let line = rest.firstIndex(of: 13), let size = Int(String(decoding: rest[..<line], as: UTF8.self), radix: 16), size > 0 {
            let start = line + 2
            guard rest.endIndex >= start + size else {
                body += rest[min(start, rest.endIndex)...]
                break
            }
            body += rest[start..<start + size]
            rest = rest[min(start + size + 2, rest.endIndex)...]
        }
        return String(decoding: body, as: UTF8.self)
    }

    var events: [Event] {
        body.components(separatedBy: "\r\n\r\n").dropLast().compactMap { block in
            var event = Event(type: "", data: .null)
            for line in block.components(separatedBy: "\r\n") {
                if line.hasPrefix("id: ") { event.id = UInt64(line.dropFirst(4)) }
                if line.hasPrefix("event: ") { event.type = String(line.dropFirst(7)) }
                if line.hasPrefix("data: ") { event.data = (try? JSONValue(parsing: Array(line.dropFirst(6).utf8))) ?? .null }
            }
            return event.type.isEmpty ? nil : event
        }
    }

    var types: [String] { events.map(\.type) }

    /// Returns when a condition holds.
    /// - Throws: after ten seconds.
    func wait(_ what: String, until condition: (EventReader) -> Bool) async throws {
        for _ in 0..<1_000 {
            if condition(self) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Timeout(what: what, text: String(text.suffix(2_000)))
    }

    struct Timeout: Error {
        let what: String
        let text: String
    }
}
