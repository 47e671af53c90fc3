import AsyncHTTPClient
import Glibc
package import Logging
package import NIOCore
package import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// Sends ordinary requests, over connections that are kept and used again. One a process.
///
/// Redirects are answers like any other. Nothing is repeated.
package final class HTTPCaller: Service {
    package struct Request: Sendable {
        package var method: HTTPMethod
        package var url: String
        package var headers: HTTPHeaders
        package var body: [UInt8]
        /// For all of it: connecting, sending, and receiving the whole answer.
        package var deadline: Duration
        /// The largest body of an answer that is accepted, in bytes.
        package var limit: Int

        package init(
            _ method: HTTPMethod, _ url: String, headers: HTTPHeaders = [:], body: [UInt8] = [], deadline: Duration = .seconds(10),
            limit: Int = 64 << 20
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.deadline = deadline
            self.limit = limit
        }
    }

    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The request was certainly not received.
        case unreachable(String)
        /// No whole answer in time: the request may or may not have had its effect.
        case timeout
        /// The connection broke: the request may or may not have had its effect.
        case broken(String)
        /// The answer is larger than the request's limit.
        case tooLarge(limit: Int)
        case invalidURL(String)

        package var description: String {
            switch self {
            case .unreachable(let reason): reason
            case .timeout: "No answer in time"
            case .broken(let reason): "The connection broke: \(reason)"
            case .tooLarge(let limit): "The answer is larger than \(limit) bytes"
            case .invalidURL(let url): "'\(url)' is not an http or https URL"
            }
        }
    }

    private let client: HTTPClient
    private let logger: Logger

    /// - Parameters:
    ///   - connections: how many requests one server may be sent at a time; further ones wait, at most `connectTimeout`, for one of them.
    ///   - idle: how long an unused connection is kept.
    package init(
        logger: Logger, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, connections: Int = 8,
        connectTimeout: Duration = .seconds(5), idle: Duration = .seconds(30)
    ) {
        self.logger = logger
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = TimeAmount(connectTimeout)
        configuration.connectionPool.idleTimeout = TimeAmount(idle)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroup: group, configuration: configuration)
    }

    /// - Throws: `Failure`, or `CancellationError`.
    package func send(_ request: Request) async throws -> Answer {
        guard let endpoint = Endpoint(request.url) else { throw Failure.invalidURL(request.url) }
        let outgoing: HTTPClient.Request
        do {
            outgoing = try HTTPClient.Request(
                url: request.url, method: request.method, headers: request.headers,
                body: request.body.isEmpty ? nil : .byteBuffer(ByteBuffer(bytes: request.body)))
        } catch {
            throw Failure.invalidURL(request.url)
        }
        let task = client.execute(
            request: outgoing, delegate: ResponseAccumulator(request: outgoing, maxBodySize: request.limit),
            deadline: .now() + TimeAmount(request.deadline), logger: logger)
        do {
            let response = try await withTaskCancellationHandler {
                try await task.get()
            } onCancel: {
                task.cancel()
            }
            return Answer(status: response.status, headers: response.headers, body: response.body.map { Array(buffer: $0) } ?? [])
        } catch {
            throw Self.explain(error, endpoint, limit: request.limit)
        }
    }

    private static func explain(_ error: any Error, _ endpoint: Endpoint, limit: Int) -> any Error {
        switch error {
        case let error as HTTPClientError where error == .cancelled: CancellationError()
        case let error as HTTPClientError where [.deadlineExceeded, .readTimeout, .writeTimeout].contains(error): Failure.timeout
        case let error as HTTPClientError where error == .connectTimeout:
            Failure.unreachable("Connecting to \(endpoint.authority) took too long")
        case let error as HTTPClientError where error == .getConnectionFromPoolTimeout:
            Failure.unreachable("All connections to \(endpoint.authority) were busy for too long")
        case is NIOConnectionError: Failure.unreachable(RecordConnection.describe(error, endpoint))
        case let error as IOError where error.errnoCode == ECONNREFUSED: Failure.unreachable(RecordConnection.describe(error, endpoint))
        case is ResponseAccumulator.ResponseTooBigError: Failure.tooLarge(limit: limit)
        default: Failure.broken("\(error)")
        }
    }

    /// Keeps the connections until the process shuts down.
    package func run() async throws {
        try await gracefulShutdown()
        try await shutdown()
    }

    /// Closes all connections; requests under way fail.
    package func shutdown() async throws { try await client.shutdown().get() }
}
