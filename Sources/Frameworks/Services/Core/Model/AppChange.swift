package import FrameworkCore

extension AppDefinition {
    /// Whether the change replaces all tasks: any but that of `instances` and of the version. The order of what has none (constraints,
    /// health checks, dependencies, accepted roles) is no difference.
    package func isUpgrade(to other: AppDefinition) -> Bool {
        if self == other { return false }
        var same = self
        same.instances = other.instances
        same.versionInfo = other.versionInfo
        if Set(constraints) == Set(other.constraints) { same.constraints = other.constraints }
        if Set(healthChecks) == Set(other.healthChecks) { same.healthChecks = other.healthChecks }
        if Set(dependencies) == Set(other.dependencies) { same.dependencies = other.dependencies }
        if let roles = acceptedResourceRoles, let others = other.acceptedResourceRoles, Set(roles) == Set(others) {
            same.acceptedResourceRoles = others
        }
        return same != other
    }

    package func isScalingOnly(to other: AppDefinition) -> Bool { instances != other.instances && !isUpgrade(to: other) }

    /// What the tasks of an app with persistent volumes, now or before, can't follow; empty if they can.
    package func residentUpdateViolations(to other: AppDefinition) -> [Violation] {
        guard isResident || other.isResident else { return [] }
        let resources =
            "Services with persistent volumes configured may not change resource requirements. "
            + "If you need to make this change, please create a new service."
        var violations: [Violation] = []
        let volumes = Set(volumes.filter { $0.persistent != nil })
        if volumes != Set(other.volumes.filter { $0.persistent != nil }) { violations.add("/", "Persistent volumes can not be changed!") }
        if cpus != other.cpus { violations.add("/cpus", resources) }
        if mem != other.mem { violations.add("/mem", resources) }
        if disk != other.disk { violations.add("/disk", resources) }
        if gpus != other.gpus { violations.add("/gpus", resources) }
        if requirePorts != other.requirePorts { violations.add("/requirePorts", resources) }
        if Set(requestedHostPorts.compactMap { $0 }) != Set(other.requestedHostPorts.compactMap { $0 }) {
            violations.add(
                "/",
                "Services with persistent volumes configured may not change host ports. "
                    + "If you need to make this change, please create a new service.")
        }
        return violations
    }
}

extension VersionInfo {
    /// The version that a definition gets when it replaces another.
    ///
    /// New and upgraded apps get a new version in every respect, a scaled one in that of scaling, a restarted one in that of its
    /// configuration (so that all its tasks are replaced). Without any change the old version stays.
    /// - Parameter old: the definition so far, if there is one.
    package static func changing(
        from old: AppDefinition?, to new: AppDefinition, isRestart: Bool = false, at moment: Timestamp
    ) -> VersionInfo {
        guard let old, !old.isUpgrade(to: new) else { return VersionInfo(moment) }
        var info = old.versionInfo
        if isRestart { info.lastConfigChangeAt = moment }
        if old.instances != new.instances { info.lastScalingAt = moment }
        if info != old.versionInfo { info.version = moment }
        return info
    }
}
