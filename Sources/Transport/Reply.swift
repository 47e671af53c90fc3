package import NIOCore
package import NIOHTTP1

/// The answer to a call.
package struct Reply: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        case buffer(ByteBuffer)
        /// Written piece by piece; the closure is awaited, and what it throws cuts the connection (the head is out by then).
        case stream(@Sendable (ReplyWriter) async throws -> Void)
        /// The connection belongs to the stream until it ends.
        case records(RecordStream)
    }

    package var status: HTTPResponseStatus
    package var headers: HTTPHeaders
    package var body: Body

    package init(status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A reply with a body of a known type.
    package init(_ status: HTTPResponseStatus, _ contentType: String, _ bytes: [UInt8], headers: HTTPHeaders = [:]) {
        self.init(status: status, headers: headers, body: .bytes(bytes))
        self.headers.replaceOrAdd(name: "Content-Type", value: contentType)
    }

    /// `text/plain; charset=utf-8`, as Mesos 1.11 sends its errors.
    package static func text(_ status: HTTPResponseStatus, _ text: String, headers: HTTPHeaders = [:]) -> Reply {
        Reply(status, "text/plain; charset=utf-8", Array(text.utf8), headers: headers)
    }

    /// `application/json` without a character set.
    package static func json(_ status: HTTPResponseStatus, _ bytes: [UInt8], headers: HTTPHeaders = [:]) -> Reply {
        Reply(status, "application/json", bytes, headers: headers)
    }

    /// A body that is made while it is sent, for answers too big to be held twice.
    package static func stream(
        _ status: HTTPResponseStatus, _ contentType: String, headers: HTTPHeaders = [:],
        write: @escaping @Sendable (ReplyWriter) async throws -> Void
    ) -> Reply {
        var reply = Reply(status: status, headers: headers, body: .stream(write))
        reply.headers.replaceOrAdd(name: "Content-Type", value: contentType)
        return reply
    }

    /// An endless answer: 200, chunked, its head sent at once. What the stream's outbox is given follows; what the request's body still
    /// brings goes to the stream's `onRecords`.
    package static func records(_ stream: RecordStream, contentType: String, headers: HTTPHeaders = [:]) -> Reply {
        var reply = Reply(status: .ok, headers: headers, body: .records(stream))
        reply.headers.replaceOrAdd(name: "Content-Type", value: contentType)
        return reply
    }
}

/// Answers calls. Called from a task of the call's connection, so that calls of one connection come one after the other.
package protocol Responder: Sendable {
    /// - Throws: `RequestBody.Failure` becomes its status (413, 415, 400, 408); anything else is logged and becomes a 500.
    func respond(to call: Call) async throws -> Reply
}

/// Writes the body of a `Reply.stream`.
package struct ReplyWriter: Sendable {
    let connection: NIOLoopBound<ServerConnection>
    let exchange: Exchange

    /// Sends a piece; returns when the connection has room for another one.
    /// - Throws: `ConnectionClosed` when the client has gone or doesn't read.
    package func write(_ bytes: [UInt8]) async throws {
        try await write(ByteBuffer(bytes: bytes))
    }

    package func write(_ buffer: ByteBuffer) async throws {
        guard buffer.readableBytes > 0 else { return }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            connection.eventLoop.execute { connection.value.writePiece(buffer, of: exchange, continuation) }
        }
    }
}

/// The connection ended before all was written.
package struct ConnectionClosed: Error, Hashable, Sendable {
    package init() {}
}
