package import Machine
import Resources

extension Run {
    private static let format: UInt64 = 1

    var stored: [UInt8] {
        var writer = RecordingWriter()
        writer.put(Self.format)
        writer.put(key.job)
        writer.put(key.due)
        writer.put(cause.rawValue)
        writer.put(createdAt)
        writer.put(arguments)
        switch phase {
        case .waiting(let until):
            writer.put(0)
            writer.put(until)
        case .active: writer.put(1)
        case .ended(let outcome, let time):
            writer.put(2)
            writer.put(outcome.rawValue)
            writer.put(time)
        }
        writer.put(message)
        writer.put(ending?.rawValue) { $0.put($1) }
        writer.put(isAbandoned)
        writer.put(tasks) { $0.put($1) }
        return writer.bytes
    }

    init(stored: [UInt8]) throws(RecordingError) {
        var reader = RecordingReader(stored)
        guard try reader.uint64() == Self.format else { throw .invalid("a run of another format") }
        let key = Key(job: try reader.string(), due: try reader.int64())
        guard let cause = Cause(rawValue: try reader.int()) else { throw .invalid("cause of a run") }
        self.init(key: key, cause: cause, createdAt: try reader.int64(), arguments: try reader.optionalString())
        switch try reader.int() {
        case 0: phase = .waiting(until: try reader.optionalInt64())
        case 1: phase = .active
        case 2:
            guard let outcome = Outcome(rawValue: try reader.int()) else { throw .invalid("outcome of a run") }
            phase = .ended(outcome, at: try reader.int64())
        default: throw .invalid("phase of a run")
        }
        message = try reader.string()
        if let ending = try reader.optional({ reader throws(RecordingError) in try reader.int() }) {
            guard let outcome = Outcome(rawValue: ending) else { throw .invalid("outcome of a run") }
            self.ending = outcome
        }
        isAbandoned = try reader.bool()
        tasks = try reader.array { reader throws(RecordingError) in try RunTask(from: &reader) }
        if isActive, tasks.last?.isOver ?? true { throw .invalid("active run without a task") }
    }
}

extension RunTask: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(id)
        writer.put(attempt)
        writer.put(agentID)
        writer.put(host)
        writer.put(launchedAt)
        writer.put(state)
        writer.put(startedAt)
        writer.put(endedAt)
        writer.put(exitStatus)
        writer.put(message)
        writer.put(container)
        writer.put(processedElements)
        for amount in [demand.cpus, demand.mem, demand.disk] { writer.put(amount.thousandths) }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        let id = try reader.string()
        let attempt = try reader.int()
        let agentID = try reader.string()
        let host = try reader.string()
        let launchedAt = try reader.int64()
        let state = try reader.string()
        let startedAt = try reader.optionalInt64()
        let endedAt = try reader.optionalInt64()
        let exitStatus = try reader.optionalInt64()
        let message = try reader.string()
        let container = try reader.string()
        let elements = try reader.int64()
        let demand = Demand(
            cpus: Scalar(thousandths: try reader.int64()), mem: Scalar(thousandths: try reader.int64()),
            disk: Scalar(thousandths: try reader.int64()))
        self.init(id: id, attempt: attempt, agentID: agentID, host: host, launchedAt: launchedAt, demand: demand)
        self.state = state
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.exitStatus = exitStatus
        self.message = message
        self.container = container
        processedElements = elements
    }
}
