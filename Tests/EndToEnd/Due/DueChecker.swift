/// Holds what runs have written against the schedules of their jobs: each due time has one complete run, which began in its window, none has two, and
/// nothing else has run.
///
/// It believes nothing that batch says. Windows don't overlap and a run names its due time, so nothing has to be searched for.
struct DueChecker {
    /// A task, as its own lines tell of it.
    struct Attempt: Hashable {
        let job: String
        let due: Int64
        let number: Int
        /// Milliseconds since 1970.
        let begun: Int64
        var ended: Int64?
    }

    struct Verdict {
        var problems: [String] = []
        var dues = 0
        /// Runs that began and were never finished; another attempt was.
        var brokenOff = 0
        /// Runs whose first attempt never began.
        var lost = 0
        /// By how many milliseconds the latest run was late.
        var latest: Int64 = 0
    }

    let jobs: [DueJob]
    /// When an agent was dead, in milliseconds: what was being launched just then may begin and not go on, and is tried again.
    var agentDeaths: [ClosedRange<Int64>] = []

    /// - Parameter end: due times up to then must have their runs; later ones may.
    func judge(_ lines: [String], upTo end: Int64) -> Verdict {
        var verdict = Verdict()
        let attempts = read(lines, &verdict)
        var known: [String: Set<Int64>] = [:]
        for job in jobs { known[job.name] = Set(job.dues(upTo: .max)) }
        for attempt in attempts where known[attempt.job]?.contains(attempt.due) != true {
            verdict.problems.append("extra: \(attempt) is for no due time")
        }
        let byRun = Dictionary(grouping: attempts) { "\($0.job) \($0.due)" }
        for job in jobs {
            for due in job.dues(upTo: .max) {
                let runs = byRun["\(job.name) \(due)"] ?? []
                if runs.isEmpty, due > end { continue }
                verdict.dues += 1
                judge(job, due, runs, mustHaveRun: due <= end, &verdict)
            }
        }
        return verdict
    }

    private func judge(_ job: DueJob, _ due: Int64, _ attempts: [Attempt], mustHaveRun: Bool, _ verdict: inout Verdict) {
        let complete = attempts.filter { $0.ended != nil }
        if complete.count > 1 { verdict.problems.append("twice: \(complete)") }
        guard let run = complete.first else {
            if mustHaveRun { verdict.problems.append("missing: \(job.name) at \(due) has no complete run, but \(attempts)") }
            return
        }
        if run.begun < due { verdict.problems.append("early: \(run)") }
        if run.begun > due + job.epsilon * 1_000 + DueJob.forgiveness {
            verdict.problems.append("late: \(run) began \(run.begun - due) ms after, \(job.epsilon) s are allowed")
        }
        if let ended = run.ended, ended - run.begun < job.duration * 1_000 - 20 { verdict.problems.append("short: \(run)") }
        verdict.latest = max(verdict.latest, run.begun - due)
        if run.number > 0 { verdict.lost += 1 }
        for attempt in attempts where attempt.ended == nil {
            verdict.brokenOff += 1
            if !agentDeaths.contains(where: { $0.contains(attempt.begun) }) {
                verdict.problems.append("broken off: \(attempt), while its agent lived")
            }
            if attempt.begun > run.begun { verdict.problems.append("again: \(attempt) began after \(run)") }
        }
    }

    /// Lines are `begin JOB DUE ATTEMPT TIME` and the same with `end`.
    private func read(_ lines: [String], _ verdict: inout Verdict) -> [Attempt] {
        var attempts: [Attempt] = []
        var index: [String: Int] = [:]
        for line in lines {
            let words = line.split(separator: " ")
            guard words.count == 5, let due = Int64(words[2]), let number = Int(words[3]), let time = Int64(words[4]) else {
                verdict.problems.append("unreadable: '\(line)'")
                continue
            }
            let key = words[1...3].joined(separator: " ")
            switch (words[0], index[key]) {
            case ("begin", nil):
                index[key] = attempts.count
                attempts.append(Attempt(job: String(words[1]), due: due, number: number, begun: time))
            case ("end", let place?) where attempts[place].ended == nil: attempts[place].ended = time
            default: verdict.problems.append("started twice, or ended without a beginning: '\(line)'")
            }
        }
        return attempts
    }
}
