import AgentCore
import BatchCore
import Foundation
import Machine
import MasterCore
import MesosAPI
import Runtime
import ServicesCore

/// Something that happened, as a server's recording tells it.
struct HistoryEvent {
    /// Nanoseconds since 1970.
    let time: Int64
    /// The server's folder, as in "agent-1".
    let server: String
    var task: String?
    var agent: String?
    let text: String
}

/// What the recordings below a folder tell: each is fed to a fresh core, so that what was decided is known as well as what came in.
struct History {
    /// In the order of their times.
    private(set) var events: [HistoryEvent] = []
    /// Files that can't be read, and why.
    private(set) var problems: [String] = []

    /// - Parameter folder: the `--work-dir` of `agora up`, or of one server.
    /// - Throws: if there are no recordings.
    init(folder: String) throws {
        let files = Self.recordings(below: folder)
        guard !files.isEmpty else { throw ClientError("there are no recordings below \(folder); --work-dir names another folder") }
        for (server, path) in files {
            do { try read(path, server) } catch { problems.append("\(path): \((error as? RecordingError)?.story ?? "\(error)")") }
        }
        // Stable, so that what a server did at one time stays in its order.
        events = events.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }

    private static func recordings(below folder: String) -> [(server: String, path: String)] {
        let manager = FileManager.default
        let servers = [""] + ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        return servers.flatMap { server -> [(server: String, path: String)] in
            let place = (server.isEmpty ? folder : folder + "/" + server) + "/recordings"
            let numbers = ((try? manager.contentsOfDirectory(atPath: place)) ?? []).compactMap { $0.hasSuffix(".rec") ? Int($0.dropLast(4)) : nil }
            let name = server.isEmpty ? (folder as NSString).lastPathComponent : server
            return numbers.sorted().map { (server: name, path: "\(place)/\($0).rec") }
        }
    }

    private mutating func read(_ path: String, _ server: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        switch try Runtime.kind(ofRecording: bytes) {
        case "master": try tell(bytes, Kernel(), MasterStory(server: server))
        case "agent": try tell(bytes, Agent(), AgentStory(server: server))
        case "services": try tell(bytes, Services(), ServicesStory(server: server))
        case "batch": try tell(bytes, Batch(), BatchStory(server: server))
        case let other: throw ClientError("a recording of '\(other)', which this program doesn't know")
        }
    }

    private mutating func tell<Teller: Story>(_ bytes: [UInt8], _ core: Teller.Core, _ teller: Teller) throws {
        let recording = try Recording<Teller.Core.Input>(bytes)
        var teller = teller
        var told: [HistoryEvent] = []
        // What was told before a difference is true all the same.
        defer { events += told }
        _ = try Replay(recording, core: core) { step in told += teller.tell(step) }
    }

    /// What concerns a task: its own events, and from its first to its last those of its agent and the starts of servers.
    func story(of task: String) -> [HistoryEvent] {
        let own = events.filter { $0.task == task }
        guard let first = own.first, let last = own.last else { return [] }
        let agents = Set(own.compactMap(\.agent))
        return events.filter { event in
            if event.task == task { return true }
            guard event.task == nil, event.time >= first.time, event.time <= last.time else { return false }
            return event.agent.map(agents.contains) ?? event.text.hasPrefix("started")
        }
    }
}

/// What one step of a server led to, in order.
struct Notes {
    private let time: Int64
    private let server: String
    /// The agent that an event concerns which names no other.
    private let agent: String?
    private(set) var events: [HistoryEvent] = []

    init(_ moment: Moment, server: String, agent: String? = nil) {
        time = moment.wall
        self.server = server
        self.agent = agent
    }

    mutating func add(_ text: String, task: String? = nil, agent: String? = nil) {
        events.append(HistoryEvent(time: time, server: server, task: task, agent: agent ?? self.agent, text: text))
    }
}

/// Tells the recording of one kind of server.
protocol Story {
    associatedtype Core: StateMachine
    mutating func tell(_ step: Replay<Core>.Step) -> [HistoryEvent]
}

extension Mesos_V1_TaskStatus {
    /// "TASK_FAILED (REASON_COMMAND_EXECUTOR_FAILED): Command exited with status 1"
    var story: String {
        let reason = hasReason ? " (REASON_\(Self.upper("\(self.reason)")))" : ""
        return Self.upper("\(state)") + reason + (hasMessage && !message.isEmpty ? ": \(message)" : "")
    }

    /// "taskRunning" → "TASK_RUNNING"
    private static func upper(_ name: String) -> String {
        name.reduce(into: "") { text, character in
            if character.isUppercase { text.append("_") }
            text += character.uppercased()
        }
    }
}
