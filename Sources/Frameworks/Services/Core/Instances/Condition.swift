/// Where an instance stands. Specified by Marathon 1.11 docs/task-handling.md and its instance model.
///
/// `scheduled` → `provisioned` (an offer was taken) → `staging` → `starting` → `running` → `killing` → a terminal one; each of the
/// launched ones can become `unreachable`, which comes back or becomes `unreachableInactive` and is replaced. What ends and is still
/// wanted goes back to `scheduled`.
package enum Condition: UInt8, Hashable, Sendable, CaseIterable {
    case scheduled, provisioned, staging, starting, running, killing, unreachable, unreachableInactive
    case finished, killed, error, failed, gone, dropped, unknown

    /// As events and pods' statuses show it.
    package var name: String {
        switch self {
        case .scheduled: "Scheduled"
        case .provisioned: "Provisioned"
        case .staging: "Staging"
        case .starting: "Starting"
        case .running: "Running"
        case .killing: "Killing"
        case .unreachable: "Unreachable"
        case .unreachableInactive: "UnreachableInactive"
        case .finished: "Finished"
        case .killed: "Killed"
        case .error: "Error"
        case .failed: "Failed"
        case .gone: "Gone"
        case .dropped: "Dropped"
        case .unknown: "Unknown"
        }
    }

    /// The state of the task that an instance in this condition has.
    package var taskState: String {
        switch self {
        case .scheduled, .provisioned, .staging: "TASK_STAGING"
        case .starting: "TASK_STARTING"
        case .running: "TASK_RUNNING"
        case .killing: "TASK_KILLING"
        case .unreachable, .unreachableInactive: "TASK_UNREACHABLE"
        case .finished: "TASK_FINISHED"
        case .killed: "TASK_KILLED"
        case .error: "TASK_ERROR"
        case .failed: "TASK_FAILED"
        case .gone: "TASK_GONE"
        case .dropped: "TASK_DROPPED"
        case .unknown: "TASK_UNKNOWN"
        }
    }

    package var isTerminal: Bool {
        switch self {
        case .finished, .killed, .error, .failed, .gone, .dropped, .unknown: true
        default: false
        }
    }

    /// Whether an agent has, or may have, a task of it.
    package var isActive: Bool {
        switch self {
        case .provisioned, .staging, .starting, .running, .killing, .unreachable: true
        default: false
        }
    }

    /// Whether ending like this makes the next launches of the app wait. A clean exit does too: nothing here is meant to end.
    var addsDelay: Bool {
        switch self {
        case .dropped, .error, .failed, .gone, .finished: true
        default: false
        }
    }

    /// Whether the end is kept as the app's last failure.
    var isFailure: Bool {
        switch self {
        case .error, .failed, .gone, .dropped, .unknown: true
        default: false
        }
    }
}

/// What is wanted of an instance.
package enum Goal: UInt8, Hashable, Sendable {
    /// It is to run; if it ends, it is launched again.
    case running
    /// It is to end, its reservation is kept.
    case stopped
    /// It is to end and to be forgotten.
    case decommissioned

    package var name: String {
        switch self {
        case .running: "Running"
        case .stopped: "Stopped"
        case .decommissioned: "Decommissioned"
        }
    }
}
