import Logging
import MesosAPI
import NIOCore
import NIOHTTP1
import NIOPosix
import SwiftProtobuf
import Synchronization
import Transport

/// One attempt to subscribe with one master, and what comes of it: the stream of events and the connection for calls.
final class Subscription: Sendable {
    enum Item: Sendable {
        case opened
        case records([[UInt8]])
        case refused(Mesos_V1_Scheduler_Call.TypeEnum, Answer)
        case ended(StreamEnd)
    }

    /// Records' batches that may wait for the framework before the master is not read from any more.
    private static let backlog = 64

    private struct State {
        var record: RecordConnection?
        var calls: CallConnection?
        var stream: RecordStream?
        var failure: String?
        var isClosed = false
    }

    let endpoint: Endpoint
    private let settings: SchedulerSettings
    private let group: any EventLoopGroup
    private let mailbox = Mailbox<Item>(limit: backlog)
    private let state = Mutex(State())

    init(endpoint: Endpoint, settings: SchedulerSettings, group: any EventLoopGroup) {
        self.endpoint = endpoint
        self.settings = settings
        self.group = group
    }

    private var authority: String {
        let host = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
        return "\(host):\(endpoint.port)"
    }

    private var url: String { "\(endpoint.isSecure ? "https" : "http")://\(authority)\(endpoint.target)" }

    private var headers: HTTPHeaders {
        var headers: HTTPHeaders = ["Content-Type": "application/x-protobuf", "Accept": "application/x-protobuf"]
        if let credential = settings.credential {
            headers.add(name: "Authorization", value: BasicCredential.header(credential))
        }
        return headers
    }

    func open(_ call: Mesos_V1_Scheduler_Call, heartbeat: Double) throws {
        let body: [UInt8] = try call.serializedBytes()
        var limits = RecordStream.Limits()
        limits.silence = .seconds(heartbeat * Double(max(1, settings.missedHeartbeats)))
        let stream = RecordStream(
            outbox: Outbox(), limits: limits,
            onRecords: { [self] records in
                mailbox.put(.records(records)) ? .pause : .more
            },
            onEnd: { [self] end in mailbox.put(.ended(end)) })
        let connection = RecordConnection.open(
            .init(url: url, headers: headers, body: .bytes(body)), stream: stream, group: group,
            onOpen: { [self] headers in opened(headers) })
        let isClosed = state.withLock { state in
            state.record = connection
            state.stream = stream
            return state.isClosed
        }
        if isClosed { connection.close() }
    }

    private func opened(_ answer: HTTPHeaders) {
        var headers = headers
        headers.replaceOrAdd(name: "Host", value: authority)
        if let stream = answer.first(name: "Mesos-Stream-Id") { headers.add(name: "Mesos-Stream-Id", value: stream) }
        let calls = CallConnection(
            endpoint: endpoint, headers: headers, timeout: settings.answerTimeout, group: group,
            onAnswer: { [self] type, answer in mailbox.put(.refused(type, answer)) },
            onFailure: { [self] reason in fail(reason) })
        state.withLock { $0.calls = calls }
        mailbox.put(.opened)
    }

    /// What has happened, in order; the last item is `.ended`. For one reader.
    func next() async -> [Item] {
        // Before it waits: nothing would come any more.
        if mailbox.endPause() { state.withLock { $0.stream }?.resume() }
        return await mailbox.take()
    }

    func send(_ call: CallConnection.Outgoing) -> Bool {
        guard let calls = state.withLock({ $0.calls }) else { return false }
        if calls.send(call) { return true }
        fail("too many calls wait for the master")
        return false
    }

    /// Why this side ended it, if it did.
    var failure: String? { state.withLock { $0.failure } }

    /// Ends the subscription; `.ended` follows.
    func fail(_ reason: String) {
        state.withLock { if $0.failure == nil { $0.failure = reason } }
        close()
    }

    func close() {
        let (record, calls) = state.withLock { state in
            state.isClosed = true
            return (state.record, state.calls)
        }
        calls?.close()
        record?.close()
    }
}
