/// What of the configuration and of the surrounding groups decides whether and how a definition is taken.
package struct AppRules: Hashable, Sendable {
    package enum Feature: String, Hashable, Sendable, CaseIterable {
        case vips
        case taskKilling = "task_killing"
        case externalVolumes = "external_volumes"
        case secrets
        case gpuResources = "gpu_resources"
    }

    /// Which roles an app may have (Marathon 1.11 docs/roles.md).
    package struct Roles: Hashable, Sendable {
        /// The roles allowed; holds `standard`.
        package var valid: [String]
        /// The role of an app that names none.
        package var standard: String
        /// The role that the app has had.
        package var previous: String?
        /// Whether the role of an app with reservations may change.
        package var isChangeForced: Bool

        package init(valid: [String], standard: String, previous: String? = nil, isChangeForced: Bool = false) {
            self.valid = valid
            self.standard = standard
            self.previous = previous
            self.isChangeForced = isChangeForced
        }
    }

    /// `--enable_features`
    package var features: [Feature] = []
    /// `--default_network_name`
    package var defaultNetworkName: String?
    /// `--mesos_bridge_name`
    package var mesosBridgeName = "mesos-bridge"
    package var roles = Roles(valid: ["*"], standard: "*")

    package init() {}

    /// Nothing if the feature is on, else Marathon's words (with its stray parenthesis).
    func violation(without feature: Feature) -> [String] {
        features.contains(feature)
            ? [] : ["Feature \(feature.rawValue) is not enabled. Enable with --enable_features \(feature.rawValue))"]
    }
}
