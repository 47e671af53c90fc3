import FrameworkCore
package import Machine

extension Services.Input: Recordable {
    package func record(into writer: inout RecordingWriter) {
        switch self {
        case .started(let started):
            writer.put(0)
            writer.put(started.seed)
            writer.put(started.configuration)
            writer.put(started.entries) { $0.put($1) }
        case .asked(let number, let origin, let request):
            writer.put(1)
            writer.put(number)
            writer.put(origin)
            writer.put(request)
        case .told(let event):
            writer.put(2)
            writer.put(event)
        case .probed(let task, let check, let result):
            writer.put(3)
            writer.put(task.description)
            writer.put(check)
            switch result {
            case .passed: writer.put(0)
            case .ignored: writer.put(1)
            case .failed(let cause): writer.put(2); writer.put(cause)
            }
        case .askedReadiness(let task, let answer):
            writer.put(4)
            writer.put(task.description)
            writer.put(answer.status)
            writer.put(answer.contentType)
            writer.put(answer.body)
        case .woken: writer.put(5)
        }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        switch try reader.int() {
        case 0:
            self = .started(
                .init(
                    seed: try reader.uint64(), configuration: try Configuration(from: &reader),
                    entries: try reader.array { reader throws(RecordingError) in try StoredEntry(from: &reader) }))
        case 1:
            self = .asked(number: try reader.uint64(), try reader.origin(), try Services.Request(from: &reader))
        case 2: self = .told(try MasterEvent(from: &reader))
        case 3: self = .probed(try reader.taskID(), check: try reader.int(), try Services.ProbeResult(from: &reader))
        case 4:
            self = .askedReadiness(
                try reader.taskID(),
                .init(status: try reader.int(), contentType: try reader.string(), body: try reader.string()))
        case 5: self = .woken
        default: throw .invalid("input")
        }
    }
}

extension RecordingReader {
    fileprivate mutating func taskID() throws(RecordingError) -> TaskID {
        guard let id = TaskID(try string()) else { throw .invalid("task id") }
        return id
    }
}

extension Services.ProbeResult {
    fileprivate init(from reader: inout RecordingReader) throws(RecordingError) {
        switch try reader.int() {
        case 0: self = .passed
        case 1: self = .ignored
        case 2: self = .failed(cause: try reader.string())
        default: throw .invalid("result of a probe")
        }
    }
}
