import FrameworkCore
import Machine
import MesosAPI

extension Batch {
    /// Messages longer than this are cut, in characters.
    private static let longestMessage = 1_000

    /// A task's state, from its agent or as an answer to a reconciliation.
    mutating func updated(_ status: Mesos_V1_TaskStatus) {
        if let handle = taskRuns[status.taskID.value], let index = runs[handle].tasks.indices.last {
            apply(status, to: handle, index)
        } else {
            unknown(status)
        }
        // Behind the store of this input, since the master forgets what has been acknowledged.
        if let call = Calls.acknowledge(status) { output.effects.append(.call(call)) }
    }

    /// Of a task that isn't, or is no longer, one of ours: it has been given up, or its job is gone.
    private mutating func unknown(_ status: Mesos_V1_TaskStatus) {
        switch status.meaning {
        case .taskStaging, .taskStarting, .taskRunning:
            output.effects.append(.call(Calls.kill(status.taskID.value, on: status.hasAgentID ? status.agentID.value : nil)))
        default: break
        }
    }

    private mutating func apply(_ status: Mesos_V1_TaskStatus, to handle: Handle<Run>, _ index: Int) {
        let state = status.meaning
        link.unknown.remove(status.taskID.value)
        if status.containerStatus.hasContainerID, runs[handle].tasks[index].container.isEmpty {
            runs[handle].tasks[index].container = status.containerStatus.containerID.value
            changed(handle)
        }
        switch state {
        case .taskStaging, .taskStarting, .taskRunning, .taskKilling: progressed(handle, index, state)
        case .taskUnreachable:
            guard runs[handle].tasks[index].state != state.text else { return }
            note(state, handle, index)
            taskChanged(handle, index, hadStarted: true)
            runs[handle].message = "the agent can't be reached"
            waitForReturn(handle)
        // Its agent is not known (yet): a master that has just started may hear of it later.
        case .taskUnknown: break
        case .taskFinished, .taskFailed, .taskKilled, .taskError, .taskDropped, .taskGone, .taskGoneByOperator, .taskLost:
            ended(handle, index, state, String(status.message.prefix(Self.longestMessage)), status.reason)
        }
    }

    private mutating func note(_ state: Mesos_V1_TaskState, _ handle: Handle<Run>, _ index: Int) {
        runs[handle].tasks[index].state = state.text
        runs[handle].launchDeadline = nil
        changed(handle)
    }

    private mutating func progressed(_ handle: Handle<Run>, _ index: Int, _ state: Mesos_V1_TaskState) {
        let before = runs[handle].tasks[index].state
        // Late news: a reconciliation may report STAGING of what has been seen running.
        let isOlder = before == Mesos_V1_TaskState.taskRunning.text && (state == .taskStaging || state == .taskStarting)
        if before == state.text || isOlder { return }
        if before == Mesos_V1_TaskState.taskUnreachable.text {
            runs[handle].message = runs[handle].ending == nil ? "" : runs[handle].message
            runs[handle].unreachableDeadline = nil
        }
        note(state, handle, index)
        let hadStarted = runs[handle].startedAt != nil
        if state == .taskRunning, runs[handle].tasks[index].startedAt == nil { runs[handle].tasks[index].startedAt = wall }
        taskChanged(handle, index, hadStarted: hadStarted)
    }

    private mutating func ended(
        _ handle: Handle<Run>, _ index: Int, _ state: Mesos_V1_TaskState, _ message: String, _ reason: Mesos_V1_TaskStatus.Reason
    ) {
        runs[handle].tasks[index].state = state.text
        runs[handle].tasks[index].exitStatus = state == .taskFinished ? 0 : Self.exitStatus(in: message)
        closeTask(of: handle, message)
        taskChanged(handle, index, hadStarted: true)
        switch state {
        case .taskFinished:
            // Whoever wanted it killed came too late.
            end(handle, as: .succeeded, message)
        default:
            let text = message.isEmpty ? state.text : message
            attemptFailed(handle, text)
        }
    }

    /// The number behind `exited with status`, which is how agents say it.
    private static func exitStatus(in message: String) -> Int64? {
        let words = message.split(separator: " ")
        guard let index = words.indices.dropLast().first(where: { words[$0] == "status" }) else { return nil }
        return Int64(words[index + 1].prefix { $0.isASCII && $0.isNumber })
    }
}
