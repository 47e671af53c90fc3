import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// What came in on a connection, as text.
final class Received: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

    func append(_ more: some Sequence<UInt8>) { bytes.withLock { $0 += more } }

    /// Returns when the text satisfies a condition.
    /// - Throws: after ten seconds.
    func wait(until condition: (String) -> Bool) async throws {
        for _ in 0..<1_000 {
            if condition(text) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Timeout(text: text)
    }

    struct Timeout: Error { let text: String }
}

/// A GET whose answer never ends, read without interpreting it.
struct RawStream {
    let received: Received
    private let channel = Holder()

    private final class Holder: Sendable {
        let channel = Mutex<(any Channel)?>(nil)
    }

    init(_ received: Received) { self.received = received }

    func open(_ url: String, target: String) async throws {
        let port = Int(url.split(separator: ":").last ?? "") ?? 0
        let received = received
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Reader(received)) }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let request = "GET \(target) HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
        try await channel.writeAndFlush(ByteBuffer(string: request))
        self.channel.channel.withLock { $0 = channel }
    }

    func close() async { try? await channel.channel.withLock { $0 }?.close() }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let received: Received

        init(_ received: Received) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { received.append(unwrapInboundIn(data).readableBytesView) }
    }
}
