import MesosAPI
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Transport

/// The part of a `CallConnection` that lives on its event loop: the channel, and what is awaited on it.
final class CallSender {
    struct Settings {
        let endpoint: Endpoint
        let headers: HTTPHeaders
        let timeout: TimeAmount
        /// Given the cost of each call that has been answered.
        let onAnswered: @Sendable (Int) -> Void
        let onAnswer: @Sendable (Mesos_V1_Scheduler_Call.TypeEnum, Answer) -> Void
        let onFailure: @Sendable (String) -> Void
    }

    private enum Phase {
        case idle
        case connecting([CallConnection.Outgoing])
        case open(any Channel)
        case ended
    }

    /// A server closes connections on which nothing happens (ours after 60 s); closing first avoids calls that cross its farewell.
    private static let idleTimeout = TimeAmount.seconds(20)

    private let settings: Settings
    private let eventLoop: any EventLoop
    private var phase = Phase.idle
    private var awaited: [(type: Mesos_V1_Scheduler_Call.TypeEnum, deadline: NIODeadline, cost: Int)] = []
    private var answered = 0
    private var timer: Scheduled<Void>?

    init(_ settings: Settings, eventLoop: any EventLoop) {
        self.settings = settings
        self.eventLoop = eventLoop
    }

    private var isAwaiting: Bool { answered < awaited.count }

    func send(_ calls: [CallConnection.Outgoing]) {
        switch phase {
        case .idle: connect(calls)
        case .connecting(let earlier): phase = .connecting(earlier + calls)
        case .open(let channel): write(calls, to: channel)
        case .ended: break
        }
    }

    func close() {
        let channel: (any Channel)? = if case .open(let channel) = phase { channel } else { nil }
        phase = .ended
        timer?.cancel()
        channel?.close(promise: nil)
    }

    private func fail(_ reason: String) {
        if case .ended = phase { return }
        close()
        settings.onFailure(reason)
    }

    // MARK: The channel

    private func connect(_ calls: [CallConnection.Outgoing]) {
        phase = .connecting(calls)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let endpoint = settings.endpoint
        ClientBootstrap(group: eventLoop)
            .connectTimeout(.seconds(5))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if endpoint.isSecure {
                        let context = try NIOSSLContext(configuration: .makeClientConfiguration())
                        // A numeric address can't be a server name indication (RFC 6066 §3).
                        let isNumeric = (try? SocketAddress(ipAddress: endpoint.host, port: 0)) != nil
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: isNumeric ? nil : endpoint.host))
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(AnswerReader(owner: bound.value))
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
            .hop(to: eventLoop)
            .whenComplete { result in bound.value.connected(result) }
    }

    private func connected(_ result: Result<any Channel, any Error>) {
        guard case .connecting(let calls) = phase else {
            if case .success(let channel) = result { channel.close(promise: nil) }
            return
        }
        switch result {
        case .success(let channel):
            phase = .open(channel)
            write(calls, to: channel)
        case .failure(let error):
            fail("\(error)")
        }
    }

    private func write(_ calls: [CallConnection.Outgoing], to channel: any Channel) {
        let deadline = NIODeadline.now() + settings.timeout
        for call in calls {
            var headers = settings.headers
            headers.add(name: "Content-Length", value: String(call.body.count))
            let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: settings.endpoint.target, headers: headers)
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: call.body))), promise: nil)
            channel.write(HTTPClientRequestPart.end(nil), promise: nil)
            awaited.append((call.type, deadline, call.cost))
        }
        channel.flush()
        watch()
    }

    // MARK: Answers

    func received(_ answer: Answer) {
        guard isAwaiting else { return fail("the master answered what it was not asked") }
        let type = awaited[answered].type
        settings.onAnswered(awaited[answered].cost)
        answered += 1
        if answered == awaited.count {
            awaited.removeAll(keepingCapacity: true)
            answered = 0
        } else if answered > 1_024 {
            awaited.removeFirst(answered)
            answered = 0
        }
        if answer.status.code / 100 != 2 { settings.onAnswer(type, answer) }
    }

    func lost(_ reason: String) {
        guard case .open = phase else { return }
        if isAwaiting { return fail(reason) }
        timer?.cancel()
        timer = nil
        phase = .idle
    }

    /// One timer at a time: for the oldest call's answer or, when none is awaited, for closing.
    private func watch() {
        guard timer == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let deadline = isAwaiting ? awaited[answered].deadline : .now() + Self.idleTimeout
        let wasAwaiting = isAwaiting
        timer = eventLoop.scheduleTask(deadline: deadline) { bound.value.timeIsUp(wasAwaiting: wasAwaiting) }
    }

    private func timeIsUp(wasAwaiting: Bool) {
        timer = nil
        guard case .open(let channel) = phase else { return }
        if isAwaiting, awaited[answered].deadline <= .now() { return fail("the master has not answered a call in time") }
        if !isAwaiting, !wasAwaiting {
            phase = .idle
            channel.close(promise: nil)
        } else {
            watch()
        }
    }
}

/// Puts the answers on a channel together.
private final class AnswerReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    /// How much of the body of a refusal is kept.
    private static let bodyLimit = 16 * 1024

    private let owner: CallSender
    private var answer: Answer?

    init(owner: CallSender) { self.owner = owner }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            answer = Answer(status: head.status, headers: head.headers)
        case .body(let buffer):
            let room = Self.bodyLimit - (answer?.body.count ?? 0)
            answer?.body += buffer.readableBytesView.prefix(max(0, room))
        case .end:
            if let answer { owner.received(answer) }
            answer = nil
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        owner.lost("the master closed the connection")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        owner.lost("\(error)")
        context.close(promise: nil)
    }
}
