import Foundation
import Logging
import Machine
import MasterCore
import MesosAPI
import Runtime
import Synchronization
import Transport

/// The master's end of one agent's connection: takes its records apart and hands them on, sends what the core orders, says that it lives.
///
/// The first record must be `subscribe`; later ones of another session are dropped. While the core's inbox is full, the connection isn't
/// read from.
final class AgentLink: Sendable {
    let number: UInt64
    let session = UUID().uuidString.lowercased()
    /// One ACCEPT may launch tasks for as many bytes as a call may have, and none may end the link.
    let outbox = Outbox(bytes: 2 * SchedulerEndpoint.bodyLimit)
    /// Bytes that may wait when another message is sent: messages may get lost, and must not keep orders from the agent.
    static let messageRoom = 8 << 20

    private struct State {
        var hasSubscribed = false
        var pulse = LinkPulse()
        /// What the core's inbox had no room for yet, in order.
        var backlog: [Kernel.Input] = []
        var isDraining = false
    }

    private let state = Mutex(State())
    /// The form of the records, in both directions. JSON is for people who look on, with curl.
    private let type: ContentType
    private let origin: Origin
    private let master: Master

    init(number: UInt64, type: ContentType, origin: Origin, master: Master) {
        self.number = number
        self.type = type
        self.origin = origin
        self.master = master
    }

    func send(_ order: AgentOrder) {
        let record = outgoing(OrderEncoder.record(order, session: session))
        if case .message(let frameworkID, let executorID, _) = order, outbox.depth.bytes + record.count > Self.messageRoom {
            return master.logger.warning(
                "a message is dropped: the agent doesn't read fast enough", metadata: ["framework": "\(frameworkID)", "executor": "\(executorID)"])
        }
        outbox.offer(record: record)
        // Afterwards, so that no heartbeat gets before the first order.
        state.withLock { $0.pulse.sent() }
    }

    /// Called once a second: says that the master lives, if nothing else did.
    func beat() {
        if state.withLock({ $0.pulse.beat() }) { outbox.offer(record: outgoing(OrderEncoder.heartbeat(session: session))) }
    }

    /// Called on the connection's event loop.
    func receive(_ records: [[UInt8]], resume: @escaping @Sendable () -> Void) -> Flow {
        var inputs: [Kernel.Input] = []
        for record in records {
            do throws(AgentRefusal) {
                if let input = try input(of: record) { inputs.append(input) }
            } catch {
                master.logger.warning("an agent's record is refused", metadata: ["peer": "\(origin.peer)", "reason": "\(error)"])
                send(.rejected(error))
                outbox.close(.afterDrain)
                break
            }
        }
        return hand(inputs, resume: resume) ? .more : .pause
    }

    /// The connection has ended.
    func end(isSilent: Bool) { _ = hand([.linkEnded(link: number, isSilent: isSilent)]) {} }

    /// Hands inputs to the core, in order, whether it has room for them or not.
    /// - Returns: false if some have to wait; `resume` is called when they have gone.
    private func hand(_ inputs: [Kernel.Input], resume: @escaping @Sendable () -> Void) -> Bool {
        let (isDone, mustDrain) = state.withLock { state in
            if state.isDraining {
                state.backlog += inputs
                return (false, false)
            }
            for index in inputs.indices where !master.loop.post(inputs[index]) {
                state.backlog = Array(inputs[index...])
                state.isDraining = true
                return (false, true)
            }
            return (true, false)
        }
        if mustDrain { Task { await self.drain(resume) } }
        return isDone
    }

    private func drain(_ resume: @Sendable () -> Void) async {
        while let batch = state.withLock({ state -> [Kernel.Input]? in
            defer { state.backlog = [] }
            if state.backlog.isEmpty { state.isDraining = false }
            return state.backlog.isEmpty ? nil : state.backlog
        }) {
            for input in batch { _ = await master.loop.postWhenRoom(input) }
        }
        resume()
    }

    private func outgoing(_ record: [UInt8]) -> [UInt8] {
        // What the encoder writes is a message, so its JSON can be written, too.
        type == .protobuf ? record : (try? MesosJSON.encode(record, as: MessageTypes.masterRecord)) ?? []
    }

    private func incoming(_ record: [UInt8]) throws(AgentRefusal) -> [UInt8] {
        guard type == .json else { return record }
        do throws(MesosJSONError) { return try MesosJSON.decode(record, as: MessageTypes.agentRecord) } catch { throw .unparsable }
    }

    private func input(of record: [UInt8]) throws(AgentRefusal) -> Kernel.Input? {
        let record = try incoming(record)
        let isFirst = state.withLock { state in
            defer { state.hasSubscribed = true }
            return !state.hasSubscribed
        }
        if isFirst { return .agentSubscribed(link: number, try AgentSubscription(bytes: record), origin) }
        let (session, report) = try AgentReport.parse(record)
        guard session == self.session, let report else { return nil }
        return .agentReported(link: number, report)
    }
}

/// The connections of agents that are open, by number.
final class AgentLinks: Sendable {
    private struct State {
        var next: UInt64 = 1
        var links: [UInt64: AgentLink] = [:]
    }

    private let state = Mutex(State())

    func open(_ make: (UInt64) -> AgentLink) -> AgentLink {
        state.withLock { state in
            let link = make(state.next)
            state.links[state.next] = link
            state.next += 1
            return link
        }
    }

    func drop(_ number: UInt64) { state.withLock { $0.links[number] = nil } }

    func send(_ number: UInt64, _ order: AgentOrder) { state.withLock { $0.links[number] }?.send(order) }

    /// Ends a connection after what has been sent.
    func cut(_ number: UInt64) { state.withLock { $0.links[number] }?.outbox.close(.afterDrain) }

    /// Beats those links whose turn it is: each has one of `slots`, so that not all agents are written to at once.
    func beat(slot: Int, of slots: Int) {
        let due = state.withLock { state in state.links.values.filter { Int($0.number % UInt64(slots)) == slot } }
        for link in due { link.beat() }
    }

    var count: Int { state.withLock { $0.links.count } }
}
