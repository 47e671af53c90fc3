import Resources
import Testing

struct ResourceValidationTests {
    typealias Info = Resource.Parts.ReservationInfo

    /// Valid parts of a name, changed.
    private static func parts(_ name: String = "disk", _ change: (inout Resource.Parts) -> Void = { _ in }) -> Resource.Parts {
        var parts = Resource.Parts()
        parts.name = name
        parts.kind = .scalar
        parts.scalar = 5
        change(&parts)
        return parts
    }

    private static func ranges(_ ranges: [(UInt64, UInt64)]?, scalar: Double? = nil) -> Resource.Parts {
        parts("ports") { ($0.kind, $0.ranges, $0.scalar) = (.ranges, ranges.map { $0.map { .init($0.0, $0.1) } }, scalar) }
    }

    private static func items(_ items: [String]?, scalar: Double? = nil) -> Resource.Parts {
        parts("tags") { ($0.kind, $0.items, $0.scalar) = (.set, items, scalar) }
    }

    private static func reserved(_ stack: [Info], role: String? = nil, older: Info? = nil) -> Resource.Parts {
        parts { ($0.reservations, $0.role, $0.reservation) = (stack, role, older) }
    }

    private static let invalidValues: [(Resource.Parts, String)] = [
        (parts(""), "Empty resource name"),
        (parts { $0.kind = nil }, "Invalid resource type"),
        (parts { $0.kind = .text }, "Unsupported resource type"),
        (parts { $0.scalar = nil }, "Invalid scalar resource"),
        (parts { $0.items = [] }, "Invalid scalar resource"),
        (parts { $0.ranges = [] }, "Invalid scalar resource"),
        (parts { $0.scalar = -1 }, "Invalid scalar resource: value <= 0"),
        (parts { $0.scalar = 0.0004 }, "Invalid scalar resource: value <= 0"),
        (parts { $0.scalar = .nan }, "Invalid scalar resource: value is not a number or too large"),
        (parts { $0.scalar = .infinity }, "Invalid scalar resource: value is not a number or too large"),
        (parts { $0.scalar = 1e300 }, "Invalid scalar resource: value is not a number or too large"),
        (ranges(nil), "Invalid ranges resource"),
        (ranges([(1, 2)], scalar: 1), "Invalid ranges resource"),
        (ranges([(2, 1)]), "Invalid ranges resource: begin > end"),
        (ranges([(5, 9), (1, 5)]), "Invalid ranges resource: overlapping ranges"),
        (ranges([(0, .max), (.max, .max)]), "Invalid ranges resource: overlapping ranges"),
        (items(nil), "Invalid set resource"),
        (items(["a"], scalar: 1), "Invalid set resource"),
        (items(["a", "b", "a"]), "Invalid set resource: duplicated elements")
    ]

    private static let invalidTerms: [(Resource.Parts, String)] = [
        (parts("cpus") { $0.disk = Disk() }, "DiskInfo should not be set for cpus resource"),
        (parts { $0.disk = Disk(source: .init(.block, mount: "/m")) }, "Mount should not be set for BLOCK disk source"),
        (parts { $0.disk = Disk(source: .init(.raw, path: "/p")) }, "Path should not be set for RAW disk source"),
        (parts { $0.unknownSource = "type: UNKNOWN" }, "Unsupported 'DiskInfo.Source.Type' in 'type: UNKNOWN'"),
        (parts { $0.role = "a b" }, "Role component 'a b' is invalid because it contains backspace or whitespace"),
        (parts { $0.reservation = Info() }, "Invalid reservation: role \"*\" cannot be dynamically reserved"),
        (
            parts { ($0.role, $0.reservation) = ("eng", Info(kind: .dynamic)) },
            "'Resource.ReservationInfo.type' must not be set for the 'Resource.reservation' field"
        ),
        (
            parts { ($0.role, $0.reservation) = ("eng", Info(role: "eng")) },
            "'Resource.ReservationInfo.role' must not be set for the 'Resource.reservation' field"
        ),
        (reserved([Info(role: "eng")]), "Invalid reservation: 'Resource.ReservationInfo.type' field must be set."),
        (reserved([Info(kind: .static)]), "Invalid reservation: 'Resource.ReservationInfo.role' field must be set."),
        (reserved([Info(kind: .unknown, role: "eng")]), "Unsupported 'Resource.ReservationInfo.Type'"),
        (reserved([Info(kind: .static, role: "*")]), "Invalid reservation: role \"*\" cannot be reserved"),
        (reserved([Info(kind: .static, role: "a/")]), "Role 'a/' cannot end with a slash"),
        (
            reserved([Info(kind: .static, role: "a"), Info(kind: .static, role: "a/b")]),
            "Invalid refined reservation: A refined reservation cannot be STATIC"
        ),
        (
            reserved([Info(kind: .static, role: "a"), Info(kind: .dynamic, role: "d")]),
            "Invalid refined reservation: role 'd' is not a refinement of 'a'"
        ),
        (
            reserved([Info(kind: .dynamic, role: "a"), Info(kind: .dynamic, role: "a")]),
            "Invalid refined reservation: role 'a' is not a refinement of 'a'"
        ),
        (parts("mem") { $0.isShared = true }, "Resource mem cannot be shared"),
        (parts { $0.isShared = true }, "Only persistent volumes can be shared"),
        (parts { ($0.isShared, $0.disk) = (true, Disk(source: .init(.mount, mount: "/m"))) }, "Only persistent volumes can be shared")
    ]

    private static let contradictions: [(Resource.Parts, String)] = [
        (
            reserved([Info(kind: .static, role: "a")], role: "b"),
            "'Resource.role' field with 'b' does not match the role 'a' in 'Resource.reservations'"
        ),
        (
            reserved([Info(kind: .static, role: "a")], role: "a", older: Info()),
            "'Resource.reservation' must not be set if the single reservation in 'Resource.reservations' is STATIC"
        ),
        (
            reserved([Info(kind: .dynamic, role: "a")], role: "a"),
            "'Resource.role' and 'Resource.reservation' must either be both set or both not set "
                + "if the single reservation in 'Resource.reservations' is DYNAMIC"
        ),
        (
            reserved([Info(kind: .dynamic, role: "a", principal: "p")], role: "a", older: Info(principal: "q")),
            "'Resource.reservation.principal' field with 'q' does not match the principal 'p' in 'Resource.reservations'"
        ),
        (
            reserved([Info(kind: .dynamic, role: "a")], role: "a", older: Info(labels: [Label("k", "v")])),
            "'Resource.reservation.labels' field with '{k: v}' does not match the labels '{}' in 'Resource.reservations'"
        ),
        (
            reserved([Info(kind: .dynamic, role: "a"), Info(kind: .dynamic, role: "a/b")], role: "a"),
            "'Resource.role' must not be set if there is more than one reservation in 'Resource.reservations'"
        ),
        (
            reserved([Info(kind: .dynamic, role: "a"), Info(kind: .dynamic, role: "a/b")], older: Info()),
            "'Resource.reservation' must not be set if there is more than one reservation in 'Resource.reservations'"
        )
    ]

    @Test(arguments: invalidValues + invalidTerms + contradictions.map { ($0.0, "Invalid resource format: \($0.1)") })
    func `an invalid resource is refused with the text of the wire`(_ row: (parts: Resource.Parts, text: String)) {
        #expect(performing { () throws(ResourceRefusal) in _ = try Resource(row.parts) }?.description == row.text)
    }

    private static let valid: [(Resource.Parts, Resource)] = [
        (parts("cpus"), .scalar("cpus", 5)),
        (parts("cpus") { $0.scalar = 0 }, .scalar("cpus", 0)),
        (parts("cpus") { $0.role = "*" }, .scalar("cpus", 5)),
        (parts("cpus") { $0.role = "eng" }, Resource("cpus", .scalar(5), reservations: [Reservation(.static, role: "eng")])),
        (
            parts("cpus") { ($0.role, $0.reservation) = ("eng", Info(principal: "ann", labels: [Label("k")])) },
            Resource("cpus", .scalar(5), reservations: [Reservation(.dynamic, role: "eng", principal: "ann", labels: [Label("k")])])
        ),
        (
            reserved([Info(kind: .static, role: "a"), Info(kind: .dynamic, role: "a/b")]),
            Resource("disk", .scalar(5), reservations: [Reservation(.static, role: "a"), Reservation(.dynamic, role: "a/b")])
        ),
        (
            reserved([Info(kind: .dynamic, role: "a", labels: [Label("x"), Label("k")])], role: "a", older: Info(labels: [Label("k"), Label("x")])),
            Resource("disk", .scalar(5), reservations: [Reservation(.dynamic, role: "a", labels: [Label("k"), Label("x")])])
        ),
        (
            reserved([Info(kind: .static, role: "a")], role: "a"),
            Resource("disk", .scalar(5), reservations: [Reservation(.static, role: "a")])
        ),
        (ranges([(5, 9), (1, 4)]), .ranges("ports", Ranges(1...9))),
        (ranges([]), .ranges("ports", Ranges())),
        (items(["b", "a"]), .set("tags", ItemSet(["a", "b"]))),
        (
            parts { ($0.isShared, $0.disk, $0.allocationRole) = (true, Disk(persistence: .init(id: "v")), "eng") },
            Resource("disk", .scalar(5), allocationRole: "eng", disk: Disk(persistence: .init(id: "v")), isShared: true)
        ),
        (
            parts { ($0.isRevocable, $0.providerID, $0.disk) = (true, "p", Disk(source: .init(.raw, id: "r"))) },
            Resource("disk", .scalar(5), disk: Disk(source: .init(.raw, id: "r")), isRevocable: true, providerID: "p")
        )
    ]

    @Test(arguments: valid)
    func `a valid resource in either form becomes the same`(_ row: (parts: Resource.Parts, resource: Resource)) throws {
        #expect(try Resource(row.parts) == row.resource)
    }

    @Test func `a list names its first invalid resource`() throws {
        let bad = Self.parts("cpus") { ($0.scalar, $0.role, $0.allocationRole) = (-1, "eng", "eng") }
        let refusal = performing { () throws(ResourceRefusal) in _ = try Resources(validating: [Self.parts(), bad, Self.parts("")]) }
        #expect(
            refusal?.description
                == "Resource 'cpus(allocated: eng)(reservations: [(STATIC,eng)]):-1' is invalid: Invalid scalar resource: value <= 0")
        #expect(try Resources(validating: [Self.parts("cpus"), Self.parts("cpus")]) == [.scalar("cpus", 10)])
    }

    @Test func `pushing a reservation that is no refinement is refused`() {
        let reserved: Resources = [Resource("cpus", .scalar(1), reservations: [Reservation(.dynamic, role: "eng")])]
        let refusal = performing { () throws(ResourceRefusal) in _ = try reserved.pushing(Reservation(.dynamic, role: "ops")) }
        #expect(refusal == .noRefinement("ops", of: "eng"))
        #expect(Resources(Resource.scalar("cpus", 1)).poppingReservation == nil)
    }

    /// What an action throws, nil if nothing.
    private func performing(_ action: () throws(ResourceRefusal) -> Void) -> ResourceRefusal? {
        do { try action() } catch { return error }
        return nil
    }
}
