import FrameworkCore
import Machine

extension Batch {
    /// Has the task of an active run killed; again and again until its end is heard of.
    mutating func sendKill(_ handle: Handle<Run>) {
        guard let task = runs[handle].tasks.last, !task.isOver else { return }
        output.effects.append(.call(Calls.kill(task.id, on: task.agentID)))
        let again = now.monotonic.saturatingAdd(configuration.killRetryTimeout)
        runs[handle].killAgainAt = again
        timers.set(.kill(handle), at: again)
    }

    mutating func killIsDue(_ handle: Handle<Run>) {
        guard runs.contains(handle), runs[handle].isActive, let time = runs[handle].killAgainAt, time <= now.monotonic else { return }
        sendKill(handle)
    }

    /// Nobody has ever heard of a task that was launched long ago: it is given up, and killed should it be somewhere.
    mutating func launchIsDue(_ handle: Handle<Run>) {
        guard runs.contains(handle), runs[handle].isActive, let deadline = runs[handle].launchDeadline, deadline <= now.monotonic else { return }
        giveUp(handle, "nothing was heard of the launch")
    }

    /// Sets the time at which an unreachable task is given up, if its job wants that.
    mutating func waitForReturn(_ handle: Handle<Run>) {
        guard let job = jobHandles[runs[handle].key.job], let timeout = jobs[job].definition.options.unreachableTimeout else { return }
        let deadline = now.monotonic.saturatingAdd(timeout.saturatingMultiply(.millisecond))
        runs[handle].unreachableDeadline = deadline
        timers.set(.unreachable(handle), at: deadline)
    }

    mutating func unreachableIsDue(_ handle: Handle<Run>) {
        guard runs.contains(handle), runs[handle].isActive, let deadline = runs[handle].unreachableDeadline, deadline <= now.monotonic else { return }
        giveUp(handle, "the agent could not be reached for too long; the task may have run on")
    }

    private mutating func giveUp(_ handle: Handle<Run>, _ message: String) {
        guard let task = runs[handle].tasks.last else { return }
        output.effects.append(.call(Calls.kill(task.id, on: task.agentID)))
        closeTask(of: handle, message)
        attemptFailed(handle, message)
    }

    /// The newest task counts as over.
    mutating func closeTask(of handle: Handle<Run>, _ message: String) {
        guard let index = runs[handle].tasks.indices.last else { return }
        let task = runs[handle].tasks[index]
        runs[handle].tasks[index].endedAt = wall
        runs[handle].tasks[index].message = message
        taskRuns[task.id] = nil
        link.unknown.remove(task.id)
        agents.remove(task.demand, from: task.agentID)
        (runs[handle].killAgainAt, runs[handle].launchDeadline, runs[handle].unreachableDeadline) = (nil, nil, nil)
        changed(handle)
    }
}
