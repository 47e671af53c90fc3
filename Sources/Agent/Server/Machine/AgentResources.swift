import Foundation
import JSON
import MesosAPI
import Resources
import SwiftProtobuf

/// The resources and attributes that an agent offers: what it was told, and for the rest what the machine has.
/// Specified by Mesos 1.11 docs/attributes-resources.md and docs/configuration/agent.md (`--resources`).
enum AgentResources {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Throws: one sentence about the flag `--resources`.
    static func total(_ settings: AgentSettings, _ facts: MachineFacts) throws(Failure) -> [Mesos_V1_Resource] {
        var resources = try told(settings)
        let names = Set(resources.map(\.name))
        if !names.contains("cpus") { resources.append(scalar("cpus", Double(facts.cpus), settings)) }
        if !names.contains("mem") { resources.append(scalar("mem", Double(memory(facts.memory) >> 20), settings)) }
        if !names.contains("disk") { resources.append(scalar("disk", Double(disk(facts.disk) >> 20), settings)) }
        if !names.contains("ports") {
            var ports = Mesos_V1_Resource()
            ports.name = "ports"
            ports.type = .ranges
            ports.ranges.range = [range(31_000, 32_000)]
            resources.append(reserved(ports, settings.defaultRole))
        }
        // Zero is no amount of anything: what the machine doesn't tell isn't offered.
        return resources.filter { $0.type != .scalar || $0.scalar.value > 0 }
    }

    /// All but 1 GB, or half of a small machine's.
    private static func memory(_ total: UInt64) -> UInt64 { total > 2 << 30 ? total - 1 << 30 : total / 2 }
    /// All but 5 GB, or half of a small one.
    private static func disk(_ total: UInt64) -> UInt64 { total > 10 << 30 ? total - 5 << 30 : total / 2 }

    private static func told(_ settings: AgentSettings) throws(Failure) -> [Mesos_V1_Resource] {
        guard let text = settings.resources?.trimmingCharacters(in: .whitespacesAndNewlines), !text.isEmpty else { return [] }
        if text.hasPrefix("[") { return try fromJSON(text, settings) }
        let parsed: Resources
        do {
            parsed = try Resources(text: text, defaultRole: settings.defaultRole)
        } catch {
            throw Failure(description: "--resources: \(error)")
        }
        return parsed.messages(in: .postRefinement) ?? []
    }

    private static func fromJSON(_ text: String, _ settings: AgentSettings) throws(Failure) -> [Mesos_V1_Resource] {
        do {
            let list = try Mesos_V1_Offer.Operation.Reserve(mesosJSON: Array("{\"resources\":\(text)}".utf8)).resources
            let roled = list.map { resource in
                let isUnreserved = !resource.hasRole && resource.reservations.isEmpty
                return isUnreserved ? reserved(resource, settings.defaultRole) : resource
            }
            return try Resources(roled).messages(in: .postRefinement) ?? []
        } catch {
            throw Failure(description: "--resources: \(error)")
        }
    }

    private static func range(_ begin: UInt64, _ end: UInt64) -> Mesos_V1_Value.Range {
        var range = Mesos_V1_Value.Range()
        range.begin = begin
        range.end = end
        return range
    }

    private static func scalar(_ name: String, _ amount: Double, _ settings: AgentSettings) -> Mesos_V1_Resource {
        var resource = Mesos_V1_Resource()
        resource.name = name
        resource.type = .scalar
        resource.scalar.value = amount
        return reserved(resource, settings.defaultRole)
    }

    /// Statically, for a role other than "*".
    private static func reserved(_ resource: Mesos_V1_Resource, _ role: String) -> Mesos_V1_Resource {
        guard role != "*" else { return resource }
        var resource = resource
        var reservation = Mesos_V1_Resource.ReservationInfo()
        reservation.type = .static
        reservation.role = role
        resource.reservations.append(reservation)
        return resource
    }

    /// - Throws: one sentence about the flag `--attributes`.
    static func attributes(_ text: String?) throws(Failure) -> [Mesos_V1_Attribute] {
        guard let text, !text.isEmpty else { return [] }
        let parsed: [Attribute]
        do {
            parsed = try Attribute.parse(text)
        } catch {
            throw Failure(description: "--attributes: \(error)")
        }
        return parsed.map { attribute in
            var result = Mesos_V1_Attribute()
            result.name = attribute.name
            switch attribute.value {
            case .scalar(let amount):
                result.type = .scalar
                result.scalar.value = amount.double
            case .ranges(let ranges):
                result.type = .ranges
                result.ranges.range = ranges.ranges.map { range($0.lowerBound, $0.upperBound) }
            case .text(let text):
                result.type = .text
                result.text.value = text
            }
            return result
        }
    }
}
