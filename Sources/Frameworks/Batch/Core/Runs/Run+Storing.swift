package import Machine
import Resources

/// A run is an entry of the table `runs`; its part, if it has one alone, is in there. Several parts are in the table `parts`, so many in an entry, so
/// that a change of one rewrites few others; an entry whose parts are all untouched doesn't exist.
extension Run {
    private static let format: UInt64 = 2
    /// Parts in an entry.
    static let pageSize = 16
    /// Parts of one run.
    static let mostParts = 1_000

    var stored: [UInt8] {
        var writer = RecordingWriter()
        writer.put(Self.format)
        writer.put(key.job)
        writer.put(key.due)
        writer.put(cause.rawValue)
        writer.put(createdAt)
        writer.put(parameters)
        writer.put(parts.count)
        writer.put(needed)
        writer.put(end) {
            $0.put($1.outcome.rawValue)
            $0.put($1.time)
        }
        writer.put(reason)
        writer.put(ending?.rawValue) { $0.put($1) }
        writer.put(isAbandoned)
        if parts.count == 1 { writer.put(parts[0]) }
        return writer.bytes
    }

    /// Parts that are stored elsewhere are as new.
    init(stored: [UInt8]) throws(RecordingError) {
        var reader = RecordingReader(stored)
        guard try reader.uint64() == Self.format else { throw .invalid("a run of another format") }
        let key = Key(job: try reader.string(), due: try reader.int64())
        guard let cause = Cause(rawValue: try reader.int()) else { throw .invalid("cause of a run") }
        let (createdAt, parameters) = (try reader.int64(), try Parameters(from: &reader))
        let (count, needed) = (try reader.int(), try reader.int())
        guard (1...Self.mostParts).contains(count), (1...count).contains(needed) else { throw .invalid("number of a run's parts") }
        self.init(key: key, cause: cause, createdAt: createdAt, parameters: parameters, count: count, needed: needed)
        end = try reader.optional { reader throws(RecordingError) in
            End(outcome: try reader.outcome(), time: try reader.int64())
        }
        reason = try reader.string()
        ending = try reader.optional { reader throws(RecordingError) in try reader.outcome() }
        isAbandoned = try reader.bool()
        if count == 1 { parts[0] = try Part(from: &reader) }
        recount()
    }

    // MARK: Pages of parts

    /// An entry of the table `parts`.
    struct Page {
        let run: String
        let number: Int
        let parts: [Part]

        init(stored: [UInt8]) throws(RecordingError) {
            var reader = RecordingReader(stored)
            guard try reader.uint64() == Run.format else { throw .invalid("parts of another format") }
            run = try reader.string()
            number = try reader.int()
            parts = try reader.array { reader throws(RecordingError) in try Part(from: &reader) }
        }
    }

    static func page(of index: Int) -> Int { index / pageSize }

    /// The indices on a page.
    func indices(onPage number: Int) -> Range<Int> {
        let start = min(number * Self.pageSize, parts.count)
        return start..<min(start + Self.pageSize, parts.count)
    }

    /// The keys of all pages that may be stored.
    var pageKeys: [String] {
        guard parts.count > 1 else { return [] }
        let numbers = (0...Self.page(of: parts.count - 1)).filter { parts[indices(onPage: $0)].contains { !$0.tasks.isEmpty } }
        return numbers.map(pageKey)
    }

    func pageKey(_ number: Int) -> String { "\(key.text)/\(number)" }

    func storedPage(_ number: Int) -> [UInt8] {
        var writer = RecordingWriter()
        writer.put(Self.format)
        writer.put(key.text)
        writer.put(number)
        writer.put(Array(parts[indices(onPage: number)])) { $0.put($1) }
        return writer.bytes
    }

    /// Takes a page over; the counts are to be made anew then.
    mutating func take(_ page: Page) throws(RecordingError) {
        guard parts.count > 1, (0...Self.page(of: parts.count - 1)).contains(page.number), indices(onPage: page.number).count == page.parts.count
        else { throw .invalid("a page of another run") }
        parts.replaceSubrange(indices(onPage: page.number), with: page.parts)
    }

    /// About how much of the store the run itself takes, in bytes.
    var size: Int { 2 * key.job.utf8.count + reason.utf8.count + parameters.size + 600 + (parts.count == 1 ? parts[0].size : 0) }

    func size(ofPage number: Int) -> Int { parts[indices(onPage: number)].reduce(key.job.utf8.count + 50) { $0 + $1.size } }
}

extension RecordingReader {
    fileprivate mutating func outcome() throws(RecordingError) -> Run.Outcome {
        guard let outcome = Run.Outcome(rawValue: try int()) else { throw .invalid("outcome of a run") }
        return outcome
    }
}

extension Run.Parameters: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(arguments)
        writer.put(environment) {
            $0.put($1.name)
            $0.put($1.value)
        }
        writer.put(payload)
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        self.init(arguments: try reader.optionalString())
        environment = try reader.array { reader throws(RecordingError) in
            JobDefinition.Variable(name: try reader.string(), value: try reader.string())
        }
        payload = try reader.optionalString()
    }
}

extension Part: Recordable {
    package func record(into writer: inout RecordingWriter) {
        switch phase {
        case .waiting(let until):
            writer.put(0)
            writer.put(until)
        case .active: writer.put(1)
        case .ended(let outcome):
            writer.put(2)
            writer.put(outcome.rawValue)
        }
        writer.put(message)
        writer.put(tasks) { $0.put($1) }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        self.init()
        switch try reader.int() {
        case 0: phase = .waiting(until: try reader.optionalInt64())
        case 1: phase = .active
        case 2: phase = .ended(try reader.outcome())
        default: throw .invalid("phase of a part")
        }
        message = try reader.string()
        tasks = try reader.array { reader throws(RecordingError) in try RunTask(from: &reader) }
        if isActive, tasks.last?.isOver ?? true { throw .invalid("active part without a task") }
    }
}

extension RunTask: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(id)
        writer.put(index)
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
        let index = try reader.int()
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
        self.init(id: id, index: index, attempt: attempt, agentID: agentID, host: host, launchedAt: launchedAt, demand: demand)
        self.state = state
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.exitStatus = exitStatus
        self.message = message
        self.container = container
        processedElements = elements
    }
}
