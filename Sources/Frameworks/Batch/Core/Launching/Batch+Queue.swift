import FrameworkCore
import Machine
import MesosAPI

/// The queue of runs, and whether the master is asked for offers at all.
extension Batch {
    /// Lets the runs of a job that may begin now into the queue.
    mutating func enqueueReady(_ job: Handle<Job>) {
        guard jobs.contains(job) else { return }
        let isConcurrent = jobs[job].definition.concurrency == .allow
        if !isConcurrent, isOutrun(job) { return }
        for handle in jobs[job].unfinished {
            if !runs[handle].isQueued, mayLaunch(handle, of: job) { enqueue(handle, isHigh: jobs[job].definition.isHighPriority) }
            // Without concurrency, whatever stands first is all there is: it waits for its offer or for its next attempt, or runs.
            if !isConcurrent { return }
        }
    }

    /// Whether one that began after the job's first run is active: it began while the job allowed several, and is waited for.
    func isOutrun(_ job: Handle<Job>) -> Bool { jobs[job].overlaps && jobs[job].unfinished.dropFirst().contains { runs[$0].isActive } }

    mutating func noteOverlap(_ job: Handle<Job>) {
        jobs[job].overlaps = jobs[job].definition.concurrency != .allow && jobs[job].unfinished.count { runs[$0].hasBegun } > 1
    }

    func mayLaunch(_ handle: Handle<Run>, of job: Handle<Job>) -> Bool {
        runs[handle].mayLaunch(parallelism: jobs[job].definition.options.parallelism ?? .max)
    }

    private mutating func enqueue(_ handle: Handle<Run>, isHigh: Bool) {
        guard let job = jobHandles[runs[handle].key.job] else { return }
        runs[handle].isQueued = true
        runs[handle].waitsSince = now.monotonic
        runs[handle].ticket = queue.append(handle, Shape(of: jobs[job].definition), isHigh: isHigh)
        link.isReviving = true
    }

    /// Whether an entry of the queue is that of a run that waits, and its newest one.
    func isWaiting(_ entry: RunQueue.Entry) -> Bool {
        runs.contains(entry.run) && runs[entry.run].isQueued && runs[entry.run].ticket == entry.ticket
    }

    mutating func dequeue(_ handle: Handle<Run>) {
        guard runs[handle].isQueued else { return }
        runs[handle].isQueued = false
        queue.leave(handle)
        if queue.reservation?.run == handle { endReservation() }
    }

    /// What the agent offered meanwhile was refused, and may be of use to others now.
    mutating func endReservation() {
        queue.reservation = nil
        link.isReviving = true
    }

    /// Tells the master whether offers are wanted: all that were refused once more, or none at all.
    mutating func adviseMaster() {
        guard link.isSubscribed, link.unknown.isEmpty else { return }
        if queue.count > 0 {
            guard link.isSuppressed || link.isReviving else { return }
            link.isSuppressed = false
            link.isReviving = false
            output.effects.append(.call(Calls.revive(configuration.identity.role)))
        } else if !link.isSuppressed {
            link.isSuppressed = true
            link.isReviving = false
            output.effects.append(.call(Calls.suppress(configuration.identity.role)))
        }
    }
}
