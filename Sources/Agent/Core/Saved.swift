package import Machine
internal import MesosAPI
internal import SwiftProtobuf

/// What an agent finds on its disk at a start: the rows of its tables, and what they say.
///
/// - `agent`: "id", "epoch", "drain" (DrainConfig)
/// - `frameworks`: FrameworkInfo by id
/// - `tasks`: what never changes of a task, by container id
/// - `streams`: what changes of it, by container id
/// - `sandboxes`: those that wait for their deletion, by container id
package struct Saved: Sendable {
    package struct Row: Sendable, Hashable {
        package let table: String
        package let key: String
        package let value: [UInt8]

        package init(table: String, key: String, value: [UInt8]) { (self.table, self.key, self.value) = (table, key, value) }
    }

    package static let tables = ["agent", "frameworks", "tasks", "streams", "sandboxes"]

    let rows: [Row]
    private(set) var agentID: String?
    private(set) var epoch: UInt64 = 0
    private(set) var drain: [UInt8]?
    private(set) var frameworks: [Framework] = []
    private(set) var tasks: [SavedTask] = []
    private(set) var streams: [String: SavedStream] = [:]
    private(set) var sandboxes: [(container: String, sandbox: SavedSandbox)] = []

    package static let none = Saved()
    private init() { rows = [] }

    /// - Parameter rows: of each table, ordered by key.
    /// - Throws: what is wrong with the first row that can't be read.
    package init(rows: [Row]) throws(RecordingError) {
        self.rows = rows
        for row in rows {
            var reader = RecordingReader(row.value)
            switch (row.table, row.key) {
            case ("agent", "id"): agentID = try reader.string()
            case ("agent", "epoch"): epoch = try reader.uint64()
            case ("agent", "drain"): drain = row.value
            case ("frameworks", _):
                guard let info = try? Mesos_V1_FrameworkInfo(serializedBytes: row.value, partial: true) else {
                    throw .invalid("framework \(row.key)")
                }
                frameworks.append(Framework(id: row.key, info: info, bytes: row.value))
            case ("tasks", _): tasks.append(try SavedTask(container: row.key, from: &reader))
            case ("streams", _): streams[row.key] = try SavedStream(from: &reader)
            case ("sandboxes", _): sandboxes.append((row.key, try SavedSandbox(from: &reader)))
            default: throw .invalid("row \(row.table)/\(row.key)")
            }
        }
    }
}

extension Saved: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(rows) {
            $0.put($1.table)
            $0.put($1.key)
            $0.put($1.value)
        }
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        try self.init(
            rows: try reader.array { reader throws(RecordingError) in
                Row(table: try reader.string(), key: try reader.string(), value: try reader.data())
            })
    }
}

struct SavedTask: Sendable {
    let container: String
    let framework: String
    let taskID: String
    let info: [UInt8]

    init(container: String, framework: String, taskID: String, info: [UInt8]) {
        (self.container, self.framework, self.taskID, self.info) = (container, framework, taskID, info)
    }

    init(container: String, from reader: inout RecordingReader) throws(RecordingError) {
        guard try reader.byte() == 1 else { throw .invalid("version of task \(container)") }
        self.container = container
        framework = try reader.string()
        taskID = try reader.string()
        info = try reader.data()
    }

    var change: Change {
        var writer = RecordingWriter()
        writer.put(true)
        writer.put(framework)
        writer.put(taskID)
        writer.put(info)
        return .put(table: "tasks", key: container, value: writer.bytes)
    }
}

struct SavedStream: Sendable {
    var pid: UInt32 = 0
    var started: Int64 = 0
    var stream = UpdateStream()
    var kill: (reason: Kill.Reason, began: Int64, grace: Int64)?

    init() {}

    init(from reader: inout RecordingReader) throws(RecordingError) {
        guard try reader.byte() == 1 else { throw .invalid("version of an update stream") }
        pid = UInt32(truncatingIfNeeded: try reader.uint64())
        started = try reader.int64()
        stream.acknowledged = try reader.optional { reader throws(RecordingError) in
            guard let state = Mesos_V1_TaskState(rawValue: try reader.int()) else { throw .invalid("state of a task") }
            return state
        }
        stream.queue = try reader.array { reader throws(RecordingError) in try Update(status: try reader.data()) }
        stream.latest =
            try reader.optional { reader throws(RecordingError) in try Update(status: try reader.data()) } ?? stream.queue.last
        kill = try reader.optional { reader throws(RecordingError) in
            guard let reason = Kill.Reason(rawValue: UInt8(truncatingIfNeeded: try reader.int64())) else { throw .invalid("reason of a kill") }
            return (reason, try reader.int64(), try reader.int64())
        }
    }

    /// The row of a task's stream.
    static func change(_ task: borrowing AgentTask) -> Change {
        let stream = task.stream
        var writer = RecordingWriter()
        writer.put(true)
        writer.put(UInt64(task.pid))
        writer.put(task.started)
        writer.put(stream.acknowledged) { $0.put($1.rawValue) }
        writer.put(stream.queue) { $0.put($1.status) }
        writer.put(stream.queue.isEmpty ? stream.latest : nil) { $0.put($1.status) }
        writer.put(task.kill) {
            $0.put(Int64($1.reason.rawValue))
            $0.put($1.began)
            $0.put($1.grace)
        }
        return .put(table: "streams", key: task.container, value: writer.bytes)
    }
}

/// A sandbox that waits for its deletion.
struct SavedSandbox: Sendable, Hashable {
    let folder: String
    /// When its task ended; nanoseconds since 1970.
    let ended: Int64

    init(folder: String, ended: Int64) { (self.folder, self.ended) = (folder, ended) }

    init(from reader: inout RecordingReader) throws(RecordingError) {
        folder = try reader.string()
        ended = try reader.int64()
    }

    func change(_ container: String) -> Change {
        var writer = RecordingWriter()
        writer.put(folder)
        writer.put(ended)
        return .put(table: "sandboxes", key: container, value: writer.bytes)
    }
}

extension Update {
    init(status bytes: [UInt8]) throws(RecordingError) {
        guard let status = try? Mesos_V1_TaskStatus(serializedBytes: bytes, partial: true) else { throw .invalid("status of a task") }
        self.init(uuid: status.uuid.wireBytes, state: status.state, status: bytes)
    }
}
