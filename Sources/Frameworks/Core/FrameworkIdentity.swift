package import Machine
package import MesosAPI

/// Who a scheduler is to its master.
package struct FrameworkIdentity: Hashable, Sendable {
    package var name: String
    package var role = "*"
    package var user = "root"
    package var principal: String?
    package var hostname = "localhost"
    package var webuiURL: String?
    package var checkpoint = true
    /// Seconds for which its tasks run on without it.
    package var failoverTimeout: Double = 604_800

    package init(name: String) { self.name = name }

    /// What a subscription is made with.
    /// - Parameters:
    ///   - id: from the first subscription on.
    ///   - roles: all in which it wants offers.
    package func info(
        id: String?, roles: [String], capabilities: [Mesos_V1_FrameworkInfo.Capability.TypeEnum]
    ) -> Mesos_V1_FrameworkInfo {
        var info = Mesos_V1_FrameworkInfo()
        info.name = name
        info.user = user
        info.checkpoint = checkpoint
        info.failoverTimeout = failoverTimeout
        info.hostname = hostname
        if let webuiURL { info.webuiURL = webuiURL }
        if let principal { info.principal = principal }
        if let id { info.id.value = id }
        info.roles = roles
        info.capabilities = capabilities.map { type in
            var capability = Mesos_V1_FrameworkInfo.Capability()
            capability.type = type
            return capability
        }
        return info
    }
}

extension FrameworkIdentity: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(name)
        writer.put(role)
        writer.put(user)
        writer.put(principal)
        writer.put(hostname)
        writer.put(webuiURL)
        writer.put(checkpoint)
        writer.put(failoverTimeout.bitPattern)
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        self.init(name: try reader.string())
        role = try reader.string()
        user = try reader.string()
        principal = try reader.optionalString()
        hostname = try reader.string()
        webuiURL = try reader.optionalString()
        checkpoint = try reader.bool()
        failoverTimeout = Double(bitPattern: try reader.uint64())
    }
}
