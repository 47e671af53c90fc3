package import FrameworkCore
import Machine

/// One definition of an app, shared by all who refer to it.
package final class Definition: Hashable, Sendable {
    package let app: AppDefinition

    package init(_ app: AppDefinition) { self.app = app }

    package static func == (left: Definition, right: Definition) -> Bool { left === right || left.app == right.app }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(app.id)
        hasher.combine(app.version)
    }
}

/// The present or last task of an instance.
package struct LaunchedTask: Hashable, Sendable {
    package struct Address: Hashable, Sendable {
        package var text: String
        /// `IPv4` or `IPv6`.
        package var kind: String
    }

    package enum CheckResult: Hashable, Sendable {
        case http(status: UInt32)
        case tcp(succeeded: Bool)
        case command(exitCode: Int32)
    }

    package var id: TaskID
    /// One for each port of the definition; nil: none is mapped.
    package var hostPorts: [Int?]
    /// Where the task listens, one for each port of the definition.
    package var ports: [Int]
    package var stagedAt: Timestamp
    package var startedAt: Timestamp?
    package var addresses: [Address] = []
    package var checkResult: CheckResult?
}

/// The last results of one health check of an instance.
package struct CheckRecord: Hashable, Sendable {
    package var isAlive: Bool
    package var consecutiveFailures = 0
    package var firstSuccess: Timestamp?
    package var lastSuccess: Timestamp?
    package var lastFailure: Timestamp?
    package var lastFailureCause: String?
}

/// One running, wanted or ending copy of an app.
package struct Instance: Hashable, Sendable {
    package let id: InstanceID
    /// What it was launched with, or will be.
    package internal(set) var definition: Definition
    package internal(set) var goal = Goal.running
    package internal(set) var condition = Condition.scheduled
    package internal(set) var since: Timestamp
    /// Since when the present task is active.
    package internal(set) var activeSince: Timestamp?
    /// The number of its last launch; 0 before the first.
    package internal(set) var incarnation: Int64 = 0
    /// nil: never launched, or to be launched anew.
    package internal(set) var agent: Agent?
    package internal(set) var task: LaunchedTask?
    /// By the position of the check in the definition; nil: no result yet.
    package internal(set) var checks: [CheckRecord?] = []
    /// Whether the readiness check has passed, if there is one.
    package internal(set) var isReady = false
    package internal(set) var readiness: ReadinessResult?
    package internal(set) var unreachableSince: Timestamp?

    // What follows is not stored.

    /// A kill has been sent, or would have been, and must be sent again then.
    var killAgainAt: Int64?
    /// When the launch must have been confirmed, or the task be running.
    var launchDeadline: Int64?
    /// Why it is being killed, if that counts as a failure.
    var killReason: String?
    /// The deployment waits for it to be ready.
    var isAwaited = false
    /// Checks that are being made.
    var probing: [Bool] = []
    /// When each check is to be made next; nil: not, or its result comes first. A timer for any other time is a former task's.
    var probeTimes: [Int64?] = []
    var isAskingReadiness = false
    /// When the readiness check is to be made next.
    var readinessTime: Int64?

    package init(id: InstanceID, definition: Definition, since: Timestamp) {
        self.id = id
        self.definition = definition
        self.since = since
    }

    package var app: PathID { id.runSpec }

    /// Forgets what was found out about its task, and what is still to be asked of it.
    mutating func resetChecks() {
        let count = definition.app.healthChecks.count
        checks = Array(repeating: nil, count: count)
        probing = Array(repeating: false, count: count)
        probeTimes = Array(repeating: nil, count: count)
        isReady = false
        readiness = nil
        isAskingReadiness = false
        readinessTime = nil
    }

    /// Whether it counts towards the number wanted.
    var isCounted: Bool { goal == .running && condition != .unreachableInactive && !condition.isTerminal }

    /// nil: no check has reported yet. False if any check fails.
    package var isHealthy: Bool? {
        let results = checks.compactMap { $0 }
        return results.isEmpty ? nil : results.allSatisfy(\.isAlive)
    }

    /// Running and, where there are health checks, all of them alive.
    var isConsideredHealthy: Bool {
        condition == .running && (definition.app.healthChecks.isEmpty || checks.allSatisfy { $0?.isAlive == true } && !checks.isEmpty)
    }

    /// What a deployment waits for.
    var isUp: Bool { isConsideredHealthy && (definition.app.readinessChecks.isEmpty || isReady) }
}

/// What the readiness check of an instance last said.
package struct ReadinessResult: Hashable, Sendable {
    package struct Response: Hashable, Sendable {
        package var status: Int
        package var contentType: String
        package var body: String
    }

    package var name: String
    package var taskID: String
    package var isReady: Bool
    package var lastResponse: Response?
}
