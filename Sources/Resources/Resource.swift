/// An amount of one resource on certain terms: 4 CPUs, the ports 31000 to 32000, a persistent volume.
///
/// Kept after reservation refinement always (a stack of reservations); `Resource.Parts` is how the wire has it, in either form.
/// Specified by Mesos 1.11 docs/attributes-resources.md and include/mesos/v1/mesos.proto (`Resource`).
package struct Resource: Sendable {
    package enum Value: Hashable, Sendable {
        case scalar(Scalar)
        case ranges(Ranges)
        case set(ItemSet)
    }

    package var name: String
    package var value: Value
    var shared: SharedTerms?

    package init(_ name: String, _ value: Value, on terms: Terms = .plain) {
        self.init(name, value, shared: .of(terms))
    }

    package init(
        _ name: String, _ value: Value, reservations: [Reservation] = [], allocationRole: String? = nil, disk: Disk? = nil,
        isRevocable: Bool = false, isShared: Bool = false, providerID: String? = nil
    ) {
        let terms = Terms(
            reservations: reservations, allocationRole: allocationRole, disk: disk, isRevocable: isRevocable, isShared: isShared,
            providerID: providerID)
        self.init(name, value, shared: .of(terms))
    }

    init(_ name: String, _ value: Value, shared: SharedTerms?) {
        self.name = name
        self.value = value
        self.shared = shared
    }

    package static func scalar(_ name: String, _ amount: Scalar, on terms: Terms = .plain) -> Resource {
        Resource(name, .scalar(amount), on: terms)
    }

    package static func ranges(_ name: String, _ ranges: Ranges, on terms: Terms = .plain) -> Resource {
        Resource(name, .ranges(ranges), on: terms)
    }

    package static func set(_ name: String, _ items: ItemSet, on terms: Terms = .plain) -> Resource {
        Resource(name, .set(items), on: terms)
    }

    package var terms: Terms {
        get { shared?.terms ?? .plain }
        set { shared = .of(newValue) }
    }

    package var reservations: [Reservation] { shared?.terms.reservations ?? [] }
    package var allocationRole: String? { shared?.terms.allocationRole }
    package var disk: Disk? { shared?.terms.disk }
    package var providerID: String? { shared?.terms.providerID }
    package var isRevocable: Bool { shared?.terms.isRevocable ?? false }
    package var isShared: Bool { shared?.terms.isShared ?? false }
    package var isPersistentVolume: Bool { shared?.terms.isPersistentVolume ?? false }
    package var isDynamicallyReserved: Bool { shared?.terms.isDynamicallyReserved ?? false }
    package var reservedRole: String? { shared?.terms.reservedRole }
    var isWhole: Bool { shared?.terms.isWhole ?? false }

    /// Whether there is nothing of it. An amount below zero counts as nothing.
    package var isEmpty: Bool { value.isEmpty }

    /// Whether the two are amounts of the same thing, so that they add up to one resource.
    /// Persistent volumes, exclusive disks and shared resources never do.
    package func isAddable(to other: Resource) -> Bool {
        name == other.name && value.rank == other.value.rank && SharedTerms.areEqual(shared, other.shared) && !isWhole
    }

    static func order(_ left: Resource, _ right: Resource) -> Precedence? {
        SharedTerms.order(left.shared, right.shared) ?? compare(left.name, right.name) ?? Value.order(left.value, right.value)
    }
}

extension Resource: Hashable {
    package static func == (left: Resource, right: Resource) -> Bool {
        left.name == right.name && left.value == right.value && SharedTerms.areEqual(left.shared, right.shared)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(value)
        hasher.combine(shared?.terms)
    }
}

extension Resource.Value {
    package var isEmpty: Bool {
        switch self {
        case .scalar(let amount): amount <= .zero
        case .ranges(let ranges): ranges.isEmpty
        case .set(let items): items.isEmpty
        }
    }

    /// The type as a number, so that values of different types have an order.
    var rank: Int {
        switch self {
        case .scalar: 0
        case .ranges: 1
        case .set: 2
        }
    }

    static func order(_ left: Resource.Value, _ right: Resource.Value) -> Precedence? {
        switch (left, right) {
        case (.scalar(let left), .scalar(let right)): compare(left, right)
        case (.ranges(let left), .ranges(let right)):
            compare(left.ranges, right.ranges) { compare($0.lowerBound, $1.lowerBound) ?? compare($0.upperBound, $1.upperBound) }
        case (.set(let left), .set(let right)): compare(left.items, right.items) { compare($0, $1) }
        default: compare(left.rank, right.rank)
        }
    }

    /// Adds a value of the same type.
    mutating func add(_ other: Resource.Value) {
        switch (self, other) {
        case (.scalar(let mine), .scalar(let theirs)): self = .scalar(mine + theirs)
        case (.ranges(let mine), .ranges(let theirs)): self = .ranges(mine + theirs)
        case (.set(var mine), .set(let theirs)):
            mine.add(theirs)
            self = .set(mine)
        default: preconditionFailure("values of different types")
        }
    }

    /// Takes away a value of the same type, as far as it is here.
    mutating func subtract(_ other: Resource.Value) {
        switch (self, other) {
        case (.scalar(let mine), .scalar(let theirs)): self = .scalar(max(mine - theirs, .zero))
        case (.ranges(let mine), .ranges(let theirs)): self = .ranges(mine - theirs)
        case (.set(var mine), .set(let theirs)):
            mine.subtract(theirs)
            self = .set(mine)
        default: preconditionFailure("values of different types")
        }
    }

    package func contains(_ other: Resource.Value) -> Bool {
        switch (self, other) {
        case (.scalar(let mine), .scalar(let theirs)): mine >= theirs
        case (.ranges(let mine), .ranges(let theirs)): mine.contains(theirs)
        case (.set(let mine), .set(let theirs)): mine.contains(theirs)
        default: false
        }
    }
}

extension Resource.Value: CustomStringConvertible {
    /// As the wire's text form has it: "2.5", "[31000-32000, 33000-33000]", "{a, b}".
    package var description: String {
        switch self {
        case .scalar(let amount): amount.description
        case .ranges(let ranges): ranges.description
        case .set(let items): items.description
        }
    }
}

extension Resource: CustomStringConvertible {
    /// As the logs have it: "disk(allocated: eng)(reservations: [(STATIC,eng)])[volume-id:path]:100".
    package var description: String { "\(name)\(shared?.terms.description ?? ""):\(value)" }
}

extension Terms: CustomStringConvertible {
    package var description: String {
        var text = allocationRole.map { "(allocated: \($0))" } ?? ""
        if !reservations.isEmpty { text += "(reservations: [" + reservations.map { "(\($0))" }.joined(separator: ",") + "])" }
        if let disk { text += "[\(disk)]" }
        if isRevocable { text += "{REV}" }
        if isShared { text += "<SHARED>" }
        return text
    }
}
