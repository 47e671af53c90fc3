import Glibc
import NIOCore
import Synchronization

/// How a stream ended. `goodbye` and `reset` mean that the peer's host lives; `silent` that nobody knows.
package enum StreamEnd: Equatable, Sendable {
    /// The peer ended its body or closed the connection.
    case goodbye
    /// The peer's host reset the connection. With the operating system's text.
    case reset(String)
    /// No byte within the deadline, or the operating system has given the peer up.
    case silent
    /// The peer read too slowly: its outbox was full.
    case overflow
    /// The peer has not read anything for too long.
    case stalled
    /// The peer broke the rules of HTTP or of the record format.
    case malformed(String)
    /// This side ended it.
    case closed
    /// Of a connection that was dialled: it never came about. With the reason.
    case unreachable(String)
    /// Of a connection that was dialled: the server answered with another status than 200.
    case refused(Answer)
}

extension StreamEnd {
    init(_ error: IOError) {
        switch error.errnoCode {
        case ETIMEDOUT, EHOSTUNREACH, ENETUNREACH: self = .silent
        default: self = .reset(error.description)
        }
    }
}

/// What a receiver of records wants next.
package enum Flow: Hashable, Sendable {
    case more
    /// Nothing until `RecordStream.resume()`: the connection stops reading from its socket.
    case pause
}

/// One side of a stream of records over one connection, whichever side dialled it.
///
/// The two callbacks run on the connection's event loop and must return at once. Records may still come after `Flow.pause`: what has been
/// read already, and all that is left once the peer has closed the connection. `onEnd` is called exactly once, last, whatever happens,
/// also when the connection is gone before the stream has begun.
package final class RecordStream: Sendable {
    package struct Limits: Sendable {
        /// The longest record that is accepted, in bytes.
        package var recordBytes = 32 << 20
        /// The stream ends as `silent` when no byte has come in for so long; nil: never.
        package var silence: Duration?
        /// The stream ends as `stalled` when the peer has not read a byte for so long although some wait for it.
        package var stall: Duration = .seconds(60)
        /// How long `close(.afterDrain)`, and the answer to a goodbye, may take to send what is queued.
        package var drain: Duration = .seconds(5)

        package init() {}
    }

    package let outbox: Outbox
    let limits: Limits
    let onRecords: (@Sendable ([[UInt8]]) -> Flow)?
    private let onEnd: @Sendable (StreamEnd) -> Void
    private let hasEnded = Atomic(false)

    private let lastByte = Atomic<UInt64>(NIODeadline.now().uptimeNanoseconds)
    private let onResume = Mutex<(@Sendable () -> Void)?>(nil)

    /// - Parameters:
    ///   - onRecords: given what one read from the socket has completed; nil where the peer sends none, its bytes are dropped then.
    ///   - onEnd: called once.
    package init(
        outbox: Outbox, limits: Limits = Limits(), onRecords: (@Sendable ([[UInt8]]) -> Flow)? = nil,
        onEnd: @escaping @Sendable (StreamEnd) -> Void
    ) {
        self.outbox = outbox
        self.limits = limits
        self.onRecords = onRecords
        self.onEnd = onEnd
    }

    /// Lets the connection read again after `Flow.pause`. From any thread.
    package func resume() { onResume.withLock { $0 }?() }

    /// How long ago the peer's last byte came in (since the stream was made, if none has).
    package var quiet: Duration {
        let now = NIODeadline.now().uptimeNanoseconds
        let last = lastByte.load(ordering: .relaxed)
        return .nanoseconds(now > last ? Int64(clamping: now - last) : 0)
    }

    func touch(_ now: NIODeadline) { lastByte.store(now.uptimeNanoseconds, ordering: .relaxed) }

    /// Reports the end, unless one has been reported.
    func end(_ reason: StreamEnd) {
        if !hasEnded.exchange(true, ordering: .relaxed) { onEnd(reason) }
    }

    /// Ends a stream that has no connection (any more).
    func abandon(_ reason: StreamEnd) {
        outbox.finish()
        end(reason)
    }

    func attach(resume: (@Sendable () -> Void)?) { onResume.withLock { $0 = resume } }
}
