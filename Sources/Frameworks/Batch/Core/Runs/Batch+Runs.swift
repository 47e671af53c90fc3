import FrameworkCore
import Machine
import MesosAPI
import Schedules

/// The life of runs, from their making to their end.
extension Batch {
    /// Makes a run, unless there is one of that due time already.
    /// - Returns: its handle; nil: there was one.
    @discardableResult
    mutating func makeRun(of job: Handle<Job>, due: Int64, _ cause: Run.Cause, arguments: String? = nil) -> Handle<Run>? {
        var key = Run.Key(job: jobs[job].name, due: due)
        if cause == .schedule, due > jobs[job].progress.since, let other = runHandles[key], !runs[other].isAbandoned { return nil }
        // Everything else is a run of its own, also of the same millisecond.
        key.due = max(due, jobs[job].progress.since)
        while runHandles[key] != nil || cause != .schedule && isDueTime(key.due, of: job) { key.due += 1 }
        var run = Run(key: key, cause: cause, createdAt: wall, arguments: arguments)
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
        if cause == .schedule, let epsilon = jobs[job].definition.options.epsilon {
            dues.set(.run(handle), at: due.saturatingAdd(epsilon.milliseconds).saturatingAdd(1))
        }
        enqueueReady(job)
        return handle
    }

    /// Whether a schedule of the job has, or may have had, a run at this very time.
    private func isDueTime(_ time: Int64, of job: Handle<Job>) -> Bool {
        jobs[job].schedules.contains { $0.next(after: time - 1) == time }
    }

    /// A retry, or the latest moment for a first attempt.
    mutating func runIsDue(_ handle: Handle<Run>) {
        guard runs.contains(handle), case .waiting(let until) = runs[handle].phase, let job = jobHandles[runs[handle].key.job],
            !runs[handle].isAbandoned
        else { return }
        if let until {
            if until <= wall { enqueueReady(job) } else { dues.set(.run(handle), at: until) }
            return
        }
        if endsUnlaunched(handle, job) { return }
        guard runs[handle].attempts == 0, let epsilon = jobs[job].definition.options.epsilon else { return }
        guard runs[handle].key.due.saturatingAdd(epsilon.milliseconds) < wall else { return }
        jobs[job].progress.skipped += 1
        counters.runsSkipped += 1
        end(handle, as: .skipped, "not started within \(epsilon.text) of its due time")
    }

    // MARK: Attempts

    /// The run's task has ended other than well, or can't ever be heard of again.
    mutating func attemptFailed(_ handle: Handle<Run>, _ message: String) {
        if let ending = runs[handle].ending { return end(handle, as: ending, runs[handle].message) }
        guard let job = jobHandles[runs[handle].key.job], !runs[handle].isAbandoned else { return end(handle, as: .killed, message) }
        let definition = jobs[job].definition
        tell(.runAttemptFailed, run: handle, message)
        let code = runs[handle].tasks.last?.exitStatus
        let mayRetry = code.map { code in definition.options.retryCodes?.contains(code) ?? true } ?? true
        guard runs[handle].attempts <= definition.retries, mayRetry, mayStillRetry(handle, definition) else {
            return end(handle, as: .failed, message)
        }
        let until = wall.saturatingAdd(retryDelay(definition, after: runs[handle].attempts))
        runs[handle].phase = .waiting(until: until)
        runs[handle].message = message
        changed(handle)
        dues.set(.run(handle), at: until)
        enqueueReady(job)
    }

    /// Milliseconds until the next attempt.
    func retryDelay(_ definition: JobDefinition, after attempts: Int) -> Int64 {
        let first = Double(definition.options.retryDelay ?? configuration.retryDelay)
        let factor = definition.options.retryFactor ?? 1
        let limit = Double(definition.options.retryDelayLimit ?? 86_400_000)
        var delay = first
        for _ in 1..<max(2, min(attempts, 1_000)) where attempts > 1 && delay < limit { delay *= factor }
        let nanoseconds = Int64(secondsClamped: min(delay, max(first, limit)) / 1000) ?? 0
        return nanoseconds / .millisecond
    }

    // MARK: Ends

    mutating func end(_ handle: Handle<Run>, as outcome: Run.Outcome, _ message: String) {
        dequeue(handle)
        runs[handle].phase = .ended(outcome, at: wall)
        runs[handle].message = message
        runs[handle].ending = nil
        (runs[handle].killAgainAt, runs[handle].launchDeadline, runs[handle].unreachableDeadline) = (nil, nil, nil)
        noteEnd(handle)
        guard !runs[handle].isAbandoned, let job = jobHandles[runs[handle].key.job] else { return forget(handle) }
        changed(handle)
        jobs[job].unfinished.removeAll { $0 == handle }
        jobs[job].ended.append(handle)
        trim(job)
        switch outcome {
        case .succeeded: succeeded(job)
        case .failed: failed(job)
        case .killed, .replaced, .skipped: break
        }
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
        if jobs[job].isExhausted, jobs[job].unfinished.isEmpty, !jobs[job].definition.isDisabled {
            setDisabled(job, true)
            jobDisabled(job, .exhausted)
        }
        trigger(childrenOf: job)
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
        if jobs[job].definition.isSoftError { trigger(childrenOf: job) }
    }

    /// Ends all runs of a job that have not ended; those with tasks end when these do.
    mutating func endUnfinished(_ job: Handle<Job>, as outcome: Run.Outcome, _ message: String) {
        // From the last one on: what waits behind another one must not begin when that ends.
        endAll(jobs[job].unfinished.reversed(), as: outcome, message)
    }

    /// Ends these; what is too much for one transaction is left for the next one.
    mutating func endAll(_ handles: [Handle<Run>], as outcome: Run.Outcome, _ message: String) {
        for (index, handle) in handles.enumerated() where runs.contains(handle) && !runs[handle].hasEnded {
            if output.isFull {
                work.append(.end(Array(handles[index...]), outcome, message))
                return
            }
            if !runs[handle].isActive {
                end(handle, as: outcome, message)
            } else if runs[handle].ending == nil {
                runs[handle].ending = outcome
                runs[handle].message = message
                changed(handle)
                sendKill(handle)
            }
        }
    }

    /// Takes a run out of the state and the store.
    mutating func forget(_ handle: Handle<Run>) {
        guard let run = runs.remove(handle) else { return }
        if runHandles[run.key] == handle { runHandles[run.key] = nil }
        abandoned.removeAll { $0 == handle }
        remove("runs", run.key.text)
    }

    // MARK: What is kept of ended runs

    private func isKept(_ run: Run) -> Bool { run.endedAt.map { wall - $0 < configuration.historyAge } ?? true }

    private mutating func trim(_ job: Handle<Job>) {
        let limit = jobs[job].definition.options.history ?? configuration.history
        while let first = jobs[job].ended.first, jobs[job].ended.count > limit || !isKept(runs[first]) {
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
