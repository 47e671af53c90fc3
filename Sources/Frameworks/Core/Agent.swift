package import MesosAPI

/// An agent as offers describe it; shared by all that is on it.
package final class Agent: Hashable, Sendable {
    package struct Attribute: Hashable, Sendable {
        package let name: String
        package let value: AttributeValue

        package init(name: String, value: AttributeValue) {
            self.name = name
            self.value = value
        }
    }

    package let id: String
    package let host: String
    package let region: String?
    package let zone: String?
    package let attributes: [Attribute]

    package init(id: String, host: String, region: String? = nil, zone: String? = nil, attributes: [Attribute] = []) {
        self.id = id
        self.host = host
        self.region = region
        self.zone = zone
        self.attributes = attributes
    }

    package static func == (left: Agent, right: Agent) -> Bool {
        left === right
            || left.id == right.id && left.host == right.host && left.region == right.region && left.zone == right.zone
                && left.attributes == right.attributes
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

extension Agent {
    package convenience init(_ offer: Mesos_V1_Offer) {
        let domain = offer.domain.faultDomain
        self.init(
            id: offer.agentID.value, host: offer.hostname, region: offer.hasDomain ? domain.region.name : nil,
            zone: offer.hasDomain ? domain.zone.name : nil, attributes: offer.attributes.compactMap(Attribute.init))
    }
}

extension Agent.Attribute {
    package init?(_ attribute: Mesos_V1_Attribute) {
        let value: AttributeValue
        switch attribute.type {
        case .text: value = .text(attribute.text.value)
        case .scalar: value = .scalar(attribute.scalar.value)
        case .ranges: value = .ranges(attribute.ranges.range.compactMap { $0.begin <= $0.end ? $0.begin...$0.end : nil })
        case .set: value = .set(attribute.set.item)
        }
        self.init(name: attribute.name, value: value)
    }
}
