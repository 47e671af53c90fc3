internal import Machine
internal import MesosAPI
package import Resources
internal import SwiftProtobuf

/// What an agent must know of a task while it runs; all else is read from its TaskInfo when it is needed.
package struct TaskPlan: Sendable, Hashable {
    package let taskID: String
    package let agentID: String
    package let name: String
    /// Nanoseconds; nil: the framework said nothing.
    package let killGrace: Int64?
    package let maxCompletionTime: Int64?
    /// The memory limit, for the message when it is reached; MB in thousandths.
    package let memory: Scalar
    package var health: HealthMonitor?
    package var check: CheckMonitor?

    init(_ info: Mesos_V1_TaskInfo) {
        taskID = info.taskID.value
        agentID = info.agentID.value
        name = info.name
        killGrace = info.killPolicy.hasGracePeriod ? max(0, info.killPolicy.gracePeriod.nanoseconds) : nil
        maxCompletionTime = info.hasMaxCompletionTime ? max(0, info.maxCompletionTime.nanoseconds) : nil
        memory = TaskResources(info).memoryLimit ?? .zero
        if info.hasHealthCheck {
            let check = info.healthCheck
            health = HealthMonitor(
                schedule: ProbeSchedule(
                    delay: check.delaySeconds, interval: check.intervalSeconds, timeout: check.timeoutSeconds),
                gracePeriod: check.gracePeriodSeconds, limit: check.consecutiveFailures)
        }
        if info.hasCheck, let kind = CheckMonitor.Kind(info.check.type) {
            check = CheckMonitor(
                kind: kind,
                schedule: ProbeSchedule(
                    delay: info.check.delaySeconds, interval: info.check.intervalSeconds, timeout: info.check.timeoutSeconds))
        }
    }
}

extension CheckMonitor.Kind {
    init?(_ type: Mesos_V1_CheckInfo.TypeEnum) {
        switch type {
        case .command: self = .command
        case .http: self = .http
        case .tcp: self = .tcp
        case .unknown: return nil
        }
    }

    var type: Mesos_V1_CheckInfo.TypeEnum {
        switch self {
        case .command: .command
        case .http: .http
        case .tcp: .tcp
        }
    }
}

/// The scalar amounts of a task that turn into limits of its container.
struct TaskResources {
    private(set) var cpus = Scalar.zero
    private(set) var memory = Scalar.zero
    /// Above the requests (TaskInfo.limits); nil: the framework said nothing.
    private(set) var cpuLimit: Limit?
    private(set) var memoryCap: Limit?

    enum Limit { case amount(Scalar), unlimited }

    /// Containers below 32 MB can't even start a shell (the originals' MIN_MEMORY).
    static let leastMemory: Scalar = 32

    init(_ info: Mesos_V1_TaskInfo) {
        for resource in info.resources where resource.type == .scalar {
            guard let amount = Scalar(resource.scalar.value), amount > .zero else { continue }
            switch resource.name {
            case "cpus": cpus += amount
            case "mem": memory += amount
            default: break
            }
        }
        cpuLimit = info.limits["cpus"].flatMap(Self.limit)
        memoryCap = info.limits["mem"].flatMap(Self.limit)
    }

    private static func limit(_ scalar: Mesos_V1_Value.Scalar) -> Limit? {
        if scalar.value == .infinity { return .unlimited }
        return Scalar(scalar.value).map { .amount($0) }
    }

    /// MB; nil: none.
    var memoryLimit: Scalar? {
        switch memoryCap {
        case .unlimited: nil
        case .amount(let amount): max(amount, Self.leastMemory)
        case nil: memory > .zero ? max(memory, Self.leastMemory) : nil
        }
    }
}

extension Scalar {
    /// For an amount in MB, its bytes.
    var bytesOfMegabytes: UInt64 {
        let (product, overflow) = UInt64(max(0, thousandths)).multipliedReportingOverflow(by: 1_048_576)
        return overflow ? .max / 1_000 : product / 1_000
    }
}
