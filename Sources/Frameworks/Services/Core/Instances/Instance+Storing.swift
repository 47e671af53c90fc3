import FrameworkCore
import Machine

extension Instance {
    private static let format: UInt64 = 1

    /// What is stored of an instance: all but what a new process finds out by itself.
    var stored: [UInt8] {
        var writer = RecordingWriter()
        writer.put(Self.format)
        writer.put(definition.app.version.milliseconds)
        writer.put(UInt64(goal.rawValue))
        writer.put(UInt64(condition.rawValue))
        writer.put(since.milliseconds)
        writer.put(activeSince?.milliseconds)
        writer.put(incarnation)
        writer.put(agent) { $1.record(into: &$0) }
        writer.put(task) { $1.record(into: &$0) }
        writer.put(checks) { writer, check in writer.put(check) { $1.record(into: &$0) } }
        writer.put(isReady)
        writer.put(unreachableSince?.milliseconds)
        writer.put(isAwaited)
        return writer.bytes
    }

    /// - Parameter definition: finds the definition of a version of this app.
    init(id: InstanceID, stored: [UInt8], definition: (Timestamp) -> Definition?) throws(RecordingError) {
        var reader = RecordingReader(stored)
        guard try reader.uint64() == Self.format else { throw .invalid("an instance of another format") }
        let version = Timestamp(milliseconds: try reader.int64())
        guard let definition = definition(version) else { throw .invalid("an instance of an unknown version \(version)") }
        self.init(id: id, definition: definition, since: Timestamp(milliseconds: 0))
        guard let goal = Goal(rawValue: UInt8(clamping: try reader.uint64())) else { throw .invalid("goal") }
        guard let condition = Condition(rawValue: UInt8(clamping: try reader.uint64())) else { throw .invalid("condition") }
        self.goal = goal
        self.condition = condition
        since = Timestamp(milliseconds: try reader.int64())
        activeSince = try reader.optionalTimestamp()
        incarnation = try reader.int64()
        agent = try reader.optional { reader throws(RecordingError) in try Agent(from: &reader) }
        task = try reader.optional { reader throws(RecordingError) in try LaunchedTask(from: &reader) }
        checks = try reader.array { reader throws(RecordingError) in
            try reader.optional { reader throws(RecordingError) in try CheckRecord(from: &reader) }
        }
        isReady = try reader.bool()
        unreachableSince = try reader.optionalTimestamp()
        isAwaited = try reader.bool()
    }
}

extension RecordingReader {
    mutating func optionalTimestamp() throws(RecordingError) -> Timestamp? {
        try optional { reader throws(RecordingError) in Timestamp(milliseconds: try reader.int64()) }
    }

    mutating func optionalInt() throws(RecordingError) -> Int? {
        try optional { reader throws(RecordingError) in try reader.int() }
    }
}

extension Agent {
    func record(into writer: inout RecordingWriter) {
        writer.put(id)
        writer.put(host)
        writer.put(region)
        writer.put(zone)
        writer.put(attributes) { writer, attribute in
            writer.put(attribute.name)
            switch attribute.value {
            case .text(let text):
                writer.put(0)
                writer.put(text)
            case .scalar(let number):
                writer.put(1)
                writer.put(number.bitPattern)
            case .ranges(let ranges):
                writer.put(2)
                writer.put(ranges) {
                    $0.put($1.lowerBound); $0.put($1.upperBound)
                }
            case .set(let items):
                writer.put(3)
                writer.put(items) { $0.put($1) }
            }
        }
    }

    convenience init(from reader: inout RecordingReader) throws(RecordingError) {
        self.init(
            id: try reader.string(), host: try reader.string(), region: try reader.optionalString(), zone: try reader.optionalString(),
            attributes: try reader.array { reader throws(RecordingError) in
                Attribute(name: try reader.string(), value: try Self.value(&reader))
            })
    }

    private static func value(_ reader: inout RecordingReader) throws(RecordingError) -> AttributeValue {
        switch try reader.int() {
        case 0: return .text(try reader.string())
        case 1: return .scalar(Double(bitPattern: try reader.uint64()))
        case 2:
            return .ranges(
                try reader.array { reader throws(RecordingError) in
                    let (lower, upper) = (try reader.uint64(), try reader.uint64())
                    guard lower <= upper else { throw .invalid("range") }
                    return lower...upper
                })
        case 3: return .set(try reader.array { reader throws(RecordingError) in try reader.string() })
        default: throw .invalid("attribute")
        }
    }
}

extension LaunchedTask {
    func record(into writer: inout RecordingWriter) {
        writer.put(id.description)
        writer.put(hostPorts) { writer, port in writer.put(port.map(Int64.init)) }
        writer.put(ports) { $0.put($1) }
        writer.put(stagedAt.milliseconds)
        writer.put(startedAt?.milliseconds)
        writer.put(addresses) {
            $0.put($1.text); $0.put($1.kind)
        }
        writer.put(checkResult) { writer, result in
            switch result {
            case .http(let status): writer.put(0); writer.put(UInt64(status))
            case .tcp(let succeeded): writer.put(1); writer.put(succeeded)
            case .command(let code): writer.put(2); writer.put(Int64(code))
            }
        }
    }

    init(from reader: inout RecordingReader) throws(RecordingError) {
        guard let id = TaskID(try reader.string()) else { throw .invalid("task id") }
        self.init(
            id: id,
            hostPorts: try reader.array { reader throws(RecordingError) in try reader.optionalInt() },
            ports: try reader.array { reader throws(RecordingError) in try reader.int() },
            stagedAt: Timestamp(milliseconds: try reader.int64()), startedAt: try reader.optionalTimestamp(),
            addresses: try reader.array { reader throws(RecordingError) in
                Address(text: try reader.string(), kind: try reader.string())
            },
            checkResult: try reader.optional { reader throws(RecordingError) in
                switch try reader.int() {
                case 0: .http(status: UInt32(clamping: try reader.uint64()))
                case 1: .tcp(succeeded: try reader.bool())
                case 2: .command(exitCode: Int32(clamping: try reader.int64()))
                default: throw .invalid("check result")
                }
            })
    }
}

extension CheckRecord {
    func record(into writer: inout RecordingWriter) {
        writer.put(isAlive)
        writer.put(consecutiveFailures)
        for time in [firstSuccess, lastSuccess, lastFailure] { writer.put(time?.milliseconds) }
        writer.put(lastFailureCause)
    }

    init(from reader: inout RecordingReader) throws(RecordingError) {
        self.init(
            isAlive: try reader.bool(), consecutiveFailures: try reader.int(), firstSuccess: try reader.optionalTimestamp(),
            lastSuccess: try reader.optionalTimestamp(), lastFailure: try reader.optionalTimestamp(),
            lastFailureCause: try reader.optionalString())
    }
}
