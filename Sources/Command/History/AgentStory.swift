import AgentCore
import AgoraAPI
import Machine
import MesosAPI
import Runtime
import SwiftProtobuf

/// What an agent's recording tells.
struct AgentStory: Story {
    let server: String
    private var tasks: [String: String] = [:]
    private var agentID: String?

    init(server: String) { self.server = server }

    mutating func tell(_ step: Replay<AgentCore.Agent>.Step) -> [HistoryEvent] {
        learn(step)
        var notes = Notes(step.moment, server: server, agent: agentID)
        switch step.input {
        case .started: notes.add("started")
        case .launched(let container, let outcome):
            switch outcome {
            case .started(let pid, _): notes.add("runs, in container \(container), watched by process \(pid)", task: tasks[container])
            case .failed(let reason): notes.add("could not be started: \(reason)", task: tasks[container])
            case .unknown: notes.add("the launcher went away while it started the task", task: tasks[container])
            }
        case .exited(let container, let end): notes.add("ended: \(end.text)\(end.isOutOfMemory ? " (out of memory)" : "")", task: tasks[container])
        case .prepared(let container, let failure?): notes.add("could not be prepared: \(failure)", task: tasks[container])
        case .probed(let container, let kind, _, let result):
            if !result.isFine { notes.add("\(kind) probe: \(result.story)", task: tasks[container]) }
        case .stopping(let killsTasks): notes.add(killsTasks ? "is told to stop, with its tasks" : "is told to stop; its tasks stay")
        default: break
        }
        for effect in step.effects {
            switch effect {
            case .launch(let request):
                notes.add("starts it in container \(request.containerID): \(request.command.shell)", task: tasks[request.containerID])
            case .signal(let container, let number): notes.add("sends it signal \(number)", task: tasks[container])
            case .destroy(let container): notes.add("kills all of its processes", task: tasks[container])
            case .note(let note):
                let details = stride(from: 0, to: note.details.count - 1, by: 2).map { "\(note.details[$0]) \(note.details[$0 + 1])" }
                notes.add(note.text + (details.isEmpty ? "" : ": \(details.joined(separator: ", "))"))
            default: break
            }
        }
        return notes.events
    }

    /// Remembers which container is which task's, and the agent's own id.
    private mutating func learn(_ step: Replay<AgentCore.Agent>.Step) {
        if case .master(_, let record) = step.input, case .subscribed(let answer) = record.record { agentID = answer.agentID }
        for effect in step.effects {
            if case .prepare(let preparation) = effect, case .master(_, let record) = step.input, case .launch(let order) = record.record,
                let info = try? Mesos_V1_TaskInfo(serializedBytes: order.task)
            {
                tasks[preparation.container] = info.taskID.value
            }
            guard case .launch(let request) = effect, let name = request.environment.first(where: { $0.hasPrefix("MESOS_TASK_ID=") }) else {
                continue
            }
            tasks[request.containerID] = String(name.dropFirst("MESOS_TASK_ID=".count))
        }
    }
}

extension Probe.Result {
    fileprivate var story: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .answered(let status): "answered with status \(status)"
        case .connected: "connected"
        case .failed(let reason): "failed: \(reason)"
        case .timedOut: "no answer in time"
        case .unavailable: "not tried"
        }
    }

    /// Whether it is worth no word.
    fileprivate var isFine: Bool {
        switch self {
        case .exited(let status): status == 0
        case .answered(let status): (200..<400).contains(status)
        case .connected, .unavailable: true
        case .failed, .timedOut: false
        }
    }
}
