import Glibc
package import NIOCore
package import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// A POST that we send, whose answer is a stream of records; its own body may be one too.
///
/// The stream's callbacks report: `onRecords` what comes, `onEnd` how it ended, also if it never began. Redirects are not followed: they end
/// the stream as `.refused`, with the answer.
package final class RecordConnection: Sendable {
    package struct Request: Sendable {
        package enum Body: Sendable {
            case bytes([UInt8])
            /// What the stream's outbox is given, until the stream ends.
            case outbox
        }

        package var url: String
        /// Without Host and framing.
        package var headers: HTTPHeaders
        package var body: Body
        /// How long resolving the name, connecting and the TLS handshake may take.
        package var connectTimeout: Duration = .seconds(5)
        /// How long after that the head of the answer may take.
        package var answerTimeout: Duration = .seconds(10)

        package init(url: String, headers: HTTPHeaders, body: Body) {
            self.url = url
            self.headers = headers
            self.body = body
        }
    }

    private let channel = Mutex<(channel: (any Channel)?, isClosed: Bool)>((nil, false))

    private init() {}

    /// Dials. Returns at once.
    /// - Parameters:
    ///   - stream: with an `onRecords`. Its outbox is used for a body of kind `.outbox`.
    ///   - onOpen: called on the event loop when the server has answered 200, with its headers, before any record.
    @discardableResult
    package static func open(
        _ request: Request, stream: RecordStream, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        onOpen: @escaping @Sendable (HTTPHeaders) -> Void = { _ in }
    ) -> RecordConnection {
        let connection = RecordConnection()
        guard let endpoint = Endpoint(request.url) else {
            stream.abandon(.unreachable("'\(request.url)' is not an http or https URL"))
            return connection
        }
        ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(request.connectTimeout))
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if endpoint.isSecure { try pipeline.addHandler(try ClientTLS.handler(for: endpoint.host)) }
                    try pipeline.addHTTPClientHandlers(leftOverBytesStrategy: .dropBytes)
                    try pipeline.addHandler(ClientConnection(request, endpoint, stream, onOpen: onOpen))
                    Keepalive.enable(channel)
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
            .whenComplete { result in
                switch result {
                case .success(let channel): connection.adopt(channel, stream)
                case .failure(let error): stream.abandon(.unreachable(describe(error, endpoint)))
                }
            }
        return connection
    }

    /// Closes the connection at once; the stream ends as `.closed`, unless it has ended.
    package func close() {
        let channel = self.channel.withLock { state in
            state.isClosed = true
            return state.channel
        }
        if let channel { Self.close(channel) }
    }

    /// Starts the request on the connection that was made. Not before: of several addresses of a name some may connect and be dropped.
    private func adopt(_ channel: any Channel, _ stream: RecordStream) {
        let isClosed = self.channel.withLock { state in
            state.channel = channel
            return state.isClosed
        }
        if isClosed { Self.close(channel) }
        let isStarted = channel.eventLoop.makePromise(of: Void.self)
        isStarted.futureResult.whenFailure { _ in stream.abandon(isClosed ? .closed : .goodbye) }
        channel.triggerUserOutboundEvent(ClientConnection.StartEvent(), promise: isStarted)
    }

    private static func close(_ channel: any Channel) {
        channel.triggerUserOutboundEvent(ClientConnection.CloseEvent(), promise: nil)
    }

    static func describe(_ error: any Error, _ endpoint: Endpoint) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return describe(first.error, endpoint) }
            return "The name '\(endpoint.host)' can't be resolved"
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            return "Nothing listens on \(endpoint.authority)"
        case ChannelError.connectTimeout:
            return "Connecting to \(endpoint.authority) took too long"
        default:
            return "\(error)"
        }
    }
}

/// The TLS of connections that we dial: the system's trust, TLS 1.2 or newer.
enum ClientTLS {
    private static let context = Result { try NIOSSLContext(configuration: .makeClientConfiguration()) }

    static func handler(for host: String) throws -> NIOSSLClientHandler {
        // A numeric address can't be a server name indication (RFC 6066 §3).
        let isNumeric = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context.get(), serverHostname: isNumeric ? nil : host)
    }
}
