import AgoraAPI
import JSON
import MasterCore
import MesosAPI
import Resources

/// Pieces that several endpoints show.
extension JSONWriter {
    mutating func member(_ name: StaticString, _ value: String) {
        key(verbatim: name)
        string(value)
    }

    mutating func member(_ name: StaticString, _ value: Bool) {
        key(verbatim: name)
        bool(value)
    }

    mutating func member(_ name: StaticString, _ value: Int) {
        key(verbatim: name)
        int(value)
    }

    mutating func member(_ name: StaticString, _ value: Double) {
        key(verbatim: name)
        double(value)
    }

    /// A wall clock reading in seconds.
    mutating func member(_ name: StaticString, time: Int64) { member(name, Double(time) / 1_000_000_000) }

    mutating func member(_ name: StaticString, _ values: [String]) {
        key(verbatim: name)
        beginArray()
        for value in values { string(value) }
        endArray()
    }

    /// The amounts by name, as `/state` shows them.
    mutating func member(_ name: StaticString, _ resources: Resources) {
        key(verbatim: name)
        amounts(resources)
    }

    mutating func amounts(_ resources: Resources) {
        beginObject()
        resources.forEachTotal { name, value in
            key(name)
            switch value {
            case .scalar(let amount): number(amount.double)
            case .ranges, .set: string("\(value)")
            }
        }
        endObject()
    }

    /// The scalars that are there, by name.
    mutating func member(_ name: StaticString, _ quantities: Quantities) {
        key(verbatim: name)
        beginObject()
        quantities.forEach { name, amount in
            key(name)
            number(amount.double)
        }
        endObject()
    }

    /// Resources as messages, in the form that shows both formats.
    mutating func messages(_ resources: Resources, role: String? = nil) {
        var wire = WireWriter()
        wire.resources(1, resources, role: role, format: .endpoint)
        beginArray()
        for field in WireReader(wire.bytes) { message(field.contents, MessageTypes.resource) }
        endArray()
    }

    /// A message as Mesos's JSON; null if the bytes are none.
    mutating func message(_ bytes: ArraySlice<UInt8>, _ type: MessageType) {
        let isWritten = bytes.withUnsafeBytes { buffer in
            do throws(WireError) {
                try MesosJSON.encode(buffer, as: type, into: &self)
                return true
            } catch { return false }
        }
        if !isWritten { null() }
    }

    /// The entries of a `Labels` message.
    mutating func member(_ name: StaticString, labels: ArraySlice<UInt8>) {
        key(verbatim: name)
        beginArray()
        for field in WireReader(labels) where field.number == 1 { message(field.contents, MessageTypes.label) }
        endArray()
    }
}

/// The types that are shown as messages.
enum MessageTypes {
    static let resource = MessageType(Mesos_V1_Resource.self)
    static let label = MessageType(Mesos_V1_Label.self)
    static let discovery = MessageType(Mesos_V1_DiscoveryInfo.self)
    static let container = MessageType(Mesos_V1_ContainerInfo.self)
    static let healthCheck = MessageType(Mesos_V1_HealthCheck.self)
    static let containerStatus = MessageType(Mesos_V1_ContainerStatus.self)
    static let command = MessageType(Mesos_V1_CommandInfo.self)
    static let domain = MessageType(Mesos_V1_DomainInfo.self)
    static let offerConstraints = MessageType(Mesos_V1_Scheduler_OfferConstraints.self)
    static let operatorResponse = MessageType(Mesos_V1_Master_Response.self)
    static let operatorEvent = MessageType(Mesos_V1_Master_Event.self)
    static let operatorCall = MessageType(Mesos_V1_Master_Call.self)
    static let agentRecord = MessageType(Agora_V1_AgentRecord.self, in: .agora)
    static let masterRecord = MessageType(Agora_V1_MasterRecord.self, in: .agora)
}
