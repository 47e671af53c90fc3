import FrameworkCore
import JSON
import Machine

extension Batch {
    /// What the input being handled has led to so far.
    struct Output: Sendable {
        var effects: [Effect] = []
        var changes: [Change] = []
        /// Jobs and runs to be stored, each once; what they are at the end counts.
        var jobs: [Handle<Job>] = []
        var runs: [Handle<Run>] = []
        /// Never iterated.
        var isJobChanged: Set<Handle<Job>> = []
        var isRunChanged: Set<Handle<Run>> = []
        /// Of runs with many parts, the pages whose parts have changed.
        var pages: [Page] = []
        var isPageChanged: Set<Page> = []
        var wakeTime: Int64?
        /// Of the run that ended last, which may be forgotten already.
        var lastEnd: LastEnd?
        /// About how much is to be stored, or sent as it is not stored, in bytes.
        var bytes = 0

        /// As much as one input should change, so that nobody waits long for its commit: what is under way is brought to its end, the rest follows.
        var isFull: Bool { bytes >= 900_000 }
    }

    struct Page: Hashable, Sendable {
        var run: Handle<Run>
        var number: Int
    }

    struct LastEnd: Hashable, Sendable {
        var attempts: Int
        var task: String?
        var message: String
    }

    /// Never longer than this without a look at the wall clock, which may have been set: nanoseconds.
    private static let longestSleep: Int64 = 60 * .second

    /// The progress of a job has changed.
    mutating func changed(_ handle: Handle<Job>) {
        guard output.isJobChanged.insert(handle).inserted else { return }
        output.jobs.append(handle)
        output.bytes += jobs[handle].progress.edges.reduce(100 + jobs[handle].name.utf8.count) { $0 + $1.parent.utf8.count + 8 }
    }

    mutating func changed(_ handle: Handle<Run>) {
        guard output.isRunChanged.insert(handle).inserted else { return }
        output.runs.append(handle)
        output.bytes += runs[handle].size
    }

    mutating func changed(_ place: Place) {
        guard runs[place.run].parts.count > 1 else { return changed(place.run) }
        let page = Page(run: place.run, number: Run.page(of: place.index))
        guard output.isPageChanged.insert(page).inserted else { return }
        output.pages.append(page)
        output.bytes += runs[page.run].size(ofPage: page.number)
    }

    mutating func put(_ table: String, _ key: String, _ value: [UInt8]) {
        output.changes.append(.put(table: table, key: key, value: value))
        output.bytes += key.utf8.count + value.count + 20
    }

    mutating func remove(_ table: String, _ key: String) {
        output.changes.append(.remove(table: table, key: key))
        output.bytes += key.utf8.count + 20
    }

    /// The orders of this input: first what must be on disk, then all that may be seen, then when to be woken.
    mutating func release() -> [Effect] {
        for handle in output.jobs where jobs.contains(handle) {
            output.changes.append(.put(table: "progress", key: jobs[handle].name, value: jobs[handle].progress.stored))
        }
        for handle in output.runs where runs.contains(handle) {
            output.changes.append(.put(table: "runs", key: runs[handle].key.text, value: runs[handle].stored))
        }
        for page in output.pages where runs.contains(page.run) {
            output.changes.append(.put(table: "parts", key: runs[page.run].pageKey(page.number), value: runs[page.run].storedPage(page.number)))
        }
        var effects: [Effect] = output.changes.isEmpty ? [] : [.store(output.changes)]
        effects += output.effects
        let next = nextWake
        if let next, next != output.wakeTime { effects.append(.wake(at: next)) }
        output = Output()
        output.wakeTime = next
        return effects
    }

    private var nextWake: Int64? {
        guard hasStarted else { return nil }
        if !work.isEmpty { return now.monotonic }
        let due = dues.next.map { due in
            let wait = max(0, due.saturatingMultiply(.millisecond).saturatingAdd(-now.wall))
            return now.monotonic.saturatingAdd(min(wait, Self.longestSleep))
        }
        guard let due else { return timers.next }
        return min(due, timers.next ?? due)
    }
}
