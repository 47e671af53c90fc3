import AgentCore
import AgoraAPI
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import SwiftProtobuf
import Synchronization
import Transport

/// The agent's connection to a master: dials when the core says so, and turns records into inputs. Which master, when and how often is
/// the core's business; that the line is alive is looked after here.
final class MasterLink: Sendable {
    private struct Line: Sendable {
        let number: UInt64
        let outbox: Outbox
        let connection: RecordConnection
        /// The subscription has been sent: nothing may come before it.
        var hasBegun = false
    }

    private struct State {
        var line: Line?
        var hasSpoken = false
        var nextMaster = 0
        /// Where a master that doesn't lead has sent us.
        var leader: String?
        var heartbeat: RepeatedTask?
    }

    /// The stream that a callback of that same stream needs.
    private final class Slot: Sendable {
        let stream = Mutex<RecordStream?>(nil)
    }

    private let masters: [String]
    private let silence: Duration
    private let logger: Logger
    private let post: @Sendable (Agent.Input) -> Void
    private let hasRoom: @Sendable (@escaping @Sendable () -> Void) -> Bool
    private let state = Mutex(State())
    private let group: any EventLoopGroup

    /// - Parameters:
    ///   - silence: without a byte for so long, the line counts as dead.
    ///   - hasRoom: whether the core can take more; the callback comes once it can.
    init(
        masters: [String], silence: Duration, logger: Logger, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        post: @escaping @Sendable (Agent.Input) -> Void, hasRoom: @escaping @Sendable (@escaping @Sendable () -> Void) -> Bool
    ) {
        self.masters = masters
        self.silence = silence
        self.logger = logger
        self.post = post
        self.hasRoom = hasRoom
        self.group = group
    }

    /// Begins to say once a second that the agent is there.
    func start() {
        let heartbeat = group.next().scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [self] _ in beat() }
        state.withLock { $0.heartbeat = heartbeat }
    }

    func connect(_ number: UInt64) {
        let outbox = Outbox()
        var limits = RecordStream.Limits()
        limits.silence = silence
        let slot = Slot()
        let stream = RecordStream(outbox: outbox, limits: limits) { [self] records in
            for record in records { receive(record, number) }
            return hasRoom { slot.stream.withLock { $0 }?.resume() } ? .more : .pause
        } onEnd: { [self] end in
            slot.stream.withLock { $0 = nil }
            state.withLock { state in
                if state.line?.number == number { state.line = nil }
                state.leader = Self.leader(end)
            }
            post(.linkClosed(number, reason: Self.text(end)))
        }
        slot.stream.withLock { $0 = stream }
        let master = state.withLock { state in
            if let leader = state.leader { return leader }
            defer { state.nextMaster += 1 }
            return masters.isEmpty ? "" : masters[state.nextMaster % masters.count]
        }
        let headers: HTTPHeaders = ["Content-Type": ContentType.protobuf.name, "Accept": ContentType.protobuf.name]
        var request = RecordConnection.Request(url: "http://\(master)/agora/v1/agent", headers: headers, body: .outbox)
        // What was lost on the way is asked for again after one second, and then ever later: another attempt finds a mended line sooner.
        request.connectTimeout = .seconds(2)
        logger.debug("dialling a master", metadata: ["master": "\(master)"])
        let connection = RecordConnection.open(request, stream: stream) { [post] _ in post(.linkOpened(number)) }
        let old = state.withLock { state in
            defer { state.line = Line(number: number, outbox: outbox, connection: connection) }
            return state.line
        }
        old?.connection.close()
    }

    func send(_ number: UInt64, _ record: Agora_V1_AgentRecord) {
        guard let bytes: [UInt8] = try? record.serializedBytes() else {
            return logger.error("a record can't be encoded", metadata: ["link": "\(number)"])
        }
        let outbox = state.withLock { state -> Outbox? in
            guard let line = state.line, line.number == number else { return nil }
            state.hasSpoken = true
            state.line?.hasBegun = true
            return line.outbox
        }
        outbox?.offer(record: bytes)
    }

    func disconnect(_ number: UInt64, _ reason: String) {
        let line = state.withLock { state -> Line? in
            guard let line = state.line, line.number == number else { return nil }
            state.line = nil
            return line
        }
        guard let line else { return }
        logger.debug("closing the connection to the master", metadata: ["reason": "\(reason)"])
        line.connection.close()
    }

    /// Ends the line after what is queued (a goodbye) has left, or a second has passed.
    func close() async {
        state.withLock { $0.heartbeat }?.cancel()
        guard let line = state.withLock({ $0.line }) else { return }
        line.outbox.close(.afterDrain)
        for _ in 0..<20 where state.withLock({ $0.line?.number == line.number }) { try? await Task.sleep(for: .milliseconds(50)) }
        line.connection.close()
    }

    private func receive(_ bytes: [UInt8], _ number: UInt64) {
        guard let record = try? Agora_V1_MasterRecord(serializedBytes: bytes) else {
            logger.warning("the master sent what can't be read", metadata: ["bytes": "\(bytes.count)"])
            return disconnect(number, "a record can't be read")
        }
        if case .heartbeat = record.record { return }
        post(.master(number, record))
    }

    /// Once a second, if nothing else was said.
    private func beat() {
        let outbox = state.withLock { state -> Outbox? in
            defer { state.hasSpoken = false }
            guard let line = state.line, line.hasBegun, !state.hasSpoken else { return nil }
            return line.outbox
        }
        outbox?.offer(record: Self.heartbeatRecord)
    }

    private static let heartbeatRecord: [UInt8] = {
        var record = Agora_V1_AgentRecord()
        record.heartbeat = .init()
        return (try? record.serializedBytes()) ?? []
    }()

    /// `//host:port/…` of a redirection.
    private static func leader(_ end: StreamEnd) -> String? {
        guard case .refused(let answer) = end, answer.status == .temporaryRedirect, let location = answer.headers.first(name: "Location"),
            let endpoint = Endpoint(location.hasPrefix("//") ? "http:" + location : location), !endpoint.isSecure
        else { return nil }
        return endpoint.host.contains(":") ? "[\(endpoint.host)]:\(endpoint.port)" : "\(endpoint.host):\(endpoint.port)"
    }

    private static func text(_ end: StreamEnd) -> String {
        switch end {
        case .goodbye: "the master closed the connection"
        case .reset(let text): "the connection was reset: \(text)"
        case .silent: "the master was silent for too long"
        case .overflow, .stalled: "the master does not read"
        case .malformed(let text): "the master sent what makes no sense: \(text)"
        case .closed: "closed by this side"
        case .unreachable(let text): text
        case .refused(let answer): "the master answered \(answer.status.code): \(answer.text.prefix(200))"
        }
    }
}
