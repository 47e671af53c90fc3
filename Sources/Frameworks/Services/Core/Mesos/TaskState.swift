import FrameworkCore
import MesosAPI

extension Condition {
    /// What a status says of its task.
    init(_ status: Mesos_V1_TaskStatus) {
        switch status.meaning {
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
        case .taskGone, .taskGoneByOperator, .taskLost: self = .gone
        case .taskUnknown: self = .unknown
        }
    }
}
