internal import Machine
package import MesosAPI

/// One status update: its TaskStatus on the wire, and what we must know of it.
package struct Update: Sendable, Hashable {
    /// 16 bytes; what the framework acknowledges.
    package let uuid: [UInt8]
    package let state: Mesos_V1_TaskState
    /// TaskStatus, encoded once.
    package let status: [UInt8]

    package init(uuid: [UInt8], state: Mesos_V1_TaskState, status: [UInt8]) {
        self.uuid = uuid
        self.state = state
        self.status = status
    }
}

/// The status updates of one task on their way to its framework: in order, one in flight, resent until acknowledged.
///
/// Specified by Mesos 1.11 docs/scheduler-http-api.md ("ACKNOWLEDGE") and docs/high-availability-framework-guide.md: the next update
/// goes out after the acknowledgement of the one before; resent after 10 s, then after twice that, up to 10 min; at rest without a master.
package struct UpdateStream: Sendable, Hashable {
    package enum Refusal: Hashable, Sendable { case unexpectedAcknowledgement, updateAfterTerminal }

    package enum Effect: Hashable, Sendable {
        /// What the stream holds has changed and must be stored before anything else happens.
        case changed
        case forward(Update)
        case retry(at: Int64)
        /// The terminal update is acknowledged: the task may be forgotten.
        case ended
        case refuse(Refusal)
    }

    package static let firstDelay = 10 * Int64.second
    package static let longestDelay = 600 * Int64.second
    /// Updates that may wait; past it the last one gives way to its successor (repeated reports of health, if a framework doesn't answer).
    package static let limit = 64

    /// The first one is in flight.
    package internal(set) var queue: [Update] = []
    /// The newest update, acknowledged or not.
    package internal(set) var latest: Update?
    /// The state of the update that was acknowledged last.
    package internal(set) var acknowledged: Mesos_V1_TaskState?
    /// When the update in flight is sent again; nil: nothing in flight, or no link.
    package private(set) var retryAt: Int64?
    private var delay: Int64 = 0

    package init() {}

    package var hasEnded: Bool { latest?.state.isTerminal ?? false }

    mutating func add(_ update: Update, isLinked: Bool, at now: Int64) -> [Effect] {
        if hasEnded { return [.refuse(.updateAfterTerminal)] }
        if queue.count >= Self.limit { queue.removeLast() }
        queue.append(update)
        latest = update
        return [.changed] + (queue.count == 1 ? send(isLinked, now) : [])
    }

    mutating func acknowledge(_ uuid: [UInt8], isLinked: Bool, at now: Int64) -> [Effect] {
        guard let first = queue.first, first.uuid == uuid else { return [.refuse(.unexpectedAcknowledgement)] }
        queue.removeFirst()
        acknowledged = first.state
        if first.state.isTerminal {
            retryAt = nil
            return [.ended]
        }
        return [.changed] + send(isLinked, now)
    }

    /// The link came, or went.
    mutating func link(_ isLinked: Bool, at now: Int64) -> [Effect] { send(isLinked, now) }

    /// An early or doubled call is harmless.
    mutating func retry(isLinked: Bool, at now: Int64) -> [Effect] {
        guard let retryAt, now >= retryAt else { return [] }
        return send(isLinked, now, after: min(delay * 2, Self.longestDelay))
    }

    private mutating func send(_ isLinked: Bool, _ now: Int64, after: Int64 = Self.firstDelay) -> [Effect] {
        retryAt = nil
        guard isLinked, let first = queue.first else { return [] }
        delay = after
        let time = now.saturatingAdd(after)
        retryAt = time
        return [.forward(first), .retry(at: time)]
    }
}

extension Mesos_V1_TaskState {
    /// No other state follows, and the task's resources are free.
    var isTerminal: Bool {
        switch self {
        case .taskFinished, .taskFailed, .taskKilled, .taskError, .taskLost, .taskDropped, .taskGone, .taskGoneByOperator: true
        default: false
        }
    }
}
