package import FrameworkCore
import Machine
import Schedules

/// Due times: from a job's schedules to its runs.
extension Batch {
    /// Sets a timer for the job's next due time, unless one is set that comes no later.
    mutating func arm(_ handle: Handle<Job>) {
        guard let due = jobs[handle].nextDue, jobs[handle].armedAt.map({ due < $0 }) ?? true else { return }
        jobs[handle].armedAt = due
        dues.set(.job(handle), at: due)
    }

    mutating func jobIsDue(_ handle: Handle<Job>) {
        guard jobs.contains(handle) else { return }
        jobs[handle].armedAt = nil
        makeRuns(handle)
    }

    /// Makes the runs that are due now, as far as the job's policies let them.
    mutating func makeRuns(_ handle: Handle<Job>) {
        dropLate(handle)
        while let due = jobs[handle].nextDue, due <= wall, !output.isFull {
            if !jobs[handle].unfinished.isEmpty {
                switch jobs[handle].definition.concurrency {
                case .allow: break
                // The end of the run brings us back.
                case .queue: return
                case .forbid:
                    advance(handle, past: wall, isSkipping: true)
                    continue
                case .replace: endUnfinished(handle, as: .replaced, "replaced by the run of \(Timestamp(milliseconds: due))")
                }
            }
            guard jobs[handle].unfinished.count < mostUnfinished(of: handle) else { return }
            let isEach = jobs[handle].definition.catchUp == .all
            let time = isEach ? due : latestDue(handle)
            advance(handle, past: time, isSkipping: false)
            makeRun(of: handle, due: time, .schedule)
        }
        arm(handle)
    }

    /// The last due time that has come.
    private func latestDue(_ handle: Handle<Job>) -> Int64 {
        let job = jobs[handle]
        let times = zip(job.schedules, job.progress.cursors).compactMap { schedule, cursor -> Int64? in
            guard let next = cursor.next, next <= wall else { return nil }
            return max(next, schedule.previous(before: wall + 1) ?? next)
        }
        return times.max() ?? wall
    }

    /// Moves on, past a time. Due times that became one run take one of the runs that are left, those that are skipped take one each.
    private mutating func advance(_ handle: Handle<Job>, past time: Int64, isSkipping: Bool) {
        for index in jobs[handle].progress.cursors.indices {
            let cursor = jobs[handle].progress.cursors[index]
            guard let next = cursor.next, next <= time else { continue }
            let schedule = jobs[handle].schedules[index]
            if isSkipping {
                let passed = min(schedule.countDues(from: next, through: time), cursor.left ?? .max)
                jobs[handle].progress.skipped = jobs[handle].progress.skipped.saturatingAdd(passed)
                counters.runsSkipped += 1
                dueTimesSkipped(handle, passed)
                jobs[handle].progress.cursors[index].left = cursor.left.map { max(0, $0 - passed) }
            } else {
                jobs[handle].progress.cursors[index].left = cursor.left.map { $0 - 1 }
            }
            jobs[handle].progress.cursors[index].next =
                jobs[handle].progress.cursors[index].left == 0 ? nil : schedule.next(after: time)
        }
        changed(handle)
    }

    /// Lets a job's schedules go on after now.
    mutating func skipMissed(_ handle: Handle<Job>) {
        for (index, schedule) in jobs[handle].schedules.enumerated() where jobs[handle].progress.cursors.indices.contains(index) {
            let next = jobs[handle].progress.cursors[index].next
            if let next, next <= wall { jobs[handle].progress.cursors[index].next = schedule.next(after: wall) }
        }
    }

    /// Leaves out what is too late to begin.
    private mutating func dropLate(_ handle: Handle<Job>) {
        guard let due = jobs[handle].nextDue, let lateness = latestStart(jobs[handle].definition) else { return }
        let limit = wall - lateness - 1
        if due <= limit { advance(handle, past: limit, isSkipping: true) }
    }

    /// By how many milliseconds a run may be late; nil: by any.
    private func latestStart(_ definition: JobDefinition) -> Int64? {
        definition.options.epsilon?.milliseconds ?? (definition.catchUp == .none ? Self.tolerance : nil)
    }

    /// What never counts as missed, in milliseconds: a machine is busy, a scheduler is restarted.
    private static let tolerance: Int64 = 60_000

    // MARK: Reading schedules

    /// Reads the schedules of a definition.
    /// - Returns: them, with where they begin.
    func read(_ texts: [String], zone name: String) throws(Rejection) -> [(schedule: Schedule, cursor: Progress.Cursor)] {
        let zone = try zone(name)
        var result: [(schedule: Schedule, cursor: Progress.Cursor)] = []
        for text in texts {
            let schedule: Schedule
            do throws(ScheduleError) {
                schedule = try Schedule(text, zone: zone, now: wall)
            } catch {
                throw Rejection("Cannot parse schedule '\(text)': \(error)")
            }
            guard case .interval(let interval) = schedule else {
                result.append((schedule, .init(next: schedule.next(after: wall), left: nil)))
                continue
            }
            if interval.start < 1_000 { throw Rejection("Scheduled start date '\(Timestamp(milliseconds: interval.start))' is before 1970!") }
            if interval.isBackToBack, interval.count ?? 2 > 1 {
                throw Rejection("Cannot parse schedule '\(text)': a period of zero would repeat without a pause")
            }
            if interval.isTooFast, interval.count ?? 2 > 1 {
                throw Rejection("Cannot parse schedule '\(text)': a period of less than a second would repeat too fast")
            }
            let endless = Schedule.interval(interval.endless)
            result.append((endless, .init(next: interval.count == 0 ? nil : interval.start, left: interval.count)))
        }
        return result
    }

    /// - Parameter name: empty: none is named.
    private func zone(_ name: String) throws(Rejection) -> Zone? {
        if name.isEmpty { return nil }
        do throws(ScheduleError) {
            switch try Zone.source(of: name) {
            case .fixed(let zone): return zone
            case .file: if let zone = zones[name] { return zone }
            }
        } catch {
            throw Rejection("scheduleTimeZone '\(name)' is no time zone: \(error)")
        }
        throw Rejection("scheduleTimeZone '\(name)' is no time zone that this machine knows")
    }

    /// The names of all zones that jobs of the store are meant in: the server finds their files.
    package static func zones(in entries: [StoredEntry]) -> [String] {
        var names: Set<String> = []
        for entry in entries where entry.table == "jobs" {
            if let name = (try? JobBody(json: entry.value))?.zone { names.insert(name) }
        }
        return names.sorted()
    }

    mutating func take(_ zone: ZoneData) throws(Rejection) {
        do throws(ScheduleError) {
            // Its table of 400 years takes 10 kB, which all jobs of the zone share, for as long as the file stays the same.
            let read = try Zone(name: zone.name, file: zone.file)
            if zones[zone.name] != read { zones[zone.name] = read }
        } catch {
            throw Rejection("the file of the time zone '\(zone.name)' can't be read: \(error)")
        }
    }
}

extension Schedule {
    /// How many due times there are from the first one on, which is one, up to the last moment.
    fileprivate func countDues(from first: Int64, through last: Int64) -> Int64 {
        switch self {
        case .interval(let interval):
            guard let begin = interval.occurrence(after: first - 1), let end = interval.occurrence(before: last.saturatingAdd(1)) else { return 1 }
            return max(1, end.number - begin.number + 1)
        // A line of cron has no count that would have to be exact.
        case .cron: return 1
        }
    }

    /// What is kept of a schedule: the text as it was given, with a start.
    func text(original: String, count: Int64?) -> String {
        guard case .interval(let interval) = self, original.contains("//") else { return original }
        return interval.text(from: 0, left: count)
    }

    /// As it stands when the next due time is `next`.
    func text(from cursor: Progress.Cursor) -> String {
        guard case .interval(let interval) = self else { return text }
        let number = cursor.next.flatMap { interval.occurrence(after: $0 - 1)?.number } ?? interval.occurrence(after: .min)?.number ?? 0
        return interval.text(from: number, left: cursor.left)
    }
}
