package import Machine

extension RecordingWriter {
    mutating func put(_ tag: Int, _ value: some Recordable) {
        put(tag)
        put(value)
    }

    mutating func put(_ tag: Int, _ value: String) {
        put(tag)
        put(value)
    }
}

extension Agent.Started: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(rules)
        writer.put(seed) { $0.put($1) }
        writer.put(bootID)
        writer.put(saved)
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        rules = try Rules(from: &reader)
        seed = try reader.array { reader throws(RecordingError) in try reader.uint64() }
        bootID = try reader.string()
        saved = try Saved(from: &reader)
    }
}

extension Abilities: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(isRoot)
        writer.put(controllers) { $0.put($1) }
        writer.put(namespaces) { $0.put($1) }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        isRoot = try reader.bool()
        controllers = try reader.array { reader throws(RecordingError) in try reader.string() }
        namespaces = try reader.array { reader throws(RecordingError) in try reader.string() }
    }
}

extension Agent.ContainerReport: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(container)
        writer.put(end) { $0.put($1) }
        writer.put(UInt64(pid))
        writer.put(started)
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        container = try reader.string()
        end = try reader.optional { reader throws(RecordingError) in try ContainerEnd(from: &reader) }
        pid = UInt32(truncatingIfNeeded: try reader.uint64())
        started = try reader.int64()
    }
}

extension Agent.LaunchOutcome: Recordable {
    package func record(into writer: inout RecordingWriter) {
        switch self {
        case .started(let pid, let started):
            writer.put(0)
            writer.put(UInt64(pid))
            writer.put(started)
        case .failed(let text): writer.put(1, text)
        case .unknown: writer.put(2)
        }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        switch try reader.int() {
        case 0: self = .started(pid: UInt32(truncatingIfNeeded: try reader.uint64()), started: try reader.int64())
        case 1: self = .failed(try reader.string())
        case 2: self = .unknown
        default: throw .invalid("outcome of a launch")
        }
    }
}

extension Probe.Result: Recordable {
    package func record(into writer: inout RecordingWriter) {
        switch self {
        case .exited(let code):
            writer.put(0)
            writer.put(Int64(code))
        case .answered(let status):
            writer.put(1)
            writer.put(UInt64(status))
        case .connected: writer.put(2)
        case .failed(let text): writer.put(3, text)
        case .timedOut: writer.put(4)
        case .unavailable: writer.put(5)
        }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        switch try reader.int() {
        case 0: self = .exited(Int32(truncatingIfNeeded: try reader.int64()))
        case 1: self = .answered(status: UInt32(truncatingIfNeeded: try reader.uint64()))
        case 2: self = .connected
        case 3: self = .failed(try reader.string())
        case 4: self = .timedOut
        case 5: self = .unavailable
        default: throw .invalid("result of a probe")
        }
    }
}
