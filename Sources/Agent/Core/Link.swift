/// The agent's one connection to a master.
///
/// down (until the time to dial) → opening (the shell dials) → subscribing → up → down. `idle` until the launcher is there, and for good
/// once the agent has said goodbye.
package struct Link: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case idle
        case down(dialAt: Int64)
        case opening(UInt64)
        case subscribing(UInt64, until: Int64)
        case up(UInt64, session: String)
    }

    package internal(set) var state = State.idle
    /// Of the latest connection; results of older ones are dropped.
    package internal(set) var number: UInt64 = 0
    /// Attempts that have failed since a subscription last succeeded.
    package internal(set) var failures: UInt32 = 0
    /// Why the last connection ended.
    package internal(set) var lastFailure = ""
    /// Of the cluster whose master was last subscribed with.
    package internal(set) var clusterID = ""

    package var isUp: Bool { if case .up = state { true } else { false } }

    var timerAt: Int64? {
        switch state {
        case .down(let time): time
        case .subscribing(_, let time): time
        case .idle, .opening, .up: nil
        }
    }
}
