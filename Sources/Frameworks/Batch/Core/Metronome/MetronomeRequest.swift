package import Machine

/// What a client of Metronome's API asks to be changed. Specified by Metronome 0.6 (its API's description in RAML).
package enum MetronomeRequest: Sendable {
    /// A new job, with the schedule that stands in it, if one does.
    case create(JobBody)
    /// - takesSchedules: the job's schedule becomes that of the body; otherwise it stays.
    case update(String, JobBody, takesSchedules: Bool)
    /// - stopsRuns: runs that have not ended are killed; otherwise they keep the job from being deleted.
    case delete(String, stopsRuns: Bool)
    case createSchedule(String, JobBody)
    case updateSchedule(String, id: String, JobBody)
    case deleteSchedule(String, id: String)
    case run(String)
    case stop(String, run: String)
}

/// What is wrong with a member of a body.
package struct MetronomeFlaw: Hashable, Sendable {
    /// `/run/mem`; empty: the whole body.
    package let path: String
    package let text: String

    package init(_ path: String, _ text: String) {
        self.path = path
        self.text = text
    }
}

extension MetronomeRequest: Recordable {
    package func record(into writer: inout RecordingWriter) {
        func put(_ tag: Int, _ texts: String..., body: JobBody? = nil, flag: Bool? = nil) {
            writer.put(tag)
            for text in texts { writer.put(text) }
            if let body { writer.put(body.json) }
            if let flag { writer.put(flag) }
        }
        switch self {
        case .create(let body): put(0, body: body)
        case .update(let job, let body, let takesSchedules): put(1, job, body: body, flag: takesSchedules)
        case .delete(let job, let stopsRuns): put(2, job, flag: stopsRuns)
        case .createSchedule(let job, let body): put(3, job, body: body)
        case .updateSchedule(let job, let id, let body): put(4, job, id, body: body)
        case .deleteSchedule(let job, let id): put(5, job, id)
        case .run(let job): put(6, job)
        case .stop(let job, let run): put(7, job, run)
        }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        switch try reader.int() {
        case 0: self = .create(try reader.jobBody())
        case 1: self = .update(try reader.string(), try reader.jobBody(), takesSchedules: try reader.bool())
        case 2: self = .delete(try reader.string(), stopsRuns: try reader.bool())
        case 3: self = .createSchedule(try reader.string(), try reader.jobBody())
        case 4: self = .updateSchedule(try reader.string(), id: try reader.string(), try reader.jobBody())
        case 5: self = .deleteSchedule(try reader.string(), id: try reader.string())
        case 6: self = .run(try reader.string())
        case 7: self = .stop(try reader.string(), run: try reader.string())
        default: throw .invalid("request")
        }
    }
}

extension RecordingReader {
    fileprivate mutating func jobBody() throws(RecordingError) -> JobBody {
        let bytes = try data()
        do { return try JobBody(json: bytes) } catch { throw .invalid("body") }
    }
}
