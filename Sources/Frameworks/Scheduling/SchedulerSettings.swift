public import MesosAPI

/// Whom a framework speaks to, and as whom.
public struct SchedulerSettings: Sendable {
    /// Masters to try, in turn: `host:port` or `http(s)://host:port`. One that doesn't lead sends us to the one that does.
    public var masters: [String]
    /// What the framework says of itself. With an `id`, the framework takes up its tasks again; without one, the master gives it one.
    public var framework: Mesos_V1_FrameworkInfo
    /// Roles for which no offers are wanted until `revive`.
    public var suppressedRoles: [String] = []
    /// For masters that demand HTTP Basic authentication.
    public var credential: Credential?
    /// A subscription ends when the master has been silent for so many of its heartbeat intervals.
    public var missedHeartbeats = 5
    /// The master's heartbeat interval in seconds, until it says otherwise (Mesos 1.11: always 15).
    public var heartbeatInterval: Double = 15
    /// The wait before the second attempt to subscribe in a row; it doubles up to `longestPause`, each with a random half added or not.
    public var shortestPause: Duration = .milliseconds(100)
    public var longestPause: Duration = .seconds(10)
    /// How long the answer to a call may take; past it the framework subscribes anew.
    public var answerTimeout: Duration = .seconds(30)

    public struct Credential: Sendable {
        public var principal: String
        public var secret: String

        public init(principal: String, secret: String) {
            self.principal = principal
            self.secret = secret
        }
    }

    public init(masters: [String], framework: Mesos_V1_FrameworkInfo) {
        self.masters = masters
        self.framework = framework
    }
}

/// Why a scheduler ended. Everything else is retried for ever.
public enum SchedulerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The framework has been removed: its id is of no more use, and its tasks are killed.
    case removed
    /// The master ended the subscription with this message: another one took its place, or its FrameworkInfo is not acceptable. Another attempt
    /// would end the same way.
    case refused(String)
    /// The settings name no usable master.
    case noMaster(String)

    public var description: String {
        switch self {
        case .removed: "the master has removed the framework"
        case .refused(let message): "the master refused the framework: \(message)"
        case .noMaster(let text): "'\(text)' names no master; expected host:port or http(s)://host:port"
        }
    }
}
