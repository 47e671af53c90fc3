/// Why a resource from outside isn't accepted. The description is the wire's text.
/// Specified by what Mesos 1.11 says in the same cases.
package enum ResourceRefusal: Error, Hashable, Sendable {
    /// Which of the fields that repeat the only reservation in the older form contradicts it.
    package enum Mismatch: Hashable, Sendable {
        case role(String, reserved: String)
        case reservationOfStatic
        case onlyOneOfRoleAndReservation
        case principal(String, reserved: String)
        case labels([Label], reserved: [Label])
        case roleOfSeveral
        case reservationOfSeveral
    }

    case emptyName
    case invalidType
    case unsupportedType
    case invalidScalar
    case scalarNotPositive
    case scalarOutOfRange
    case invalidRanges
    case invertedRange
    case overlappingRanges
    case invalidSet
    case duplicatedItems
    case diskInfo(of: String)
    case mountOfSource(Disk.Source.Kind)
    case pathOfSource(Disk.Source.Kind)
    case unsupportedSource(String)
    case role(RoleRefusal)
    case typeOfOlderReservation
    case roleOfOlderReservation
    case unreservedRoleReserved
    case missingReservationType
    case missingReservationRole
    case starReserved
    case unsupportedReservationType
    case staticRefinement
    case noRefinement(String, of: String)
    case format(Mismatch)
    case cannotBeShared(String)
    case onlyVolumesShared
    /// One of several resources, as text, is refused for a reason.
    indirect case resource(String, ResourceRefusal)
    // What a command line must not say, although a message may.
    case volumeOnCommandLine
    case revocableOnCommandLine
    case dynamicReservationOnCommandLine
    case differentTypes(name: String)

    /// Why reservations don't stack up, or nil if they do.
    package static func ofReservations(_ reservations: [Reservation]) -> ResourceRefusal? {
        var ancestor: String?
        for reservation in reservations {
            if let refusal = Role.refusal(of: reservation.role) { return .role(refusal) }
            if reservation.role == Role.unreserved { return .starReserved }
        }
        for reservation in reservations {
            if let ancestor {
                if reservation.kind == .static { return .staticRefinement }
                if !Role.isStrictSubrole(reservation.role, of: ancestor) { return .noRefinement(reservation.role, of: ancestor) }
            }
            ancestor = reservation.role
        }
        return nil
    }
}

extension ResourceRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .emptyName: "Empty resource name"
        case .invalidType: "Invalid resource type"
        case .unsupportedType: "Unsupported resource type"
        case .invalidScalar: "Invalid scalar resource"
        case .scalarNotPositive: "Invalid scalar resource: value <= 0"
        case .scalarOutOfRange: "Invalid scalar resource: value is not a number or too large"
        case .invalidRanges: "Invalid ranges resource"
        case .invertedRange: "Invalid ranges resource: begin > end"
        case .overlappingRanges: "Invalid ranges resource: overlapping ranges"
        case .invalidSet: "Invalid set resource"
        case .duplicatedItems: "Invalid set resource: duplicated elements"
        case .diskInfo(let name): "DiskInfo should not be set for \(name) resource"
        case .mountOfSource(let kind): "Mount should not be set for \(kind.rawValue) disk source"
        case .pathOfSource(let kind): "Path should not be set for \(kind.rawValue) disk source"
        case .unsupportedSource(let source): "Unsupported 'DiskInfo.Source.Type' in '\(source)'"
        case .role(let refusal): refusal.description
        case .typeOfOlderReservation: "'Resource.ReservationInfo.type' must not be set for the 'Resource.reservation' field"
        case .roleOfOlderReservation: "'Resource.ReservationInfo.role' must not be set for the 'Resource.reservation' field"
        case .unreservedRoleReserved: "Invalid reservation: role \"*\" cannot be dynamically reserved"
        case .missingReservationType: "Invalid reservation: 'Resource.ReservationInfo.type' field must be set."
        case .missingReservationRole: "Invalid reservation: 'Resource.ReservationInfo.role' field must be set."
        case .starReserved: "Invalid reservation: role \"*\" cannot be reserved"
        case .unsupportedReservationType: "Unsupported 'Resource.ReservationInfo.Type'"
        case .staticRefinement: "Invalid refined reservation: A refined reservation cannot be STATIC"
        case .noRefinement(let role, let ancestor): "Invalid refined reservation: role '\(role)' is not a refinement of '\(ancestor)'"
        case .format(let mismatch): "Invalid resource format: \(mismatch)"
        case .cannotBeShared(let name): "Resource \(name) cannot be shared"
        case .onlyVolumesShared: "Only persistent volumes can be shared"
        case .resource(let text, let refusal): "Resource '\(text)' is invalid: \(refusal)"
        case .volumeOnCommandLine: "Persistent volumes cannot be specified at the command line"
        case .revocableOnCommandLine:
            "Revocable resources cannot be specified at the command line; do not include a 'revocable' key in the resources JSON"
        case .dynamicReservationOnCommandLine:
            "Dynamic reservations cannot be specified at the command line; "
                + "do not include a reservation with DYNAMIC type in the resources JSON"
        case .differentTypes(let name): "Resources with the same name ('\(name)') but different types are not allowed"
        }
    }
}

extension ResourceRefusal.Mismatch: CustomStringConvertible {
    package var description: String {
        let single = "if the single reservation in 'Resource.reservations' is"
        let several = "must not be set if there is more than one reservation in 'Resource.reservations'"
        return switch self {
        case .role(let role, let reserved):
            "'Resource.role' field with '\(role)' does not match the role '\(reserved)' in 'Resource.reservations'"
        case .reservationOfStatic: "'Resource.reservation' must not be set \(single) STATIC"
        case .onlyOneOfRoleAndReservation:
            "'Resource.role' and 'Resource.reservation' must either be both set or both not set \(single) DYNAMIC"
        case .principal(let principal, let reserved):
            "'Resource.reservation.principal' field with '\(principal)' does not match the principal '\(reserved)' "
                + "in 'Resource.reservations'"
        case .labels(let labels, let reserved):
            "'Resource.reservation.labels' field with '\(labels.text)' does not match the labels '\(reserved.text)' "
                + "in 'Resource.reservations'"
        case .roleOfSeveral: "'Resource.role' \(several)"
        case .reservationOfSeveral: "'Resource.reservation' \(several)"
        }
    }
}
