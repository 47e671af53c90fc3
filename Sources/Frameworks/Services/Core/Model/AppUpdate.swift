package import FrameworkCore

/// What a request says of an app: the members present in its body. Absent and null are the same (`nil`).
///
/// A complete definition for a new app and a change of an existing one have the same form.
package struct AppUpdate: Hashable, Sendable {
    /// As written; may be relative.
    package var id: String?
    package var cmd: String?
    package var args: [String]?
    package var user: String?
    package var env: StringMap<EnvironmentValue>?
    package var instances: Int?
    package var cpus: Double?
    package var mem: Double?
    package var disk: Double?
    package var gpus: Int?
    package var resourceLimits: ResourceLimits?
    package var executor: String?
    package var executorResources: ExecutorResources?
    /// As written; their form is a matter of validation.
    package var constraints: [[String]]?
    package var fetch: [Artifact]?
    package var container: Container?
    package var networks: [Network]?
    package var portDefinitions: [PortDefinition]?
    package var requirePorts: Bool?
    package var healthChecks: [HealthCheck]?
    package var check: Check?
    package var readinessChecks: [ReadinessCheck]?
    /// As written; may be relative.
    package var dependencies: [String]?
    package var labels: Labels?
    package var backoffSeconds: Int?
    package var backoffFactor: Double?
    package var maxLaunchDelaySeconds: Int?
    package var upgradeStrategy: UpgradeStrategy?
    package var taskKillGracePeriodSeconds: Int?
    package var killSelection: KillSelection?
    package var unreachableStrategy: UnreachableStrategy?
    package var residency: Residency?
    package var acceptedResourceRoles: [String]?
    package var role: String?
    package var secrets: StringMap<Secret>?
    package var tty: Bool?
    /// Asks for a rollback in updates, ignored elsewhere.
    package var version: Timestamp?
    /// Read from stored definitions; ignored in requests.
    package var versionInfo: VersionInfo?

    package var deprecated = DeprecatedMembers()
}

/// Members that Marathon still takes and never shows; they are translated before anything else happens.
package struct DeprecatedMembers: Hashable, Sendable {
    package enum DockerNetwork: String, Hashable, Sendable, CaseIterable {
        case host = "HOST"
        case bridge = "BRIDGE"
        case user = "USER"
        case none = "NONE"
    }

    package struct IPAddress: Hashable, Sendable {
        package var labels = Labels()
        package var networkName: String?
        /// nil: no `discovery` at all.
        package var discoveryPorts: [DiscoveryPort]?
    }

    package struct DiscoveryPort: Hashable, Sendable {
        package var number: Int
        package var name: String
        package var networkProtocol: NetworkProtocol
        package var labels: Labels
    }

    package var uris: [String]?
    package var ports: [Int]?
    package var ipAddress: IPAddress?
    /// `container.docker.network`
    package var dockerNetwork: DockerNetwork?
    /// `container.docker.portMappings`
    package var dockerPortMappings: [PortMapping]?
    /// Whether `container.docker.credential` was given.
    package var hasDockerCredential = false
}
