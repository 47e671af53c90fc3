import FrameworkCore
import Machine

extension Services {
    /// Has the task of an instance killed. What becomes of the instance then is a matter of its goal.
    /// - Parameter reason: why, if the kill counts as a failure of the app.
    mutating func kill(_ handle: Handle<Instance>, reason: String? = nil) {
        guard instances[handle].task != nil, !instances[handle].condition.isTerminal else { return }
        instances[handle].killReason = reason
        // A kill that was sent a moment ago needs no doubling; the timer repeats it.
        if instances[handle].killAgainAt == nil { sendKill(handle) }
    }

    mutating func sendKill(_ handle: Handle<Instance>) {
        guard let task = instances[handle].task else { return }
        output.effects.append(.call(Calls.kill(task.id.description, on: instances[handle].agent?.id)))
        let again = now.monotonic.saturatingAdd(configuration.killRetryTimeout)
        instances[handle].killAgainAt = again
        timers.set(.kill(handle), at: again)
    }

    mutating func killIsDue(_ handle: Handle<Instance>) {
        guard instances.contains(handle), let time = instances[handle].killAgainAt, time <= now.monotonic else { return }
        sendKill(handle)
    }

    /// A launch that nobody confirms, or a task that doesn't get to run, is given up.
    mutating func launchIsDue(_ handle: Handle<Instance>) {
        guard instances.contains(handle), let deadline = instances[handle].launchDeadline, deadline <= now.monotonic else { return }
        instances[handle].launchDeadline = nil
        switch instances[handle].condition {
        case .provisioned, .staging, .starting: kill(handle)
        default: break
        }
    }
}
