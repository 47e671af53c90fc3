import FrameworkCore
import Machine

/// For how long a run waits for its first launch, and for how long it is tried again.
extension Batch {
    /// Sets the time by which the run must have been launched, if its job has one.
    mutating func armLaunchDelay(_ handle: Handle<Run>) {
        guard let job = jobHandles[runs[handle].key.job], let delay = jobs[job].definition.extras.launchDelay else { return }
        dues.set(.run(handle), at: runs[handle].createdAt.saturatingAdd(delay).saturatingAdd(1))
    }

    /// Ends a run that has waited for too long.
    /// - Returns: whether it did.
    mutating func endsUnlaunched(_ handle: Handle<Run>, _ job: Handle<Job>) -> Bool {
        guard !runs[handle].hasBegun, let delay = jobs[job].definition.extras.launchDelay,
            runs[handle].createdAt.saturatingAdd(delay) < wall
        else { return false }
        end(handle, as: .failed, "not launched within \(delay / 1_000) s")
        return true
    }

    /// Whether a failed run is not too old for its next attempt.
    func mayStillRetry(_ place: Place, _ definition: JobDefinition) -> Bool {
        guard let window = definition.extras.retryWindow else { return true }
        return wall.saturatingAdd(retryDelay(definition, after: self[place].attempts)) < runs[place.run].createdAt.saturatingAdd(window)
    }
}
