package import FrameworkCore
package import Machine
package import MesosAPI

extension Services {
    /// What is to be done, in order.
    package enum Effect: Hashable, Sendable {
        case store([Change])
        case wake(at: Int64)
        /// To the master; dropped while there is no subscription.
        case call(Mesos_V1_Scheduler_Call)
        /// What to subscribe with from now on.
        case present(Mesos_V1_FrameworkInfo, suppressedRoles: [String])
        case answer(UInt64, Answer)
        case emit(Event)
        case probe(Probe)
        case askReadiness(ReadinessQuestion)
        /// The process can't go on; the text says why.
        case fail(String)
    }

    /// A health check to be made; `.probed` brings the result.
    package struct Probe: Hashable, Sendable {
        package enum Kind: Hashable, Sendable { case http, https, tcp }

        package var task: TaskID
        package var check: Int
        package var kind: Kind
        package var host: String
        package var port: Int
        package var path: String
        package var ignoresHTTP1xx: Bool
        /// Seconds.
        package var timeout: Int
    }

    /// A readiness check to be made; `.askedReadiness` brings the answer.
    package struct ReadinessQuestion: Hashable, Sendable {
        package var task: TaskID
        package var isSecure: Bool
        package var host: String
        package var port: Int
        package var path: String
        /// Seconds.
        package var timeout: Int
    }

    /// What a client is told. The wire's text is made by the server.
    package enum Answer: Hashable, Sendable {
        case created(AppDefinition, deployment: String)
        /// - created: the app that did not exist before.
        case deployed(version: Timestamp, id: String, created: PathID?)
        /// The deployment was stopped; nothing else happens.
        case stopped
        case killed([Instance])
        case delayReset
        /// It has been done, and there is nothing to say about it.
        case done
        /// What a deployment would do.
        case steps([[Deployment.Action]])
        case refused(Refusal)
    }
}

extension Services.Effect: Order {
    package var changes: [Change]? { if case .store(let changes) = self { changes } else { nil } }
    package var wakeTime: Int64? { if case .wake(let time) = self { time } else { nil } }
}

/// An expected no.
package enum Refusal: Error, Hashable, Sendable {
    case model(ModelRejection)
    /// Deployments work on the same apps.
    case locked([String])
    case tooManyDeployments(limit: Int)
    case noApp(PathID)
    case noVersion(PathID, Timestamp)
    case noTask(String)
    case noDeployment(String)
    case noGroup(PathID)
    case noGroupVersion(PathID, Timestamp)
    case notQueued(PathID)
    case appExists(PathID)
    case groupExists(PathID)
    case groupIsApp(PathID)
    case scaleAndWipe
    case malformedTaskID(String)
    /// A definition that no store takes.
    case tooLarge(PathID, bytes: Int, limit: Int)
    case starting
}
