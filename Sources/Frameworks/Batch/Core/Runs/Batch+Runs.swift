import FrameworkCore
import Machine
import MesosAPI
import Schedules

/// The life of runs, from their making to their end.
extension Batch {
    /// Makes a run, unless there is one of that due time already.
    /// - Returns: its handle; nil: there was one.
    @discardableResult
    mutating func makeRun(of job: Handle<Job>, due: Int64, _ cause: Run.Cause, parameters: Run.Parameters = .init()) -> Handle<Run>? {
        var key = Run.Key(job: jobs[job].name, due: due)
        let progress = jobs[job].progress
        if cause == .schedule, due > progress.since {
            if let other = runHandles[key], !runs[other].isAbandoned { return nil }
        } else {
            // A run of its own, also of the same millisecond: what is asked for, what follows parents, and what was due before there was this job,
            // of which another one of its name may have had a run. No such key is ever used again, or that of a due time that is still to come.
            key.due = max(due, progress.since, progress.newestOwn.saturatingAdd(1))
            while runHandles[key] != nil || !(cause == .schedule && key.due == due) && isDueTime(key.due, of: job) { key.due += 1 }
            jobs[job].progress.newestOwn = key.due
        }
        let definition = jobs[job].definition
        var run = Run(
            key: key, cause: cause, createdAt: wall, parameters: parameters, count: definition.completions,
            needed: definition.options.requiredSuccesses)
        run.waitsSince = now.monotonic
        let handle = runs.insert(run)
        runHandles[key] = handle
        jobs[job].unfinished.append(handle)
        seeParents(job)
        counters.runsCreated += 1
        changed(job)
        changed(handle)
        tell(.runCreated, run: handle)
        armLaunchDelay(handle)
        armEpsilon(handle)
        enqueueReady(job)
        return handle
    }

    /// Runs of one job that may wait or be active at the same time: fewer if each has many parts.
    func mostUnfinished(of job: Handle<Job>) -> Int { max(10, 1_000 / jobs[job].definition.completions) }

    /// Whether a schedule of the job has, or may have had, a run at this very time.
    private func isDueTime(_ time: Int64, of job: Handle<Job>) -> Bool {
        jobs[job].schedules.contains { schedule in
            // One that doesn't repeat may have any period.
            if case .interval(let interval) = schedule, interval.isTooFast { return interval.start == time }
            return schedule.next(after: time - 1) == time
        }
    }

    /// Sets the time after which a run is too late to begin, if it is of a due time and its job has such a limit.
    mutating func armEpsilon(_ handle: Handle<Run>) {
        guard runs[handle].cause == .schedule, !runs[handle].hasBegun, let job = jobHandles[runs[handle].key.job],
            let epsilon = jobs[job].definition.options.epsilon
        else { return }
        dues.set(.run(handle), at: runs[handle].key.due.saturatingAdd(epsilon.milliseconds).saturatingAdd(1))
    }

    /// The latest moment for a beginning.
    mutating func runIsDue(_ handle: Handle<Run>) {
        guard runs.contains(handle), !runs[handle].hasEnded, !runs[handle].isAbandoned, !runs[handle].hasBegun,
            let job = jobHandles[runs[handle].key.job], !endsUnlaunched(handle, job), let epsilon = jobs[job].definition.options.epsilon
        else { return }
        // A newer definition may have left it more time.
        guard runs[handle].cause == .schedule, runs[handle].key.due.saturatingAdd(epsilon.milliseconds) < wall else { return }
        jobs[job].progress.skipped += 1
        counters.runsSkipped += 1
        end(handle, as: .skipped, "not started within \(epsilon.text) of its due time")
    }

    // MARK: Ends

    mutating func end(_ handle: Handle<Run>, as outcome: Run.Outcome, _ message: String) {
        dequeue(handle)
        runs[handle].end(as: outcome, at: wall, message)
        noteEnd(handle)
        guard !runs[handle].isAbandoned, let job = jobHandles[runs[handle].key.job] else { return forget(handle) }
        changed(handle)
        jobs[job].unfinished.removeAll { $0 == handle }
        jobs[job].ended.append(handle)
        trim(job)
        switch outcome {
        case .succeeded: succeeded(job)
        case .failed: failed(job)
        case .killed: parentEnded(job, isTrigger: false)
        case .replaced, .skipped: break
        }
        if jobs[job].overlaps { noteOverlap(job) }
        enqueueReady(job)
        // Due times may have passed in the meantime.
        arm(job)
        consider(job)
        clean()
    }

    private mutating func succeeded(_ job: Handle<Job>) {
        let failures = jobs[job].progress.errorsSinceLastSuccess
        jobs[job].progress.successCount += 1
        jobs[job].progress.errorsSinceLastSuccess = 0
        jobs[job].progress.lastSuccess = wall
        counters.runsSucceeded += 1
        changed(job)
        if failures > 0 { notify(.recovered(failures: failures), of: job) }
        if jobs[job].isExhausted, !jobs[job].neverRunsByItself, jobs[job].unfinished.isEmpty, !jobs[job].definition.isDisabled {
            setDisabled(job, true)
            jobDisabled(job, .exhausted)
        }
        parentEnded(job, isTrigger: true)
    }

    private mutating func failed(_ job: Handle<Job>) {
        jobs[job].progress.errorCount += 1
        jobs[job].progress.errorsSinceLastSuccess += 1
        jobs[job].progress.lastError = wall
        counters.runsFailed += 1
        changed(job)
        let limit = configuration.disableAfterFailures
        if limit > 0, jobs[job].progress.errorsSinceLastSuccess >= limit, !jobs[job].definition.isDisabled {
            setDisabled(job, true)
            jobDisabled(job, .failedTooOften)
        } else {
            notify(.failed, of: job)
        }
        parentEnded(job, isTrigger: jobs[job].definition.isSoftError)
    }

    /// Ends all runs of a job that have not ended; those with tasks end when these do.
    /// - Parameter question: is answered when all are stored.
    mutating func endUnfinished(_ job: Handle<Job>, as outcome: Run.Outcome, _ message: String, answering question: UInt64? = nil) {
        // From the last one on: what waits behind another one must not begin when that ends.
        endAll(jobs[job].unfinished.reversed(), as: outcome, message, answering: question)
    }

    /// Ends these; what is too much for one transaction is left for the next one.
    /// - Parameter question: is answered when all are stored.
    mutating func endAll(_ handles: [Handle<Run>], as outcome: Run.Outcome, _ message: String, answering question: UInt64? = nil) {
        for (index, handle) in handles.enumerated() where runs.contains(handle) && !runs[handle].hasEnded {
            if output.isFull {
                work.append(.end(Array(handles[index...]), outcome, message, question: question))
                return
            }
            if runs[handle].ending == nil { conclude(handle, as: outcome, message) }
        }
        if let question { output.effects.append(.answer(question, .done)) }
    }

    /// Ends a run at once, or, if tasks of its may be somewhere, when they are dead.
    mutating func conclude(_ handle: Handle<Run>, as outcome: Run.Outcome, _ message: String) {
        guard runs[handle].isActive else { return end(handle, as: outcome, message) }
        dequeue(handle)
        runs[handle].ending = outcome
        runs[handle].reason = message
        changed(handle)
        killTasks(of: handle)
    }

    /// Takes a run out of the state and the store.
    mutating func forget(_ handle: Handle<Run>) {
        guard let run = runs.remove(handle) else { return }
        if runHandles[run.key] == handle { runHandles[run.key] = nil }
        abandoned.removeAll { $0 == handle }
        removeStored(run)
    }

    mutating func removeStored(_ run: Run) {
        remove("runs", run.key.text)
        for key in run.pageKeys { remove("parts", key) }
    }

    // MARK: What is kept of ended runs

    /// Parts of a job's ended runs that are kept.
    private static let mostEndedParts = 10_000

    private func isKept(_ run: Run) -> Bool { run.endedAt.map { wall - $0 < configuration.historyAge } ?? true }

    private mutating func trim(_ job: Handle<Job>) {
        let limit = jobs[job].definition.options.history ?? configuration.history
        var parts = jobs[job].ended.reduce(0) { $0 + runs[$1].parts.count }
        while let first = jobs[job].ended.first,
            jobs[job].ended.count > limit || parts > Self.mostEndedParts && jobs[job].ended.count > 1 || !isKept(runs[first])
        {
            // The rest goes with a later transaction.
            if output.isFull { return clean(after: .second) }
            parts -= runs[first].parts.count
            jobs[job].ended.removeFirst()
            forget(first)
        }
    }

    /// Once an hour, runs that are too old are forgotten.
    mutating func sweep() {
        isSweeping = false
        for job in jobOrder {
            if output.isFull { return clean(after: .second) }
            trim(job)
            if !jobs[job].ended.isEmpty { clean() }
        }
    }

    mutating func clean(after pause: Int64 = 3_600 * .second) {
        guard !isSweeping else { return }
        isSweeping = true
        timers.set(.sweep, at: now.monotonic.saturatingAdd(pause))
    }
}
