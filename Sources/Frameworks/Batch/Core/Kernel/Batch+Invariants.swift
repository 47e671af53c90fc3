import FrameworkCore
import Machine
import MesosAPI

extension Batch {
    /// Over all that decides what happens next.
    package var digest: UInt64 {
        var digest = Digest()
        digest.combine(link.frameworkID ?? "")
        digest.combine(link.isSubscribed)
        digest.combine(link.isSuppressed)
        digest.combine(link.unknown.count)
        digest.combine(nextOrdinal)
        digest.combine(eventIDs.last)
        digest.combine(eventIDs.reserved)
        for pending in notices {
            digest.combine(pending.notice.id)
            digest.combine(pending.failures)
        }
        for handle in jobOrder {
            digest.combine(jobs[handle].name)
            digest.combine(UInt64(bitPattern: Int64(jobs[handle].definition.isDisabled ? 1 : 0)))
            digest.combine(jobs[handle].progress.stored)
            digest.combine(jobs[handle].problem ?? "")
            for run in jobs[handle].unfinished + jobs[handle].ended { combine(run, into: &digest) }
        }
        for run in abandoned { combine(run, into: &digest) }
        for entry in queue.all where isWaiting(entry) { digest.combine(runs[entry.run].key.text) }
        digest.combine(queue.reservation?.agent ?? "")
        for offer in openOffers.all { digest.combine(offer.id.value) }
        digest.combine(work.count)
        digest.combine(dues.next ?? -1)
        digest.combine(timers.next ?? -1)
        return digest.value
    }

    private func combine(_ handle: Handle<Run>, into digest: inout Digest) {
        digest.combine(runs[handle].stored)
        for part in runs[handle].parts where runs[handle].parts.count > 1 && !part.tasks.isEmpty {
            digest.combine(part.phase == .active ? "active" : part.message)
            digest.combine(part.tasks.count)
            digest.combine(part.until ?? -1)
        }
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
            let mayOverlap = job.definition.concurrency == .allow || job.overlaps || job.unfinished.contains { runs[$0].ending != nil }
            precondition(active <= 1 || mayOverlap, "\(job.name) runs twice")
            queued += job.unfinished.count { runs[$0].isQueued }
            if let first = job.unfinished.first {
                precondition(!mayLaunch(first, of: handle) || runs[first].isQueued || isOutrun(handle), "\(job.name) waits for nothing")
            }
            precondition(job.progress.edges.map(\.parent) == job.definition.parents, "\(job.name) counts other jobs than its parents")
            for parent in job.definition.parents {
                precondition(jobHandles[parent].map { jobs[$0].children.contains(handle) } ?? true, "\(parent) doesn't know its child \(job.name)")
            }
            if let due = job.nextDue, job.unfinished.count < mostUnfinished(of: handle),
                job.unfinished.isEmpty || job.definition.concurrency != .queue
            {
                precondition(job.armedAt.map { $0 <= due } ?? false, "nothing wakes \(job.name) at \(due)")
            }
        }
        precondition(openOffers.all.isEmpty || work.contains(.match), "offers are kept for nothing")
        precondition(eventIDs.last <= eventIDs.reserved, "an event has a number that is not stored")
        precondition(notices.count <= Self.mostNotices, "\(notices.count) notices wait")
        precondition(counted == runs.count, "a run belongs to no job")
        precondition(queued == queue.count, "\(queued) runs are queued, not \(queue.count)")
        runs.forEach { handle, run in
            precondition(runHandles[run.key] == handle, "\(run.key.text) can't be found")
            precondition(!run.isQueued || run.end == nil && run.ending == nil && !run.ready.isEmpty, "\(run.key.text) is queued for nothing")
            check(run, handle)
        }
    }

    private func check(_ run: Run, _ handle: Handle<Run>) {
        var counts = (active: 0, succeeded: 0, failed: 0)
        for (index, part) in run.parts.enumerated() {
            switch part.phase {
            case .active:
                counts.active += 1
                guard let task = part.tasks.last, !task.isOver else { preconditionFailure("\(run.key.text) has an active part without a task") }
                precondition(taskPlaces[task.id] == Place(run: handle, index: index), "\(task.id) can't be found")
            case .ended(.succeeded): counts.succeeded += 1
            case .ended(.failed): counts.failed += 1
            case .waiting, .ended: break
            }
        }
        precondition(counts == (run.activeCount, run.succeededCount, run.failedCount), "\(run.key.text) has miscounted its parts")
        precondition(!run.hasEnded || counts.active == 0, "\(run.key.text) has ended and runs on")
        precondition(run.hasEnded || run.ending != nil || run.verdict == nil, "\(run.key.text) is decided and goes on")
        precondition(run.hasEnded || run.ending == nil || counts.active > 0, "\(run.key.text) waits for the end of nothing")
        precondition(run.ready.allSatisfy { run.parts[$0].isWaiting }, "\(run.key.text) would launch what runs")
        precondition(!run.isAbandoned || run.ending != nil, "\(run.key.text) has no job and goes on")
    }
}
