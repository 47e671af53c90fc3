package import FrameworkCore
package import Machine

/// What of the flags decides anything. Defaults are those of Marathon 1.11 docs/command-line-flags.md, without its throttles.
package struct Configuration: Hashable, Sendable {
    package var identity = FrameworkIdentity(name: "marathon")
    package var features: [AppRules.Feature] = []
    package var defaultNetworkName: String?
    package var mesosBridgeName = "mesos-bridge"
    package var envVarsPrefix = ""
    package var localPorts: ClosedRange<Int> = 10_000...20_000
    package var maxRunningDeployments = 100
    package var maxVersions = 50
    /// Seconds for which declined offers are not wanted back; whatever becomes launchable asks for all of them at once.
    package var declineSeconds: Double = 120
    /// 0: as many as fit.
    package var maxInstancesPerOffer = 0
    /// Nanoseconds, as all times here.
    package var launchConfirmTimeout: Int64 = 300 * .second
    package var launchTimeout: Int64 = 300 * .second
    package var killRetryTimeout: Int64 = 30 * .second
    package var reconciliationInterval: Int64 = 600 * .second
    package var acceptedRoles = AcceptedRoles.any

    /// `--accepted_resource_roles_default_behavior`
    package enum AcceptedRoles: String, Hashable, Sendable, CaseIterable { case any, unreserved, reserved }

    package init() {}

    package func rules(for id: PathID, previousRole: String? = nil, isForced: Bool = false) -> AppRules {
        var rules = AppRules()
        rules.features = features
        rules.defaultNetworkName = defaultNetworkName
        rules.mesosBridgeName = mesosBridgeName
        let group = id.isTopLevel || id.isRoot ? [] : id.topLevel.segments
        rules.roles = .init(
            valid: [identity.role] + group.filter { $0 != identity.role }, standard: identity.role, previous: previousRole, isChangeForced: isForced)
        return rules
    }
}

extension Configuration: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(identity)
        writer.put(features.map(\.rawValue)) { $0.put($1) }
        writer.put(defaultNetworkName)
        writer.put(mesosBridgeName)
        writer.put(envVarsPrefix)
        writer.put(localPorts.lowerBound)
        writer.put(localPorts.upperBound)
        writer.put(maxRunningDeployments)
        writer.put(maxVersions)
        writer.put(declineSeconds.bitPattern)
        writer.put(maxInstancesPerOffer)
        for time in [launchConfirmTimeout, launchTimeout, killRetryTimeout, reconciliationInterval] { writer.put(time) }
        writer.put(acceptedRoles.rawValue)
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        self.init()
        identity = try FrameworkIdentity(from: &reader)
        let names = try reader.array { reader throws(RecordingError) in try reader.string() }
        features = names.compactMap(AppRules.Feature.init)
        defaultNetworkName = try reader.optionalString()
        mesosBridgeName = try reader.string()
        envVarsPrefix = try reader.string()
        let (lower, upper) = (try reader.int(), try reader.int())
        guard lower <= upper else { throw .invalid("range of ports") }
        localPorts = lower...upper
        maxRunningDeployments = try reader.int()
        maxVersions = try reader.int()
        declineSeconds = Double(bitPattern: try reader.uint64())
        maxInstancesPerOffer = try reader.int()
        launchConfirmTimeout = try reader.int64()
        launchTimeout = try reader.int64()
        killRetryTimeout = try reader.int64()
        reconciliationInterval = try reader.int64()
        guard let roles = AcceptedRoles(rawValue: try reader.string()) else { throw .invalid("accepted roles") }
        acceptedRoles = roles
    }
}
