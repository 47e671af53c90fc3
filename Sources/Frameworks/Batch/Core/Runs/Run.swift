import Machine

/// One run of a job: for one due time, one request, or the end of the parents. It has as many tasks as attempts were made.
///
/// It waits (for its turn, an offer, the next attempt), is active while a task of its may be somewhere, and ends once.
package struct Run: Hashable, Sendable {
    /// What tells runs apart: no job has two of the same due time.
    package struct Key: Hashable, Sendable {
        package var job: String
        /// Milliseconds since 1970.
        package var due: Int64

        /// The key of the store, by which a job's runs stand in their order.
        var text: String { "\(job)/\(due)" }
    }

    package enum Cause: Int, Hashable, Sendable {
        case schedule, request, parents
    }

    package enum Phase: Hashable, Sendable {
        /// Until `until`, if that is given, it isn't launched.
        case waiting(until: Int64?)
        case active
        case ended(Outcome, at: Int64)
    }

    package enum Outcome: Int, Hashable, Sendable {
        case succeeded, failed
        /// A client wanted it.
        case killed
        /// A newer run took its place.
        case replaced
        /// It could not begin within the job's `epsilon`.
        case skipped
    }

    package let key: Key
    package let cause: Cause
    /// Milliseconds since 1970, as all times here.
    package let createdAt: Int64
    /// Instead of the job's own.
    package var arguments: String?
    package internal(set) var phase = Phase.waiting(until: nil)
    /// In the order of their launches; of many, the first and the newest ones.
    package internal(set) var tasks: [RunTask] = []
    /// What there is to say about its end, or about what it waits for.
    package internal(set) var message = ""
    /// As what it ends when its tasks are dead; nil: nobody wants it to end.
    var ending: Outcome?
    /// Its job is gone; nothing but its tasks' end is waited for.
    var isAbandoned = false

    // What follows isn't stored.

    /// It stands in the queue.
    var isQueued = false
    /// When it began to wait for an offer, on the monotonic clock.
    var waitsSince: Int64 = 0
    /// When a kill is to be sent again, when the launch must have been confirmed, when an unreachable task is given up, on the monotonic clock.
    var killAgainAt: Int64?
    var launchDeadline: Int64?
    var unreachableDeadline: Int64?

    init(key: Key, cause: Cause, createdAt: Int64, arguments: String? = nil) {
        self.key = key
        self.cause = cause
        self.createdAt = createdAt
        self.arguments = arguments
    }

    /// About how much of the store it takes, in bytes.
    var size: Int {
        let texts = 2 * key.job.utf8.count + message.utf8.count + (arguments?.utf8.count ?? 0)
        return tasks.reduce(texts + 600) { $0 + $1.message.utf8.count + $1.id.utf8.count + 200 }
    }

    package var hasEnded: Bool { if case .ended = phase { true } else { false } }
    package var isActive: Bool { phase == .active }
    package var outcome: Outcome? { if case .ended(let outcome, _) = phase { outcome } else { nil } }
    package var endedAt: Int64? { if case .ended(_, let time) = phase { time } else { nil } }
    package var startedAt: Int64? { tasks.first { $0.startedAt != nil }?.startedAt }
    /// Attempts that have been made.
    package var attempts: Int { (tasks.last?.attempt ?? -1) + 1 }
}

/// A task of a run, from its launch to its end.
package struct RunTask: Hashable, Sendable {
    package let id: String
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
