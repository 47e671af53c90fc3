import FrameworkCore
import JSON
import Machine
import Schedules

/// What clients ask for.
extension Batch {
    mutating func answer(_ number: UInt64, _ request: Request) {
        do throws(Refusal) {
            if let answer = try carryOut(request, number) { output.effects.append(.answer(number, answer)) }
        } catch {
            output.effects.append(.answer(number, .refused(error)))
        }
    }

    /// - Returns: nil: the answer follows when all is done.
    private mutating func carryOut(_ request: Request, _ number: UInt64) throws(Refusal) -> Answer? {
        switch request {
        case .put(let body, let kind, let version, let zone): try put(body, kind, version, zone)
        case .delete(let name):
            let handle = try job(name)
            if let refusal = refusalToRehome(handle) { throw refusal }
            delete(handle)
        case .run(let name, let arguments): try runNow(try job(name), arguments)
        case .start(let name, let parameters): return .run(runs[try begin(try job(name), parameters)])
        case .markSuccess(let name):
            guard let handle = jobHandles[name] else { return .marked(false) }
            markSuccess(handle)
            return .marked(true)
        case .kill(let name):
            endUnfinished(try job(name), as: .killed, "killed on request", answering: number)
            return nil
        case .flush:
            flush(answering: number)
            return nil
        case .progress(let name, let task, let elements): try note(elements, of: task, job: name)
        case .setDisabled(let name, let isDisabled):
            let handle = try job(name)
            tellPause(handle, isDisabled)
            setDisabled(handle, isDisabled)
            arm(handle)
            consider(handle)
        case .metronome(let request, let zone): return try metronome(request, zone)
        }
        return .done
    }

    func job(_ name: String) throws(Refusal) -> Handle<Job> {
        guard let handle = jobHandles[name] else { throw .noJob(name) }
        return handle
    }

    // MARK: Creating and replacing

    private mutating func put(_ body: JobBody, _ kind: Kind, _ version: JobDefinition.Version, _ zone: ZoneData?) throws(Refusal) {
        var definition: JobDefinition
        var isAsShown = false
        let schedules: [(schedule: Schedule, cursor: Progress.Cursor)]
        do throws(Rejection) {
            definition = try JobDefinition(body.value, defaults: configuration.defaults)
            if let flaw = flaw(of: definition, kind, version) { throw Rejection(flaw) }
            if let zone { try take(zone) }
            if kind == .scheduled { isAsShown = keepOriginal(&definition) }
            schedules = try read(definition)
        } catch {
            throw .rejected(error)
        }
        try install(definition, schedules, restarts: !isAsShown)
    }

    /// Takes a definition whose members have been checked.
    /// - Parameter restarts: its schedules, if they are those that the job has and have come to their end, begin anew.
    mutating func install(
        _ definition: JobDefinition, _ schedules: [(schedule: Schedule, cursor: Progress.Cursor)], restarts: Bool = false
    ) throws(Refusal) {
        var definition = definition
        if definition.name.isEmpty { throw .rejected(Rejection("the job has no name")) }
        if definition.options.parameters?.isNeeded == true, definition.isDependent || schedules.contains(where: { $0.cursor.next != nil }) {
            throw .rejected(Rejection("parameters: a job that needs some runs on request only; it has no parents, and no schedule or R0//PT1H"))
        }
        if let refusal = refusal(ofParents: definition.parents, for: definition.name) { throw refusal }
        // An empty start is now, and now alone.
        if case .schedules(let texts, let zone) = definition.trigger {
            definition.trigger = .schedules(zip(texts, schedules).map { $1.schedule.text(original: $0, count: $1.cursor.left) }, zone: zone)
        }
        let size = stored(definition).count
        if size > Self.mostBytes { throw .tooLarge(definition.name, bytes: size, limit: Self.mostBytes) }
        if let handle = jobHandles[definition.name] {
            replace(handle, definition, schedules, restarts: restarts)
        } else {
            create(definition, schedules)
        }
    }

    /// Of one definition, as of an app's (docs/decisions/0005).
    private static let mostBytes = 1 << 20
    /// Of all definitions that one request changes: well below what a transaction of the store holds.
    private static let mostBytesAtOnce = 64 << 20

    private func flaw(of definition: JobDefinition, _ kind: Kind, _ version: JobDefinition.Version) -> String? {
        if definition.name.isEmpty { return "the job has no name" }
        if jobHandles[definition.name] == nil, let flaw = JobDefinition.flaw(ofName: definition.name, version) { return flaw }
        switch (kind, definition.trigger) {
        case (.scheduled, .parents): return "a job with parents belongs to the resource 'dependency'"
        case (.dependent, .schedules): return "a job without parents belongs to the resource 'iso8601'"
        case (.dependent, .parents([])): return "Error, parent does not exist"
        case (_, .parents(let names)) where names.count > 1_000: return "a job has at most 1000 parents"
        default: return definition.flaw()
        }
    }

    /// Without any schedule a job runs once, now.
    func read(_ definition: JobDefinition) throws(Rejection) -> [(schedule: Schedule, cursor: Progress.Cursor)] {
        guard case .schedules(let texts, let zone) = definition.trigger else { return [] }
        return try read(texts, zone: zone)
    }

    /// Whoever sends back a schedule as it was shown doesn't want it changed: the original one stays, and how far it has come.
    /// - Returns: whether that is so.
    private func keepOriginal(_ definition: inout JobDefinition) -> Bool {
        guard case .schedules(var texts, let zone) = definition.trigger else { return false }
        // What never ran by itself, and is sent back as it was shown, goes on so.
        if texts.isEmpty, jobHandles[definition.name].map({ jobs[$0].definition.trigger == .schedules([], zone: zone) }) ?? false { return true }
        var isAsShown = false
        if texts.isEmpty { texts = [definition.options.parameters?.isNeeded == true ? "R0//PT24H" : "R1//PT24H"] }
        if let handle = jobHandles[definition.name], case .schedules(let originals, let originalZone) = jobs[handle].definition.trigger,
            zone == originalZone, texts.first == shownSchedule(jobs[handle]), let original = originals.first
        {
            isAsShown = texts.first != original
            texts = [original] + texts.dropFirst().filter { $0 != original }
        }
        definition.trigger = .schedules(texts, zone: zone)
        return isAsShown
    }

    private mutating func create(_ definition: JobDefinition, _ schedules: [(schedule: Schedule, cursor: Progress.Cursor)]) {
        var progress = Progress(ordinal: nextOrdinal, since: wall)
        nextOrdinal += 1
        progress.cursors = schedules.map(\.cursor)
        var job = Job(definition, progress)
        job.schedules = schedules.map(\.schedule)
        let handle = jobs.insert(job)
        jobHandles[definition.name] = handle
        jobOrder.append(handle)
        connect(handle)
        storeDefinition(handle)
        changed(handle)
        takePlaceOfUnreadable(handle)
        tell(.jobCreated, job: handle)
        arm(handle)
    }

    /// Of a job that can't be read, others may depend: they have waited for it.
    private mutating func takePlaceOfUnreadable(_ handle: Handle<Job>) {
        let name = jobs[handle].name
        guard quarantine.contains(where: { $0.table == "jobs" && $0.key == name }) else { return }
        quarantine.removeAll { $0.table == "jobs" && $0.key == name }
        for other in jobOrder where jobs[other].definition.parents.contains(name) {
            connect(other)
            changed(other)
        }
    }

    private mutating func replace(
        _ handle: Handle<Job>, _ definition: JobDefinition, _ schedules: [(schedule: Schedule, cursor: Progress.Cursor)], restarts: Bool
    ) {
        let old = jobs[handle].definition
        let goesOn = definition.trigger == old.trigger && jobs[handle].problem == nil && !(restarts && jobs[handle].isExhausted)
        disconnect(handle)
        jobs[handle].definition = definition
        if !goesOn || schedules.count != jobs[handle].progress.cursors.count {
            jobs[handle].progress.cursors = schedules.map(\.cursor)
            // No run's name may come again as that of a new due time.
            jobs[handle].progress.since = max(wall, jobs[handle].progress.newestOwn)
        }
        jobs[handle].schedules = schedules.map(\.schedule)
        jobs[handle].problem = nil
        quarantine.removeAll { $0.table == "jobs" && $0.key == definition.name }
        connect(handle)
        storeDefinition(handle)
        changed(handle)
        tell(.jobChanged, job: handle)
        noteOverlap(handle)
        // What waits may have other needs now, or another place in the queue, and other limits.
        for run in jobs[handle].unfinished {
            dequeue(run)
            armLaunchDelay(run)
            armEpsilon(run)
            for index in runs[run].parts.indices { waitAnew(Place(run: run, index: index)) }
        }
        enqueueReady(handle)
        arm(handle)
        consider(handle)
    }

    mutating func storeDefinition(_ handle: Handle<Job>) {
        let bytes = stored(jobs[handle].definition)
        jobs[handle].size = bytes.count
        put("jobs", jobs[handle].name, bytes)
    }

    private func stored(_ definition: JobDefinition) -> [UInt8] {
        var writer = JSONWriter()
        definition.write(into: &writer, state: nil, isMirrored: false)
        return writer.bytes
    }

    // MARK: Other requests

    /// All that wait for a job change with its end, in one transaction.
    func refusalToRehome(_ handle: Handle<Job>) -> Refusal? {
        var bytes = 0
        for child in jobs[handle].children {
            bytes += stored(jobs[child].definition).count + 1_000
            if bytes > Self.mostBytesAtOnce { return .tooManyChildren(jobs[handle].name, count: jobs[handle].children.count) }
        }
        return nil
    }

    mutating func delete(_ handle: Handle<Job>) {
        jobGoes(handle)
        rehome(childrenOf: handle)
        disconnect(handle)
        for run in jobs[handle].unfinished where runs[run].isActive {
            runs[run].isAbandoned = true
            runs[run].ending = .killed
            abandoned.append(run)
            dequeue(run)
            changed(run)
            killTasks(of: run)
        }
        for run in jobs[handle].unfinished + jobs[handle].ended where !runs[run].isAbandoned {
            dequeue(run)
            forget(run)
        }
        let name = jobs[handle].name
        jobs.remove(handle)
        jobHandles[name] = nil
        jobOrder.removeAll { $0 == handle }
        remove("jobs", name)
        remove("progress", name)
    }

    private mutating func runNow(_ handle: Handle<Job>, _ arguments: String?) throws(Refusal) {
        let parameters = Run.Parameters(arguments: arguments)
        // One that waits already, and would do the same, is the one that is asked for.
        let waits = jobs[handle].unfinished.contains { runs[$0].parameters == parameters && !runs[$0].hasBegun }
        if !waits { _ = try begin(handle, parameters) }
    }

    /// - Returns: a run of its own, also beside one that would do the same.
    mutating func begin(_ handle: Handle<Job>, _ parameters: Run.Parameters) throws(Refusal) -> Handle<Run> {
        if let flaw = parameters.flaw(for: jobs[handle].definition) { throw .rejected(.init(flaw)) }
        let limit = mostUnfinished(of: handle)
        guard jobs[handle].unfinished.count < limit else { throw .tooManyRuns(jobs[handle].name, limit: limit) }
        if jobs[handle].definition.concurrency == .replace { endUnfinished(handle, as: .replaced, "replaced by a run on request") }
        guard let run = makeRun(of: handle, due: wall, .request, parameters: parameters) else { throw .starting }
        return run
    }

    private mutating func markSuccess(_ handle: Handle<Job>) {
        jobs[handle].progress.successCount += 1
        jobs[handle].progress.errorsSinceLastSuccess = 0
        jobs[handle].progress.lastSuccess = wall
        seeParents(handle)
        changed(handle)
        parentEnded(handle, isTrigger: true)
    }

    /// Forgets all runs that have no task.
    private mutating func flush(answering question: UInt64) {
        let waiting = jobOrder.flatMap { jobs[$0].unfinished.reversed() }.filter { !runs[$0].isActive }
        endAll(waiting, as: .killed, "the queue was flushed", answering: question)
    }

    private mutating func note(_ elements: Int64, of task: String, job name: String) throws(Refusal) {
        let handle = try job(name)
        guard jobs[handle].definition.isDataProcessing else { throw .notTracked(name) }
        guard TaskName(task)?.job == name, let place = taskPlaces[task], let index = self[place].tasks.lastIndex(where: { $0.id == task }) else {
            throw .noTask(task)
        }
        self[place].tasks[index].processedElements = self[place].tasks[index].processedElements.saturatingAdd(max(0, elements))
        changed(place)
    }

    mutating func setDisabled(_ handle: Handle<Job>, _ isDisabled: Bool) {
        guard jobs[handle].definition.isDisabled != isDisabled else { return }
        jobs[handle].definition.isDisabled = isDisabled
        storeDefinition(handle)
    }
}
