import FrameworkCore
import Machine

/// The numbers of events and notices: each is larger than all before it, whatever process gave those.
struct EventIDs: Hashable, Sendable {
    /// The last one that was given.
    var last: UInt64 = 0
    /// Stored: an earlier process may have given this one, and no larger one.
    var reserved: UInt64 = 0

    /// So many are reserved by one entry of the store.
    static let block: UInt64 = 10_000
    /// No clock and no process comes so far; what is above is no number of ours.
    static let limit: UInt64 = 1 << 62
}

/// What is told to readers of the event stream.
extension Batch {
    /// Goes on behind all numbers that have ever been given. Where there is no memory of them, the clock stands behind them.
    mutating func beginEvents(_ entries: [StoredEntry]) {
        var first = UInt64(max(0, min(wall, 1 << 50))) * 1_000
        for entry in entries where entry.key == "reserved" {
            var reader = RecordingReader(entry.value)
            if let number = try? reader.uint64(), number < EventIDs.limit {
                first = max(first, number)
            } else {
                quarantine(table: "events", key: entry.key, "it is no number of an event")
            }
        }
        eventIDs = EventIDs(last: first, reserved: first)
        output.effects.append(.beginEvents(after: first))
    }

    mutating func takeEventID() -> UInt64 {
        eventIDs.last += 1
        if eventIDs.last > eventIDs.reserved {
            eventIDs.reserved = eventIDs.last + EventIDs.block - 1
            var writer = RecordingWriter()
            writer.put(eventIDs.reserved)
            put("events", "reserved", writer.bytes)
        }
        return eventIDs.last
    }

    private mutating func event(_ kind: Event.Kind, _ job: String, _ message: String = "") -> Event {
        var event = Event(id: takeEventID(), time: wall, kind: kind, job: job)
        event.message = message
        return event
    }

    mutating func tell(_ kind: Event.Kind, job: Handle<Job>, _ message: String = "") {
        output.effects.append(.emit(event(kind, jobs[job].name, message)))
    }

    /// - Parameter task: which of its tasks; nil: of a run with one index the newest, else none.
    mutating func tell(_ kind: Event.Kind, run handle: Handle<Run>, task: RunTask? = nil, _ message: String = "") {
        var event = event(kind, runs[handle].key.job, message)
        let count = runs[handle].parts.count
        event.run = .init(
            due: runs[handle].key.due, cause: runs[handle].cause, attempts: runs[handle].attempts, outcome: runs[handle].outcome)
        if let task = task ?? (count == 1 ? runs[handle].parts[0].tasks.last : nil) {
            event.task = .init(
                id: task.id, index: count == 1 ? nil : task.index, attempt: task.attempt, agentID: task.agentID, host: task.host, state: task.state,
                exitStatus: task.exitStatus)
        }
        output.effects.append(.emit(event))
    }

    // MARK: What happens where

    /// A client wants a job paused or resumed.
    mutating func tellPause(_ job: Handle<Job>, _ isDisabled: Bool) {
        guard jobs[job].definition.isDisabled != isDisabled else { return }
        tell(isDisabled ? .jobPaused : .jobResumed, job: job)
    }

    /// A job has just disabled itself.
    mutating func jobDisabled(_ job: Handle<Job>, _ reason: Notice.Cause) {
        tell(.jobDisabled, job: job, noticeMessage(of: reason, job))
        notify(reason, of: job)
    }

    /// A job is about to go, and with it what has not begun.
    mutating func jobGoes(_ job: Handle<Job>) {
        for run in jobs[job].unfinished where !runs[run].isActive {
            runs[run].end(as: .killed, at: wall, "its job was deleted")
            tell(.runEnded, run: run, "its job was deleted")
        }
        tell(.jobRemoved, job: job)
        notify(.removed, of: job)
    }

    /// Due times were left out.
    mutating func dueTimesSkipped(_ job: Handle<Job>, _ count: Int64) {
        let message = count == 1 ? "a due time was left out" : "\(count) due times were left out"
        tell(.runsSkipped, job: job, message)
        notify(.missed(message), of: job)
    }

    /// A task has another state; when it is the run's first that runs, the run has begun.
    mutating func taskChanged(_ place: Place, _ index: Int, hadStarted: Bool) {
        let task = self[place].tasks[index]
        tell(.taskChanged, run: place.run, task: task, task.message)
        if !hadStarted, task.startedAt != nil { tell(.runStarted, run: place.run, task: task) }
    }

    /// A run has just ended: what there is to say of it, while it is there.
    mutating func noteEnd(_ handle: Handle<Run>) {
        let run = runs[handle]
        tell(.runEnded, run: handle, run.message)
        output.lastEnd = .init(attempts: run.attempts, task: run.tasks.last?.id, message: run.message)
        if run.outcome == .skipped, let job = jobHandles[run.key.job], !run.isAbandoned { notify(.missed(run.message), of: job) }
    }
}
