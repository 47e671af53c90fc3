import JSON
import Machine
import MasterCore
import MesosAPI
import Resources
import Transport

/// `GET /state-summary`: agents and frameworks with how many tasks they have in each state.
/// Specified by Mesos 1.11 docs/endpoints/master/state-summary.md.
struct SummaryJSON {
    /// The states that are counted, in the order in which they are shown.
    private static let states: [TaskState] = [
        .taskStaging, .taskStarting, .taskRunning, .taskKilling, .taskFinished, .taskKilled, .taskFailed, .taskLost, .taskError,
        .taskUnreachable
    ]

    private struct Counts {
        var numbers = Array(repeating: 0, count: 16)
        /// Ids of agents or frameworks, in the order in which they were found.
        var others: [String] = []
        private var known: Set<String> = []

        mutating func count(_ state: TaskState, _ other: String) {
            numbers[state.rawValue] += 1
            if known.insert(other).inserted { others.append(other) }
        }
    }

    let snapshot: Snapshot
    let identity: MasterIdentity
    let cluster: String?

    func bytes() -> [UInt8] {
        var (byAgent, byFramework): ([String: Counts], [Handle<Framework>: Counts]) = ([:], [:])
        snapshot.tasks.forEach { _, task in
            guard !snapshot.frameworks[task.framework].isCompleted else { return }
            byAgent[task.agentID, default: Counts()].count(task.state, snapshot.frameworks[task.framework].id)
            byFramework[task.framework, default: Counts()].count(task.state, task.agentID)
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("hostname", identity.hostname)
        if let cluster { writer.member("cluster", cluster) }
        writer.key(verbatim: "slaves")
        writer.beginArray()
        snapshot.agents.forEach { _, agent in
            guard !agent.isRecovered else { return }
            let counts = byAgent[agent.id] ?? Counts()
            writer.beginObject()
            writer.agentFields(snapshot.view(agent))
            write(counts, &writer)
            writer.member("framework_ids", counts.others)
            writer.endObject()
        }
        writer.endArray()
        let use = FrameworkUse(snapshot)
        writer.key(verbatim: "frameworks")
        writer.beginArray()
        snapshot.frameworks.forEach { handle, framework in
            guard !framework.isCompleted else { return }
            let counts = byFramework[handle] ?? Counts()
            writer.beginObject()
            writer.frameworkFields(snapshot.view(framework), use.used[handle] ?? Resources(), use.offered[handle] ?? Resources())
            write(counts, &writer)
            writer.member("slave_ids", counts.others)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.takeBytes()
    }

    private func write(_ counts: Counts, _ writer: inout JSONWriter) {
        for state in Self.states {
            writer.key(state.name)
            writer.int(counts.numbers[state.rawValue])
        }
    }
}

/// `GET /tasks`.
/// Specified by Mesos 1.11 docs/endpoints/master/tasks.md.
struct TasksJSON {
    let snapshot: Snapshot

    struct Query {
        let frameworkID: String?
        let taskID: String?
        var limit = 100
        var offset = 0
        var isAscending = false

        /// Numbers that are none count as not given.
        init(_ query: Transport.Query) {
            frameworkID = query["framework_id"]
            taskID = query["task_id"]
            if let limit = query["limit"].flatMap({ Int($0) }), limit >= 0 { self.limit = limit }
            if let offset = query["offset"].flatMap({ Int($0) }), offset >= 0 { self.offset = offset }
            isAscending = query["order"] == "asc"
        }
    }

    func bytes(_ query: Query) -> [UInt8] {
        var found: [(time: Double, task: Handle<TaskEntry>)] = []
        snapshot.tasks.forEach { handle, task in
            if let id = query.taskID, task.id != id { return }
            if let id = query.frameworkID, snapshot.frameworks[task.framework].id != id { return }
            found.append((time(of: task), handle))
        }
        found.sort { query.isAscending ? ($0.time, $0.task) < ($1.time, $1.task) : ($0.time, $0.task) > ($1.time, $1.task) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key(verbatim: "tasks")
        writer.beginArray()
        for (_, task) in found.dropFirst(query.offset).prefix(query.limit) {
            writer.task(snapshot.tasks[task], of: snapshot.frameworks[snapshot.tasks[task].framework])
        }
        writer.endArray()
        writer.endObject()
        return writer.takeBytes()
    }

    /// Of the first status; a task without any is the newest.
    private func time(of task: borrowing TaskEntry) -> Double {
        guard let first = task.statuses.first else { return .infinity }
        for field in WireReader(first.status) where field.number == StatusField.timestamp { return field.double }
        return .infinity
    }
}
