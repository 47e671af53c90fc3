/// How many instances a deployment keeps healthy and how many it may start beyond the target, as fractions of the instance count.
package struct UpgradeStrategy: Hashable, Sendable {
    package var maximumOverCapacity: Double
    package var minimumHealthCapacity: Double

    package static let standard = UpgradeStrategy(maximumOverCapacity: 1, minimumHealthCapacity: 1)
    /// Of apps with volumes that can't be mounted twice.
    package static let withVolumes = UpgradeStrategy(maximumOverCapacity: 0, minimumHealthCapacity: 0.5)
}

/// When an instance on an unreachable agent is replaced and when it is forgotten.
package enum UnreachableStrategy: Hashable, Sendable {
    /// It is waited for, however long that takes.
    case disabled
    case enabled(inactiveAfterSeconds: Int64, expungeAfterSeconds: Int64)

    package static let standard = UnreachableStrategy.enabled(inactiveAfterSeconds: 0, expungeAfterSeconds: 0)
}

/// Whom to kill first when there are too many.
package enum KillSelection: String, Hashable, Sendable, CaseIterable {
    case youngestFirst = "YOUNGEST_FIRST"
    case oldestFirst = "OLDEST_FIRST"
}

/// Without effect since Marathon 1.5, still shown for apps with persistent volumes.
package struct Residency: Hashable, Sendable {
    package enum LostTasks: String, Hashable, Sendable, CaseIterable {
        case waitForever = "WAIT_FOREVER"
        case relaunchAfterTimeout = "RELAUNCH_AFTER_TIMEOUT"
    }

    package var relaunchEscalationTimeoutSeconds: Int64 = 3600
    package var lostTasks = LostTasks.waitForever
}

/// A bound on what a task may use beyond its request (Mesos 1.10 and later).
package enum ResourceLimit: Hashable, Sendable {
    case unlimited
    case number(Double)
}

package struct ResourceLimits: Hashable, Sendable {
    package var cpus: ResourceLimit?
    package var mem: ResourceLimit?
}

/// What a custom executor gets beside its tasks. `mem` and `disk` are MB.
package struct ExecutorResources: Hashable, Sendable {
    package var cpus = 0.1
    package var mem = 32.0
    package var disk = 10.0
}

/// A file that is fetched into the sandbox before a task starts.
package struct Artifact: Hashable, Sendable {
    package var uri: String
    package var extract = true
    package var executable = false
    package var cache = false
    package var destPath: String?
}

package enum EnvironmentValue: Hashable, Sendable {
    case text(String)
    /// The key of one of the app's secrets.
    case secret(String)
}

/// Where the value of a secret comes from.
package struct Secret: Hashable, Sendable {
    package var source: String
}
