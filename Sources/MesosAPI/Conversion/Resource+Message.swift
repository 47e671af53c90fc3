package import Resources
import SwiftProtobuf

extension Resource.Parts {
    /// The fields of a message as they are, not validated yet.
    package init(_ message: Mesos_V1_Resource) {
        self.init()
        name = message.name
        kind = message.hasType ? Kind(message.type) : nil
        scalar = message.hasScalar ? message.scalar.value : nil
        ranges = message.hasRanges ? message.ranges.range.map { Range($0.begin, $0.end) } : nil
        items = message.hasSet ? message.set.item : nil
        role = message.hasRole ? message.role : nil
        reservation = message.hasReservation ? ReservationInfo(message.reservation) : nil
        reservations = message.reservations.map(ReservationInfo.init)
        if message.hasDisk {
            disk = Disk(message.disk)
            if message.disk.hasSource, disk?.source == nil { unknownSource = "UNKNOWN" }
        }
        isRevocable = message.hasRevocable
        isShared = message.hasShared
        allocationRole = message.hasAllocationInfo && message.allocationInfo.hasRole ? message.allocationInfo.role : nil
        providerID = message.hasProviderID ? message.providerID.value : nil
    }
}

extension Resource {
    /// Validates a resource in either reservation format.
    /// - Throws: the first reason against it, with Mesos's text.
    package init(_ message: Mesos_V1_Resource) throws(ResourceRefusal) {
        try self.init(Parts(message))
    }
}

extension Resources {
    /// Validates a list of resources and adds them up.
    /// - Throws: `.resource` with the first invalid one and what is wrong with it.
    package init(_ messages: [Mesos_V1_Resource]) throws(ResourceRefusal) {
        try self.init(validating: messages.map(Resource.Parts.init))
    }

    /// The resources as messages, a shared one as often as it is counted; nil if the format can't tell one of them (only the older can't:
    /// resources that are reserved more than once).
    package func messages(in format: ReservationFormat) -> [Mesos_V1_Resource]? {
        var messages: [Mesos_V1_Resource] = []
        var isComplete = true
        forEach { resource, count in
            guard let message = Mesos_V1_Resource(resource, in: format) else {
                isComplete = false
                return
            }
            messages.append(contentsOf: repeatElement(message, count: count))
        }
        return isComplete ? messages : nil
    }
}

extension Mesos_V1_Resource {
    /// The resource in a format; nil if the format can't tell it (see `Resource.parts(in:)`).
    package init?(_ resource: Resource, in format: ReservationFormat) {
        guard let parts = resource.parts(in: format) else { return nil }
        self.init(parts)
    }

    package init(_ parts: Resource.Parts) {
        self.init()
        name = parts.name
        if let kind = parts.kind { type = Mesos_V1_Value.TypeEnum(kind) }
        if let value = parts.scalar { scalar.value = value }
        if let values = parts.ranges {
            ranges.range = values.map { value in
                .with {
                    $0.begin = value.begin
                    $0.end = value.end
                }
            }
        }
        if let items = parts.items { set.item = items }
        if let value = parts.role { role = value }
        if let info = parts.reservation { reservation = ReservationInfo(info) }
        reservations = parts.reservations.map(ReservationInfo.init)
        if let value = parts.disk { disk = DiskInfo(value) }
        if parts.isRevocable { revocable = RevocableInfo() }
        if parts.isShared { shared = SharedInfo() }
        if let role = parts.allocationRole { allocationInfo.role = role }
        if let id = parts.providerID { providerID.value = id }
    }
}

extension [Mesos_V1_Resource] {
    /// The same without the roles that they are allocated to, as frameworks without MULTI_ROLE get them.
    package var withoutAllocation: [Mesos_V1_Resource] {
        map { resource in
            var resource = resource
            resource.clearAllocationInfo()
            return resource
        }
    }

    /// The same, each allocated to the role unless it is to one already: what frameworks may leave out, Mesos fills in.
    package func allocated(to role: String) -> [Mesos_V1_Resource] {
        map { resource in
            var resource = resource
            if !resource.hasAllocationInfo { resource.allocationInfo.role = role }
            return resource
        }
    }
}

extension Resource.Parts.Kind {
    fileprivate init(_ type: Mesos_V1_Value.TypeEnum) {
        self =
            switch type {
            case .scalar: .scalar
            case .ranges: .ranges
            case .set: .set
            case .text: .text
            }
    }
}

extension Mesos_V1_Value.TypeEnum {
    fileprivate init(_ kind: Resource.Parts.Kind) {
        self =
            switch kind {
            case .scalar: .scalar
            case .ranges: .ranges
            case .set: .set
            case .text: .text
            }
    }
}
