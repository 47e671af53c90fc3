import Machine

/// What a run does for one of its indices: it waits, is active while its task may be somewhere, waits for another attempt if that failed, and ends
/// well or badly. If the run ends before it did, it stays as it was.
package struct Part: Hashable, Sendable {
    package enum Phase: Hashable, Sendable {
        /// Until `until`, if that is given, it isn't launched.
        case waiting(until: Int64?)
        /// Its newest task is not over.
        case active
        case ended(Run.Outcome)
    }

    /// Changed by `Run.move` alone.
    package internal(set) var phase = Phase.waiting(until: nil)
    /// In the order of their launches; of many, the first and the newest ones.
    package internal(set) var tasks: [RunTask] = []
    /// What there is to say about what it waits for.
    package internal(set) var message = ""

    // What follows isn't stored.

    /// When a kill is to be sent again, when the launch must have been confirmed, when an unreachable task is given up, on the monotonic clock.
    var killAgainAt: Int64?
    var launchDeadline: Int64?
    var unreachableDeadline: Int64?

    var isActive: Bool { phase == .active }
    var isWaiting: Bool { if case .waiting = phase { true } else { false } }
    package var until: Int64? { if case .waiting(let until) = phase { until } else { nil } }
    package var startedAt: Int64? { tasks.first { $0.startedAt != nil }?.startedAt }
    /// Attempts that have been made.
    package var attempts: Int { (tasks.last?.attempt ?? -1) + 1 }

    /// - Parameter limit: so many tasks are remembered.
    mutating func add(_ task: RunTask, limit: Int) {
        tasks.append(task)
        // The first one says when it all began.
        if tasks.count > limit { tasks.remove(at: 1) }
    }

    /// About how much of the store it takes, in bytes.
    var size: Int { tasks.reduce(20 + message.utf8.count) { $0 + $1.message.utf8.count + $1.id.utf8.count + 200 } }
}

/// A task of a run, from its launch to its end.
package struct RunTask: Hashable, Sendable {
    package let id: String
    /// From 0.
    package let index: Int
    /// From 0.
    package let attempt: Int
    package let agentID: String
    package let host: String
    package let launchedAt: Int64
    /// The last state that was heard of, as on the wire; empty: none yet.
    package internal(set) var state = ""
    package internal(set) var startedAt: Int64?
    package internal(set) var endedAt: Int64?
    /// Of its process, if it had one.
    package internal(set) var exitStatus: Int64?
    package internal(set) var message = ""
    /// The name of the container, which its sandbox has, too.
    package internal(set) var container = ""
    package internal(set) var processedElements: Int64 = 0
    /// What it has of its agent, in thousandths.
    var demand: Demand

    var isOver: Bool { endedAt != nil }
}

/// Where a part stands.
struct Place: Hashable, Sendable {
    var run: Handle<Run>
    var index: Int
}

extension Batch {
    /// A part of a run that must be there.
    subscript(place: Place) -> Part {
        _read { yield runs[place.run].parts[place.index] }
        _modify { yield &runs[place.run].parts[place.index] }
    }

    /// Whether there still is such a run, and a task of this part of it may be somewhere.
    func isActive(_ place: Place) -> Bool { runs.contains(place.run) && self[place].isActive }
}
