import Machine
package import MesosAPI
package import Resources
import SwiftProtobuf

/// What the master keeps of a FrameworkInfo: what it decides by, and the message's bytes for all others.
/// Specified by Mesos 1.11 include/mesos/v1/mesos.proto (`FrameworkInfo`).
package struct FrameworkSpec: Hashable, Sendable {
    package let info: [UInt8]
    package let user: String
    package let name: String
    /// Nil or empty: the framework is new.
    package let id: String?
    /// In nanoseconds, clamped. Below zero: the framework is removed as soon as it disconnects.
    package let failoverTimeout: Int64
    /// In seconds, as the framework said it.
    package let failoverSeconds: Double
    package let checkpoint: Bool
    package let principal: String?
    package let hostname: String
    package let webUI: String
    package let capabilities: FrameworkCapabilities
    /// Of MULTI_ROLE frameworks all roles, else the one.
    package let roles: [String]
    package let minima: [RoleMinimum]
    /// What the two fields say that a framework may not both use.
    let hasRole: Bool
    let hasRoles: Bool

    /// The least that the framework wants to be offered in a role.
    package struct RoleMinimum: Hashable, Sendable {
        package let role: String
        package let quantities: [Quantities]
    }

    package init(_ message: Mesos_V1_FrameworkInfo, bytes: [UInt8]) {
        info = bytes
        user = message.user
        name = message.name
        id = message.hasID && !message.id.value.isEmpty ? message.id.value : nil
        failoverSeconds = message.failoverTimeout
        failoverTimeout = Int64(secondsClamped: message.failoverTimeout) ?? 0
        checkpoint = message.checkpoint
        principal = message.hasPrincipal ? message.principal : nil
        hostname = message.hostname
        webUI = message.webuiURL
        var capabilities: FrameworkCapabilities = []
        for capability in message.capabilities where (1...31).contains(capability.type.rawValue) {
            capabilities.insert(FrameworkCapabilities(rawValue: 1 << UInt32(capability.type.rawValue)))
        }
        self.capabilities = capabilities
        hasRole = message.hasRole
        hasRoles = !message.roles.isEmpty
        roles = capabilities.contains(.multiRole) ? message.roles : [message.role]
        minima = message.offerFilters.sorted { $0.key < $1.key }.compactMap { role, filters in
            guard filters.hasMinAllocatableResources else { return nil }
            let quantities = filters.minAllocatableResources.quantities.map { entry in
                Quantities(entry.quantities.sorted { $0.key < $1.key }.map { ($0.key, Scalar($0.value.value) ?? .zero) })
            }
            return RoleMinimum(role: role, quantities: quantities)
        }
    }

    /// - Returns: nil if the bytes are no FrameworkInfo.
    package init?(bytes: [UInt8]) {
        guard let message = try? Mesos_V1_FrameworkInfo(serializedBytes: bytes) else { return nil }
        self.init(message, bytes: bytes)
    }

    /// The message with this id in it, as it is kept and sent to agents.
    package func withID(_ id: String) -> FrameworkSpec {
        if self.id == id { return self }
        var bytes = WireWriter()
        bytes.fields(Wire.dropping([FrameworkField.id], from: info))
        bytes.id(FrameworkField.id, id)
        return FrameworkSpec(bytes: bytes.bytes) ?? self
    }

    /// The same with the user and the checkpoint flag of another: a framework that is known can't change them.
    func keepingFixedFields(of old: FrameworkSpec) -> FrameworkSpec {
        if user == old.user, checkpoint == old.checkpoint { return self }
        var bytes = WireWriter()
        bytes.fields(Wire.dropping([FrameworkField.user, FrameworkField.checkpoint], from: info))
        bytes.string(FrameworkField.user, old.user)
        bytes.bool(FrameworkField.checkpoint, old.checkpoint)
        return FrameworkSpec(bytes: bytes.bytes) ?? self
    }

    package func has(_ capability: FrameworkCapabilities) -> Bool { capabilities.contains(capability) }

    var traits: Allocator.Traits {
        var traits = Allocator.Traits()
        traits.capabilities = capabilities
        for minimum in minima { traits.minima[minimum.role] = minimum.quantities }
        return traits
    }
}
