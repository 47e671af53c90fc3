import Machine

/// Runs that could be launched at once, were there room: those of jobs with high priority first, then the longest-waiting.
package struct RunQueue: Sendable {
    private(set) var high: [Handle<Run>] = []
    private(set) var normal: [Handle<Run>] = []
    /// An agent that is kept free for a run.
    var reservation: Reservation?
    /// How many runs are in here that are still waiting.
    package private(set) var count = 0

    /// The agent on which nothing else is started until this run fits.
    struct Reservation: Hashable, Sendable {
        var run: Handle<Run>
        var agent: String
        /// When the agent last made an offer, on the monotonic clock.
        var heardAt: Int64
    }

    mutating func append(_ run: Handle<Run>, isHigh: Bool) {
        if isHigh { high.append(run) } else { normal.append(run) }
        count += 1
    }

    /// A run that is in here waits no longer; it is left out of the list by the next `compact`.
    mutating func leave(_ run: Handle<Run>) { count -= 1 }

    /// All that may still wait, in order.
    var all: [Handle<Run>] { high + normal }

    mutating func compact(_ isWaiting: (Handle<Run>) -> Bool) {
        guard high.count + normal.count > count else { return }
        high.removeAll { !isWaiting($0) }
        normal.removeAll { !isWaiting($0) }
    }
}
