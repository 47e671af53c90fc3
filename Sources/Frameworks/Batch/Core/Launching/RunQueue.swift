import Machine

/// Runs that could be launched at once, were there room: those of jobs with high priority first, then the longest-waiting.
package struct RunQueue: Sendable {
    /// A run, with the number of what it takes to launch it.
    struct Entry: Hashable, Sendable {
        let run: Handle<Run>
        let shape: Int
        /// Which time of its being queued this is: only the last one counts.
        let ticket: UInt64
    }

    private(set) var high: [Entry] = []
    private(set) var normal: [Entry] = []
    /// By their numbers: all in here, and perhaps some that were.
    private var shapes: [Shape] = []
    /// Never iterated.
    private var numbers: [Shape: Int] = [:]
    private var lastTicket: UInt64 = 0
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

    /// - Returns: the run's ticket.
    mutating func append(_ run: Handle<Run>, _ shape: Shape, isHigh: Bool) -> UInt64 {
        lastTicket += 1
        let entry = Entry(run: run, shape: intern(shape), ticket: lastTicket)
        if isHigh { high.append(entry) } else { normal.append(entry) }
        count += 1
        return lastTicket
    }

    private mutating func intern(_ shape: Shape) -> Int {
        if let number = numbers[shape] { return number }
        numbers[shape] = shapes.count
        shapes.append(shape)
        return shapes.count - 1
    }

    private mutating func renumbered(_ entry: Entry, _ old: [Shape]) -> Entry {
        Entry(run: entry.run, shape: intern(old[entry.shape]), ticket: entry.ticket)
    }

    /// How many kinds of runs there are, as `Entry.shape` counts them.
    var shapeCount: Int { shapes.count }

    /// A run that is in here waits no longer; it is left out of the list by the next `compact`.
    mutating func leave(_ run: Handle<Run>) { count -= 1 }

    /// All that may still wait, in order.
    var all: [Entry] { high + normal }

    /// Leaves out what waits no longer, once that is a good part of all: one launch of many is no reason to go through all that wait.
    mutating func compact(_ isWaiting: (Entry) -> Bool) {
        let excess = high.count + normal.count - count
        guard excess > 64 + count / 4 || count == 0 else { return }
        high.removeAll { !isWaiting($0) }
        normal.removeAll { !isWaiting($0) }
        if shapes.count > high.count + normal.count { renumber() }
    }

    /// Forgets shapes that nothing in here has.
    private mutating func renumber() {
        let old = shapes
        (shapes, numbers) = ([], [:])
        for index in high.indices { high[index] = renumbered(high[index], old) }
        for index in normal.indices { normal[index] = renumbered(normal[index], old) }
    }
}
