import Logging
import NIOCore
import NIOHTTP1

/// The server's end of one HTTP/1 connection: puts requests in order, hands them to the connection's task one at a time, writes the replies,
/// and lends the connection to a stream of records.
///
/// It decides nothing about what a request means. All of it runs on the channel's event loop.
///
/// Phases: `idle` → `answering` (a request is with the responder) → `idle`, or → `writing` (a reply that is made piece by piece) → `idle`;
/// `answering` → `streaming` (records, until the end). Each → `lingering` (nothing more is written, the peer's rest is read and dropped, so
/// that closing doesn't destroy what is on its way to it) → `closed`.
final class ServerConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    enum Phase {
        case idle
        case answering(Exchange)
        case writing(Exchange)
        case streaming(Exchange, StreamDriver)
        case lingering
        case closed
    }

    /// How much of a body may wait for the responder before the socket isn't read any more.
    static let bodyWindow = 256 * 1024
    /// How many requests a client may send ahead.
    static let pipelineDepth = 16

    let options: HTTPService.Options
    let bodies: ByteBudget
    let replies: ByteBudget
    let mailbox = Mailbox()
    let logger: Logger

    var context: ChannelHandlerContext?
    var phase = Phase.idle
    /// The request whose body isn't complete.
    var arriving: Exchange?
    /// Requests that the responder hasn't been given, oldest first.
    var waiting: [Exchange] = []
    /// No reply follows the current one.
    var isLast = false
    var isQuiescing = false
    var isInputClosed = false
    var isOutputClosed = false
    var isBodyWindowFull = false
    var hasHeldRead = false
    /// The continuation of a writer that waits for room.
    var writer: CheckedContinuation<Void, any Error>?
    var lastActivity = NIODeadline.now()
    var lastBuffered = 0
    var lastProgress = NIODeadline.now()
    var timer: Scheduled<Void>?
    var lingerTimer: Scheduled<Void>?
    var quiesceTimer: Scheduled<Void>?
    /// The current exchange's client has been told to send its body.
    var hasContinued = false

    init(options: HTTPService.Options, bodies: ByteBudget, replies: ByteBudget, logger: Logger) {
        self.options = options
        self.bodies = bodies
        self.replies = replies
        self.logger = logger
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        watch()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        closed(.goodbye)
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        closed(.goodbye)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.invalidEOFState:
            inputClosed()
        case let error as HTTPParserError:
            malformed("\(error)")
        case let error as IOError:
            endStream(StreamEnd(error))
            context.close(promise: nil)
        default:
            endStream(.malformed("\(error)"))
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: inputClosed()
        case is ChannelShouldQuiesceEvent: quiesce()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func inputClosed() {
        isInputClosed = true
        switch phase {
        case .streaming(_, let driver):
            driver.end(.goodbye)
        case .idle, .answering, .writing:
            // The client may have closed its half only: requests that have come in whole are still answered.
            if let arriving {
                self.arriving = nil
                if waiting.last === arriving { waiting.removeLast() }
                arriving.body.fail(.disconnected)
            }
            if case .idle = phase, waiting.isEmpty { linger() }
        case .lingering:
            if isOutputClosed { context?.close(promise: nil) }
        case .closed:
            break
        }
    }

    private func quiesce() {
        isQuiescing = true
        switch phase {
        case .idle where waiting.isEmpty && arriving == nil:
            if bufferedBytes == 0 { context?.close(promise: nil) } else { linger() }
        case .streaming(_, let driver):
            driver.close()
        default:
            break
        }
        guard let context else { return }
        let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        quiesceTimer = context.eventLoop.scheduleTask(in: TimeAmount(options.shutdownDeadline)) {
            loopBound.value.endStream(.closed)
            loopBound.value.context?.close(promise: nil)
        }
    }

    private func endStream(_ reason: StreamEnd) {
        if case .streaming(_, let driver) = phase { driver.end(reason) }
    }

    private func closed(_ reason: StreamEnd) {
        if case .closed = phase { return }
        if case .streaming(_, let driver) = phase { driver.channelClosed(reason) }
        phase = .closed
        timer?.cancel()
        lingerTimer?.cancel()
        quiesceTimer?.cancel()
        arriving?.body.fail(.disconnected)
        arriving = nil
        waiting = []
        mailbox.close()
        writer?.resume(throwing: ConnectionClosed())
        writer = nil
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActivity = .now()
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head)
        case .body(let buffer): continueBody(buffer)
        case .end: endBody()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        next()
        context.fireChannelReadComplete()
    }

    private func begin(_ head: HTTPRequestHead) {
        switch phase {
        case .idle, .answering, .writing: break
        // Nothing can follow a stream on its connection.
        case .streaming, .lingering, .closed: return
        }
        guard let context, !isLast else { return }
        let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let body = RequestBody(headers: head.headers, limit: options.bodyLimit, budget: bodies) {
            eventLoop.execute { loopBound.value.bodyDemanded() }
        }
        let exchange = Exchange(head: head, body: body)
        arriving = exchange
        waiting.append(exchange)
    }

    private func continueBody(_ buffer: ByteBuffer) {
        guard let arriving else { return }
        if case .streaming(let exchange, let driver) = phase, exchange === arriving {
            driver.receive(buffer)
        } else if arriving.body.append(buffer) >= Self.bodyWindow {
            isBodyWindowFull = true
        }
    }

    private func endBody() {
        guard let arriving else { return }
        self.arriving = nil
        isBodyWindowFull = false
        if case .streaming(let exchange, let driver) = phase, exchange === arriving {
            if driver.isReceiving { driver.inputEnded() }
        } else {
            arriving.body.finish()
        }
    }

    private func malformed(_ reason: String) {
        logger.debug("malformed HTTP", metadata: ["reason": "\(reason)"])
        switch phase {
        case .streaming(_, let driver):
            driver.end(.malformed(reason))
        case .idle, .answering, .writing:
            guard !isLast else { return }
            if let arriving {
                // The responder finds out when it reads the body; its reply is the last one.
                self.arriving = nil
                isLast = true
                arriving.body.fail(.malformed(reason))
            } else {
                let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
                waiting.append(Exchange(head: head, body: RequestBody(headers: [:], limit: 0) {}, refusal: .badRequest))
            }
            next()
        case .lingering, .closed:
            context?.close(promise: nil)
        }
    }

    private func bodyDemanded() {
        if case .answering(let exchange) = phase, exchange === arriving, exchange.expectsContinue, let context, !hasContinued {
            hasContinued = true
            context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
            context.flush()
        }
        isBodyWindowFull = false
        readOn()
    }

    // MARK: Back-pressure

    private var isReadingPaused: Bool {
        switch phase {
        case .streaming(_, let driver): driver.isPaused
        case .idle, .answering, .writing: isBodyWindowFull || waiting.count >= Self.pipelineDepth
        case .lingering, .closed: false
        }
    }

    func read(context: ChannelHandlerContext) {
        if isReadingPaused { hasHeldRead = true } else { context.read() }
    }

    func readOn() {
        guard hasHeldRead, !isReadingPaused, let context else { return }
        hasHeldRead = false
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            lastProgress = .now()
            if case .streaming(_, let driver) = phase { driver.drain() }
            writer?.resume()
            writer = nil
            next()
        }
        context.fireChannelWritabilityChanged()
    }

    /// Gives the next request to the connection's task, once the last reply is written and the client reads what it is sent.
    func next() {
        guard case .idle = phase, let context, context.channel.isWritable, !waiting.isEmpty else { return }
        let exchange = waiting.removeFirst()
        hasContinued = false
        phase = .answering(exchange)
        if let refusal = exchange.refusal {
            isLast = true
            write(options.renderError(refusal, "Malformed request"), for: exchange)
        } else {
            mailbox.put(exchange)
        }
        readOn()
    }
}
