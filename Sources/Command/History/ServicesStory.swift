import FrameworkCore
import Machine
import MesosAPI
import Runtime
import ServicesCore

/// What the recording of services tells.
struct ServicesStory: Story {
    let server: String

    mutating func tell(_ step: Replay<Services>.Step) -> [HistoryEvent] {
        var notes = Notes(step.moment, server: server)
        switch step.input {
        case .started: notes.add("started")
        case .asked(_, let origin, let request): notes.add("\(origin.peer) asks: \(request.story)")
        case .told(.disconnected): notes.add("no connection to the master")
        case .told(.subscribed(_, let master, _)): notes.add("subscribed with the master at \(master)")
        default: break
        }
        for effect in step.effects {
            switch effect {
            case .call(let call): add(call, step, &notes)
            case .emit(let event): add(event, &notes)
            case .answer(_, .refused(let refusal)): notes.add("refuses that: \(refusal.story)")
            default: break
            }
        }
        return notes.events
    }

    private func add(_ call: Mesos_V1_Scheduler_Call, _ step: Replay<Services>.Step, _ notes: inout Notes) {
        for operation in call.accept.operations {
            for task in operation.launch.taskInfos {
                notes.add(
                    "launches it on agent \(task.agentID.value), by offer \(call.accept.offerIds.first?.value ?? "")", task: task.taskID.value,
                    agent: task.agentID.value)
            }
        }
        guard call.type == .kill else { return }
        notes.add(
            "wants it killed: \(cause(of: step))", task: call.kill.taskID.value, agent: call.kill.hasAgentID ? call.kill.agentID.value : nil)
    }

    /// Why the step killed something.
    private func cause(of step: Replay<Services>.Step) -> String {
        for effect in step.effects {
            if case .emit(.unhealthyInstanceKilled(let kill)) = effect { return kill.reason }
        }
        for effect in step.effects {
            if case .emit(.deploymentInfo(let plan, let number)) = effect { return "step \(number) of deployment \(plan.id)" }
        }
        switch step.input {
        case .asked(_, let origin, let request): return "\(origin.peer) asked: \(request.story)"
        case .told(.updated(let status)): return "after \(status.taskID.value) was \(status.story)"
        case .told(.subscribed): return "it had been killed before, and that is said again to the new master"
        case .woken: return "its time was over"
        case .told(.offered): return "the deployment went on"
        case .probed(let task, _, _): return "a health check of \(task) had a result"
        case .askedReadiness(let task, _): return "a readiness check of \(task) had a result"
        case .started: return "services began"
        case .told: return "the master's word"
        }
    }

    private func add(_ event: ServicesCore.Event, _ notes: inout Notes) {
        switch event {
        case .statusUpdate(let update):
            notes.add("hears \(update.state)\(update.message.isEmpty ? "" : ": \(update.message)")", task: update.taskID, agent: update.agentID)
        case .unhealthyInstanceKilled(let kill): notes.add("gives it up as unhealthy: \(kill.reason)", task: kill.taskID, agent: kill.agentID)
        case .deploymentInfo(let plan, let number): notes.add("deployment \(plan.id): step \(number) begins")
        case .deploymentSucceeded(let plan): notes.add("deployment \(plan.id) is done")
        case .deploymentFailed(let plan, let reason): notes.add("deployment \(plan.id) is given up: \(reason)")
        case .groupChangeFailed(let id, _, let reason): notes.add("change of \(id) refused: \(reason)")
        case .appTerminated(let id): notes.add("app \(id) is gone")
        default: break
        }
    }
}
