import FrameworkCore
import Machine

/// What a snapshot of the state shows to those who read it.
extension Batch {
    package func findJob(_ name: String) -> Job? { jobHandles[name].map { jobs[$0] } }

    /// As they were created.
    package var allJobs: [Job] { jobOrder.map { jobs[$0] } }

    /// All that is kept, the newest first.
    package func runs(of job: Job) -> [Run] { (job.ended + job.unfinished).map { runs[$0] }.sorted { $0.key.due > $1.key.due } }

    /// Of all jobs, the newest first.
    package var allRuns: [Run] {
        jobOrder.flatMap { jobs[$0].ended + jobs[$0].unfinished }.map { runs[$0] }.sorted { ($1.key.due, $0.key.job) < ($0.key.due, $1.key.job) }
    }

    /// Tasks that run, or may.
    package func activeCount(of job: Job) -> Int { job.unfinished.reduce(0) { $0 + runs[$1].activeCount } }

    package func state(of job: Job) -> JobDefinition.State {
        var state = JobDefinition.State()
        state.successCount = job.progress.successCount
        state.errorCount = job.progress.errorCount
        state.errorsSinceLastSuccess = job.progress.errorsSinceLastSuccess
        state.lastSuccess = job.progress.lastSuccess.map(Timestamp.init(milliseconds:))
        state.lastError = job.progress.lastError.map(Timestamp.init(milliseconds:))
        state.schedule = shownSchedule(job)
        state.nextRun = job.nextDue.map(Timestamp.init(milliseconds:))
        return state
    }

    /// The first schedule as Chronos shows it: beginning with the next due time, and with the number of runs that are left.
    func shownSchedule(_ job: Job) -> String? {
        guard let schedule = job.schedules.first, let cursor = job.progress.cursors.first else { return nil }
        return schedule.text(from: cursor)
    }

    /// Runs in the queue whose jobs have high priority.
    package var waitingWithHighPriority: Int { queue.high.count(where: isWaiting) }

    /// Notices that have not been delivered.
    package var waitingNotices: Int { notices.count }

    /// `success`, `failure` or `fresh`: how its last run ended.
    package static func status(of job: Job) -> String {
        switch (job.progress.lastSuccess, job.progress.lastError) {
        case (nil, nil): "fresh"
        case (let success?, let error?): success >= error ? "success" : "failure"
        case (_?, nil): "success"
        case (nil, _?): "failure"
        }
    }

    /// `idle`, `queued` or `2 running`.
    package func activity(of job: Job) -> String {
        let active = activeCount(of: job)
        if active > 0 { return "\(active) running" }
        return job.unfinished.isEmpty ? "idle" : "queued"
    }
}

/// How long after their due times a job's runs ended, in milliseconds.
package struct Latencies: Hashable, Sendable {
    /// Ascending.
    private let values: [Int64]

    /// Of the runs that are kept and ended well.
    package init(_ runs: some Sequence<Run>) {
        values = runs.compactMap { run in run.outcome == .succeeded ? run.endedAt.map { max(0, $0 - run.key.due) } : nil }.sorted()
    }

    package var count: Int { values.count }

    /// The least value that so many thousandths of all don't exceed; 0 without any run. 500 is the median.
    package func quantile(_ thousandths: Int) -> Double {
        guard !values.isEmpty else { return 0 }
        let rank = (values.count * thousandths + 999) / 1_000
        return Double(values[min(max(rank, 1), values.count) - 1])
    }

    package var mean: Double { values.isEmpty ? 0 : Double(values.reduce(Int64(0)) { $0.saturatingAdd($1) }) / Double(values.count) }
}
