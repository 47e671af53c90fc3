import FrameworkCore
import Machine

extension Batch {
    /// Over all that decides what happens next.
    package var digest: UInt64 {
        var digest = Digest()
        digest.combine(link.frameworkID ?? "")
        digest.combine(link.isSubscribed)
        digest.combine(link.isSuppressed)
        digest.combine(link.unknown.count)
        digest.combine(nextOrdinal)
        for handle in jobOrder {
            digest.combine(jobs[handle].name)
            digest.combine(UInt64(bitPattern: Int64(jobs[handle].definition.isDisabled ? 1 : 0)))
            digest.combine(jobs[handle].progress.stored)
            digest.combine(jobs[handle].problem ?? "")
            for run in jobs[handle].unfinished + jobs[handle].ended { digest.combine(runs[run].stored) }
        }
        for run in abandoned { digest.combine(runs[run].stored) }
        for entry in queue.all where runs.contains(entry.run) && runs[entry.run].isQueued { digest.combine(runs[entry.run].key.text) }
        digest.combine(queue.reservation?.agent ?? "")
        digest.combine(work.count)
        digest.combine(dues.next ?? -1)
        digest.combine(timers.next ?? -1)
        return digest.value
    }

    package func checkInvariants() {
        var counted = abandoned.count
        var queued = 0
        precondition(jobOrder.count == jobs.count && jobHandles.count == jobs.count, "a job is not listed, or twice")
        for handle in jobOrder {
            let job = jobs[handle]
            precondition(jobHandles[job.name] == handle, "\(job.name) is listed and unknown")
            counted += job.unfinished.count + job.ended.count
            precondition(job.unfinished.allSatisfy { !runs[$0].hasEnded }, "\(job.name) waits for a run that has ended")
            precondition(job.ended.allSatisfy { runs[$0].hasEnded }, "\(job.name) has put away a run that has not ended")
            precondition((job.unfinished + job.ended).allSatisfy { runs[$0].key.job == job.name }, "\(job.name) holds another job's run")
            let active = job.unfinished.count { runs[$0].isActive }
            precondition(
                job.definition.concurrency == .allow || active <= 1 || job.unfinished.contains { runs[$0].ending != nil }, "\(job.name) runs twice")
            queued += job.unfinished.count { runs[$0].isQueued }
            precondition(job.progress.edges.map(\.parent) == job.definition.parents, "\(job.name) counts other jobs than its parents")
            for parent in job.definition.parents {
                precondition(jobHandles[parent].map { jobs[$0].children.contains(handle) } ?? true, "\(parent) doesn't know its child \(job.name)")
            }
            if let due = job.nextDue, job.unfinished.count < Self.mostUnfinished, job.unfinished.isEmpty || job.definition.concurrency != .queue {
                precondition(job.armedAt.map { $0 <= due } ?? false, "nothing wakes \(job.name) at \(due)")
            }
        }
        precondition(counted == runs.count, "a run belongs to no job")
        precondition(queued == queue.count, "\(queued) runs are queued, not \(queue.count)")
        runs.forEach { handle, run in
            precondition(runHandles[run.key] == handle, "\(run.key.text) can't be found")
            if run.isActive, let task = run.tasks.last { precondition(taskRuns[task.id] == handle, "\(task.id) can't be found") }
            precondition(!run.isQueued || run.phase != .active, "\(run.key.text) is queued and active")
        }
    }
}
