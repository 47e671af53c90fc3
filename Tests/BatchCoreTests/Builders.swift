import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// Inputs with defaults, so that a test names only what matters to it.
enum Builders {
    static func body(_ json: String) -> JobBody {
        do {
            return try JobBody(json: Array(json.utf8))
        } catch {
            preconditionFailure("\(json) is no JSON: \(error)")
        }
    }

    static func scalar(_ name: String, _ amount: Double) -> Mesos_V1_Resource {
        var resource = Mesos_V1_Resource()
        resource.name = name
        resource.type = .scalar
        resource.scalar.value = amount
        return resource
    }

    static func offer(id: String, _ agent: World.ModelAgent, cpus: Double, mem: Double) -> Mesos_V1_Offer {
        var offer = Mesos_V1_Offer()
        offer.id.value = id
        offer.agentID.value = agent.id
        offer.hostname = agent.host
        offer.frameworkID.value = "framework-1"
        offer.allocationInfo.role = "*"
        offer.resources = [scalar("cpus", cpus), scalar("mem", mem), scalar("disk", 100_000)]
        offer.attributes = agent.attributes.map { name, text in
            var attribute = Mesos_V1_Attribute()
            attribute.name = name
            attribute.type = .text
            attribute.text.value = text
            return attribute
        }
        return offer
    }
}
