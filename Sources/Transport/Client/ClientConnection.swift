import NIOCore
import NIOHTTP1

/// The client's end of a connection that carries one stream of records. All of it runs on the channel's event loop.
///
/// Phases: `connected` → (`StartEvent`) → `asking` (the request is out, or its stream has begun) → `streaming` (200) or `refused` (any other
/// status, its body is being collected) → `closed`.
final class ClientConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    /// The connection has been chosen.
    struct StartEvent: Sendable {}
    /// The owner wants the connection closed.
    struct CloseEvent: Sendable {}

    private enum Phase {
        case connected
        case asking
        case streaming
        case refused(Answer)
        case closed
    }

    /// How much of the body of a refusal is kept.
    private static let refusalLimit = 64 * 1024

    private let request: RecordConnection.Request
    private let endpoint: Endpoint
    private let stream: RecordStream
    private let onOpen: @Sendable (HTTPHeaders) -> Void

    private var context: ChannelHandlerContext?
    private var phase = Phase.connected
    private var driver: StreamDriver?
    private var timer: Scheduled<Void>?
    private var hasHeldRead = false

    init(
        _ request: RecordConnection.Request, _ endpoint: Endpoint, _ stream: RecordStream, onOpen: @escaping @Sendable (HTTPHeaders) -> Void
    ) {
        self.request = request
        self.endpoint = endpoint
        self.stream = stream
        self.onOpen = onOpen
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        closed(.goodbye)
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        closed(.goodbye)
        context.fireChannelInactive()
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        switch event {
        case is StartEvent:
            start(context)
            promise?.succeed()
        case is CloseEvent:
            if let driver { driver.end(.closed) } else { stream.abandon(.closed) }
            context.close(promise: nil)
            promise?.succeed()
        default:
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { ended(.goodbye) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.invalidEOFState:
            ended(.goodbye)
        case let error as HTTPParserError:
            ended(.malformed("\(error)"))
        case let error as IOError:
            ended(StreamEnd(error))
        default:
            if case .asking = phase {
                // The TLS handshake comes with the first bytes that we send.
                ended(.unreachable("\(endpoint.authority): \(error)"))
            } else {
                ended(.goodbye)
            }
        }
    }

    /// Ends the stream, whose connection is then cut by its driver.
    private func ended(_ reason: StreamEnd) {
        if case .refused(let answer) = phase { driver?.end(.refused(answer)) } else { driver?.end(reason) }
        context?.close(promise: nil)
    }

    private func closed(_ reason: StreamEnd) {
        timer?.cancel()
        timer = nil
        if case .refused(let answer) = phase { driver?.channelClosed(.refused(answer)) } else { driver?.channelClosed(reason) }
        driver = nil
        phase = .closed
    }

    // MARK: The request

    private func start(_ context: ChannelHandlerContext) {
        guard case .connected = phase, context.channel.isActive else {
            stream.abandon(.goodbye)
            return
        }
        phase = .asking
        var headers = request.headers
        headers.replaceOrAdd(name: "Host", value: endpoint.authority)
        switch request.body {
        case .bytes(let bytes): headers.replaceOrAdd(name: "Content-Length", value: String(bytes.count))
        case .outbox: headers.replaceOrAdd(name: "Transfer-Encoding", value: "chunked")
        }
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: endpoint.target, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if case .bytes(let bytes) = request.body {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
            context.write(wrapOutboundOut(.end(nil)), promise: nil)
        }
        context.flush()
        let driver = StreamDriver(stream, on: context.eventLoop, channel: self)
        self.driver = driver
        let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: TimeAmount(request.answerTimeout)) { loopBound.value.answerIsDue() }
        driver.start(sendsOutbox: request.body.isOutbox, isOpen: false)
    }

    private func answerIsDue() {
        switch phase {
        case .asking, .refused: ended(.silent)
        case .connected, .streaming, .closed: break
        }
    }

    // MARK: The answer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            answered(head)
        case .body(let buffer):
            switch phase {
            case .streaming: driver?.receive(buffer)
            case .refused(var answer):
                answer.body += buffer.readableBytesView.prefix(Self.refusalLimit - answer.body.count)
                phase = .refused(answer)
            case .connected, .asking, .closed: break
            }
        case .end:
            if case .streaming = phase { driver?.answerEnded() } else { ended(.goodbye) }
        }
    }

    private func answered(_ head: HTTPResponseHead) {
        guard case .asking = phase else { return }
        guard head.status == .ok else {
            phase = .refused(Answer(status: head.status, headers: head.headers))
            return
        }
        timer?.cancel()
        phase = .streaming
        driver?.opened()
        onOpen(head.headers)
    }

    // MARK: Back-pressure

    func read(context: ChannelHandlerContext) {
        if driver?.isPaused ?? false { hasHeldRead = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if request.body.isOutbox, context.channel.isWritable { driver?.drain() }
        context.fireChannelWritabilityChanged()
    }
}

extension ClientConnection: StreamChannel {
    var isWritable: Bool { context?.channel.isWritable ?? false }

    var bufferedBytes: Int {
        guard let options = context?.channel.syncOptions else { return 0 }
        return (try? options.getOption(.bufferedWritableBytes)) ?? 0
    }

    func sendPart(_ buffer: ByteBuffer, promise: EventLoopPromise<Void>) {
        guard let context else {
            promise.fail(ConnectionClosed())
            return
        }
        context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: promise)
    }

    func flushParts() { context?.flush() }

    /// After the end of our body the server ends its own and closes; for a short while.
    func finishSending() {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer?.cancel()
        timer = context.eventLoop.scheduleTask(in: TimeAmount(stream.limits.drain)) { loopBound.value.context?.close(promise: nil) }
    }

    func cut() { context?.close(promise: nil) }

    func resumeReading() {
        guard hasHeldRead, let context else { return }
        hasHeldRead = false
        context.read()
    }
}

extension RecordConnection.Request.Body {
    fileprivate var isOutbox: Bool {
        if case .outbox = self { true } else { false }
    }
}
