/// The forms in which a resource's reservations are told.
package enum ReservationFormat: Hashable, Sendable {
    /// `role` and `reservation`, for frameworks and agents without the capability RESERVATION_REFINEMENT.
    case preRefinement
    /// `reservations` only.
    case postRefinement
    /// Of HTTP endpoints: `reservations`, and the older fields too where they can tell it.
    case endpoint
}

extension Resource {
    /// The fields that tell the resource in a format; nil if the format can't: the older one has no place for a second reservation, nor for
    /// principal and labels of a static one.
    package func parts(in format: ReservationFormat) -> Parts? {
        var parts = Parts()
        parts.name = name
        switch value {
        case .scalar(let amount): (parts.kind, parts.scalar) = (.scalar, amount.double)
        case .ranges(let ranges):
            (parts.kind, parts.ranges) = (.ranges, ranges.ranges.map { Parts.Range($0.lowerBound, $0.upperBound) })
        case .set(let items): (parts.kind, parts.items) = (.set, items.items)
        }
        let terms = self.terms
        parts.disk = terms.disk
        parts.isRevocable = terms.isRevocable
        parts.isShared = terms.isShared
        parts.allocationRole = terms.allocationRole
        parts.providerID = terms.providerID
        if format != .preRefinement { parts.reservations = terms.reservations.map(Parts.ReservationInfo.init) }
        guard format != .postRefinement else { return parts }
        guard let reservation = terms.reservations.first else {
            parts.role = Role.unreserved
            return parts
        }
        if terms.areRefined, format == .preRefinement { return nil }
        if terms.reservations.count > 1 { return parts }
        parts.role = reservation.role
        if reservation.kind == .dynamic {
            parts.reservation = Parts.ReservationInfo(principal: reservation.principal, labels: reservation.labels)
        }
        return parts
    }
}

extension Resource.Parts.ReservationInfo {
    fileprivate init(_ reservation: Reservation) {
        self.init(
            kind: reservation.kind == .static ? .static : .dynamic, role: reservation.role, principal: reservation.principal,
            labels: reservation.labels)
    }
}
