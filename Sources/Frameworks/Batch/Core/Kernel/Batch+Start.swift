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
        recoverRuns(all("runs"))
        hasStarted = true
        for job in jobOrder {
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
                recovered.append(Job(definition, try Progress(stored: bytes)))
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

    private mutating func recoverRuns(_ entries: [StoredEntry]) {
        var recovered: [Run] = []
        for entry in entries {
            do throws(RecordingError) {
                let run = try Run(stored: entry.value)
                guard run.key.text == entry.key else { throw .invalid("key of a run") }
                recovered.append(run)
            } catch {
                quarantine(table: "runs", key: entry.key, "\(error)")
            }
        }
        // As they were made; what has ended, as it ended.
        recovered.sort { ($0.endedAt ?? $0.createdAt, $0.key.due, $0.key.job) < ($1.endedAt ?? $1.createdAt, $1.key.due, $1.key.job) }
        for run in recovered { adopt(run) }
    }

    private mutating func adopt(_ run: Run) {
        let job = run.isAbandoned ? nil : jobHandles[run.key.job]
        // Without its job, a run waits for its tasks' end alone.
        if job == nil, !run.isActive { return remove("runs", run.key.text) }
        let handle = runs.insert(run)
        runHandles[run.key] = handle
        if let job {
            if run.hasEnded { jobs[job].ended.append(handle) } else { jobs[job].unfinished.append(handle) }
        } else {
            runs[handle].isAbandoned = true
            abandoned.append(handle)
        }
        switch run.phase {
        case .active: resume(handle)
        case .waiting(let until?): dues.set(.run(handle), at: until)
        case .waiting(nil):
            armLaunchDelay(handle)
            guard run.cause == .schedule, let job, let epsilon = jobs[job].definition.options.epsilon else { return }
            dues.set(.run(handle), at: run.key.due.saturatingAdd(epsilon.milliseconds).saturatingAdd(1))
        case .ended: break
        }
    }

    private mutating func resume(_ handle: Handle<Run>) {
        guard let task = runs[handle].tasks.last else { return }
        taskRuns[task.id] = handle
        agents.add(task.demand, on: task.agentID)
        if runs[handle].ending != nil || runs[handle].isAbandoned { runs[handle].killAgainAt = now.monotonic }
        if task.state.isEmpty {
            let deadline = now.monotonic.saturatingAdd(configuration.launchConfirmTimeout)
            runs[handle].launchDeadline = deadline
            timers.set(.launch(handle), at: deadline)
        }
        if task.state == "TASK_UNREACHABLE" { waitForReturn(handle) }
    }
}
