import Glibc
import HummingbirdCore
package import Logging
package import NIOCore
package import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// Listens on an address and lets a responder answer, until the process is asked to shut down.
///
/// Knows HTTP/1: keep-alive, pipelining, chunked bodies, `Expect: 100-continue`, HEAD, gzip both ways, endless streams. What a request means
/// is the responder's business.
package final class HTTPService: Service {
    package struct Options: Sendable {
        /// The numeric address to listen on.
        package var address = "127.0.0.1"
        /// 0 lets the system choose.
        package var port = 0
        /// Further clients wait in the kernel's queue until others leave.
        package var maximumConnections = 16_384
        /// The largest body that `RequestBody.collect()` returns, in bytes, as sent and as decoded. Past it: 413.
        package var bodyLimit = 2 << 20
        /// Bytes of bodies that are held for the requests being served, all together. Past it: 503.
        package var bodiesLimit = 256 << 20
        /// Bytes of large replies that clients have not taken yet, all together; one reply may be more. Past it: 503.
        package var repliesLimit = 1 << 30
        /// How long a connection without a request stays open, and how long a request may pause before it is complete.
        package var idleTimeout: Duration = .seconds(60)
        /// How long a client may take no byte of a reply that waits for it.
        package var stallTimeout: Duration = .seconds(60)
        /// How long a connection that has been answered for the last time is read from, for the client to close it.
        package var lingerDeadline: Duration = .seconds(2)
        /// How long requests and streams may go on once shutdown has begun.
        package var shutdownDeadline: Duration = .seconds(5)
        /// Replies of at least 1,024 bytes are compressed for clients that accept it.
        package var compressesReplies = true
        /// The form of the answers that this layer gives itself: 400, 404 (for a path that climbs), 408, 413, 415, 500, 503.
        package var renderError: @Sendable (HTTPResponseStatus, String) -> Reply = { status, message in .text(status, message) }

        package init() {}
    }

    /// The address that a service listens on.
    package struct Address: Hashable, Sendable {
        package var ip: String
        package var port: Int
    }

    /// Why a service can't listen, in one sentence for the one who started it.
    package struct ListenError: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    private let options: Options
    private let responder: any Responder
    private let logger: Logger
    private let group: any EventLoopGroup
    private let bound = Deferred<Address>()
    private let bodies: ByteBudget
    private let replies: ByteBudget

    package init(
        _ options: Options, responder: any Responder, logger: Logger, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.options = options
        self.responder = responder
        self.logger = logger
        self.group = group
        bodies = ByteBudget(limit: options.bodiesLimit)
        replies = ByteBudget(limit: options.repliesLimit)
    }

    /// Where it listens, once it does. With the real port.
    /// - Throws: what `run` throws, if it can't listen.
    package func address() async throws -> Address { try await bound.value() }

    /// Serves until graceful shutdown: then it takes no more connections, ends idle ones, and gives the others `shutdownDeadline`.
    /// - Throws: `ListenError`.
    package func run() async throws {
        // The library's own messages repeat ours.
        var quiet = logger
        quiet.logLevel = .critical
        let connections = MaximumAvailableConnections(options.maximumConnections, logger: quiet)
        let server = Server(
            childChannelSetup: ServerChannel(options: options, bodies: bodies, replies: replies, responder: responder, logger: logger),
            configuration: ServerConfiguration(
                address: .hostname(options.address, port: options.port), backlog: 1024, availableConnectionsDelegate: connections),
            onServerRunning: { [bound, logger, options] channel in
                await AcceptGuard.install(in: channel, logger: logger)
                let address = Address(ip: channel.localAddress?.ipAddress ?? options.address, port: channel.localAddress?.port ?? options.port)
                logger.info("listening", metadata: ["address": "\(address.ip)", "port": "\(address.port)"])
                bound.resolve(.success(address))
            },
            eventLoopGroup: group, logger: quiet)
        do {
            try await server.run()
        } catch {
            let explained = explain(error)
            bound.resolve(.failure(explained))
            throw explained
        }
        bound.resolve(.failure(ListenError(description: "The service has been shut down")))
    }

    /// Returns when each event loop has gone round once more: what had reached the sockets before, has reached the streams' owners now.
    ///
    /// For owners who are about to declare a peer silent.
    package func settle() async {
        for loop in group.makeIterator() {
            // A task may run in the round that is under way, a scheduled one a millisecond later follows a look at the sockets.
            try? await loop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get()
            try? await loop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get()
        }
    }

    private func explain(_ error: any Error) -> any Error {
        let endpoint = options.address.contains(":") ? "[\(options.address)]:\(options.port)" : "\(options.address):\(options.port)"
        let reason: String
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: reason = "another process listens there already"
        case EADDRNOTAVAIL: reason = "no interface of this machine has that address"
        case EACCES: reason = "ports below 1024 need root or CAP_NET_BIND_SERVICE"
        case _?: reason = "\(error)"
        case nil where error is SocketAddressError || error is SocketAddressError.UnknownHost:
            reason = "'\(options.address)' is not the numeric address of an interface"
        case nil: return error
        }
        return ListenError(description: "Cannot listen on \(endpoint): \(reason)")
    }
}
