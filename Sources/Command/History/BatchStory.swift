import BatchCore
import FrameworkCore
import Machine
import MesosAPI
import Runtime

/// What the recording of batch tells.
struct BatchStory: Story {
    let server: String

    mutating func tell(_ step: Replay<Batch>.Step) -> [HistoryEvent] {
        var notes = Notes(step.moment, server: server)
        switch step.input {
        case .started: notes.add("started")
        case .asked(_, let origin, let request): notes.add("\(origin.peer) asks: \(request.story)")
        case .told(.disconnected): notes.add("no connection to the master")
        case .told(.subscribed(_, let master, _)): notes.add("subscribed with the master at \(master)")
        case .told(.updated(let status)): notes.add("hears \(status.story)", task: status.taskID.value, agent: status.agentID.value)
        default: break
        }
        for effect in step.effects {
            switch effect {
            case .call(let call): add(call, &notes)
            case .answer(_, .refused(let refusal)): notes.add("refuses that: \(refusal.story)")
            default: break
            }
        }
        return notes.events
    }

    private func add(_ call: Mesos_V1_Scheduler_Call, _ notes: inout Notes) {
        let offer = call.accept.offerIds.first?.value ?? ""
        for task in call.accept.operations.flatMap(\.launch.taskInfos) {
            notes.add("launches it on agent \(task.agentID.value), by offer \(offer)", task: task.taskID.value, agent: task.agentID.value)
        }
        if call.type == .kill { notes.add("wants it killed", task: call.kill.taskID.value, agent: call.kill.agentID.value) }
    }
}
