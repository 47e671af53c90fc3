import MasterCore
import MesosAPI
import Synchronization
import Transport

/// What the event streams of operators are sent.
/// Specified by Mesos 1.11 include/mesos/v1/master/master.proto (`Event`).
final class ObserverStreams: Sendable {
    private struct State {
        var observers: [UInt64] = []
        var heartbeatInterval = 15.0
    }

    private let state = Mutex(State())
    private let streams: EventStreams

    init(streams: EventStreams) { self.streams = streams }

    /// - Parameter heartbeatInterval: in seconds.
    func begin(heartbeatInterval: Double) { state.withLock { $0.heartbeatInterval = heartbeatInterval } }

    /// Sends a stream its first events: the state as it is, and a heartbeat.
    func add(_ stream: UInt64, _ snapshot: Snapshot) {
        let interval = state.withLock { state in
            state.observers.append(stream)
            return state.heartbeatInterval
        }
        var writer = WireWriter()
        writer.varint(1, 1)
        writer.message(2) {
            $0.message(1) { snapshot.getState(&$0) }
            $0.double(2, interval)
        }
        send(writer.bytes, to: [stream])
        send(Self.heartbeat, to: [stream])
    }

    func observe(_ observation: Kernel.Observation) { send(Self.event(observation), to: state.withLock { $0.observers }) }

    func beat() { send(Self.heartbeat, to: state.withLock { $0.observers }) }

    private static let heartbeat: [UInt8] = {
        var writer = WireWriter()
        writer.varint(1, 9)
        return writer.bytes
    }()

    /// Encodes an event at most once in each form.
    private func send(_ event: [UInt8], to numbers: [UInt64]) {
        var json: [UInt8]?
        for number in numbers {
            let isThere = streams.send(number) { type in
                guard type == .json else { return event }
                if let json { return json }
                let text = (try? MesosJSON.encode(event, as: MessageTypes.operatorEvent)) ?? []
                json = text
                return text
            }
            if !isThere { state.withLock { $0.observers.removeAll { $0 == number } } }
        }
    }

    private static func event(_ observation: Kernel.Observation) -> [UInt8] {
        var writer = WireWriter()
        switch observation {
        case .taskAdded(let task):
            writer.varint(1, 2)
            writer.message(3) { $0.task(1, task) }
        case .taskUpdated(let frameworkID, let status, let state):
            writer.varint(1, 3)
            writer.message(4) {
                $0.id(1, frameworkID)
                $0.bytes(2, status)
                $0.varint(3, state.rawValue)
            }
        case .agentAdded(let agent):
            writer.varint(1, 4)
            writer.message(5) { $0.agent(1, agent) }
        case .agentRemoved(let agentID):
            writer.varint(1, 5)
            writer.message(6) { $0.id(1, agentID) }
        case .frameworkAdded(let framework):
            writer.varint(1, 6)
            writer.message(7) { $0.framework(1, framework) }
        case .frameworkUpdated(let framework):
            writer.varint(1, 7)
            writer.message(8) { $0.framework(1, framework) }
        case .frameworkRemoved(let info):
            writer.varint(1, 8)
            writer.message(9) { $0.bytes(1, info) }
        }
        return writer.bytes
    }
}
