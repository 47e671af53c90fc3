import FrameworkCore
import Machine
import MesosAPI

@testable import BatchCore

/// A job with parents runs after them as its rule says: not more often than they have ended, and not too seldom either.
///
/// Like `DueOnce` it looks at nodes alone, and at what the scheduler has acknowledged.
final class TriggerRules {
    private struct Seen {
        /// Indices that have ended well, by due time, as the nodes know and as the scheduler has acknowledged.
        var finished: [Int64: Set<Int>] = [:]
        var known: [Int64: Set<Int>] = [:]
        /// Due times of runs that have ended well on the nodes.
        var successes: Set<Int64> = []
        /// The world's times at which the scheduler knew that a run had ended well, and that it had ended at all.
        var knownSuccesses: [Int64] = []
        var knownEnds: [Int64] = []
        /// When it was known to be stored, and when its newest run began.
        var created: Int64 = .max
        var lastBegin: Int64?
        var dues: Set<Int64> = []
    }

    private let world: World
    private let order: [YearJob]
    private let jobs: [String: YearJob]
    private var children: [String: [YearJob]] = [:]
    private var seen: [String: Seen] = [:]
    /// Of jobs with parents.
    private(set) var runs = 0

    init(_ world: World, _ jobs: [YearJob], _ master: ModelMaster) {
        self.world = world
        order = jobs
        self.jobs = Dictionary(uniqueKeysWithValues: jobs.map { ($0.name, $0) })
        for job in jobs {
            if case .after(let parents, _) = job.promise { for parent in parents { children[parent, default: []].append(job) } }
        }
        let (onStart, onEnd, onAcknowledged) = (master.onStart, master.onEnd, master.onAcknowledged)
        master.onStart = { [self] task, node in
            onStart(task, node)
            start(task)
        }
        master.onEnd = { [self] task, node, state in
            onEnd(task, node, state)
            end(task, state)
        }
        master.onAcknowledged = { [self] task, state in
            onAcknowledged(task, state)
            acknowledged(task, state)
        }
    }

    func created(_ job: String) { seen[job, default: Seen()].created = world.now }

    private func end(_ task: String, _ state: Mesos_V1_TaskState) {
        guard state == .taskFinished, let name = TaskName(task), let job = jobs[name.job] else { return }
        seen[name.job, default: Seen()].finished[name.due, default: []].insert(name.index ?? 0)
        if seen[name.job]?.finished[name.due]?.count ?? 0 >= job.indices.needed { seen[name.job]?.successes.insert(name.due) }
    }

    private func acknowledged(_ task: String, _ state: Mesos_V1_TaskState) {
        guard ModelMaster.isTerminal(state), let name = TaskName(task), let job = jobs[name.job] else { return }
        if job.promise == .tried {
            seen[name.job, default: Seen()].knownEnds.append(world.now)
            lookLater(name.job)
        }
        guard state == .taskFinished, seen[name.job, default: Seen()].known[name.due, default: []].insert(name.index ?? 0).inserted else { return }
        guard seen[name.job]?.known[name.due]?.count == job.indices.needed else { return }
        seen[name.job]?.knownSuccesses.append(world.now)
        if job.promise != .tried {
            seen[name.job]?.knownEnds.append(world.now)
            lookLater(name.job)
        }
    }

    /// Whether those that wait for it have run by then.
    private func lookLater(_ parent: String) {
        let time = world.now + 1
        world.after(Self.patience.inStorm) { [self] in for child in children[parent] ?? [] { look(child, before: time) } }
    }

    /// Not more often than its parents.
    private func start(_ task: String) {
        guard let name = TaskName(task), let job = jobs[name.job], case .after(let parents, let rule) = job.promise else { return }
        guard seen[name.job, default: Seen()].dues.insert(name.due).inserted else { return }
        runs += 1
        seen[name.job]?.lastBegin = world.now
        let count = seen[name.job]?.dues.count ?? 0
        let successes = parents.map { seen[$0]?.successes.count ?? 0 }
        let limit =
            switch rule {
            case .allSuccess: successes.min() ?? 0
            case .oneSuccess: successes.reduce(0, +)
            // How often one has failed that is tried once isn't for the nodes to know.
            case .allDone: zip(parents, successes).map { jobs[$0]?.promise == .tried ? .max : $1 }.min() ?? 0
            }
        if count > limit { world.fail("triggered", "\(task) is run \(count) of \(name.job), whose parents \(parents) have ended \(successes) times") }
    }

    // MARK: At the end

    /// What is known this long after a beginning can't have been known at it, nanoseconds.
    private static let margin = 60 * Int64.second
    /// So long it may take until a job runs after its parents, when all is well, and when nothing is.
    private static let patience = (inCalm: 6 * 3_600 * Int64.second, inStorm: 36 * 3_600 * Int64.second)

    func judge(upTo time: Int64) {
        for job in order { look(job, before: time - Self.patience.inCalm) }
    }

    /// Not too seldom: since a job began last, its parents have not ended so that it would have to have begun again by now.
    private func look(_ job: YearJob, before time: Int64) {
        guard case .after(let parents, let rule) = job.promise, let own = seen[job.name] else { return }
        let begin = max(own.created, own.lastBegin ?? own.created)
        guard begin < .max - Self.margin, begin + Self.margin < time else { return }
        let window = begin + Self.margin..<time
        func hasEnded(_ name: String, _ times: (Seen) -> [Int64]) -> Bool {
            // The newest ones are those that may count.
            seen[name].map(times)?.reversed().first { $0 < time }.map(window.contains) ?? false
        }
        let isDue =
            switch rule {
            case .allSuccess: parents.allSatisfy { hasEnded($0, \.knownSuccesses) }
            case .oneSuccess: parents.contains { hasEnded($0, \.knownSuccesses) }
            case .allDone: parents.allSatisfy { hasEnded($0, \.knownEnds) }
            }
        if isDue { world.fail("triggered", "\(job.name) has not run since \(parents) have ended (\(rule.rawValue))") }
    }
}
