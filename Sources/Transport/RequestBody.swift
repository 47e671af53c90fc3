package import NIOCore
package import NIOHTTP1
import Synchronization

/// The body of a request while it arrives: filled by the connection, emptied by the responder, bounded in between by the connection, which
/// stops reading from its socket.
package final class RequestBody: Sendable {
    package enum Failure: Error, Hashable, Sendable {
        /// More bytes than the limit, before or after decoding.
        case tooLarge(limit: Int)
        /// A Content-Encoding other than identity and gzip, or gzip where the body is read as a stream.
        case unsupportedEncoding(String)
        /// Broken framing or compression.
        case malformed(String)
        /// The bodies of all requests that are being served are too much already.
        case overloaded
        /// No byte within the connection's idle timeout.
        case timeout
        case disconnected

        package var status: HTTPResponseStatus {
            switch self {
            case .tooLarge: .payloadTooLarge
            case .unsupportedEncoding: .unsupportedMediaType
            case .malformed, .disconnected: .badRequest
            case .timeout: .requestTimeout
            case .overloaded: .serviceUnavailable
            }
        }

        package var message: String {
            switch self {
            case .tooLarge(let limit): "The request's body is larger than \(limit) bytes"
            case .unsupportedEncoding(let name): "Unsupported Content-Encoding '\(name)'"
            case .malformed(let reason): "Malformed request: \(reason)"
            case .overloaded: "Too much is being sent to this server at a time; try again"
            case .timeout: "The request's body did not arrive in time"
            case .disconnected: "The request's body is incomplete"
            }
        }
    }

    private struct State {
        var buffered: ByteBuffer?
        var isComplete = false
        var failure: Failure?
        var waiter: CheckedContinuation<ByteBuffer?, any Error>?

        /// What a reader gets without waiting; nil if it must wait.
        mutating func take() -> Result<ByteBuffer?, any Error>? {
            if let buffered {
                self.buffered = nil
                return .success(buffered)
            }
            if let failure { return .failure(failure) }
            return isComplete ? .success(nil) : nil
        }
    }

    private let state = Mutex(State())
    private let limit: Int
    private let announced: Int?
    private let encoding: String
    private let budget: ByteBudget
    /// Bytes that `collect` has taken from the budget, until the request is forgotten.
    private let taken = Atomic(0)
    /// Called when the responder wants bytes: lets the connection send 100 Continue and read on.
    private let onDemand: @Sendable () -> Void

    init(headers: HTTPHeaders, limit: Int, budget: ByteBudget = ByteBudget(limit: .max), onDemand: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.budget = budget
        announced = headers.first(name: "Content-Length").flatMap { Int($0) }
        encoding = headers.first(name: "Content-Encoding")?.lowercased() ?? "identity"
        self.onDemand = onDemand
    }

    /// The whole body, decoded if it was sent with gzip.
    /// - Parameter limit: in bytes, as sent and as decoded; the listener's own limit if nil.
    /// - Throws: `Failure`.
    package func collect(upTo limit: Int? = nil) async throws -> [UInt8] {
        let limit = limit ?? self.limit
        let isCompressed = encoding == "gzip" || encoding == "x-gzip"
        guard isCompressed || encoding == "identity" || encoding.isEmpty else { throw Failure.unsupportedEncoding(encoding) }
        if let announced, announced > limit { throw Failure.tooLarge(limit: limit) }
        guard var all = try await next() else { return [] }
        try take(all.readableBytes)
        while all.readableBytes <= limit, var more = try await next() {
            try take(more.readableBytes)
            all.writeBuffer(&more)
        }
        guard all.readableBytes <= limit else { throw Failure.tooLarge(limit: limit) }
        guard isCompressed else { return Array(buffer: all) }
        let decoded: [UInt8]
        do {
            decoded = try Gzip.decompress(Array(buffer: all), limit: limit)
        } catch .tooLarge {
            throw Failure.tooLarge(limit: limit)
        } catch {
            throw Failure.malformed("the body is not valid gzip")
        }
        try take(decoded.count)
        return decoded
    }

    private func take(_ count: Int) throws(Failure) {
        guard budget.take(count) else { throw .overloaded }
        taken.add(count, ordering: .relaxed)
    }

    deinit { budget.giveBack(taken.load(ordering: .relaxed)) }

    /// What has arrived since the last call, waiting for at least one byte; nil at the end. For one reader at a time, and without a limit
    /// in all.
    /// - Throws: `Failure`.
    package func next() async throws -> ByteBuffer? {
        if let ready = state.withLock({ $0.take() }) {
            let bytes = try ready.get()
            if let bytes, bytes.readableBytes >= ServerConnection.bodyWindow { onDemand() }
            return bytes
        }
        return try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<ByteBuffer?, any Error>) in
            let ready = state.withLock { state -> Result<ByteBuffer?, any Error>? in
                precondition(state.waiter == nil, "a request's body has one reader")
                let ready = state.take()
                if ready == nil { state.waiter = continuation }
                return ready
            }
            if let ready { continuation.resume(with: ready) } else { onDemand() }
        }
    }

    /// The bytes that nobody has taken, for a stream that takes the connection over.
    func takeBuffered() -> ByteBuffer? {
        state.withLock { state in
            defer { state.buffered = nil }
            return state.buffered
        }
    }

    /// - Returns: how many bytes wait to be taken.
    func append(_ buffer: ByteBuffer) -> Int {
        var buffer = buffer
        let (waiter, count) = state.withLock { state -> (CheckedContinuation<ByteBuffer?, any Error>?, Int) in
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter, 0)
            }
            if state.buffered == nil { state.buffered = buffer } else { state.buffered?.writeBuffer(&buffer) }
            return (nil, state.buffered?.readableBytes ?? 0)
        }
        waiter?.resume(returning: buffer)
        return count
    }

    func finish() {
        let waiter = state.withLock { state in
            state.isComplete = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    func fail(_ failure: Failure) {
        let waiter = state.withLock { state in
            if !state.isComplete, state.failure == nil { state.failure = failure }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(throwing: failure)
    }
}
