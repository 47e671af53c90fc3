import NIOCore
import NIOHTTP1
import Synchronization

/// A request from its head until its reply has been written.
final class Exchange: Sendable {
    let head: HTTPRequestHead
    let body: RequestBody
    /// What the connection itself answers, without asking the responder.
    let refusal: HTTPResponseStatus?

    init(head: HTTPRequestHead, body: RequestBody, refusal: HTTPResponseStatus? = nil) {
        self.head = head
        self.body = body
        self.refusal = refusal
    }

    var isHead: Bool { head.method == .HEAD }

    /// HTTP/1.0: no chunked bodies, and connections close unless asked.
    var isOld: Bool { head.version.major == 1 && head.version.minor == 0 }

    /// The client wants another protocol after this request (`Upgrade`, CONNECT). It gets its answer in this one, but the decoder reads nothing
    /// behind such a request.
    var isUpgrade: Bool { head.method == .CONNECT || head.headers.contains(name: "Upgrade") }

    var expectsContinue: Bool {
        !isOld && head.headers.first(name: "Expect")?.lowercased() == "100-continue"
    }

    /// The client takes a gzipped answer: `Accept-Encoding` names gzip (or `*`) without `q=0`.
    var acceptsGzip: Bool { Negotiation.quality(of: "gzip", in: head.headers["Accept-Encoding"]) ?? 0 > 0 }
}

/// Hands the exchanges of a connection to its task, one at a time.
final class Mailbox: Sendable {
    private struct State {
        var exchange: Exchange?
        var waiter: CheckedContinuation<Exchange?, Never>?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// - Returns: nil when the connection is closed.
    func next() async -> Exchange? {
        await withCheckedContinuation { continuation in
            let ready: Exchange?? = state.withLock { state in
                if let exchange = state.exchange {
                    state.exchange = nil
                    return .some(exchange)
                }
                if state.isClosed { return .some(nil) }
                state.waiter = continuation
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }

    func put(_ exchange: Exchange) {
        let waiter = state.withLock { state in
            if state.waiter == nil { state.exchange = exchange }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: exchange)
    }

    func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            state.exchange = nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }
}
