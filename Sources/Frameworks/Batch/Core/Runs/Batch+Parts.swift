import FrameworkCore
import Machine

/// What becomes of a run's parts, and of the run by that.
extension Batch {
    /// A part's task has ended well.
    mutating func attemptSucceeded(_ place: Place, _ message: String) { partEnded(place, as: .succeeded, message) }

    /// A part's task has ended other than well, or can't ever be heard of again.
    mutating func attemptFailed(_ place: Place, _ message: String) {
        let handle = place.run
        guard runs[handle].ending == nil, !runs[handle].isAbandoned, let job = jobHandles[runs[handle].key.job] else {
            return partEnded(place, as: .killed, message)
        }
        let definition = jobs[job].definition
        tell(.runAttemptFailed, run: handle, task: self[place].tasks.last, message)
        let (attempts, code) = (self[place].attempts, self[place].tasks.last?.exitStatus)
        let mayRetry = code.map { code in definition.options.retryCodes?.contains(code) ?? true } ?? true
        guard attempts <= definition.retries, mayRetry, mayStillRetry(place, definition) else { return partEnded(place, as: .failed, message) }
        let until = wall.saturatingAdd(retryDelay(definition, after: attempts))
        runs[handle].move(place.index, to: .waiting(until: until))
        self[place].message = message
        changed(place)
        dues.set(.part(place), at: until)
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

    /// The time of a part's next attempt has come.
    mutating func partIsDue(_ place: Place) {
        guard runs.contains(place.run), !runs[place.run].hasEnded, let until = self[place].until else { return }
        // The wall clock may have been set back.
        guard until <= wall else { return dues.set(.part(place), at: until) }
        runs[place.run].makeReady(place.index)
        if let job = jobHandles[runs[place.run].key.job] { enqueueReady(job) }
    }

    /// A part is done with. It decides its run, or makes room for another part, or is the last one that a decided run has waited for.
    private mutating func partEnded(_ place: Place, as outcome: Run.Outcome, _ message: String) {
        let handle = place.run
        runs[handle].move(place.index, to: .ended(outcome))
        self[place].message = message
        changed(place)
        let verdict = runs[handle].verdict
        guard let ending = runs[handle].ending else {
            if let verdict {
                conclude(handle, as: verdict, summary(handle, place.index, message))
            } else if let job = jobHandles[runs[handle].key.job] {
                enqueueReady(job)
            }
            return
        }
        guard !runs[handle].isActive else { return }
        // Whoever wanted it killed may have come too late.
        if verdict == .succeeded, ending != .succeeded {
            end(handle, as: .succeeded, summary(handle, place.index, message))
        } else {
            end(handle, as: ending, runs[handle].reason)
        }
    }

    /// What a run says of its end, which one of its parts has brought about.
    private func summary(_ handle: Handle<Run>, _ index: Int, _ message: String) -> String {
        let run = runs[handle]
        if run.parts.count == 1 { return message }
        if run.verdict == .succeeded { return "\(run.succeededCount) of \(run.parts.count) indices ended well" }
        return "index \(index) failed: \(message)"
    }
}
