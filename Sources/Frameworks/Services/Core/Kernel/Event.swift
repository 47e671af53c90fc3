package import FrameworkCore

/// Something that subscribers of the event stream are told. Specified by Marathon 1.11 docs/event-bus.md.
package enum Event: Hashable, Sendable {
    case apiPost(clientIP: String, uri: String, AppDefinition)
    case statusUpdate(StatusUpdate)
    case instanceChanged(InstanceChange)
    case instanceHealthChanged(InstanceID, isHealthy: Bool?, version: Timestamp)
    case unknownInstanceTerminated(InstanceID, Condition)
    case healthStatusChanged(InstanceID, version: Timestamp, isAlive: Bool)
    case failedHealthCheck(InstanceID, HealthCheck)
    case healthCheckAdded(PathID, version: Timestamp, HealthCheck)
    case healthCheckRemoved(PathID)
    case unhealthyInstanceKilled(UnhealthyKill)
    case appTerminated(PathID)
    case groupChanged(PathID, version: Timestamp)
    case groupChangeFailed(PathID, version: Timestamp, reason: String)
    case deploymentInfo(Deployment.Plan, step: Int)
    case deploymentStepSucceeded(Deployment.Plan, step: Int)
    case deploymentSucceeded(Deployment.Plan)
    case deploymentFailed(Deployment.Plan, reason: String)
    case schedulerRegistered(frameworkID: String, master: String)
    case schedulerReregistered(master: String)
    case schedulerDisconnected
    case frameworkMessage(executorID: String, agentID: String, [UInt8])

    package struct StatusUpdate: Hashable, Sendable {
        package var agentID: String
        package var taskID: String
        package var state: String
        package var message: String
        package var app: PathID
        package var host: String
        package var addresses: [LaunchedTask.Address]
        package var ports: [Int]
        package var version: Timestamp
    }

    package struct InstanceChange: Hashable, Sendable {
        package var instance: InstanceID
        package var condition: Condition
        package var agentID: String?
        package var host: String?
        package var version: Timestamp
    }

    package struct UnhealthyKill: Hashable, Sendable {
        package var instance: InstanceID
        package var taskID: String
        package var version: Timestamp
        package var reason: String
        package var host: String
        package var agentID: String
    }
}
