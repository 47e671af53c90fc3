package import Machine

extension Kernel {
    /// What the shell is to do, in order.
    package enum Effect: Hashable, Sendable, Order {
        case store([Change])
        case wake(at: Int64)
        /// Answers a question of an HTTP handler.
        case answer(UInt64, Answer)
        /// Sends an event to a framework.
        case send(stream: UInt64, Event)
        /// Ends a framework's stream after what has been sent.
        case end(stream: UInt64)
        /// Sends a record to an agent.
        case order(link: UInt64, AgentOrder)
        /// Ends an agent's connection after what has been ordered.
        case cut(link: UInt64)
        /// Tells all operators' event streams.
        case observe(Observation)
        /// Begins an operator's event stream with the state as it is here; what is observed later follows.
        case observing(stream: UInt64, Snapshot)
        case log(LogLine)

        package var changes: [Change]? {
            if case .store(let changes) = self { changes } else { nil }
        }

        package var wakeTime: Int64? {
            if case .wake(let time) = self { time } else { nil }
        }
    }

    package enum Answer: Hashable, Sendable {
        /// Taken in, whatever comes of it.
        case accepted
        /// Done.
        case done
        case refused(CallRefusal)
        case operatorRefused(OperatorRefusal)
    }

    /// What operators' event streams say.
    /// Specified by Mesos 1.11 docs/operator-http-api.md ("Events").
    package enum Observation: Hashable, Sendable {
        case taskAdded(TaskView)
        case taskUpdated(frameworkID: String, status: [UInt8], state: TaskState)
        case frameworkAdded(FrameworkView)
        case frameworkUpdated(FrameworkView)
        case frameworkRemoved(info: [UInt8])
        case agentAdded(AgentView)
        case agentRemoved(agentID: String)
    }

    /// A line for the log: the message is constant, what varies is beside it.
    package struct LogLine: Hashable, Sendable {
        package enum Level: Hashable, Sendable {
            case debug, info, notice, warning
        }

        package let level: Level
        package let message: String
        package let details: [Detail]

        package struct Detail: Hashable, Sendable {
            package let name: String
            package let value: String
        }

        init(_ level: Level, _ message: String, _ details: KeyValuePairs<String, String> = [:]) {
            self.level = level
            self.message = message
            self.details = details.map { Detail(name: $0.key, value: $0.value) }
        }
    }
}

/// Why an operator's call is refused.
package enum OperatorRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case noFramework
    case noAgent
    case notAuthorized

    package var description: String {
        switch self {
        case .noFramework: "No framework found with specified ID"
        case .noAgent: "No agent found with specified ID"
        case .notAuthorized: "403 Forbidden."
        }
    }
}
