import FrameworkCore
package import JSON

extension AppDefinition {
    /// Writes the definition as one JSON object, as Marathon 1.11 does: what is empty or unset is left out, except for what clients rely on.
    /// - Parameter extra: writes further members (counts, deployments, tasks) at the end of the object.
    package func write(into writer: inout JSONWriter, extra: (inout JSONWriter) -> Void = { _ in }) {
        writer.beginObject()
        writer.member("id", id.description)
        writer.strings("acceptedResourceRoles", acceptedResourceRoles ?? [])
        writer.strings("args", args)
        writer.key(verbatim: "backoffFactor")
        writer.number(backoffFactor)
        writer.member("backoffSeconds", backoffSeconds)
        writer.member("cmd", cmd)
        writer.elements("constraints", constraints) { $1.strings($0.words) }
        if let container {
            writer.key(verbatim: "container")
            container.write(into: &writer)
        }
        writer.member("cpus", cpus)
        writer.strings("dependencies", dependencies.map(\.description))
        writer.member("disk", disk)
        writer.map("env", env) { $0.write(into: &$1) }
        writer.member("executor", executor)
        writeExecutorResources(into: &writer)
        writer.elements("fetch", fetch) { $0.write(into: &$1) }
        writer.elements("healthChecks", healthChecks) { $0.write(into: &$1) }
        if let check {
            writer.key(verbatim: "check")
            check.write(into: &writer)
        }
        writer.member("instances", instances)
        writer.labels(labels)
        writer.member("maxLaunchDelaySeconds", maxLaunchDelaySeconds)
        writer.member("mem", mem)
        writer.member("gpus", gpus)
        writeSecondHalf(into: &writer)
        extra(&writer)
        writer.endObject()
    }

    private func writeSecondHalf(into writer: inout JSONWriter) {
        writer.elements("networks", networks, isOmittedWhenEmpty: false) { $0.write(into: &$1) }
        if isInHostMode {
            writer.elements("portDefinitions", portDefinitions, isOmittedWhenEmpty: false) { $0.write(into: &$1) }
        }
        writer.elements("readinessChecks", readinessChecks) { $0.write(into: &$1) }
        writeResidency(into: &writer)
        writeResourceLimits(into: &writer)
        writer.member("requirePorts", requirePorts)
        writer.map("secrets", secrets) { secret, writer in
            writer.beginObject()
            writer.member("source", secret.source)
            writer.endObject()
        }
        if let taskKillGracePeriodSeconds { writer.member("taskKillGracePeriodSeconds", taskKillGracePeriodSeconds) }
        writer.key(verbatim: "upgradeStrategy")
        upgradeStrategy.write(into: &writer)
        writer.member("user", user)
        writer.member("version", version.description)
        writer.key(verbatim: "versionInfo")
        writer.beginObject()
        writer.member("lastScalingAt", versionInfo.lastScalingAt.description)
        writer.member("lastConfigChangeAt", versionInfo.lastConfigChangeAt.description)
        writer.endObject()
        writer.member("killSelection", killSelection.rawValue)
        writer.key(verbatim: "unreachableStrategy")
        unreachableStrategy.write(into: &writer)
        if let tty { writer.member("tty", tty) }
        writer.member("role", role)
    }

    private func writeExecutorResources(into writer: inout JSONWriter) {
        guard let executorResources else { return }
        writer.key(verbatim: "executorResources")
        writer.beginObject()
        writer.member("cpus", executorResources.cpus)
        writer.member("mem", executorResources.mem)
        writer.member("disk", executorResources.disk)
        writer.endObject()
    }

    private func writeResidency(into writer: inout JSONWriter) {
        guard let residency else { return }
        writer.key(verbatim: "residency")
        writer.beginObject()
        writer.key(verbatim: "relaunchEscalationTimeoutSeconds")
        writer.int(residency.relaunchEscalationTimeoutSeconds)
        writer.member("taskLostBehavior", residency.lostTasks.rawValue)
        writer.endObject()
    }

    private func writeResourceLimits(into writer: inout JSONWriter) {
        guard let resourceLimits else { return }
        writer.key(verbatim: "resourceLimits")
        writer.beginObject()
        if let cpus = resourceLimits.cpus { writer.member("cpus", cpus) }
        if let mem = resourceLimits.mem { writer.member("mem", mem) }
        writer.endObject()
    }
}

extension UpgradeStrategy {
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("maximumOverCapacity", maximumOverCapacity)
        writer.member("minimumHealthCapacity", minimumHealthCapacity)
        writer.endObject()
    }
}

extension UnreachableStrategy {
    package func write(into writer: inout JSONWriter) {
        guard case .enabled(let inactive, let expunge) = self else { return writer.string("disabled") }
        writer.beginObject()
        writer.key(verbatim: "inactiveAfterSeconds")
        writer.int(inactive)
        writer.key(verbatim: "expungeAfterSeconds")
        writer.int(expunge)
        writer.endObject()
    }
}

extension EnvironmentValue {
    package func write(into writer: inout JSONWriter) {
        switch self {
        case .text(let text): writer.string(text)
        case .secret(let key):
            writer.beginObject()
            writer.member("secret", key)
            writer.endObject()
        }
    }
}

extension Artifact {
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("uri", uri)
        writer.member("extract", extract)
        writer.member("executable", executable)
        writer.member("cache", cache)
        writer.member("destPath", destPath)
        writer.endObject()
    }
}
