import Machine
import MasterCore
import MesosAPI
import Runtime
import SwiftProtobuf

/// What a master's recording tells.
struct MasterStory: Story {
    let server: String

    mutating func tell(_ step: Replay<Kernel>.Step) -> [HistoryEvent] {
        var notes = Notes(step.moment, server: server)
        switch step.input {
        case .started: notes.add("started")
        case .called(_, _, let call, _):
            if case .kill(let taskID, let agentID, _) = call.content {
                notes.add("framework \(call.frameworkID) asks for the end of the task", task: taskID, agent: agentID)
            }
        case .agentReported(_, let report):
            if case .update(let update) = report.content, let status = try? Mesos_V1_TaskStatus(serializedBytes: update.status) {
                notes.add("agent reports \(status.story)", task: update.taskID, agent: status.agentID.value)
            }
        default: break
        }
        for effect in step.effects {
            switch effect {
            case .order(_, .launch(let framework, _, let bytes, _)):
                guard let task = try? Mesos_V1_TaskInfo(serializedBytes: bytes) else { continue }
                notes.add(
                    "launch accepted for framework \(framework), and sent to agent \(task.agentID.value)", task: task.taskID.value,
                    agent: task.agentID.value)
            case .order(_, .kill(_, let taskID, _)): notes.add("kill sent to the agent", task: taskID)
            case .send(_, .update(let view)):
                guard let status = try? Mesos_V1_TaskStatus(serializedBytes: view.encoded) else { continue }
                notes.add("framework is told \(status.story)", task: status.taskID.value, agent: status.hasAgentID ? status.agentID.value : nil)
            case .log(let line):
                let details = line.details.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
                let agent = line.details.first { $0.name == "agent" }?.value
                let task = line.details.first { $0.name == "task" }?.value
                if line.message != "master started" { notes.add(line.message + (details.isEmpty ? "" : ": \(details)"), task: task, agent: agent) }
            default: break
            }
        }
        return notes.events
    }
}
