import Logging
import MesosAPI
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import SwiftProtobuf
import Synchronization
import Testing
import Transport

/// The master's side of the scheduler API, as far as a client can see it: answers what a test tells it to, and remembers all calls.
final class ModelMaster: Responder {
    enum Greeting: Sendable {
        case subscribe
        case refuse(HTTPResponseStatus, String)
        /// 307, with the location as Mesos writes it.
        case redirect(String)
    }

    private struct State {
        var greetings: [Greeting] = []
        var calls: [Mesos_V1_Scheduler_Call] = []
        var headers: [HTTPHeaders] = []
        var streams: [RecordStream] = []
        /// What the next calls are answered, but for SUBSCRIBE; then 202 again.
        var answers: [(HTTPResponseStatus, String)] = []
    }

    private let state = Mutex(State())

    /// - Parameter greetings: what the first subscriptions meet; later ones succeed.
    init(_ greetings: [Greeting] = []) { state.withLock { $0.greetings = greetings } }

    var calls: [Mesos_V1_Scheduler_Call] { state.withLock { $0.calls } }
    var headers: [HTTPHeaders] { state.withLock { $0.headers } }
    var subscriptions: [Mesos_V1_Scheduler_Call] { calls.filter { $0.type == .subscribe } }
    var stream: RecordStream? { state.withLock { $0.streams.last } }

    func answer(_ answers: [(HTTPResponseStatus, String)]) { state.withLock { $0.answers = answers } }

    func send(_ event: Mesos_V1_Scheduler_Event) throws {
        guard let stream else { throw NoSubscription() }
        #expect(stream.outbox.offer(record: try event.serializedBytes()))
    }

    struct NoSubscription: Error {}

    func respond(to call: Call) async throws -> Reply {
        let message = try Mesos_V1_Scheduler_Call(serializedBytes: try await call.body.collect())
        let (greeting, answer) = state.withLock { state -> (Greeting?, (HTTPResponseStatus, String)?) in
            state.calls.append(message)
            state.headers.append(call.headers)
            if message.type == .subscribe { return (state.greetings.isEmpty ? .subscribe : state.greetings.removeFirst(), nil) }
            return (nil, state.answers.isEmpty ? (.accepted, "") : state.answers.removeFirst())
        }
        if let answer { return .text(answer.0, answer.1) }
        switch greeting ?? .subscribe {
        case .refuse(let status, let text): return .text(status, text)
        case .redirect(let location): return Reply(status: .temporaryRedirect, headers: ["Location": location])
        case .subscribe: return try subscribe(message)
        }
    }

    private func subscribe(_ call: Mesos_V1_Scheduler_Call) throws -> Reply {
        let stream = RecordStream(outbox: Outbox(), onEnd: { _ in })
        let number = state.withLock { state in
            state.streams.append(stream)
            return state.streams.count
        }
        var event = Mesos_V1_Scheduler_Event()
        event.type = .subscribed
        event.subscribed.frameworkID.value = call.hasFrameworkID ? call.frameworkID.value : "framework-1"
        event.subscribed.heartbeatIntervalSeconds = 15
        stream.outbox.offer(record: try event.serializedBytes())
        return .records(stream, contentType: "application/x-protobuf", headers: ["Mesos-Stream-Id": "stream-\(number)"])
    }

    /// Runs `body` against listening masters, which shut down then.
    static func with(_ masters: [ModelMaster], _ body: @Sendable @escaping ([String]) async throws -> Void) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let listeners = masters.map { HTTPService(HTTPService.Options(), responder: $0, logger: logger) }
        let group = ServiceGroup(configuration: .init(services: listeners.map { .init(service: $0) }, logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var addresses: [String] = []
            for listener in listeners { addresses.append("127.0.0.1:\(try await listener.address().port)") }
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await body(addresses))
            } catch {
                outcome = .failure(error)
            }
            for master in masters { master.stream?.outbox.close(.now) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try outcome.get()
        }
    }
}
