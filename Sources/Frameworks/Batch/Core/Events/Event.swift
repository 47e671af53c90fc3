/// Something that readers of the event stream are told. What it tells is stored before it is told.
package struct Event: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case jobCreated = "job_created"
        /// Its definition was replaced, or it lost a parent.
        case jobChanged = "job_changed"
        case jobRemoved = "job_removed"
        /// On request.
        case jobPaused = "job_paused"
        case jobResumed = "job_resumed"
        /// By itself: it has no recurrences left, or failed too often.
        case jobDisabled = "job_disabled"
        case runCreated = "run_created"
        /// Its first task runs.
        case runStarted = "run_started"
        case runAttemptFailed = "run_attempt_failed"
        case runEnded = "run_ended"
        /// Due times were left out: too late, or forbidden beside another run.
        case runsSkipped = "runs_skipped"
        case taskChanged = "task_changed"
    }

    /// A run as it stands after the event.
    package struct RunPart: Hashable, Sendable {
        package var due: Int64
        package var cause: Run.Cause
        package var attempts: Int
        /// nil: it has not ended.
        package var outcome: Run.Outcome?
    }

    package struct TaskPart: Hashable, Sendable {
        package var id: String
        /// nil: its run has one index alone.
        package var index: Int?
        package var attempt: Int
        package var agentID: String
        package var host: String
        /// As on the wire; empty: it has been launched, and nothing was heard of it yet.
        package var state: String
        package var exitStatus: Int64?
    }

    /// Larger than that of any earlier event, of an earlier process, too.
    package let id: UInt64
    /// Milliseconds since 1970.
    package let time: Int64
    package let kind: Kind
    package let job: String
    package var run: RunPart?
    /// The task that it is about; of a run, its newest.
    package var task: TaskPart?
    package var message = ""

    package init(id: UInt64, time: Int64, kind: Kind, job: String) {
        self.id = id
        self.time = time
        self.kind = kind
        self.job = job
    }

    /// About how much memory it takes, in bytes.
    package var size: Int {
        300 + job.utf8.count + message.utf8.count + (task.map { $0.id.utf8.count + $0.agentID.utf8.count + $0.host.utf8.count } ?? 0)
    }
}
