extension Resource {
    /// A resource field by field, as a message has it: not validated yet, in the form before reservation refinement
    /// (`role` and `reservation`), after it (`reservations`), or both at once.
    /// Specified by Mesos 1.11 include/mesos/v1/mesos.proto (`Resource`) and docs/reservation.md.
    package struct Parts: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            case scalar, ranges, set, text
        }

        package struct Range: Hashable, Sendable {
            package var begin: UInt64
            package var end: UInt64

            package init(_ begin: UInt64, _ end: UInt64) {
                self.begin = begin
                self.end = end
            }
        }

        package struct ReservationInfo: Hashable, Sendable {
            package enum Kind: Hashable, Sendable {
                case dynamic, `static`
                /// A number that the protocol doesn't know.
                case unknown
            }

            package var kind: Kind?
            package var role: String?
            package var principal: String?
            package var labels: [Label]

            package init(kind: Kind? = nil, role: String? = nil, principal: String? = nil, labels: [Label] = []) {
                self.kind = kind
                self.role = role
                self.principal = principal
                self.labels = labels
            }
        }

        package var name = ""
        /// Nil if the type is missing or a number that the protocol doesn't know.
        package var kind: Kind?
        package var scalar: Double?
        package var ranges: [Range]?
        package var items: [String]?
        /// Nil if the field isn't set, which means "*".
        package var role: String?
        package var reservation: ReservationInfo?
        package var reservations: [ReservationInfo] = []
        package var disk: Disk?
        /// The text of a disk source whose type the protocol doesn't know; `disk` has no source then.
        package var unknownSource: String?
        package var isRevocable = false
        package var isShared = false
        package var allocationRole: String?
        package var providerID: String?

        package init() {}
    }

    /// Validates a resource and brings it to the form after reservation refinement.
    /// - Throws: the first reason against it, in the order in which Mesos looks for them.
    package init(_ parts: Parts) throws(ResourceRefusal) {
        if parts.name.isEmpty { throw .emptyName }
        let value = try parts.value()
        if let refusal = parts.diskRefusal { throw refusal }
        let reservations = parts.reservations.isEmpty ? try parts.olderReservations() : try parts.newerReservations()
        if parts.isShared {
            if parts.name != "disk" { throw .cannotBeShared(parts.name) }
            if parts.disk?.persistence == nil { throw .onlyVolumesShared }
        }
        self.init(
            parts.name, value, reservations: reservations, allocationRole: parts.allocationRole, disk: parts.disk,
            isRevocable: parts.isRevocable, isShared: parts.isShared, providerID: parts.providerID)
    }
}

extension Resource.Parts {
    fileprivate func value() throws(ResourceRefusal) -> Resource.Value {
        switch kind {
        case .scalar:
            guard let scalar, ranges == nil, items == nil else { throw .invalidScalar }
            guard let amount = Scalar(scalar) else { throw .scalarOutOfRange }
            // Zero may be said, but nothing below it, nor what only rounding makes zero.
            guard scalar == 0 || amount > .zero else { throw .scalarNotPositive }
            return .scalar(amount)
        case .ranges:
            guard let ranges, scalar == nil, items == nil else { throw .invalidRanges }
            return .ranges(try Resource.Parts.canonical(ranges))
        case .set:
            guard let items, scalar == nil, ranges == nil else { throw .invalidSet }
            let set = ItemSet(items)
            guard set.count == items.count else { throw .duplicatedItems }
            return .set(set)
        case .text: throw .unsupportedType
        case nil: throw .invalidType
        }
    }

    private static func canonical(_ ranges: [Range]) throws(ResourceRefusal) -> Ranges {
        if ranges.contains(where: { $0.begin > $0.end }) { throw .invertedRange }
        let sorted = ranges.sorted { $0.begin < $1.begin }
        for (range, next) in zip(sorted, sorted.dropFirst()) where next.begin <= range.end { throw .overlappingRanges }
        return Ranges(sorted: sorted.map { $0.begin...$0.end })
    }

    fileprivate var diskRefusal: ResourceRefusal? {
        guard disk != nil || unknownSource != nil else { return nil }
        if name != "disk" { return .diskInfo(of: name) }
        if let unknownSource { return .unsupportedSource(unknownSource) }
        guard let source = disk?.source, source.kind == .block || source.kind == .raw else { return nil }
        if source.mount != nil { return .mountOfSource(source.kind) }
        if source.path != nil { return .pathOfSource(source.kind) }
        return nil
    }

    /// The form before refinement: a role alone is a static reservation, together with `reservation` a dynamic one.
    fileprivate func olderReservations() throws(ResourceRefusal) -> [Reservation] {
        let role = self.role ?? Role.unreserved
        if let refusal = Role.refusal(of: role) { throw .role(refusal) }
        guard let reservation else { return role == Role.unreserved ? [] : [Reservation(.static, role: role)] }
        if reservation.kind != nil { throw .typeOfOlderReservation }
        if reservation.role != nil { throw .roleOfOlderReservation }
        if role == Role.unreserved { throw .unreservedRoleReserved }
        return [Reservation(.dynamic, role: role, principal: reservation.principal, labels: reservation.labels)]
    }

    /// The form after refinement. A single reservation may be there in the older form too, if both say the same.
    fileprivate func newerReservations() throws(ResourceRefusal) -> [Reservation] {
        var stack: [Reservation] = []
        for info in reservations {
            guard let kind = info.kind else { throw .missingReservationType }
            guard let role = info.role else { throw .missingReservationRole }
            if kind == .unknown { throw .unsupportedReservationType }
            stack.append(Reservation(kind == .static ? .static : .dynamic, role: role, principal: info.principal, labels: info.labels))
        }
        if let refusal = ResourceRefusal.ofReservations(stack) { throw refusal }
        if let mismatch = mismatch(with: stack) { throw .format(mismatch) }
        return stack
    }

    private func mismatch(with stack: [Reservation]) -> ResourceRefusal.Mismatch? {
        guard let only = stack.first, stack.count == 1 else {
            return role != nil ? .roleOfSeveral : reservation != nil ? .reservationOfSeveral : nil
        }
        if let role, role != only.role { return .role(role, reserved: only.role) }
        if only.kind == .static { return reservation == nil ? nil : .reservationOfStatic }
        if (role == nil) != (reservation == nil) { return .onlyOneOfRoleAndReservation }
        guard let reservation else { return nil }
        if reservation.principal != only.principal {
            return .principal(reservation.principal ?? "", reserved: only.principal ?? "")
        }
        let labels = reservation.labels.sortedLabels
        return labels == only.labels ? nil : .labels(labels, reserved: only.labels)
    }
}

extension Resource.Parts: CustomStringConvertible {
    /// As the logs have it, whatever is wrong with it.
    package var description: String {
        var text = name + (allocationRole.map { "(allocated: \($0))" } ?? "")
        if !reservations.isEmpty {
            text += "(reservations: [" + reservations.map { "(\($0))" }.joined(separator: ",") + "])"
        } else if let role, role != Role.unreserved {
            text += "(reservations: [(\(reservation == nil ? "STATIC" : "DYNAMIC"),\(role)\(reservation?.suffix ?? ""))])"
        }
        if let disk { text += "[\(disk)]" }
        if isRevocable { text += "{REV}" }
        if isShared { text += "<SHARED>" }
        return "\(text):\(valueText)"
    }

    private var valueText: String {
        if let scalar { return Scalar(scalar)?.description ?? "\(scalar)" }
        if let ranges { return "[" + ranges.map { "\($0.begin)-\($0.end)" }.joined(separator: ", ") + "]" }
        return "{" + (items ?? []).joined(separator: ", ") + "}"
    }
}

extension Resource.Parts.ReservationInfo: CustomStringConvertible {
    package var description: String {
        let type = kind == .static ? "STATIC" : kind == .dynamic ? "DYNAMIC" : "UNKNOWN"
        return "\(type),\(role ?? "")\(suffix)"
    }

    fileprivate var suffix: String { (principal.map { ",\($0)" } ?? "") + (labels.isEmpty ? "" : ",\(labels.text)") }
}
