import FrameworkCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Transport

/// One GET over a connection of its own. Certificates are not verified: a task's name is seldom in them (Marathon 1.11
/// docs/health-checks.md).
enum ProbeConnection {
    enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case timeout
        case closed
        case unreachable(String)

        var description: String {
            switch self {
            case .timeout: "no answer in time"
            case .closed: "the connection was closed without an answer"
            case .unreachable(let reason): reason
            }
        }
    }

    static func get(isSecure: Bool, host: String, port: Int, path: String, timeout: TimeAmount) async throws -> Answer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Answer.self)
        let bound = max(timeout, .seconds(1))
        let deadline = loop.scheduleTask(in: bound) { promise.fail(Failure.timeout) }
        let connecting = ClientBootstrap(group: loop)
            .connectTimeout(bound)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if isSecure {
                        var configuration = TLSConfiguration.makeClientConfiguration()
                        configuration.certificateVerification = .none
                        try pipeline.addHandler(NIOSSLClientHandler(context: NIOSSLContext(configuration: configuration), serverHostname: nil))
                    }
                    try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                    try pipeline.addHandler(AnswerCollector(promise: promise))
                }
            }
            .connect(host: host, port: port)
        connecting.whenSuccess { channel in
            let authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            let headers: HTTPHeaders = ["Host": authority, "Connection": "close", "User-Agent": "agora"]
            let target = path.hasPrefix("/") ? path : "/\(path)"
            channel.write(HTTPClientRequestPart.head(.init(version: .http1_1, method: .GET, uri: target, headers: headers)), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
            promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
        connecting.whenFailure { promise.fail(Failure.unreachable("can't connect to \(host):\(port): \($0)")) }
        defer { deadline.cancel() }
        return try await promise.futureResult.get()
    }
}

private final class AnswerCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    /// How much of a body is kept.
    private static let limit = 16 * 1024

    private let promise: EventLoopPromise<Answer>
    private var answer: Answer?

    init(promise: EventLoopPromise<Answer>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): answer = Answer(status: head.status, headers: head.headers)
        case .body(let buffer):
            let room = max(0, Self.limit - (answer?.body.count ?? 0))
            answer?.body += buffer.readableBytesView.prefix(room)
        case .end: if let answer { promise.succeed(answer) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ProbeConnection.Failure.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }
}
