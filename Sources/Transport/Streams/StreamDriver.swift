import MesosAPI
import NIOCore

/// What a driver needs of the channel handler that it works for. Called on the event loop only.
protocol StreamChannel: AnyObject {
    var isWritable: Bool { get }
    /// Bytes that wait to be accepted by the operating system.
    var bufferedBytes: Int { get }
    func sendPart(_ buffer: ByteBuffer, promise: EventLoopPromise<Void>)
    func flushParts()
    /// Ends the body, then closes the connection gently.
    func finishSending()
    /// Closes the connection at once.
    func cut()
    /// The driver's `isPaused` has become false.
    func resumeReading()
}

/// Moves one stream's records between its channel and its owner: the same work for the side that dialled and the side that listens.
///
/// Lives on the channel's event loop. Holds its channel until the stream has ended.
final class StreamDriver {
    private static let batch = 256 * 1024

    private let stream: RecordStream
    private let eventLoop: any EventLoop
    private var channel: (any StreamChannel)?
    private var reader: RecordReader
    private(set) var isPaused = false
    private(set) var hasEnded = false
    private var isOpen = true
    private var timer: Scheduled<Void>?
    private var lastRead = NIODeadline.now()
    private var lastProgress = NIODeadline.now()
    private var lastBuffered = 0
    private var drainDeadline: NIODeadline?

    init(_ stream: RecordStream, on eventLoop: any EventLoop, channel: any StreamChannel) {
        self.stream = stream
        self.eventLoop = eventLoop
        self.channel = channel
        reader = RecordReader(limit: stream.limits.recordBytes)
    }

    /// The owner wants the peer's records, so that the end of the peer's body is the end of the stream.
    var isReceiving: Bool { stream.onRecords != nil }

    /// - Parameters:
    ///   - sendsOutbox: false for a request with a body of its own.
    ///   - isOpen: false if the peer owes an answer first; its silence is not this driver's business until `opened`.
    func start(sendsOutbox: Bool = true, isOpen: Bool = true) {
        self.isOpen = isOpen
        let loopBound = NIOLoopBound(self, eventLoop: eventLoop)
        let eventLoop = eventLoop
        stream.touch(lastRead)
        stream.attach { eventLoop.execute { loopBound.value.unpause() } }
        if sendsOutbox { stream.outbox.attach { eventLoop.execute { loopBound.value.drain() } } }
        watch()
    }

    func opened() {
        isOpen = true
        lastRead = .now()
        stream.touch(lastRead)
        timer?.cancel()
        watch()
    }

    // MARK: Incoming

    func receive(_ buffer: ByteBuffer) {
        guard !hasEnded else { return }
        lastRead = .now()
        stream.touch(lastRead)
        guard let onRecords = stream.onRecords else { return }
        var records: [[UInt8]] = []
        var failure: RecordReader.Failure?
        buffer.withUnsafeReadableBytes { bytes in
            do throws(RecordReader.Failure) { try reader.read(bytes, into: &records) } catch { failure = error }
        }
        if !records.isEmpty, onRecords(records) == .pause { isPaused = true }
        if let failure { end(.malformed(failure.description)) }
    }

    /// The peer's body is complete, or its half of the connection is closed: what is queued for it may still leave.
    func inputEnded() {
        guard !hasEnded else { return }
        guard !isReceiving || reader.isAtBoundary else {
            end(.malformed(RecordReader.Failure.truncated.description))
            return
        }
        close()
        report(.goodbye)
    }

    /// Like `inputEnded`, for the side that dialled: after the server's last word there is nobody to send the rest to.
    func answerEnded() {
        end(!isReceiving || reader.isAtBoundary ? .goodbye : .malformed(RecordReader.Failure.truncated.description))
    }

    /// This side ends the stream, after what is queued.
    func close() {
        drainDeadline = drainDeadline ?? .now() + TimeAmount(stream.limits.drain)
        stream.outbox.close(.afterDrain)
    }

    func channelClosed(_ reason: StreamEnd) {
        stop()
        report(reason)
    }

    private func unpause() {
        guard isPaused else { return }
        isPaused = false
        // What came in meanwhile from other peers of this loop doesn't count as this one's silence.
        lastRead = .now()
        channel?.resumeReading()
    }

    // MARK: Outgoing

    func drain() {
        guard let channel else { return }
        var hasWritten = false
        loop: while channel.isWritable {
            switch stream.outbox.take(upTo: Self.batch) {
            case .nothing:
                break loop
            case .bytes(let buffer, let items):
                write(buffer, items, to: channel)
                hasWritten = true
            case .end:
                stop()
                report(.closed)
                channel.finishSending()
                return
            case .cut(let reason):
                end(reason)
                return
            }
        }
        if hasWritten { channel.flushParts() }
        if !channel.isWritable { mustCut(channel) }
    }

    private func write(_ buffer: ByteBuffer, _ items: Int, to channel: any StreamChannel) {
        let promise = eventLoop.makePromise(of: Void.self)
        let outbox = stream.outbox
        let count = buffer.readableBytes
        promise.futureResult.whenComplete { _ in outbox.written(bytes: count, items: items) }
        channel.sendPart(buffer, promise: promise)
    }

    /// With a peer that doesn't read, the outbox is not asked for a batch; that it has been closed or is full must be seen nevertheless.
    private func mustCut(_ channel: any StreamChannel) {
        switch stream.outbox.urgency() {
        case .none: break
        case .ending: drainDeadline = drainDeadline ?? .now() + TimeAmount(stream.limits.drain)
        case .cut(let reason): end(reason)
        }
    }

    // MARK: Deadlines

    private func watch() {
        let limits = stream.limits
        let now = NIODeadline.now()
        var due = now + TimeAmount(min(limits.stall / 4, limits.drain / 2, .seconds(5)))
        if let silence = limits.silence, isOpen, !isPaused, !hasEnded { due = min(due, lastRead + TimeAmount(silence)) }
        due = max(due, now + .milliseconds(2))
        let loopBound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(deadline: due) { [due] in loopBound.value.check(due: due) }
    }

    private func check(due: NIODeadline) {
        guard let channel else { return }
        let now = NIODeadline.now()
        let lateness = now - due
        if lateness > .milliseconds(500) {
            // This process was held up, so nobody has looked at the socket: every deadline moves by that much.
            lastRead = lastRead + lateness
            lastProgress = lastProgress + lateness
        }
        if let silence = stream.limits.silence, isOpen, !isPaused, !hasEnded, now - lastRead >= TimeAmount(silence) {
            end(.silent)
            return
        }
        let buffered = channel.bufferedBytes
        if buffered == 0 || buffered < lastBuffered { lastProgress = now }
        lastBuffered = buffered
        if now - lastProgress >= TimeAmount(stream.limits.stall) {
            end(.stalled)
            return
        }
        if let drainDeadline, now >= drainDeadline {
            end(.closed)
            return
        }
        watch()
    }

    // MARK: The end

    /// Ends the stream and cuts its connection.
    func end(_ reason: StreamEnd) {
        let channel = channel
        stop()
        report(reason)
        channel?.cut()
    }

    private func report(_ reason: StreamEnd) {
        guard !hasEnded else { return }
        hasEnded = true
        stream.attach(resume: nil)
        stream.end(reason)
    }

    private func stop() {
        timer?.cancel()
        timer = nil
        channel = nil
        stream.outbox.finish()
    }
}

extension TimeAmount {
    /// Clamped to what a `TimeAmount` can hold.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else {
            self = .nanoseconds(seconds > 0 ? .max / 4 : .min / 4)
            return
        }
        let bound = Int64.max / 4
        self = .nanoseconds(max(-bound, min(bound, product)) + attoseconds / 1_000_000_000)
    }
}
