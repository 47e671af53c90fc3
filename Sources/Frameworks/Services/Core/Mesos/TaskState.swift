import MesosAPI

extension Condition {
    /// What a status says of its task. Old masters say LOST for much: the reason tells what is meant. Specified by Marathon 1.11
    /// docs/task-handling.md.
    init(_ status: Mesos_V1_TaskStatus) {
        switch status.state {
        case .taskStaging: self = .staging
        case .taskStarting: self = .starting
        case .taskRunning: self = .running
        case .taskKilling: self = .killing
        case .taskFinished: self = .finished
        case .taskFailed: self = .failed
        case .taskKilled: self = .killed
        case .taskError: self = .error
        case .taskDropped: self = .dropped
        case .taskUnreachable: self = .unreachable
        case .taskGone, .taskGoneByOperator: self = .gone
        case .taskUnknown: self = .unknown
        case .taskLost: self = Condition(lost: status)
        }
    }

    private init(lost status: Mesos_V1_TaskStatus) {
        if status.message.hasPrefix("Reconciliation: Task is unknown to the") {
            self = .unknown
            return
        }
        switch status.reason {
        case .reconciliation, .agentDisconnected, .agentRemoved: self = .unreachable
        case .taskUnknown: self = .unknown
        default: self = .gone
        }
    }
}

extension Mesos_V1_TaskState {
    /// The name of the wire: `TASK_RUNNING`.
    var text: String {
        switch self {
        case .taskStaging: "TASK_STAGING"
        case .taskStarting: "TASK_STARTING"
        case .taskRunning: "TASK_RUNNING"
        case .taskKilling: "TASK_KILLING"
        case .taskFinished: "TASK_FINISHED"
        case .taskFailed: "TASK_FAILED"
        case .taskKilled: "TASK_KILLED"
        case .taskError: "TASK_ERROR"
        case .taskLost: "TASK_LOST"
        case .taskDropped: "TASK_DROPPED"
        case .taskUnreachable: "TASK_UNREACHABLE"
        case .taskGone: "TASK_GONE"
        case .taskGoneByOperator: "TASK_GONE_BY_OPERATOR"
        case .taskUnknown: "TASK_UNKNOWN"
        }
    }
}
