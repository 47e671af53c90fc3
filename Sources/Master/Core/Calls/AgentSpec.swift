import Machine
package import MesosAPI
package import Resources
import SwiftProtobuf

/// What an agent said it can handle; bit n stands for the capability of number n.
/// Specified by Mesos 1.11 include/mesos/v1/mesos.proto (`AgentInfo.Capability`).
package struct AgentCapabilities: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let multiRole = Self(rawValue: 1 << 1)
    package static let hierarchicalRole = Self(rawValue: 1 << 2)
    package static let reservationRefinement = Self(rawValue: 1 << 3)
    package static let resourceProvider = Self(rawValue: 1 << 4)
    package static let resizeVolume = Self(rawValue: 1 << 5)
    package static let operationFeedback = Self(rawValue: 1 << 6)
    package static let draining = Self(rawValue: 1 << 7)
    package static let taskResourceLimits = Self(rawValue: 1 << 8)

    package static let allNames = [
        "UNKNOWN", "MULTI_ROLE", "HIERARCHICAL_ROLE", "RESERVATION_REFINEMENT", "RESOURCE_PROVIDER", "RESIZE_VOLUME",
        "AGENT_OPERATION_FEEDBACK", "AGENT_DRAINING", "TASK_RESOURCE_LIMITS"
    ]

    /// The names of those that are set, by number.
    package var names: [String] { Self.allNames.indices.filter { rawValue & (1 << UInt32($0)) != 0 }.map { Self.allNames[$0] } }
}

/// What the master keeps of an AgentInfo.
package struct AgentSpec: Hashable, Sendable {
    package let info: [UInt8]
    /// What offer constraints can be about.
    package let place: AgentPlace
    /// Where the agent's own API listens; the address that it dialled from if it didn't say.
    package let ip: String
    package let port: Int
    package let capabilities: AgentCapabilities
    package let version: String
    /// From its flags: before reservations and volumes that were made later.
    package let resources: Resources
    /// The fields of an Offer that are the same for all offers of the agent, encoded: agent_id, hostname, attributes, url, domain.
    package let offerFields: [UInt8]

    /// - Parameter id: the one that the master has given.
    /// - Throws: why its resources are none.
    package init(
        _ message: Mesos_V1_AgentInfo, id: String, ip: String, capabilities: AgentCapabilities = [], version: String = ""
    ) throws(ResourceRefusal) {
        var bytes = WireWriter()
        let original: [UInt8] = (try? message.serializedBytes()) ?? []
        bytes.fields(Wire.dropping([AgentField.id], from: original))
        bytes.id(AgentField.id, id)
        info = bytes.bytes
        let domain = message.domain.faultDomain
        place = AgentPlace(
            hostname: message.hostname, region: domain.hasRegion ? domain.region.name : nil, zone: domain.hasZone ? domain.zone.name : nil,
            attributes: message.attributes.map { .init(name: $0.name, text: $0.type == .text ? $0.text.value : nil) })
        self.ip = ip
        port = Int(message.port)
        self.capabilities = capabilities
        self.version = version
        resources = try ResourceMessages(message.resources).resources
        var fields = WireWriter()
        fields.id(OfferField.agentID, id)
        fields.string(OfferField.hostname, message.hostname)
        for field in WireReader(original) {
            if field.number == AgentField.attributes { fields.bytes(OfferField.attributes, field.contents) }
            if field.number == AgentField.domain { fields.bytes(OfferField.domain, field.contents) }
        }
        fields.message(OfferField.url) { url in
            url.string(1, "http")
            url.message(2) { address in
                address.string(1, message.hostname)
                address.string(2, ip)
                address.varint(3, Int(message.port))
            }
            url.string(3, "/slave(1)")
        }
        offerFields = fields.bytes
    }

    package var hostname: String { place.hostname }

    /// `slave(1)@ip:port`, as the originals name an agent's process.
    package var pid: String { "slave(1)@\(ip.contains(":") ? "[\(ip)]" : ip):\(port)" }
}
