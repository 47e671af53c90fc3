import FrameworkCore
import Machine
import MesosAPI

@testable import BatchCore

/// Each due time has exactly one run, and that is complete: each of its indices has ended well once, or so many as the job needs; no index runs in two
/// tasks, nor more of them than the job allows, and no two runs of a job that is not concurrent at the same time.
///
/// It believes nothing that the scheduler says: it looks at what the nodes have run, and at the schedules themselves.
final class DueOnce {
    /// What the nodes have seen of a run.
    private struct Seen {
        var firstStart: Int64
        /// Ends with success, by index.
        var finished: [Int: Int] = [:]
        /// The world's time at which the scheduler had acknowledged the last end, and at which the last task had ended.
        var acknowledged: Int64?
        var lastEnd: Int64?
        /// Tasks that have been started.
        var started = 0

        var finishedCount: Int { finished.values.count { $0 > 0 } }
        var isDoubled: Bool { finished.values.contains { $0 > 1 } }
    }

    private let world: World
    private let jobs: [String: YearJob]
    /// By job and due time.
    private var seen: [String: [Int64: Seen]] = [:]
    private var started: Set<String> = []
    private var alive: [String: Set<String>] = [:]
    /// What of the wall clock's time the world's beginning is, in milliseconds.
    private let epoch: Int64
    /// When the scheduler was not there, or busy coming back: world's times.
    var absences: [ClosedRange<Int64>] = []
    private(set) var counts: [String: Int] = [:]

    init(_ world: World, _ jobs: [YearJob], _ master: ModelMaster, epoch: Int64) {
        self.world = world
        self.jobs = Dictionary(uniqueKeysWithValues: jobs.map { ($0.name, $0) })
        self.epoch = epoch
        master.onStart = { [self] task, node in start(task, node) }
        master.onEnd = { [self] task, _, state in end(task, state) }
        // It has to be run again, since nobody can know that it ended well.
        master.onForgotten = { [self] task, state in
            if state == .taskFinished, let name = TaskName(task) { seen[name.job]?[name.due]?.finished[name.index ?? 0, default: 1] -= 1 }
        }
        master.onAcknowledged = { [self] task, state in acknowledged(task, state) }
    }

    private var wall: Int64 { epoch + world.now / .millisecond }

    private func start(_ task: String, _ node: ModelNode) {
        guard let name = TaskName(task), let job = jobs[name.job] else { return world.fail("named", "\(task) is no task of a job") }
        if !started.insert(task).inserted { world.fail("one-start", "\(task) is started a second time, on \(node.id)") }
        guard (name.index ?? 0) < job.indices.count, (name.index == nil) == (job.indices.count == 1) else {
            return world.fail("indices", "\(task) has an index that its job doesn't have")
        }
        alive[name.job, default: []].insert(task)
        look(name, job, beside: alive[name.job]?.sorted() ?? [])
        if seen[name.job]?[name.due] == nil {
            seen[name.job, default: [:]][name.due] = Seen(firstStart: wall)
            if job.indices.count > 1 { counts["runs of several indices", default: 0] += 1 }
        }
        seen[name.job]?[name.due]?.started += 1
        if seen[name.job]?[name.due]?.finished[name.index ?? 0] ?? 0 > 0 { world.fail("once", "\(task) runs again what has ended well") }
        if job.promise == .tried, seen[name.job]?[name.due]?.started != 1 { world.fail("once", "\(task) is one attempt too many") }
    }

    /// Looks at the tasks of a job that run at the same time.
    private func look(_ name: TaskName, _ job: YearJob, beside tasks: [String]) {
        let names = tasks.compactMap { TaskName($0) }
        if job.promise.isAlone, names.contains(where: { $0.due != name.due }) {
            world.fail("alone", "\(tasks.count) tasks of \(name.job) run at a time: \(tasks)")
        }
        let run = names.filter { $0.due == name.due }
        if run.count(where: { $0.index == name.index }) > 1 { world.fail("alone", "an index of \(name.job) runs twice: \(tasks)") }
        if run.count > job.indices.parallelism { world.fail("parallelism", "\(run.count) of \(name.job) run at a time: \(tasks)") }
    }

    private func end(_ task: String, _ state: Mesos_V1_TaskState) {
        guard let name = TaskName(task) else { return }
        alive[name.job]?.remove(task)
        seen[name.job]?[name.due]?.lastEnd = world.now
        if state == .taskFinished { seen[name.job]?[name.due]?.finished[name.index ?? 0, default: 0] += 1 }
    }

    private func acknowledged(_ task: String, _ state: Mesos_V1_TaskState) {
        guard ModelMaster.isTerminal(state), let name = TaskName(task) else { return }
        seen[name.job]?[name.due]?.acknowledged = world.now
    }

    // MARK: At the end

    /// - Parameters:
    ///   - created: when each job was known to be stored, in milliseconds since 1970.
    ///   - end: up to when due times must have had their runs.
    /// - Returns: how many due times there were, and how many of them shared the run of a later one or were left out.
    func judge(created: [String: Int64], end: Int64) -> (dues: Int, shared: Int, leftOut: Int) {
        var result = (dues: 0, shared: 0, leftOut: 0)
        for name in jobs.keys.sorted() {
            guard let job = jobs[name], let start = created[name] else {
                world.fail("created", "\(name) was never created")
                return result
            }
            judge(job, created: start, job.dues(after: start, upTo: end), &result)
        }
        return result
    }

    private func judge(_ job: YearJob, created: Int64, _ dues: [Int64], _ result: inout (dues: Int, shared: Int, leftOut: Int)) {
        let runs = seen[job.name] ?? [:]
        let known = Set(dues)
        let last = dues.last ?? .min
        for due in runs.keys.sorted() where !known.contains(due) && due > created && due <= last {
            return world.fail("due", "\(job.name) has run for \(Timestamp(milliseconds: due)), at which it isn't due: \(job.json)")
        }
        for (due, run) in runs.sorted(by: { $0.key < $1.key }) where run.isDoubled {
            return world.fail("once", "\(job.name) of \(Timestamp(milliseconds: due)) has ended well more than once: \(run.finished)")
        }
        for (index, due) in dues.enumerated() {
            result.dues += 1
            let run = runs[due]
            if let run, run.finishedCount >= job.indices.needed {
                if case .within(let length) = job.promise, run.firstStart > due + length + Self.launchTime {
                    return world.fail("window", "\(job.name) of \(Timestamp(milliseconds: due)) began \(run.firstStart - due) ms late")
                }
                continue
            }
            switch job.promise {
            case .each:
                let ends = run.map { " but \($0.finishedCount) of \(job.indices.needed)" } ?? ""
                return world.fail("complete", "\(job.name) has no complete run for \(Timestamp(milliseconds: due))\(ends)")
            // Whether its attempt failed, or was lost on its way, isn't for the nodes to know.
            case .tried, .after: continue
            case .atLeastOneAfter:
                guard dues[(index + 1)...].contains(where: { runs[$0] != nil }), isHeldUp(job, dues[..<index], at: due) else {
                    return world.fail("complete", "\(job.name) has no run for \(Timestamp(milliseconds: due)), and nothing held it up")
                }
                result.shared += 1
            case .within(let length):
                if run != nil { return world.fail("complete", "\(job.name) of \(Timestamp(milliseconds: due)) was begun and never finished") }
                guard wasAway(from: due, to: due + length) else {
                    return world.fail("complete", "\(job.name) has no run for \(Timestamp(milliseconds: due)), and the scheduler was there")
                }
                result.leftOut += 1
            }
        }
    }

    /// A launch that was ordered in time may reach a slow node so much later, in milliseconds.
    private static let launchTime: Int64 = 40_000

    /// An earlier run had not ended yet as far as the scheduler knew, or it wasn't there.
    private func isHeldUp(_ job: YearJob, _ earlier: ArraySlice<Int64>, at due: Int64) -> Bool {
        if wasAway(from: due - 1_000, to: due + 2_000) { return true }
        guard let previous = earlier.last(where: { seen[job.name]?[$0] != nil }), let run = seen[job.name]?[previous] else { return false }
        guard job.indices.needed == job.indices.count else {
            // The rest had to be killed, and nobody acknowledges what has become of tasks whose node is gone.
            let over = max(run.acknowledged ?? .max, run.lastEnd ?? .max)
            return over == .max || epoch + over / .millisecond + 900_000 >= due
        }
        return run.acknowledged.map { epoch + $0 / .millisecond + 2_000 >= due } ?? true
    }

    private func wasAway(from start: Int64, to end: Int64) -> Bool {
        let (start, end) = ((start - epoch) * .millisecond, (end - epoch) * .millisecond)
        var low = 0
        var high = absences.count
        // The first one that ends at `start` or later; they are in order.
        while low < high {
            let middle = (low + high) / 2
            if absences[middle].upperBound < start { low = middle + 1 } else { high = middle }
        }
        return low < absences.count && absences[low].lowerBound <= end
    }
}

extension YearJob.Promise {
    /// No two runs of the job have tasks at the same time.
    var isAlone: Bool { if case .within = self { false } else { true } }
}
