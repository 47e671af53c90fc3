import JSON
import MasterCore
import MesosAPI
import Resources
import Transport

/// Writes events of frameworks as one record each.
/// Specified by Mesos 1.11 include/mesos/v1/scheduler/scheduler.proto (`Event`).
struct EventEncoder: Sendable {
    /// `Event.Type`, and the number of the field that goes with each.
    private enum Number {
        static let subscribed = 1, offers = 2, rescind = 3, update = 4, message = 5, failure = 6, error = 7, heartbeat = 8, operation = 11
        static let subscribedField = 2, offersField = 3, rescindField = 4, updateField = 5, messageField = 6, failureField = 7, errorField = 8
        static let operationField = 11
    }

    /// MasterInfo, encoded.
    let masterInfo: [UInt8]
    /// In seconds.
    let heartbeatInterval: Double

    func record(_ event: Event, _ type: ContentType) -> [UInt8] {
        let wire = protobuf(event)
        guard type == .json else { return wire }
        // What this writer writes is a message; an update that an agent made up may not be one, and is nothing to a framework then.
        return (try? MesosJSON.encode(wire, as: Self.eventType)) ?? []
    }

    private static let eventType = MessageType(Mesos_V1_Scheduler_Event.self)

    func protobuf(_ event: Event) -> [UInt8] {
        var writer = WireWriter()
        switch event {
        case .subscribed(let frameworkID):
            writer.varint(1, Number.subscribed)
            writer.message(Number.subscribedField) {
                $0.id(1, frameworkID)
                $0.double(2, heartbeatInterval)
                $0.bytes(3, masterInfo)
            }
        case .heartbeat:
            writer.varint(1, Number.heartbeat)
        case .offers(let offers):
            writer.varint(1, Number.offers)
            writer.message(Number.offersField) { list in for offer in offers { list.message(1) { Self.offer(offer, &$0) } } }
        case .rescind(let offerID):
            writer.varint(1, Number.rescind)
            writer.message(Number.rescindField) { $0.id(1, offerID) }
        case .update(let status):
            writer.varint(1, Number.update)
            writer.message(Number.updateField) { $0.bytes(1, status.encoded) }
        case .operationUpdate(let operation):
            writer.varint(1, Number.operation)
            writer.message(Number.operationField) { update in update.message(1) { Self.operation(operation, &$0) } }
        case .message(let agentID, let executorID, let data):
            writer.varint(1, Number.message)
            writer.message(Number.messageField) {
                $0.id(1, agentID)
                $0.id(2, executorID)
                $0.bytes(3, data)
            }
        case .failure(let agentID, let executorID, let status):
            writer.varint(1, Number.failure)
            writer.message(Number.failureField) {
                $0.id(1, agentID)
                if let executorID { $0.id(2, executorID) }
                if let status { $0.varint(3, Int(status)) }
            }
        case .error(let message):
            writer.varint(1, Number.error)
            writer.message(Number.errorField) { $0.string(1, message) }
        }
        return writer.bytes
    }

    static func offer(_ offer: OfferView, _ writer: inout WireWriter) {
        writer.id(OfferField.id, offer.id)
        writer.id(OfferField.frameworkID, offer.frameworkID)
        writer.fields(offer.agentFields)
        // Ephemeral ports are the agent's own business.
        let hasEphemeral = offer.resources.names.contains("ephemeral_ports")
        let resources = hasEphemeral ? offer.resources.resources { $0.name != "ephemeral_ports" } : offer.resources
        writer.resources(
            OfferField.resources, resources, role: offer.isMultiRole ? offer.role : nil,
            format: offer.isRefined ? .postRefinement : .preRefinement)
        for executorID in offer.executorIDs { writer.id(OfferField.executorIDs, executorID) }
        if offer.isMultiRole { writer.message(OfferField.allocation) { $0.string(1, offer.role) } }
    }

    private static func operation(_ operation: OperationView, _ writer: inout WireWriter) {
        writer.id(1, operation.operationID)
        writer.varint(2, operation.state.rawValue)
        writer.string(3, operation.message)
        if let agentID = operation.agentID { writer.id(6, agentID) }
    }
}
