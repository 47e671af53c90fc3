import FrameworkCore
import JSON
import Machine
import Schedules

/// Metronome's face of the same jobs: what its clients ask for.
extension Batch {
    mutating func metronome(_ request: MetronomeRequest, _ zone: ZoneData?) throws(Refusal) -> Answer {
        if let zone { do throws(Rejection) { try take(zone) } catch { throw .flaws([MetronomeFlaw("", error.message)]) } }
        switch request {
        case .create(let body): try create(body)
        case .update(let name, let body, let takesSchedules):
            var definition = jobs[try job(name)].definition
            var reader = SpecReader(before: definition)
            reader.read(body.value, into: &definition, configuration.defaults, takesSchedules: takesSchedules)
            try install(definition, reader)
        case .delete(let name, let stopsRuns): try deleteIfFree(try job(name), stopsRuns)
        case .createSchedule(let name, let body):
            let handle = try job(name)
            let ids = scheduleIDs(of: jobs[handle])
            let id = body.value["id"]?.string ?? ""
            if !ids.isEmpty { throw .scheduleExists(job: name, id: ids.contains(id) ? id : ids[0]) }
            try setSchedule(handle, body)
        case .updateSchedule(let name, let id, let body):
            let handle = try job(name)
            guard scheduleIDs(of: jobs[handle]).contains(id) else { throw .noSchedule(job: name, id: id) }
            try setSchedule(handle, body, id: id)
        case .deleteSchedule(let name, let id):
            let handle = try job(name)
            guard let index = scheduleIDs(of: jobs[handle]).firstIndex(of: id) else { throw .noSchedule(job: name, id: id) }
            try dropSchedule(handle, index)
        case .run(let name): return .run(try runOnceMore(try job(name)))
        case .stop(let name, let run): return .run(try stop(run, of: try job(name)))
        }
        return .done
    }

    private mutating func create(_ body: JobBody) throws(Refusal) {
        var definition = JobDefinition()
        var reader = SpecReader()
        let id = body.value.object.flatMap { reader.text($0, "id", "", isRequired: true) }
        if let id, !SpecReader.isJobID(id) {
            reader.flaw(
                "/id", "may have names of lower case letters, digits and dashes, separated by dots, and at most \(JobDefinition.longestName) bytes")
        }
        definition.name = id ?? ""
        definition.dropSchedule()
        reader.read(body.value, into: &definition, configuration.defaults, takesSchedules: true)
        if reader.flaws.isEmpty, jobHandles[definition.name] != nil { throw .jobExists(definition.name) }
        try install(definition, reader)
    }

    private mutating func install(_ definition: JobDefinition, _ reader: SpecReader) throws(Refusal) {
        if let flaw = definition.flaw(), reader.flaws.isEmpty { throw .flaws([MetronomeFlaw("/run", flaw)]) }
        guard reader.flaws.isEmpty else { throw .flaws(reader.flaws) }
        var schedules: [(schedule: Schedule, cursor: Progress.Cursor)]
        do throws(Rejection) { schedules = try read(definition) } catch {
            let member = error.message.hasPrefix("scheduleTimeZone") ? "timezone" : "cron"
            // What doesn't stand in the body is the job's own.
            throw .flaws([MetronomeFlaw(reader.schedulePath.map { "\($0)/\(member)" } ?? "", error.message)])
        }
        keepCursors(of: definition, in: &schedules)
        try install(definition, schedules)
    }

    /// A schedule beside which another one is changed or deleted goes on where it was.
    private func keepCursors(of definition: JobDefinition, in schedules: inout [(schedule: Schedule, cursor: Progress.Cursor)]) {
        guard let handle = jobHandles[definition.name], jobs[handle].problem == nil, case .schedules(let texts, let zone) = definition.trigger,
            case .schedules(let old, let oldZone) = jobs[handle].definition.trigger, zone == oldZone, texts != old
        else { return }
        let cursors = jobs[handle].progress.cursors
        for (index, text) in texts.enumerated() where schedules.indices.contains(index) {
            if let place = old.firstIndex(of: text), cursors.indices.contains(place) { schedules[index].cursor = cursors[place] }
        }
    }

    private mutating func deleteIfFree(_ handle: Handle<Job>, _ stopsRuns: Bool) throws(Refusal) {
        if !stopsRuns, !jobs[handle].unfinished.isEmpty { throw .hasRuns(jobs[handle].name) }
        let children = jobs[handle].children.map { jobs[$0].name }
        if !children.isEmpty { throw .hasDependents(jobs[handle].name, children) }
        delete(handle)
    }

    // MARK: Schedules

    /// What a job's schedules are called.
    package func scheduleIDs(of job: Job) -> [String] { job.definition.shownSchedules.map(\.id) }

    /// - id: of the one that is changed; of several, the others stay. nil: it is the job's first one.
    private mutating func setSchedule(_ handle: Handle<Job>, _ body: JobBody, id: String? = nil) throws(Refusal) {
        var definition = jobs[handle].definition
        var reader = SpecReader(before: definition)
        if definition.isDependent { reader.flaw("", "a job can have either dependencies or schedules, not both") }
        guard var object = reader.object(body.value, "") else { throw .flaws(reader.flaws) }
        if let id { object["id"] = .string(id) }
        let index = id.flatMap { scheduleIDs(of: jobs[handle]).firstIndex(of: $0) }
        reader.read(schedule: object, "", into: &definition, replacing: index)
        try install(definition, reader)
    }

    private mutating func dropSchedule(_ handle: Handle<Job>, _ index: Int) throws(Refusal) {
        var definition = jobs[handle].definition
        if case .schedules(var texts, let zone) = definition.trigger, texts.count > 1, texts.indices.contains(index) {
            texts.remove(at: index)
            definition.trigger = .schedules(texts, zone: zone)
        } else {
            definition.dropSchedule()
        }
        try install(definition, SpecReader())
    }

    // MARK: Runs

    private mutating func runOnceMore(_ handle: Handle<Job>) throws(Refusal) -> Run {
        runs[try begin(handle, Run.Parameters())]
    }

    private mutating func stop(_ id: String, of job: Handle<Job>) throws(Refusal) -> Run {
        let name = jobs[job].name
        guard let due = RunID.due(id), let handle = jobs[job].unfinished.first(where: { runs[$0].key.due == due }) else {
            throw .noRun(job: name, id: id)
        }
        let before = runs[handle]
        endAll([handle], as: .killed, "stopped on request")
        return runs.contains(handle) ? runs[handle] : before
    }
}
