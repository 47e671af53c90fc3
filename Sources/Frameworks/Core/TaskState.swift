package import MesosAPI

extension Mesos_V1_TaskStatus {
    /// What is known without having been told; nobody waits for its acknowledgement.
    package static func gone(_ task: String, on agent: String, _ message: String) -> Self {
        var status = Self()
        status.taskID.value = task
        status.agentID.value = agent
        status.state = .taskGone
        status.message = message
        return status
    }

    /// What the status says of its task. Old masters say LOST for much: the reason tells what is meant, one of the states that only
    /// partition-aware frameworks are told. Specified by Marathon 1.11 docs/task-handling.md.
    package var meaning: Mesos_V1_TaskState {
        guard state == .taskLost else { return state }
        if message.hasPrefix("Reconciliation: Task is unknown to the") { return .taskUnknown }
        switch reason {
        case .reconciliation, .agentDisconnected, .agentRemoved: return .taskUnreachable
        case .taskUnknown: return .taskUnknown
        default: return .taskGone
        }
    }
}

extension Mesos_V1_TaskState {
    /// The name of the wire: `TASK_RUNNING`.
    package var text: String {
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
