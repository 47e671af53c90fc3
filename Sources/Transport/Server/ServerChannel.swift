import Glibc
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// Sets up each accepted connection, and runs its task: one request after the other.
struct ServerChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let connection: NIOLoopBound<ServerConnection>
        let mailbox: Mailbox
        let caller: Caller
    }

    private static let headLimit = 64 * 1024

    let options: HTTPService.Options
    let bodies: ByteBudget
    let replies: ByteBudget
    let responder: any Responder
    let logger: Logger

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = Self.headLimit
            limits.maxHeaderListSize = Self.headLimit
            let pipeline = channel.pipeline.syncOperations
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: true,
                withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
            let connection = ServerConnection(options: options, bodies: bodies, replies: replies, logger: self.logger)
            try pipeline.addHandler(connection)
            Keepalive.enable(channel)
            return Value(
                channel: channel, connection: NIOLoopBound(connection, eventLoop: channel.eventLoop), mailbox: connection.mailbox,
                caller: Caller(address: channel.remoteAddress?.ipAddress ?? "", port: channel.remoteAddress?.port ?? 0))
        }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskCancellationHandler {
            while let exchange = await value.mailbox.next() {
                var reply = await reply(to: exchange, from: value.caller)
                // Copied here, not on the event loop, which others need.
                if case .bytes(let bytes) = reply.body { reply.body = .buffer(ByteBuffer(bytes: bytes)) }
                let whole = reply
                let connection = value.connection
                connection.eventLoop.execute { connection.value.write(whole, for: exchange) }
                if case .stream(let write) = whole.body { await self.write(write, exchange, value) }
            }
        } onCancel: {
            value.channel.close(promise: nil)
        }
    }

    private func reply(to exchange: Exchange, from caller: Caller) async -> Reply {
        guard let call = Call(head: exchange.head, caller: caller, body: exchange.body) else {
            return options.renderError(.notFound, "404 Not Found.")
        }
        let reply: Reply
        do {
            reply = try await responder.respond(to: call)
        } catch let failure as RequestBody.Failure {
            reply = options.renderError(failure.status, failure.message)
        } catch {
            logger.error("a request failed", metadata: ["method": "\(call.method)", "path": "\(call.path)", "error": "\(error)"])
            reply = options.renderError(.internalServerError, "Internal error")
        }
        return options.compressesReplies ? await Compression.compress(reply, for: exchange) : reply
    }

    private func write(_ write: @Sendable (ReplyWriter) async throws -> Void, _ exchange: Exchange, _ value: Value) async {
        guard !exchange.isHead else { return }
        var isComplete = true
        do {
            try await write(ReplyWriter(connection: value.connection, exchange: exchange))
        } catch {
            isComplete = false
            if !(error is ConnectionClosed) { logger.error("a reply failed while it was sent", metadata: ["error": "\(error)"]) }
        }
        let connection = value.connection
        connection.eventLoop.execute { [isComplete] in connection.value.endPieces(of: exchange, isComplete: isComplete) }
    }
}

/// Asks the kernel to notice peers whose host has vanished, also on connections over which nothing is being sent.
enum Keepalive {
    /// Dead after 30 s of silence and three unanswered probes, 10 s apart.
    static func enable(_ channel: any Channel) {
        guard let options = channel.syncOptions else { return }
        // A peer that is gone by now makes these calls fail; the connection ends by itself then.
        try? options.setOption(.socketOption(.so_keepalive), value: 1)
        for (name, value) in [(TCP_KEEPIDLE, 30), (TCP_KEEPINTVL, 10), (TCP_KEEPCNT, 3)] {
            try? options.setOption(.tcpOption(NIOBSDSocket.Option(rawValue: name)), value: value)
        }
    }
}
