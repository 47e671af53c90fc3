import DequeModule
import Machine

/// One run of a job: for one due time, one request, or the end of the parents. It has a part for each of its indices, mostly one alone.
///
/// It waits (for its turn, an offer, the next attempt), is active while a task of its may be somewhere, and ends once: when so many of its parts have
/// ended well as are needed, when that can't be any more, or when somebody wants it to; then what of it still runs is killed first.
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

    package enum Outcome: Int, Hashable, Sendable, CaseIterable {
        case succeeded, failed
        /// A client wanted it; of a part: the run had been decided without it.
        case killed
        /// A newer run took its place.
        case replaced
        /// It could not begin within the job's `epsilon`.
        case skipped
    }

    struct End: Hashable, Sendable {
        var outcome: Outcome
        var time: Int64
    }

    package let key: Key
    package let cause: Cause
    /// Milliseconds since 1970, as all times here.
    package let createdAt: Int64
    /// What it was given, beside what its job has.
    package let parameters: Parameters
    /// How many of its parts must end well.
    package let needed: Int
    /// One for each index.
    package internal(set) var parts: [Part]
    /// How and when it ended.
    var end: End?
    /// What there is to say about its end.
    var reason = ""
    /// As what it ends when its tasks are dead; nil: nothing has decided that yet.
    var ending: Outcome?
    /// Its job is gone; nothing but its tasks' end is waited for.
    var isAbandoned = false

    // What follows isn't stored.

    /// It stands in the queue.
    var isQueued = false
    /// Its newest one there.
    var ticket: UInt64 = 0
    /// When it began to wait for an offer, on the monotonic clock.
    var waitsSince: Int64 = 0
    /// The indices of parts that may be launched at once, in order.
    private(set) var ready: Deque<Int>
    /// How many parts are in which phase.
    package private(set) var activeCount = 0
    package private(set) var succeededCount = 0
    package private(set) var failedCount = 0

    /// - Parameters:
    ///   - count: of its parts, from 1.
    ///   - needed: nil: all of them.
    init(key: Key, cause: Cause, createdAt: Int64, parameters: Parameters = Parameters(), count: Int = 1, needed: Int? = nil) {
        self.key = key
        self.cause = cause
        self.createdAt = createdAt
        self.parameters = parameters
        self.needed = min(needed ?? count, count)
        parts = Array(repeating: Part(), count: count)
        ready = Deque(0..<count)
    }

    // MARK: Its parts

    /// All changes of a part's phase go through here, so that the counts agree.
    mutating func move(_ index: Int, to phase: Part.Phase) {
        count(parts[index].phase, -1)
        count(phase, 1)
        parts[index].phase = phase
    }

    private mutating func count(_ phase: Part.Phase, _ number: Int) {
        switch phase {
        case .active: activeCount += number
        case .ended(.succeeded): succeededCount += number
        case .ended(.failed): failedCount += number
        case .waiting, .ended: break
        }
    }

    /// A part may be launched from now on.
    mutating func makeReady(_ index: Int) {
        guard !ready.contains(index) else { return }
        ready.append(index)
    }

    mutating func takeReady() -> Int? { ready.popFirst() }

    /// Finds out what isn't stored.
    mutating func recount() {
        (activeCount, succeededCount, failedCount) = (0, 0, 0)
        for part in parts { count(part.phase, 1) }
        ready = end == nil ? Deque(parts.indices.filter { parts[$0].phase == .waiting(until: nil) }) : []
    }

    /// What its parts have decided; nil: nothing yet.
    var verdict: Outcome? {
        if succeededCount >= needed { return .succeeded }
        return parts.count - failedCount < needed ? .failed : nil
    }

    /// Whether one of its parts could be launched now. - parallelism: so many may run at a time.
    func mayLaunch(parallelism: Int) -> Bool { end == nil && ending == nil && activeCount < parallelism && !ready.isEmpty }

    mutating func end(as outcome: Outcome, at time: Int64, _ reason: String) {
        end = End(outcome: outcome, time: time)
        self.reason = reason
        ending = nil
        ready = []
    }

    // MARK: The whole of it

    package var phase: Phase {
        if let end { return .ended(end.outcome, at: end.time) }
        if activeCount > 0 { return .active }
        let times = parts.compactMap(\.until)
        return .waiting(until: times.count == parts.count - succeededCount - failedCount ? times.min() : nil)
    }

    package var hasEnded: Bool { end != nil }
    package var isActive: Bool { end == nil && activeCount > 0 }
    package var outcome: Outcome? { end?.outcome }
    package var endedAt: Int64? { end?.time }
    package var startedAt: Int64? { parts.reduce(nil) { first, part in part.startedAt.map { min($0, first ?? $0) } ?? first } }
    /// Something of it has been launched.
    package var hasBegun: Bool { parts.contains { !$0.tasks.isEmpty } }
    /// Attempts that have been made, of the index that took most.
    package var attempts: Int { parts.reduce(0) { max($0, $1.attempts) } }
    /// Instead of the job's own.
    package var arguments: String? { parameters.arguments }
    /// In the order of their launches; of many, the first and the newest ones.
    package var tasks: [RunTask] {
        if parts.count == 1 { return parts[0].tasks }
        return parts.flatMap(\.tasks).sorted { ($0.launchedAt, $0.index) < ($1.launchedAt, $1.index) }
    }
    /// What there is to say about its end, or about what it waits for.
    package var message: String { reason.isEmpty && parts.count == 1 ? parts[0].message : reason }
}
