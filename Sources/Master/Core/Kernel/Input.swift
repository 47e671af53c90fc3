package import Machine

extension Kernel {
    /// What has happened.
    package enum Input: Sendable {
        case started(Start)
        case wake
        /// A framework's SUBSCRIBE has come, and its stream has been opened.
        case subscribed(stream: UInt64, streamID: String, SchedulerCall, Origin)
        /// Any other call; the answer goes to the question.
        case called(question: UInt64, streamID: String?, SchedulerCall, Origin)
        /// A framework's stream has ended, from either side.
        case streamEnded(UInt64)
        /// An agent has dialled.
        case agentSubscribed(link: UInt64, AgentSubscription, Origin)
        case agentReported(link: UInt64, AgentReport)
        /// An agent's connection has ended. `isSilent`: because nothing was heard of it.
        case linkEnded(link: UInt64, isSilent: Bool)
        case operatorCalled(question: UInt64, OperatorCall, Origin)
        /// An operator's event stream has been opened.
        case observerSubscribed(stream: UInt64, Origin)
        case observerEnded(stream: UInt64)
    }

    package enum OperatorCall: Hashable, Sendable {
        case teardown(frameworkID: String)
    }

    /// What a master begins with.
    package struct Start: Sendable {
        /// A random UUID: ids of frameworks, agents and offers begin with it.
        package var masterID: String
        /// Taken for the cluster's id if the store has none yet.
        package var newClusterID: String
        package var settings: Settings
        /// What the store holds, by table and key.
        package var stored: [StoredEntry]

        package init(masterID: String, newClusterID: String, settings: Settings = Settings(), stored: [StoredEntry] = []) {
            self.masterID = masterID
            self.newClusterID = newClusterID
            self.settings = settings
            self.stored = stored
        }
    }

    package struct StoredEntry: Hashable, Sendable {
        package let table: String
        package let key: String
        package let value: [UInt8]

        package init(table: String, key: String, value: [UInt8]) {
            self.table = table
            self.key = key
            self.value = value
        }
    }
}
