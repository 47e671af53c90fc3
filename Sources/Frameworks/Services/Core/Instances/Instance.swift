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

/// An agent as offers describe it; shared by the instances on it.
package final class Agent: Hashable, Sendable {
    package struct Attribute: Hashable, Sendable {
        package let name: String
        package let value: AttributeValue
    }

    package let id: String
    package let host: String
    package let region: String?
    package let zone: String?
    package let attributes: [Attribute]

    package init(id: String, host: String, region: String? = nil, zone: String? = nil, attributes: [Attribute] = []) {
        self.id = id
        self.host = host
        self.region = region
        self.zone = zone
        self.attributes = attributes
    }

    package static func == (left: Agent, right: Agent) -> Bool {
        left === right
            || left.id == right.id && left.host == right.host && left.region == right.region && left.zone == right.zone
                && left.attributes == right.attributes
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(id) }

    /// What constraints compare; nil if the agent has no such field.
    package func value(of field: Constraint.Field) -> String? {
        switch field {
        case .hostname: host
        case .region: region
        case .zone: zone
        case .attribute(let name): attributes.first { $0.name == name }?.value.text
        }
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
    var isAskingReadiness = false

    package init(id: InstanceID, definition: Definition, since: Timestamp) {
        self.id = id
        self.definition = definition
        self.since = since
    }

    package var app: PathID { id.runSpec }

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
