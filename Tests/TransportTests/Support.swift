import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing
import Transport

struct ClosureResponder: Responder {
    let body: @Sendable (Call) async throws -> Reply

    func respond(to call: Call) async throws -> Reply { try await body(call) }
}

/// Runs a service on a port of its own for the length of a test.
func withService(
    _ adjust: (inout HTTPService.Options) -> Void = { _ in }, respond: @escaping @Sendable (Call) async throws -> Reply,
    _ test: (HTTPService.Address) async throws -> Void
) async throws {
    var options = HTTPService.Options()
    adjust(&options)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let service = HTTPService(options, responder: ClosureResponder(body: respond), logger: logger)
    let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: logger))
    let running = Task { try await group.run() }
    do {
        try await test(try await service.address())
    } catch {
        await group.triggerGracefulShutdown()
        try? await running.value
        throw error
    }
    await group.triggerGracefulShutdown()
    try await running.value
}

extension HTTPService.Address {
    func url(_ path: String) -> String { "http://\(ip):\(port)\(path)" }
}

struct TimedOut: Error, CustomStringConvertible {
    let description: String
}

/// Collects what callbacks report, for a test to wait for.
final class Probe<Element: Sendable>: Sendable {
    private struct Waiter {
        let id: Int
        let isMet: @Sendable ([Element]) -> Bool
        let continuation: CheckedContinuation<Void, any Error>
    }

    private let state = Mutex((elements: [Element](), waiters: [Waiter](), nextID: 0))

    var elements: [Element] { state.withLock { $0.elements } }

    func append(_ element: Element) {
        let met = state.withLock { state in
            state.elements.append(element)
            let elements = state.elements
            let met = state.waiters.filter { $0.isMet(elements) }
            state.waiters.removeAll { waiter in met.contains { $0.id == waiter.id } }
            return met
        }
        for waiter in met { waiter.continuation.resume() }
    }

    @discardableResult
    func wait(
        within limit: TimeAmount = .seconds(20), _ what: String = "condition", until isMet: @escaping @Sendable ([Element]) -> Bool
    ) async throws -> [Element] {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let id = state.withLock { state -> Int? in
                if isMet(state.elements) { return nil }
                state.nextID += 1
                state.waiters.append(Waiter(id: state.nextID, isMet: isMet, continuation: continuation))
                return state.nextID
            }
            guard let id else {
                continuation.resume()
                return
            }
            MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: limit) { self.expire(id, what) }
        }
        return elements
    }

    func first(within limit: TimeAmount = .seconds(20), _ what: String = "first element") async throws -> Element {
        let elements = try await wait(within: limit, what) { !$0.isEmpty }
        return try #require(elements.first)
    }

    private func expire(_ id: Int, _ what: String) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(throwing: TimedOut(description: "\(what) took too long"))
    }
}

extension Probe where Element: Equatable {
    func expectFirst(
        _ expected: Element, within limit: TimeAmount = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let first = try await first(within: limit, "\(expected)")
        #expect(first == expected, sourceLocation: sourceLocation)
    }
}

/// A TCP connection of plain bytes.
final class RawClient: Sendable {
    /// A thread of its own, so that what tests do with large answers doesn't hold up the service.
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        let received = Mutex(ByteBuffer())
        /// One element for each read, one more for the end.
        let events = Probe<String>()

        var text: String { received.withLock { String(buffer: $0) } }
        var count: Int { received.withLock { $0.readableBytes } }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = unwrapInboundIn(data)
            received.withLock { _ = $0.writeBuffer(&buffer) }
            events.append("data")
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { events.append("fin") }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            events.append("error")
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { events.append("closed") }
    }

    private let channel: any Channel
    private let collector: Collector

    private init(_ channel: any Channel, _ collector: Collector) {
        self.channel = channel
        self.collector = collector
    }

    deinit { channel.close(promise: nil) }

    /// - Parameter isReading: false leaves everything that the server sends in the kernel's buffers.
    static func connect(_ address: HTTPService.Address, isReading: Bool = true) async throws -> RawClient {
        let collector = Collector()
        let channel = try await ClientBootstrap(group: group)
            .connectTimeout(.seconds(10))
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: isReading)
            .channelInitializer { $0.pipeline.addHandler(collector) }
            .connect(host: address.ip, port: address.port).get()
        return RawClient(channel, collector)
    }

    var received: String { collector.text }
    var port: Int { channel.localAddress?.port ?? 0 }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }
    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// Waits for so many bytes, head included.
    func receive(atLeast count: Int) async throws {
        let collector = collector
        try await collector.events.wait("\(count) bytes") { _ in collector.count >= count }
    }

    @discardableResult
    func receive(within limit: TimeAmount = .seconds(20), until isMet: @escaping @Sendable (String) -> Bool) async throws -> String {
        let collector = collector
        do {
            try await collector.events.wait(within: limit, "answer") { _ in isMet(collector.text) }
        } catch is TimedOut {
            throw TimedOut(description: "waiting for an answer, got so far: \(received.debugDescription)")
        }
        return received
    }

    /// All until the server closes its half.
    func receiveAll(within limit: TimeAmount = .seconds(20)) async throws -> String {
        try await collector.events.wait(within: limit, "end of the answer (\(received.debugDescription))") {
            $0.contains { $0 != "data" }
        }
        return received
    }

    func closeOutput() async throws { try await channel.close(mode: .output) }
    func close() async { try? await channel.close() }

    /// Closes with RST.
    func reset() async throws {
        let provider = try #require(channel as? any SocketOptionProvider)
        try await provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await channel.close()
    }
}
