import FrameworkCore
import Machine

extension Batch {
    /// Has all tasks of a run killed.
    mutating func killTasks(of handle: Handle<Run>) {
        for index in runs[handle].parts.indices where runs[handle].parts[index].isActive { sendKill(Place(run: handle, index: index)) }
    }

    /// Has the task of an active part killed; again and again until its end is heard of.
    mutating func sendKill(_ place: Place) {
        guard let task = self[place].tasks.last, !task.isOver else { return }
        output.effects.append(.call(Calls.kill(task.id, on: task.agentID)))
        let again = now.monotonic.saturatingAdd(configuration.killRetryTimeout)
        self[place].killAgainAt = again
        timers.set(.kill(place), at: again)
    }

    mutating func killIsDue(_ place: Place) {
        guard isActive(place), let time = self[place].killAgainAt, time <= now.monotonic else { return }
        sendKill(place)
    }

    /// Nobody has ever heard of a task that was launched long ago: it is given up, and killed should it be somewhere.
    mutating func launchIsDue(_ place: Place) {
        // Without a master nothing can be heard: the next subscription sets another deadline.
        guard link.isSubscribed, isActive(place), let deadline = self[place].launchDeadline, deadline <= now.monotonic else { return }
        giveUp(place, "nothing was heard of the launch")
    }

    /// Something must be heard of a launch by then.
    mutating func waitForStart(_ place: Place) {
        let deadline = now.monotonic.saturatingAdd(configuration.launchConfirmTimeout)
        self[place].launchDeadline = deadline
        timers.set(.launch(place), at: deadline)
    }

    /// Sets the time at which an unreachable task is given up, if its job wants that.
    mutating func waitForReturn(_ place: Place) {
        guard let timeout = patience(with: place) else { return }
        giveUp(place, after: timeout)
    }

    /// The limit of its job may have changed.
    mutating func waitAnew(_ place: Place) {
        guard isActive(place), self[place].unreachableDeadline != nil || self[place].tasks.last?.state == "TASK_UNREACHABLE" else { return }
        self[place].unreachableDeadline = nil
        waitForReturn(place)
    }

    /// The master knows neither the task nor its agent. It says so only when it doesn't expect the agent; in case it is wrong, and has just lost its
    /// own memory, agents get the time that they need to come back.
    mutating func waitForNews(_ place: Place) {
        let longest = runs[place.run].ending == nil ? configuration.unknownTimeout : min(configuration.unknownTimeout, 60 * .second)
        giveUp(place, after: min(patience(with: place) ?? longest, longest))
    }

    /// How long its job waits for a task that can't be reached, in nanoseconds; nil: for ever.
    private func patience(with place: Place) -> Int64? {
        jobHandles[runs[place.run].key.job].flatMap { jobs[$0].definition.options.unreachableTimeout }?.saturatingMultiply(.millisecond)
    }

    private mutating func giveUp(_ place: Place, after pause: Int64) {
        let deadline = min(self[place].unreachableDeadline ?? .max, now.monotonic.saturatingAdd(pause))
        guard deadline != self[place].unreachableDeadline else { return }
        self[place].unreachableDeadline = deadline
        timers.set(.unreachable(place), at: deadline)
    }

    mutating func unreachableIsDue(_ place: Place) {
        guard isActive(place), let deadline = self[place].unreachableDeadline, deadline <= now.monotonic else { return }
        giveUp(place, "the agent could not be reached for too long; the task may have run on")
    }

    private mutating func giveUp(_ place: Place, _ message: String) {
        guard let task = self[place].tasks.last else { return }
        output.effects.append(.call(Calls.kill(task.id, on: task.agentID)))
        closeTask(of: place, message)
        attemptFailed(place, message)
    }

    /// The newest task counts as over.
    mutating func closeTask(of place: Place, _ message: String) {
        guard let index = self[place].tasks.indices.last else { return }
        self[place].tasks[index].endedAt = wall
        self[place].tasks[index].message = message
        (self[place].killAgainAt, self[place].launchDeadline, self[place].unreachableDeadline) = (nil, nil, nil)
        let task = self[place].tasks[index]
        taskPlaces[task.id] = nil
        link.unknown.remove(task.id)
        agents.remove(task.demand, from: task.agentID)
        changed(place)
    }
}
