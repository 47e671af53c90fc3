package import FrameworkServer
import ServicesCore

/// All configuration of a services process, with Marathon 1.11's names and defaults where it has them (docs/command-line-flags.md).
package struct ServicesSettings: FrameworkServerSettings {
    package static let name = "services"

    package var framework = FrameworkSettings(frameworkName: "marathon", port: 8080, workDir: "/var/lib/agora/services")
    package var mesosLeaderUIURL: String?
    package var localPortMin = 10_000
    package var localPortMax = 20_000
    package var envVarsPrefix: String?
    package var defaultNetworkName: String?
    package var mesosBridgeName = "mesos-bridge"
    /// `--enable_features`: names of `AppRules.Feature`.
    package var features: [String] = []
    /// `any`, `unreserved` or `reserved`.
    package var acceptedResourceRolesDefaultBehavior = "any"
    package var maxRunningDeployments = 100
    /// `--zk_max_versions`
    package var maxVersions = 50
    /// Milliseconds, as all durations from here on.
    package var taskLaunchTimeout = 300_000
    package var taskLaunchConfirmTimeout = 300_000
    package var reconciliationInterval = 600_000
    package var declineOfferDuration = 120_000
    package var killRetryTimeout = 30_000
    /// 0, unlike Marathon: as many as fit.
    package var maxInstancesPerOffer = 0
    /// Accepted for the sake of old command lines, and without effect: nothing here throttles launches or revivals.
    package var launchTokens = 100
    package var launchTokenRefreshInterval = 30_000
    package var minReviveOffersInterval = 5_000
    package var eventStreamMaxOutstandingMessages = 1_024
    package var maxConcurrentMarathonHealthChecks = 256
    package var httpMaxConcurrentRequests: Int?
    package var httpCompression = true
    package var httpRealm = "Mesosphere"
    /// `--access_control_allow_origin`, one or several.
    package var accessControlAllowOrigin: [String] = []

    package init() {}

    /// Why these settings can't be used, in one line; nil if they can.
    package var problem: String? {
        if let problem = framework.problem { return problem }
        if localPortMin > localPortMax || localPortMin < 1 || localPortMax > 65_535 {
            return "--local_port_min and --local_port_max must be a range of ports"
        }
        for name in features where AppRules.Feature(rawValue: name) == nil {
            return "--enable_features: unknown feature '\(name)'; known are "
                + AppRules.Feature.allCases.map(\.rawValue).joined(separator: ", ")
        }
        if Configuration.AcceptedRoles(rawValue: acceptedResourceRolesDefaultBehavior) == nil {
            return "--accepted_resource_roles_default_behavior must be any, unreserved or reserved"
        }
        return nil
    }

    /// What the core needs to know.
    var configuration: Configuration {
        var configuration = Configuration()
        configuration.identity = framework.identity
        configuration.features = features.compactMap(AppRules.Feature.init)
        configuration.defaultNetworkName = defaultNetworkName
        configuration.mesosBridgeName = mesosBridgeName
        configuration.envVarsPrefix = envVarsPrefix ?? ""
        configuration.localPorts = localPortMin...localPortMax
        configuration.maxRunningDeployments = maxRunningDeployments
        configuration.maxVersions = maxVersions
        configuration.declineSeconds = Double(declineOfferDuration) / 1000
        configuration.maxInstancesPerOffer = maxInstancesPerOffer
        configuration.launchConfirmTimeout = Self.nanoseconds(taskLaunchConfirmTimeout)
        configuration.launchTimeout = Self.nanoseconds(taskLaunchTimeout)
        configuration.killRetryTimeout = Self.nanoseconds(killRetryTimeout)
        configuration.reconciliationInterval = Self.nanoseconds(reconciliationInterval)
        configuration.acceptedRoles = .init(rawValue: acceptedResourceRolesDefaultBehavior) ?? .any
        return configuration
    }

    private static func nanoseconds(_ milliseconds: Int) -> Int64 {
        let (product, overflow) = Int64(milliseconds).multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .max : product
    }
}
