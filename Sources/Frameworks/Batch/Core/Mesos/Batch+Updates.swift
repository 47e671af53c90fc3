import FrameworkCore
import Machine
import MesosAPI

extension Batch {
    /// Messages longer than this are cut, in characters; those of one part of many, whose entry of the store holds several, earlier.
    private static let longestMessage = (alone: 1_000, ofMany: 200)

    /// A task's state, from its agent or as an answer to a reconciliation.
    mutating func updated(_ status: Mesos_V1_TaskStatus) {
        if heldTasks.contains(status.taskID.value) { return }
        if let place = taskPlaces[status.taskID.value], let index = self[place].tasks.indices.last {
            apply(status, to: place, index)
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

    private mutating func apply(_ status: Mesos_V1_TaskStatus, to place: Place, _ index: Int) {
        // Of an agent that can't be reached, a framework that knows of partitions hears so. LOST is an agent that is gone for good.
        let isRemoved = status.state == .taskLost && status.reason == .agentRemoved
        let state = isRemoved ? .taskGone : status.meaning
        link.unknown.remove(status.taskID.value)
        if status.containerStatus.hasContainerID, self[place].tasks[index].container.isEmpty {
            self[place].tasks[index].container = status.containerStatus.containerID.value
            changed(place)
        }
        switch state {
        case .taskStaging, .taskStarting, .taskRunning, .taskKilling: progressed(place, index, state)
        case .taskUnreachable:
            guard self[place].tasks[index].state != state.text else { return }
            note(state, place, index)
            taskChanged(place, index, hadStarted: true)
            self[place].message = "the agent can't be reached"
            waitForReturn(place)
        case .taskUnknown: waitForNews(place)
        case .taskFinished, .taskFailed, .taskKilled, .taskError, .taskDropped, .taskGone, .taskGoneByOperator, .taskLost:
            ended(place, index, state, text(of: status, at: place), status.reason)
        }
    }

    private func text(of status: Mesos_V1_TaskStatus, at place: Place) -> String {
        String(status.message.prefix(runs[place.run].parts.count == 1 ? Self.longestMessage.alone : Self.longestMessage.ofMany))
    }

    private mutating func note(_ state: Mesos_V1_TaskState, _ place: Place, _ index: Int) {
        self[place].tasks[index].state = state.text
        self[place].launchDeadline = nil
        changed(place)
    }

    private mutating func progressed(_ place: Place, _ index: Int, _ state: Mesos_V1_TaskState) {
        let before = self[place].tasks[index].state
        self[place].unreachableDeadline = nil
        // Late news: a reconciliation may report STAGING of what has been seen running.
        let isOlder = before == Mesos_V1_TaskState.taskRunning.text && (state == .taskStaging || state == .taskStarting)
        if before == state.text || isOlder { return }
        if before == Mesos_V1_TaskState.taskUnreachable.text {
            self[place].message = ""
        }
        note(state, place, index)
        let hadStarted = runs[place.run].startedAt != nil
        if state == .taskRunning, self[place].tasks[index].startedAt == nil { self[place].tasks[index].startedAt = wall }
        taskChanged(place, index, hadStarted: hadStarted)
    }

    private mutating func ended(
        _ place: Place, _ index: Int, _ state: Mesos_V1_TaskState, _ message: String, _ reason: Mesos_V1_TaskStatus.Reason
    ) {
        let message = reason == .maxCompletionTimeReached ? "not done within its maxCompletionTime: \(message)" : message
        self[place].tasks[index].state = state.text
        self[place].tasks[index].exitStatus = state == .taskFinished ? 0 : Self.exitStatus(in: message)
        closeTask(of: place, message)
        taskChanged(place, index, hadStarted: true)
        switch state {
        case .taskFinished:
            attemptSucceeded(place, message)
        default:
            let text = message.isEmpty ? state.text : message
            attemptFailed(place, text)
        }
    }

    /// The number behind `exited with status`, which is how agents say it.
    private static func exitStatus(in message: String) -> Int64? {
        let words = message.split(separator: " ")
        guard let index = words.indices.dropLast().first(where: { words[$0] == "status" }) else { return nil }
        return Int64(words[index + 1].prefix { $0.isASCII && $0.isNumber })
    }
}
