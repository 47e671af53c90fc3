package import FrameworkCore

/// A long-running app as it is stored and deployed: complete, in canonical form, with nothing left to default.
///
/// It comes from an `AppUpdate`, which is what requests carry. Specified by Marathon 1.11 docs/application-basics.md and its RAML.
package struct AppDefinition: Hashable, Sendable {
    package var id: PathID
    /// Run as `/bin/sh -c`.
    package var cmd: String?
    package var args: [String] = []
    package var user: String?
    package var env = StringMap<EnvironmentValue>()
    package var instances = 1
    package var cpus = 1.0
    /// MB.
    package var mem = 128.0
    /// MB.
    package var disk = 0.0
    package var gpus = 0
    package var resourceLimits: ResourceLimits?
    /// Empty or `//cmd`: Mesos's command executor; else the path of a custom one.
    package var executor = ""
    package var executorResources: ExecutorResources?
    /// Without duplicates, in the order given.
    package var constraints: [Constraint] = []
    package var fetch: [Artifact] = []
    package var container: Container?
    /// Never empty.
    package var networks: [Network] = [.host]
    /// Empty unless in host mode.
    package var portDefinitions: [PortDefinition] = []
    package var requirePorts = false
    /// Without duplicates, in the order given.
    package var healthChecks: [HealthCheck] = []
    package var check: Check?
    package var readinessChecks: [ReadinessCheck] = []
    /// Apps or groups, without duplicates, in the order given.
    package var dependencies: [PathID] = []
    package var labels = Labels()
    package var backoffSeconds = 1
    package var backoffFactor = 1.15
    package var maxLaunchDelaySeconds = 300
    package var upgradeStrategy = UpgradeStrategy.standard
    package var taskKillGracePeriodSeconds: Int?
    package var killSelection = KillSelection.youngestFirst
    package var unreachableStrategy = UnreachableStrategy.standard
    /// Of apps with persistent volumes only.
    package var residency: Residency?
    /// Without duplicates, in the order given; nil: what `--accepted_resource_roles_default_behavior` says.
    package var acceptedResourceRoles: [String]?
    package var role: String
    package var secrets = StringMap<Secret>()
    package var tty: Bool?
    package var versionInfo: VersionInfo
}

/// The version of a definition and when its last changes of each kind were.
package struct VersionInfo: Hashable, Sendable {
    package var version: Timestamp
    package var lastScalingAt: Timestamp
    /// Instances launched with an older version than this are outdated.
    package var lastConfigChangeAt: Timestamp

    package init(version: Timestamp, lastScalingAt: Timestamp, lastConfigChangeAt: Timestamp) {
        self.version = version
        self.lastScalingAt = lastScalingAt
        self.lastConfigChangeAt = lastConfigChangeAt
    }

    /// Of a new definition.
    package init(_ version: Timestamp) { self.init(version: version, lastScalingAt: version, lastConfigChangeAt: version) }
}

extension AppDefinition {
    package static let singleInstanceLabel = "MARATHON_SINGLE_INSTANCE_APP"

    package var version: Timestamp { versionInfo.version }

    package var volumes: [Volume] { container?.volumes ?? [] }

    /// Whether its instances own persistent volumes.
    package var isResident: Bool { volumes.contains { $0.persistent != nil } }

    package var hasExternalVolumes: Bool { volumes.contains(where: \.isExternal) }

    package var isSingleInstance: Bool { labels[Self.singleInstanceLabel] == "true" }

    package var isInHostMode: Bool { networks.allSatisfy { $0.mode == .host } }

    package var portMappings: [PortMapping] { container?.portMappings ?? [] }

    /// One for each port definition or port mapping; 0 is not assigned yet.
    package var servicePorts: [Int] {
        portMappings.isEmpty ? portDefinitions.map(\.port) : portMappings.map(\.servicePort)
    }

    /// Whether a service port is still to be assigned.
    package var hasOpenServicePorts: Bool {
        portDefinitions.contains { $0.port == 0 } || portMappings.contains { $0.servicePort == 0 }
    }

    /// The host ports asked for: nil for none, 0 for any. In host mode without `requirePorts` each is 0.
    package var requestedHostPorts: [Int?] {
        if !portMappings.isEmpty { return portMappings.map(\.hostPort) }
        return portDefinitions.map { requirePorts ? $0.port : 0 }
    }

    package var portNames: [String] {
        isInHostMode ? portDefinitions.compactMap(\.name) : portMappings.compactMap(\.name)
    }

    /// How many ports health checks can refer to by index.
    package var portCount: Int { portMappings.isEmpty ? portDefinitions.count : portMappings.count }
}
