import NIOCore
import NIOHTTP1

extension ServerConnection: StreamChannel {
    /// Writes a reply, or its head where the body follows in pieces or as a stream.
    func write(_ reply: Reply, for exchange: Exchange) {
        guard case .answering(let current) = phase, current === exchange, let context else {
            // The client is gone.
            if case .records(let stream) = reply.body { stream.abandon(.goodbye) }
            return
        }
        let isEnding = isQuiescing || (isInputClosed && waiting.isEmpty)
        if isEnding || arriving === exchange || !exchange.head.isKeepAlive || exchange.isUpgrade { isLast = true }
        switch reply.body {
        case .bytes(let bytes): writeWhole(reply, ByteBuffer(bytes: bytes), for: exchange, to: context)
        case .buffer(let buffer): writeWhole(reply, buffer, for: exchange, to: context)
        case .stream: beginPieces(reply, for: exchange, to: context)
        case .records(let stream): beginStream(stream, reply, for: exchange, to: context)
        }
    }

    /// Replies below this don't count: there is one a connection at a time, and room for all of them.
    private static let smallReply = 64 * 1024

    private func writeWhole(_ reply: Reply, _ buffer: ByteBuffer, for exchange: Exchange, to context: ChannelHandlerContext) {
        var (reply, buffer) = (reply, buffer)
        var isWritten: EventLoopPromise<Void>?
        let size = buffer.readableBytes
        if size > Self.smallReply {
            if replies.take(size, evenAlone: true) {
                let promise = context.eventLoop.makePromise(of: Void.self)
                promise.futureResult.whenComplete { [replies] _ in replies.giveBack(size) }
                isWritten = promise
            } else {
                reply = options.renderError(.serviceUnavailable, "Too many large answers wait for clients that don't read; try again")
                reply.headers.replaceOrAdd(name: "Retry-After", value: "1")
                if case .bytes(let bytes) = reply.body { buffer = ByteBuffer(bytes: bytes) }
            }
        }
        var headers = reply.headers
        let mayHaveBody = reply.status.mayHaveResponseBody
        if mayHaveBody { headers.replaceOrAdd(name: "Content-Length", value: String(buffer.readableBytes)) }
        writeHead(reply.status, headers, for: exchange, to: context)
        if mayHaveBody, buffer.readableBytes > 0, !exchange.isHead {
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: isWritten)
        } else {
            isWritten?.succeed()
        }
        finish(exchange, context)
    }

    private func writeHead(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, for exchange: Exchange, to context: ChannelHandlerContext) {
        var headers = headers
        if isLast {
            headers.replaceOrAdd(name: "Connection", value: "close")
        } else if exchange.isOld {
            headers.replaceOrAdd(name: "Connection", value: "keep-alive")
        }
        if !headers.contains(name: "Date") { headers.add(name: "Date", value: DateHeader.now()) }
        let version = exchange.isOld ? HTTPVersion.http1_0 : .http1_1
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: version, status: status, headers: headers))), promise: nil)
    }

    private func finish(_ exchange: Exchange, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        lastActivity = .now()
        lastProgress = lastActivity
        phase = .idle
        if isLast { linger() } else { next() }
    }

    /// Closes this half, then reads and drops what the peer still sends until it closes its half, for a short while: closing at once would
    /// make the kernel reset the connection, and the reset can overtake the reply.
    func linger() {
        guard let context else { return }
        phase = .lingering
        arriving?.body.fail(.disconnected)
        arriving = nil
        waiting = []
        readOn()
        let eventLoop = context.eventLoop
        let loopBound = NIOLoopBound(self, eventLoop: eventLoop)
        let isSent = eventLoop.makePromise(of: Void.self)
        isSent.futureResult.whenComplete { _ in loopBound.value.outputClosed(on: eventLoop) }
        // With the other half closed, closing this one would not wait for what is still to be written: a write of nothing does.
        let pipeline = context.pipeline.syncOperations
        if isInputClosed, let encoder = try? pipeline.context(handlerType: HTTPResponseEncoder.self) {
            encoder.writeAndFlush(NIOAny(IOData.byteBuffer(ByteBuffer())), promise: isSent)
        } else {
            context.close(mode: .output, promise: isSent)
        }
    }

    private func outputClosed(on eventLoop: any EventLoop) {
        isOutputClosed = true
        if isInputClosed {
            context?.close(promise: nil)
            return
        }
        let loopBound = NIOLoopBound(self, eventLoop: eventLoop)
        lingerTimer = eventLoop.scheduleTask(in: TimeAmount(options.lingerDeadline)) { loopBound.value.context?.close(promise: nil) }
    }

    // MARK: Piece by piece

    private func beginPieces(_ reply: Reply, for exchange: Exchange, to context: ChannelHandlerContext) {
        if exchange.isHead || !reply.status.mayHaveResponseBody {
            // A chunked body can't be left out without closing: its end would be taken for the next reply.
            isLast = true
            writeHead(reply.status, reply.headers, for: exchange, to: context)
            context.flush()
            phase = .idle
            linger()
            return
        }
        if exchange.isOld { isLast = true }
        writeHead(reply.status, reply.headers, for: exchange, to: context)
        context.flush()
        phase = .writing(exchange)
    }

    func writePiece(_ buffer: ByteBuffer, of exchange: Exchange, _ continuation: CheckedContinuation<Void, any Error>) {
        guard case .writing(let current) = phase, current === exchange, let context else {
            continuation.resume(throwing: ConnectionClosed())
            return
        }
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        if context.channel.isWritable {
            continuation.resume()
        } else {
            precondition(writer == nil, "a reply has one writer")
            writer = continuation
        }
    }

    /// - Parameter isComplete: false cuts the connection, so that the client can't take what it has for the whole.
    func endPieces(of exchange: Exchange, isComplete: Bool) {
        guard case .writing(let current) = phase, current === exchange, let context else { return }
        if isComplete { finish(exchange, context) } else { context.close(promise: nil) }
    }

    // MARK: Records

    private func beginStream(_ stream: RecordStream, _ reply: Reply, for exchange: Exchange, to context: ChannelHandlerContext) {
        if exchange.isHead {
            stream.abandon(.closed)
            beginPieces(reply, for: exchange, to: context)
            return
        }
        isLast = false  // Neither side names an end: clients that send `Connection: close` with SUBSCRIBE want an endless answer too.
        if exchange.expectsContinue, !hasContinued, arriving === exchange {
            context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
        }
        writeHead(reply.status, reply.headers, for: exchange, to: context)
        context.flush()
        waiting = []
        isBodyWindowFull = false
        let driver = StreamDriver(stream, on: context.eventLoop, channel: self)
        phase = .streaming(exchange, driver)
        driver.start()
        if isQuiescing { driver.close() }
        if let early = exchange.body.takeBuffered() { driver.receive(early) }
        if arriving !== exchange, driver.isReceiving { driver.inputEnded() }
        driver.drain()
        readOn()
    }

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

    func finishSending() {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        lastProgress = .now()
        linger()
        watch()
    }

    func cut() { context?.close(promise: nil) }

    func resumeReading() { readOn() }

    // MARK: Deadlines

    /// Looks now and then at what nothing else would end: an idle client, one that sends a request too slowly, one that doesn't read.
    func watch() {
        guard let context else { return }
        let step = min(options.idleTimeout / 4, options.stallTimeout / 4, .seconds(5))
        let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: max(TimeAmount(step), .milliseconds(5))) { loopBound.value.check() }
    }

    private func check() {
        guard let context else { return }
        let now = NIODeadline.now()
        let buffered = bufferedBytes
        let isIdle = buffered == 0 && now - lastActivity >= TimeAmount(options.idleTimeout)
        if buffered == 0 || buffered < lastBuffered { lastProgress = now }
        lastBuffered = buffered
        let isStalled = now - lastProgress >= TimeAmount(options.stallTimeout)
        switch phase {
        case .idle:
            if isIdle || isStalled {
                context.close(promise: nil)
                return
            }
        case .answering(let exchange):
            if isIdle, exchange === arriving, !isBodyWindowFull {
                arriving = nil
                isLast = true
                exchange.body.fail(.timeout)
            }
        case .writing, .lingering:
            if isStalled {
                context.close(promise: nil)
                return
            }
        case .streaming, .closed:
            // A stream has deadlines of its own.
            return
        }
        watch()
    }
}
