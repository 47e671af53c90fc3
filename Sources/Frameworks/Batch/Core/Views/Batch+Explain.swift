import FrameworkCore
import Machine
import Resources

/// Why a job doesn't run, or how it failed, and when it is due.
package struct JobExplanation: Hashable, Sendable {
    /// An agent that has made an offer which the longest-waiting run didn't get.
    package struct Misfit: Hashable, Sendable {
        package var host: String
        /// One line each: what is missing there.
        package var missing: [String]
    }

    /// Milliseconds since 1970; nil: never by itself.
    package var nextDue: Int64?
    /// One sentence each, the most important first.
    package var lines: [String] = []
    /// The one that comes nearest first.
    package var agents: [Misfit] = []
}

extension Batch {
    /// - Returns: nil if there is no such job.
    package func explain(_ name: String) -> JobExplanation? {
        guard let job = findJob(name) else { return nil }
        var explanation = JobExplanation(nextDue: job.nextDue)
        explanation.lines.append(whenDue(job))
        explainRuns(of: job, &explanation)
        if let failed = job.ended.last.map({ runs[$0] }), failed.outcome == .failed { explanation.lines.append(howItFailed(failed)) }
        if job.progress.skipped > 0 {
            explanation.lines.append("\(job.progress.skipped) due times were left out: too late, or forbidden beside another run")
        }
        return explanation
    }

    // MARK: When it is due

    private func whenDue(_ job: Job) -> String {
        if let problem = job.problem { return "it can't run by itself: \(problem)" }
        if job.neverRunsByItself {
            let pause = job.definition.isDisabled ? "it is paused (agora job resume \(job.name)), and without that, too, " : "it "
            return pause + "runs on request only (agora job run \(job.name))"
        }
        let pause = job.definition.isDisabled ? "it is paused and runs on request only (agora job resume \(job.name)); else " : ""
        if job.definition.isDependent { return pause + whatParents(job) }
        if job.isExhausted { return "its schedule has come to its end" }
        guard let next = job.progress.cursors.compactMap(\.next).min() else { return pause + "it is never due again" }
        return pause + (next > wall ? "it is due next at \(text(next))" : "it is due since \(text(next))")
    }

    private func whatParents(_ job: Job) -> String {
        let rule = job.definition.triggerRule
        let open = job.progress.edges.filter { !isDone($0, by: rule) }
        let names = job.definition.parents.joined(separator: ", ")
        let waiting = open.map { whyOpen($0.parent) }.joined(separator: ", ")
        // None has failed either, so nothing is wrong.
        let noneHasEnded = !open.contains { hasEnded($0) }
        if noneHasEnded, !open.isEmpty, open.count == job.progress.edges.count {
            let whom = rule == .oneSuccess ? "one of \(names)" : rule == .allDone ? "\(names), well or badly" : names
            let details = waiting == open.map(\.parent).joined(separator: ", ") ? "" : "; since it began last, these have not ended: \(waiting)"
            return "it waits for its parents; it runs after \(whom)\(details)"
        }
        switch rule {
        case .allSuccess where open.isEmpty: return "it runs after \(names), which have all ended well since it began last"
        case .allSuccess where noneHasEnded: return "it runs after \(names); since it began last, these have not ended: \(waiting)"
        case .allSuccess: return "it runs after \(names); since it began last, these have not ended well: \(waiting)"
        case .allDone where open.isEmpty: return "it runs after \(names), well or badly; all have ended since it began last"
        case .allDone: return "it runs after \(names), well or badly; since it began last, these have not ended: \(waiting)"
        case .oneSuccess where open.count < job.progress.edges.count: return "it runs after one of \(names); one has ended well since it began last"
        case .oneSuccess: return "it runs after one of \(names); since it began last, none has ended well: \(waiting)"
        }
    }

    private func isDone(_ edge: Progress.Edge, by rule: JobDefinition.TriggerRule) -> Bool {
        guard let parent = findJob(edge.parent)?.progress else { return false }
        return rule == .allDone ? parent.ends > edge.seenEnds : parent.triggers > edge.seen
    }

    /// Well or badly, since the job began last.
    private func hasEnded(_ edge: Progress.Edge) -> Bool { (findJob(edge.parent)?.progress.ends ?? 0) > edge.seenEnds }

    private func whyOpen(_ parent: String) -> String {
        guard let job = findJob(parent) else { return "\(parent) (gone)" }
        let state = activity(of: job)
        if state != "idle" { return "\(parent) (\(state))" }
        if job.definition.isDisabled { return "\(parent) (disabled)" }
        return job.ended.last.flatMap { runs[$0].outcome } == .failed ? "\(parent) (failed)" : parent
    }

    // MARK: Runs that have not ended

    /// More would not be read.
    private static let mostExplained = 20

    private func explainRuns(of job: Job, _ explanation: inout JobExplanation) {
        var before: Run?
        for handle in job.unfinished.prefix(Self.mostExplained) {
            let run = runs[handle]
            explanation.lines.append("the run of \(text(run.key.due)) " + explained(run, behind: before))
            if run.isQueued, explanation.agents.isEmpty { explanation.agents = misfits(of: job, run, handle) }
            if job.definition.concurrency != .allow { before = before ?? run }
        }
        let rest = job.unfinished.count - Self.mostExplained
        if rest > 0 { explanation.lines.append("\(rest) more runs wait") }
        guard job.unfinished.contains(where: { runs[$0].isQueued }) else { return }
        if let reason = whyNothingIsLaunched { explanation.lines.append(reason) }
        if !explanation.agents.isEmpty { explanation.lines.append("no agent fits; the nearest is \(explanation.agents[0].text)") }
    }

    private func explained(_ run: Run, behind other: Run?) -> String {
        if run.hasEnded { return "has ended" }
        if run.parts.count == 1 { return explained(run.parts[0], of: run, behind: other) }
        let counts = "\(run.succeededCount) of \(run.parts.count) indices have ended well, \(run.failedCount) have failed, \(run.activeCount) run"
        if run.ending != nil { return "is being killed: \(counts)" }
        let open = run.parts.indices.filter { run.parts[$0].isWaiting }
        guard let first = open.first else { return "runs: \(counts)" }
        if run.activeCount > 0, !run.isQueued { return "runs: \(counts), \(open.count) wait for their turn or their next attempt" }
        return "\(counts), \(open.count) wait; index \(first) \(explained(run.parts[first], of: run, behind: other))"
    }

    private func explained(_ part: Part, of run: Run, behind other: Run?) -> String {
        switch part.phase {
        case .active:
            let task = part.tasks.last
            let place = "on \(task?.host ?? "?")"
            if run.ending != nil { return "is being killed \(place)" }
            if task?.state == "TASK_UNREACHABLE" { return "is \(place), which can't be reached: it is waited for" }
            guard let start = task?.startedAt else { return "was launched \(place) and has not been heard of as running yet" }
            return "runs \(place) since \(text(start))"
        case .waiting(let until?) where !run.isQueued && until > wall:
            return "waits for attempt \(part.attempts + 1) at \(text(until)): the last one failed: \(part.message)"
        case .waiting:
            if !run.isQueued, let other { return "waits for the end of the run of \(text(other.key.due))" }
            return "waits for an offer" + (part.attempts > 0 ? " for attempt \(part.attempts + 1): the last one failed: \(part.message)" : "")
        case .ended: return "has ended"
        }
    }

    private var whyNothingIsLaunched: String? {
        if !link.isSubscribed { return "there is no connection to a master, so no offers come" }
        if !link.unknown.isEmpty {
            return "nothing is launched until the master has said what became of \(link.unknown.count) tasks, for a few seconds at most"
        }
        return offersSeen.entries.isEmpty ? "no offer has come yet: all agents are full, gone, or held by other roles" : nil
    }

    private func howItFailed(_ run: Run) -> String {
        let place = run.tasks.last.map { " on \($0.host)" } ?? ""
        let code = run.tasks.last?.exitStatus.map { ", exit status \($0)" } ?? ""
        let attempts = run.attempts == 1 ? "1 attempt" : "\(run.attempts) attempts"
        return "the run of \(text(run.key.due)) failed after \(attempts)\(place)\(code): \(run.message)"
    }

    private func text(_ milliseconds: Int64) -> String { Timestamp(milliseconds: milliseconds).description }

    // MARK: What agents lack

    private func misfits(of job: Job, _ run: Run, _ handle: Handle<Run>) -> [JobExplanation.Misfit] {
        let demand = Demand(of: job.definition)
        return offersSeen.entries.filter { $0.at >= run.waitsSince }.map { entry in
            var missing: [String] = []
            if entry.isInMaintenance { missing.append("it is in maintenance") }
            for constraint in job.definition.constraints where !constraint.holds(of: entry.agent) { missing.append("constraint \(constraint.text)") }
            if let other = queue.reservation, other.agent == entry.agent.id, other.run != handle {
                missing.append("it is kept free for a run of \(runs[other.run].key.job) that has waited longer")
            }
            for (wanted, left) in zip(demand.parts, entry.room.parts) where wanted.amount > left.amount {
                missing.append("\(wanted.name) \(wanted.amount - left.amount) (needs \(wanted.amount), has \(left.amount))")
            }
            return .init(host: entry.agent.host, missing: missing)
        }.filter { !$0.missing.isEmpty }.sorted { ($0.missing.count, $0.host) < ($1.missing.count, $1.host) }
    }
}

extension JobExplanation.Misfit {
    fileprivate var text: String { "\(host): \(missing.joined(separator: "; "))" }
}
