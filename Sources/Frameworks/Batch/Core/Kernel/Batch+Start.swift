import FrameworkCore
import JSON
import Machine

extension Batch {
    /// Takes over what an earlier process left. An entry that can't be read is set aside; all else goes on.
    mutating func start(_ started: Started) {
        guard !hasStarted else { return }
        configuration = started.configuration
        for zone in started.zones {
            do throws(Rejection) { try take(zone) } catch { quarantine(table: "zones", key: zone.name, error.message) }
        }
        func all(_ table: String) -> [StoredEntry] { started.entries.filter { $0.table == table } }
        if let id = all("framework").first(where: { $0.key == "id" }) { link.frameworkID = String(decoding: id.value, as: UTF8.self) }
        beginEvents(all("events"))
        recoverNotices(all("notices"))
        recoverJobs(all("jobs"), progress: all("progress"))
        recoverRuns(all("runs"), parts: all("parts"))
        hasStarted = true
        for job in jobOrder {
            noteOverlap(job)
            enqueueReady(job)
            arm(job)
            consider(job)
            if !jobs[job].ended.isEmpty { clean() }
        }
        present()
    }

    mutating func quarantine(table: String, key: String, _ reason: String) {
        quarantine.append(.init(table: table, key: key, reason: reason))
        output.effects.append(.report(entry: "\(table)/\(key)", reason: reason))
    }

    private mutating func recoverJobs(_ entries: [StoredEntry], progress: [StoredEntry]) {
        var recovered: [Job] = []
        // Only looked up.
        var stored: [String: [UInt8]] = [:]
        for entry in progress { stored[entry.key] = entry.value }
        for entry in entries {
            do {
                let definition = try JobDefinition(JSONValue(parsing: entry.value), defaults: configuration.defaults)
                guard definition.name == entry.key, let bytes = stored[entry.key] else {
                    throw Rejection(definition.name == entry.key ? "its progress is missing" : "it is stored under another name")
                }
                var job = Job(definition, try Progress(stored: bytes))
                job.size = entry.value.count
                recovered.append(job)
            } catch let rejection as Rejection {
                quarantine(table: "jobs", key: entry.key, rejection.message)
            } catch {
                quarantine(table: "jobs", key: entry.key, "\(error)")
            }
        }
        recovered.sort { $0.progress.ordinal < $1.progress.ordinal }
        for var job in recovered {
            readSchedules(&job)
            nextOrdinal = max(nextOrdinal, job.progress.ordinal + 1)
            let handle = jobs.insert(job)
            jobHandles[job.name] = handle
            jobOrder.append(handle)
        }
        for handle in jobOrder { connect(handle) }
    }

    private mutating func readSchedules(_ job: inout Job) {
        guard case .schedules(let texts, let zone) = job.definition.trigger else { return }
        do throws(Rejection) {
            job.schedules = try read(texts, zone: zone).map(\.schedule)
            guard job.schedules.count == job.progress.cursors.count else { throw Rejection("its progress is that of other schedules") }
        } catch {
            // The job stays, and can be run on request; it says why it isn't run otherwise.
            job.problem = error.message
            quarantine(table: "jobs", key: job.name, error.message)
        }
    }

    private mutating func recoverRuns(_ entries: [StoredEntry], parts: [StoredEntry]) {
        var recovered: [Run] = []
        let (pages, broken) = recoverPages(parts)
        for entry in entries {
            do throws(RecordingError) {
                var run = try Run(stored: entry.value)
                guard run.key.text == entry.key else { throw .invalid("key of a run") }
                // Launching again what may have been launched would be worse than not to run at all.
                if broken.contains(entry.key) { throw .invalid("its parts can't be read") }
                for page in pages[entry.key] ?? [] { try run.take(page) }
                if run.parts.count > 1 { run.recount() }
                recovered.append(run)
            } catch {
                quarantine(table: "runs", key: entry.key, "\(error)")
            }
        }
        // As they were made; what has ended, as it ended.
        recovered.sort { ($0.endedAt ?? $0.createdAt, $0.key.due, $0.key.job) < ($1.endedAt ?? $1.createdAt, $1.key.due, $1.key.job) }
        // Of jobs that can't be read. Only looked up.
        let unreadable = Set(quarantine.filter { $0.table == "jobs" }.map(\.key))
        for run in recovered {
            if !run.isAbandoned, jobHandles[run.key.job] == nil, unreadable.contains(run.key.job) { hold(run) } else { adopt(run) }
        }
    }

    /// - Returns: by the key of their run, and the keys of runs some of whose pages can't be read; only looked up.
    private mutating func recoverPages(_ entries: [StoredEntry]) -> (pages: [String: [Run.Page]], broken: Set<String>) {
        var pages: [String: [Run.Page]] = [:]
        var broken: Set<String> = []
        for entry in entries {
            do throws(RecordingError) {
                let page = try Run.Page(stored: entry.value)
                guard entry.key == "\(page.run)/\(page.number)" else { throw .invalid("key of a run's parts") }
                pages[page.run, default: []].append(page)
            } catch {
                quarantine(table: "parts", key: entry.key, "\(error)")
                broken.insert(entry.key.split(separator: "/").dropLast().joined(separator: "/"))
            }
        }
        return (pages, broken)
    }

    /// A run of a job that can't be read stays in the store, and its tasks run on, for a process that can.
    private mutating func hold(_ run: Run) {
        for part in run.parts where part.isActive { if let task = part.tasks.last { heldTasks.insert(task.id) } }
    }

    private mutating func adopt(_ run: Run) {
        let job = run.isAbandoned ? nil : jobHandles[run.key.job]
        // Without its job, a run waits for its tasks' end alone.
        if job == nil, !run.isActive { return removeStored(run) }
        let handle = runs.insert(run)
        runHandles[run.key] = handle
        if let job {
            if run.hasEnded { jobs[job].ended.append(handle) } else { jobs[job].unfinished.append(handle) }
        } else {
            runs[handle].isAbandoned = true
            runs[handle].ending = .killed
            abandoned.append(handle)
        }
        if run.hasEnded { return }
        for (index, part) in run.parts.enumerated() {
            if part.isActive { resume(Place(run: handle, index: index)) }
            if let until = part.until { dues.set(.part(Place(run: handle, index: index)), at: until) }
        }
        if !run.hasBegun { armLaunchDelay(handle) }
        armEpsilon(handle)
    }

    private mutating func resume(_ place: Place) {
        guard let task = self[place].tasks.last else { return }
        taskPlaces[task.id] = place
        agents.add(task.demand, on: task.agentID)
        if runs[place.run].ending != nil { self[place].killAgainAt = now.monotonic }
        if task.state.isEmpty { waitForStart(place) }
        if task.state == "TASK_UNREACHABLE" { waitForReturn(place) }
    }
}
