import FrameworkCore
package import Machine

extension Batch.Input: Recordable {
    package func record(into writer: inout RecordingWriter) {
        switch self {
        case .started(let started):
            writer.put(0)
            writer.put(started.seed)
            writer.put(started.configuration)
            writer.put(started.entries) { $0.put($1) }
            writer.put(started.zones) { $0.put($1) }
        case .asked(let number, let origin, let request):
            writer.put(1)
            writer.put(number)
            writer.put(origin)
            writer.put(request)
        case .told(let event):
            writer.put(2)
            writer.put(event)
        case .woken: writer.put(3)
        case .notified(let id, let failure):
            writer.put(4)
            writer.put(id)
            writer.put(failure)
        }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        switch try reader.int() {
        case 0:
            self = .started(
                .init(
                    seed: try reader.uint64(), configuration: try Configuration(from: &reader),
                    entries: try reader.array { reader throws(RecordingError) in try StoredEntry(from: &reader) },
                    zones: try reader.array { reader throws(RecordingError) in try Batch.ZoneData(from: &reader) }))
        case 1: self = .asked(number: try reader.uint64(), try reader.origin(), try Batch.Request(from: &reader))
        case 2: self = .told(try MasterEvent(from: &reader))
        case 3: self = .woken
        case 4: self = .notified(try reader.uint64(), failure: try reader.optionalString())
        default: throw .invalid("input")
        }
    }
}

extension Batch.ZoneData: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(name)
        writer.put(file)
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        self.init(name: try reader.string(), file: try reader.data())
    }
}

extension Batch.Request: Recordable {
    package func record(into writer: inout RecordingWriter) {
        switch self {
        case .put(let body, let kind, let version, let zone):
            writer.put(0)
            writer.put(body.json)
            writer.put(kind.rawValue)
            writer.put(version.rawValue)
            writer.put(zone) { $0.put($1) }
        case .delete(let name):
            writer.put(1)
            writer.put(name)
        case .run(let name, let arguments):
            writer.put(2)
            writer.put(name)
            writer.put(arguments)
        case .start(let name, let parameters):
            writer.put(20)
            writer.put(name)
            writer.put(parameters)
        case .markSuccess(let name):
            writer.put(3)
            writer.put(name)
        case .kill(let name):
            writer.put(4)
            writer.put(name)
        case .flush: writer.put(5)
        case .progress(let name, let task, let elements):
            writer.put(6)
            writer.put(name)
            writer.put(task)
            writer.put(elements)
        case .setDisabled(let name, let isDisabled):
            writer.put(7)
            writer.put(name)
            writer.put(isDisabled)
        case .metronome(let request, let zone):
            writer.put(8)
            writer.put(request)
            writer.put(zone) { $0.put($1) }
        }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        switch try reader.int() {
        case 0:
            let body: JobBody
            do { body = try JobBody(json: try reader.data()) } catch { throw .invalid("body") }
            guard let kind = Batch.Kind(rawValue: try reader.int()), let version = JobDefinition.Version(rawValue: try reader.int()) else {
                throw .invalid("request")
            }
            self = .put(body, kind, version, zone: try reader.optional { reader throws(RecordingError) in try Batch.ZoneData(from: &reader) })
        case 1: self = .delete(try reader.string())
        case 2: self = .run(try reader.string(), arguments: try reader.optionalString())
        case 3: self = .markSuccess(try reader.string())
        case 20: self = .start(try reader.string(), try Run.Parameters(from: &reader))
        case 4: self = .kill(try reader.string())
        case 5: self = .flush
        case 6: self = .progress(try reader.string(), task: try reader.string(), elements: try reader.int64())
        case 7: self = .setDisabled(try reader.string(), try reader.bool())
        case 8:
            self = .metronome(
                try MetronomeRequest(from: &reader),
                zone: try reader.optional { reader throws(RecordingError) in try Batch.ZoneData(from: &reader) })
        default: throw .invalid("request")
        }
    }
}
