public import Logging
public import MesosAPI
public import NIOCore
import NIOHTTP1
public import NIOPosix
import SwiftProtobuf
import Synchronization
import Transport

/// A framework's connection to the master that leads: subscribes, delivers events in order, sends calls in order, and subscribes anew
/// whenever the connection is lost.
///
/// It decides nothing about tasks. What is sent while there is no subscription is dropped, since only a new subscription can tell what
/// has become of the tasks: start with `reconcile` then. Specified by Mesos 1.11 docs/scheduler-http-api.md.
///
///     let client = SchedulerClient(SchedulerSettings(masters: ["10.0.0.1:5050"], framework: info), logger: logger)
///     try await client.run { event in
///         switch event { case .offers(let offers): …; client.accept(offers, launching: tasks) … }
///     }
public final class SchedulerClient: Sendable {
    private struct State {
        var framework: Mesos_V1_FrameworkInfo
        var suppressedRoles: [String]
        var subscription: Subscription?
        var isSubscribed = false
    }

    private let settings: SchedulerSettings
    private let logger: Logger
    private let group: any EventLoopGroup
    private let state: Mutex<State>

    public init(
        _ settings: SchedulerSettings, logger: Logger, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.settings = settings
        self.logger = logger
        self.group = group
        state = Mutex(State(framework: settings.framework, suppressedRoles: settings.suppressedRoles))
    }

    /// The id that the master knows the framework by; nil before the first subscription of a new one.
    public var frameworkID: Mesos_V1_FrameworkID? {
        state.withLock { $0.framework.hasID ? $0.framework.id : nil }
    }

    /// What the framework says of itself from the next subscription on. For the present one, send `updateFramework`.
    public func setFramework(_ framework: Mesos_V1_FrameworkInfo, suppressedRoles: [String]) {
        state.withLock { state in
            let id = state.framework.id
            state.framework = framework
            if !framework.hasID, !id.value.isEmpty { state.framework.id = id }
            state.suppressedRoles = suppressedRoles
        }
    }

    /// The next subscription is that of a new framework.
    public func forgetFrameworkID() { state.withLock { $0.framework.clearID() } }

    /// Sends a call, with the framework's id filled in. Never waits; calls reach the master in the order in which they are sent.
    /// - Returns: false if the call was dropped since there is no subscription.
    @discardableResult
    public func send(_ call: Mesos_V1_Scheduler_Call) -> Bool {
        let (subscription, id) = state.withLock { ($0.isSubscribed ? $0.subscription : nil, $0.framework.id) }
        guard let subscription else { return false }
        var call = call
        call.frameworkID = id
        do {
            return subscription.send(.init(type: call.type, body: try call.serializedBytes()))
        } catch {
            logger.error("a call is incomplete and was not sent", metadata: ["type": "\(call.type)", "error": "\(error)"])
            return false
        }
    }

    /// Ends the present subscription and makes another one.
    public func resubscribe(reason: String) { state.withLock { $0.subscription }?.fail(reason) }

    /// Subscribes and delivers events until the task is cancelled. While `handle` runs, further events wait, and so does the master.
    /// - Throws: `SchedulerError` when subscribing anew would be of no use.
    public func run(_ handle: @escaping @Sendable (SchedulerEvent) async -> Void) async throws {
        var masters = try Rotation(settings.masters.map(Self.endpoint))
        var pause = settings.shortestPause
        while !Task.isCancelled {
            let outcome = try await subscribe(with: masters.current, handle)
            switch outcome {
            case .led(let reason):
                pause = settings.shortestPause
                logger.notice("the subscription ended", metadata: ["master": "\(masters.current.host)", "reason": "\(reason)"])
                await handle(.disconnected(reason: reason))
            case .elsewhere(let leader):
                if masters.follow(leader) { continue }
            case .failed(let reason):
                logger.info("no subscription", metadata: ["master": "\(masters.current.host)", "reason": "\(reason)"])
            }
            masters.next()
            guard !Task.isCancelled else { break }
            try? await Task.sleep(for: Bool.random() ? pause : pause * 3 / 2)
            pause = min(pause * 2, settings.longestPause)
        }
    }

    private static func endpoint(_ master: String) throws(SchedulerError) -> Endpoint {
        guard var endpoint = Endpoint(master.contains("://") ? master : "http://\(master)") else { throw .noMaster(master) }
        if endpoint.target == "/" { endpoint.target = "/api/v1/scheduler" }
        return endpoint
    }

    // MARK: One subscription

    private enum Outcome {
        /// It was one; this is how it ended.
        case led(String)
        /// Another master leads.
        case elsewhere(Endpoint)
        case failed(String)
    }

    private func subscribe(
        with endpoint: Endpoint, _ handle: @escaping @Sendable (SchedulerEvent) async -> Void
    ) async throws -> Outcome {
        let subscription = Subscription(endpoint: endpoint, settings: settings, group: group)
        let call = state.withLock { state in
            state.subscription = subscription
            state.isSubscribed = false
            var call = Mesos_V1_Scheduler_Call()
            call.type = .subscribe
            if state.framework.hasID { call.frameworkID = state.framework.id }
            call.subscribe.frameworkInfo = state.framework
            call.subscribe.suppressedRoles = state.suppressedRoles
            return call
        }
        defer {
            subscription.close()
            state.withLock { state in
                state.subscription = nil
                state.isSubscribed = false
            }
        }
        return try await withTaskCancellationHandler {
            try subscription.open(call, heartbeat: settings.heartbeatInterval)
            return try await follow(subscription, handle)
        } onCancel: {
            subscription.close()
        }
    }

    private func follow(
        _ subscription: Subscription, _ handle: @escaping @Sendable (SchedulerEvent) async -> Void
    ) async throws -> Outcome {
        while true {
            for item in await subscription.next() {
                switch item {
                case .opened: break
                case .records(let records):
                    for record in records { try await deliver(record, of: subscription, handle) }
                case .refused(let type, let answer):
                    try await refused(type, answer, subscription, handle)
                case .ended(let end):
                    return ended(end, subscription)
                }
            }
        }
    }

    private func deliver(
        _ record: [UInt8], of subscription: Subscription, _ handle: @escaping @Sendable (SchedulerEvent) async -> Void
    ) async throws {
        let event: Mesos_V1_Scheduler_Event
        do {
            event = try Mesos_V1_Scheduler_Event(serializedBytes: record)
        } catch {
            return subscription.fail("the master sent an event that can't be read: \(error)")
        }
        if event.type == .error {
            // Specified by Mesos 1.11 src/master/master.cpp: there is no other sign of it.
            throw event.error.message == "Framework has been removed" ? SchedulerError.removed : .refused(event.error.message)
        }
        guard let event = SchedulerEvent(event) else { return }
        if case .subscribed(let id, _) = event {
            state.withLock { state in
                state.framework.id = id
                state.isSubscribed = true
            }
        }
        await handle(event)
    }

    private func refused(
        _ type: Mesos_V1_Scheduler_Call.TypeEnum, _ answer: Answer, _ subscription: Subscription,
        _ handle: @escaping @Sendable (SchedulerEvent) async -> Void
    ) async throws {
        // These say that the master doesn't know this subscription (any more); others blame the call itself.
        let texts = ["Framework is not subscribed", "Framework cannot be found", "The stream ID"]
        if [307, 502, 503, 504].contains(answer.status.code) || texts.contains(where: answer.text.hasPrefix) {
            return subscription.fail("a call was answered with \(answer.status.code) \(answer.text)")
        }
        logger.error("the master refused a call", metadata: ["type": "\(type)", "status": "\(answer.status.code)", "reason": "\(answer.text)"])
        await handle(.callRefused(type, status: Int(answer.status.code), message: answer.text))
    }

    private func ended(_ end: StreamEnd, _ subscription: Subscription) -> Outcome {
        let wasSubscribed = state.withLock { $0.isSubscribed }
        if case .refused(let answer) = end {
            if answer.status == .temporaryRedirect, let leader = leader(answer, subscription.endpoint) { return .elsewhere(leader) }
            return .failed("\(answer.status.code) \(answer.text)")
        }
        let reason = subscription.failure ?? Self.describe(end)
        return wasSubscribed ? .led(reason) : .failed(reason)
    }

    /// Mesos gives a location without a scheme: `//host:5050/api/v1/scheduler`.
    private func leader(_ answer: Answer, _ asked: Endpoint) -> Endpoint? {
        guard let location = answer.headers.first(name: "Location") else { return nil }
        return Endpoint(location.hasPrefix("//") ? "\(asked.isSecure ? "https" : "http"):\(location)" : location)
    }

    private static func describe(_ end: StreamEnd) -> String {
        switch end {
        case .goodbye: "the master closed the connection"
        case .reset(let reason): "the connection was reset: \(reason)"
        case .silent: "the master is silent"
        case .overflow, .stalled: "the master does not read"
        case .malformed(let reason): "the master broke the protocol: \(reason)"
        case .closed: "closed"
        case .unreachable(let reason): reason
        case .refused(let answer): "\(answer.status.code) \(answer.text)"
        }
    }
}

/// Which master to try: those of the settings in turn, and the leader that one of them names.
private struct Rotation {
    private let all: [Endpoint]
    private var index = 0
    private var leader: Endpoint?
    private var hops = 0

    /// - Throws: `SchedulerError.noMaster` if there are none.
    init(_ all: [Endpoint]) throws {
        guard !all.isEmpty else { throw SchedulerError.noMaster("") }
        self.all = all
    }

    var current: Endpoint { leader ?? all[index] }

    /// - Returns: false if masters have been pointing at one another for too long: wait then.
    mutating func follow(_ leader: Endpoint) -> Bool {
        hops += 1
        guard hops <= 5 else { return false }
        self.leader = leader
        return true
    }

    mutating func next() {
        hops = 0
        if leader != nil { leader = nil } else { index = (index + 1) % all.count }
    }
}
