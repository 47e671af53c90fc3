import Machine
package import Resources

extension Kernel {
    /// The configuration that decides. Durations are in nanoseconds.
    /// Specified by Mesos 1.11 docs/configuration/master.md; the defaults that differ are listed in docs/compatibility.md.
    package struct Settings: Hashable, Sendable {
        package var heartbeatInterval: Int64 = 15 * .second
        /// How long an agent may be silent before it counts as unreachable. Frameworks hear of it within five seconds; telling them takes some.
        package var agentTimeout: Int64 = 4_750 * .millisecond
        /// How much of that the connection itself waits for a byte.
        package var agentSilence: Int64 = 4 * .second
        /// How long an agent whose host lives may stay away.
        package var agentReregisterTimeout: Int64 = 600 * .second
        /// At least so long lies between two agents that are given up; zero: no limit.
        package var agentRemovalPause: Int64 = 0
        /// An offer older than this is rescinded if another framework waits for such resources; zero: never.
        package var offerHoldLimit: Int64 = 10 * .second
        /// An offer older than this is rescinded in any case; zero: never.
        package var offerTimeout: Int64 = 0
        /// The least time that a filter holds.
        package var filterFloor: Int64 = 1 * .second
        package var completedFrameworks = 50
        package var completedTasksPerFramework = 1000
        package var unreachableTasksPerFramework = 1000
        package var lostAgents = 102_400
        package var observers = 1000
        package var allowsRoot = true
        /// The only roles that frameworks may have; nil: any.
        package var roles: [String]?
        /// In thousandths.
        package var weights: [RoleWeight] = []
        package var minimum: [Quantities] = Allocator.Settings().minimum
        package var excludedNames: [String] = []
        package var filtersGPUs = true
        package var region: String?

        package init() {}

        var allocator: Allocator.Settings {
            var settings = Allocator.Settings()
            settings.minimum = minimum
            settings.excludedNames = excludedNames
            settings.filtersGPUs = filtersGPUs
            settings.region = region
            return settings
        }
    }

    package struct RoleWeight: Hashable, Sendable {
        package let role: String
        /// In thousandths.
        package let weight: UInt64

        package init(role: String, weight: UInt64) {
            self.role = role
            self.weight = weight
        }
    }
}
