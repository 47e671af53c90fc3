import MesosAPI
import NIOCore
import NIOHTTP1
import Synchronization
import Transport

/// Sends a subscription's calls over one connection, in order, without waiting for the answer of one before it sends the next.
///
/// A call that gets no answer may or may not have had its effect, and only a new subscription can tell. So any such failure is reported
/// once, as `onFailure`, and all further calls are dropped. A connection on which nothing is awaited may close; the next call opens another.
final class CallConnection: Sendable {
    struct Outgoing: Sendable {
        let type: Mesos_V1_Scheduler_Call.TypeEnum
        let body: [UInt8]
        /// What it counts against the limit: the least thing costs something to remember.
        var cost: Int { body.count + 256 }
    }

    private struct State {
        var waiting: [Outgoing] = []
        var isDraining = false
        var isClosed = false
    }

    /// While the calls that wait for the connection or for their answers have fewer bytes, another one is taken.
    private static let limit = 32 << 20

    /// What all calls cost that have no answer yet.
    private final class Unanswered: Sendable {
        let cost = Atomic(0)
    }

    private let state = Mutex(State())
    private let unanswered = Unanswered()
    private let eventLoop: any EventLoop
    private let sender: NIOLoopBoundBox<CallSender>

    /// - Parameters:
    ///   - onAnswer: given each answer that is not a success.
    ///   - onFailure: called at most once, with the reason.
    init(
        endpoint: Endpoint, headers: HTTPHeaders, timeout: Duration, group: any EventLoopGroup,
        onAnswer: @escaping @Sendable (Mesos_V1_Scheduler_Call.TypeEnum, Answer) -> Void,
        onFailure: @escaping @Sendable (String) -> Void
    ) {
        eventLoop = group.next()
        let unanswered = unanswered
        let settings = CallSender.Settings(
            endpoint: endpoint, headers: headers, timeout: TimeAmount(timeout), onAnswered: { unanswered.cost.subtract($0, ordering: .relaxed) },
            onAnswer: onAnswer, onFailure: onFailure)
        sender = .makeBoxSendingValue(CallSender(settings, eventLoop: eventLoop), eventLoop: eventLoop)
    }

    /// Never waits.
    /// - Returns: false if too much waits already, or the connection has been closed.
    func send(_ call: Outgoing) -> Bool {
        let (isAccepted, mustDrain) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed, unanswered.cost.load(ordering: .relaxed) < Self.limit else { return (false, false) }
            state.waiting.append(call)
            unanswered.cost.add(call.cost, ordering: .relaxed)
            defer { state.isDraining = true }
            return (true, !state.isDraining)
        }
        if mustDrain { eventLoop.execute { self.drain() } }
        return isAccepted
    }

    private func drain() {
        let calls = state.withLock { state in
            defer {
                state.waiting = []
                state.isDraining = false
            }
            return state.waiting
        }
        sender.value.send(calls)
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            state.waiting = []
        }
        eventLoop.execute { [sender] in sender.value.close() }
    }
}
