import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import ServicesCore

/// Inputs with defaults, so that a test names only what matters to it.
enum Builders {
    static func body(_ json: String) -> AppBody {
        do {
            return try AppBody(json: Array(json.utf8))
        } catch {
            preconditionFailure("\(json) is no app: \(error)")
        }
    }

    static func bodies(_ json: String) -> AppBodies {
        do {
            return try AppBodies(json: Array(json.utf8))
        } catch {
            preconditionFailure("\(json) are no apps: \(error)")
        }
    }

    static func definition(_ json: String) -> AppDefinition {
        let update = body(json).update
        do {
            return try AppDefinition(update, rules: Configuration().rules(for: .root), versionInfo: VersionInfo(Timestamp(milliseconds: 1)))
        } catch {
            preconditionFailure("\(json) is refused: \(error)")
        }
    }

    static func scalar(_ name: String, _ amount: Double, role: String? = nil) -> Mesos_V1_Resource {
        var resource = Mesos_V1_Resource()
        resource.name = name
        resource.type = .scalar
        resource.scalar.value = amount
        if let role {
            var reservation = Mesos_V1_Resource.ReservationInfo()
            reservation.type = .static
            reservation.role = role
            resource.reservations = [reservation]
        }
        return resource
    }

    static func ports(_ ports: Set<UInt64>) -> Mesos_V1_Resource {
        var resource = Mesos_V1_Resource()
        resource.name = "ports"
        resource.type = .ranges
        resource.ranges.range = ports.sorted().map { port in
            var range = Mesos_V1_Value.Range()
            (range.begin, range.end) = (port, port)
            return range
        }
        return resource
    }

    static func offer(
        id: String, _ agent: World.ModelAgent, cpus: Double, mem: Double, ports: Set<UInt64> = [31_000], role: String = "*"
    ) -> Mesos_V1_Offer {
        var offer = Mesos_V1_Offer()
        offer.id.value = id
        offer.frameworkID.value = "framework-1"
        offer.agentID.value = agent.id
        offer.hostname = agent.host
        offer.allocationInfo.role = role
        offer.resources = [scalar("cpus", cpus), scalar("mem", mem), scalar("disk", 1000), Self.ports(ports)]
        offer.attributes = agent.attributes.map { name, value in
            var attribute = Mesos_V1_Attribute()
            attribute.name = name
            attribute.type = .text
            attribute.text.value = value
            return attribute
        }
        return offer
    }
}
