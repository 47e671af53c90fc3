import JSON
import Machine
import MasterCore
import MesosAPI
import Resources
import SwiftProtobuf

extension JSONWriter {
    /// The fields of an agent as `/state`, `/slaves` and `/state-summary` show it.
    /// Specified by Mesos 1.11 docs/endpoints/master/slaves.md.
    mutating func agentFields(_ agent: AgentView) {
        member("id", agent.id)
        member("hostname", agent.spec.hostname)
        member("port", agent.spec.port)
        attributes(of: agent.spec)
        member("pid", agent.spec.pid)
        member("registered_time", time: agent.registered)
        if agent.reregistered > 0 { member("reregistered_time", time: agent.reregistered) }
        member("resources", agent.total)
        member("used_resources", agent.used.sum)
        member("offered_resources", agent.offered.sum)
        key(verbatim: "reserved_resources")
        beginObject()
        for role in agent.total.reservedRoles {
            key(role)
            amounts(agent.total.reserved(for: role))
        }
        endObject()
        member("unreserved_resources", agent.total.unreserved)
        member("active", agent.isActive)
        member("deactivated", agent.isDeactivated)
        member("version", agent.spec.version)
        member("capabilities", agent.spec.capabilities.names)
    }

    /// `attributes` and, if there is one, `domain`.
    mutating func attributes(of spec: AgentSpec) {
        key(verbatim: "attributes")
        beginObject()
        var domain: ArraySlice<UInt8>?
        for field in WireReader(spec.info) {
            if field.number == AgentField.domain { domain = field.contents }
            guard field.number == AgentField.attributes,
                let attribute = try? Mesos_V1_Attribute(serializedBytes: Array(field.contents))
            else { continue }
            key(attribute.name)
            self.attribute(attribute)
        }
        endObject()
        if let domain {
            key(verbatim: "domain")
            message(domain, MessageTypes.domain)
        }
    }

    private mutating func attribute(_ attribute: Mesos_V1_Attribute) {
        switch attribute.type {
        case .scalar: number(attribute.scalar.value)
        case .text: string(attribute.text.value)
        case .set: string("{" + attribute.set.item.joined(separator: ", ") + "}")
        case .ranges: string("[" + attribute.ranges.range.map { "\($0.begin)-\($0.end)" }.joined(separator: ", ") + "]")
        }
    }
}

/// `GET /slaves`.
struct AgentsJSON {
    let snapshot: Snapshot

    /// - Parameter id: of the only agent to be shown; nil: all.
    func bytes(only id: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key(verbatim: "slaves")
        writer.beginArray()
        snapshot.agents.forEach { _, agent in
            guard !agent.isRecovered, id == nil || agent.id == id else { return }
            writer.beginObject()
            full(snapshot.view(agent), &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.recoveredAgents(snapshot, only: id)
        writer.endObject()
        return writer.takeBytes()
    }

    private func full(_ agent: AgentView, _ writer: inout JSONWriter) {
        writer.agentFields(agent)
        writer.key(verbatim: "reserved_resources_full")
        writer.beginObject()
        for role in agent.total.reservedRoles {
            writer.key(role)
            writer.messages(agent.total.reserved(for: role))
        }
        writer.endObject()
        writer.key(verbatim: "unreserved_resources_full")
        writer.messages(agent.total.unreserved)
        writer.key(verbatim: "used_resources_full")
        writer.messages(agent.used)
        writer.key(verbatim: "offered_resources_full")
        writer.messages(agent.offered)
    }
}

extension JSONWriter {
    mutating func messages(_ all: [RoleResources]) {
        var wire = WireWriter()
        for part in all { wire.resources(1, part.resources, role: part.role, format: .endpoint) }
        beginArray()
        for field in WireReader(wire.bytes) { message(field.contents, MessageTypes.resource) }
        endArray()
    }

    /// Agents that the store knows and that have not come back yet.
    mutating func recoveredAgents(_ snapshot: Snapshot, only id: String? = nil) {
        key(verbatim: "recovered_slaves")
        beginArray()
        snapshot.agents.forEach { _, agent in
            guard agent.isRecovered, id == nil || agent.id == id else { return }
            beginObject()
            member("id", agent.id)
            member("hostname", agent.spec.hostname)
            member("port", agent.spec.port)
            attributes(of: agent.spec)
            endObject()
        }
        endArray()
    }
}
