/// The terms on which a resource may be used: all that is part of its identity besides the name.
/// Only amounts on equal terms add up.
package struct Terms: Hashable, Sendable {
    /// The role that it is allocated or offered to; nil while it is neither.
    package var allocationRole: String?
    /// The stack of reservations: each role lies strictly below the one before it. Empty means unreserved.
    package var reservations: [Reservation]
    /// The resource provider that it comes from; nil is the agent itself.
    package var providerID: String?
    /// What is special about a disk. Few resources have it and it is large, so it lies behind a pointer.
    package var disk: Disk? {
        get { sharedDisk?.disk }
        set { sharedDisk = newValue.map(SharedDisk.init) }
    }
    var sharedDisk: SharedDisk?
    /// Oversubscribed: may be taken back at any time.
    package var isRevocable: Bool
    /// Several tasks may use it at once.
    package var isShared: Bool

    package init(
        reservations: [Reservation] = [], allocationRole: String? = nil, disk: Disk? = nil, isRevocable: Bool = false,
        isShared: Bool = false, providerID: String? = nil
    ) {
        self.allocationRole = allocationRole
        self.reservations = reservations
        self.providerID = providerID
        sharedDisk = disk.map(SharedDisk.init)
        self.isRevocable = isRevocable
        self.isShared = isShared
    }

    /// Those of nearly all resources of most agents.
    package static let plain = Terms()

    package var isPlain: Bool {
        allocationRole == nil && reservations.isEmpty && !isRevocable && !isShared && sharedDisk == nil && providerID == nil
    }

    /// The role that may use it, by its innermost reservation; nil if unreserved.
    package var reservedRole: String? { reservations.last?.role }

    /// Whether a framework of the role may be offered it: unreserved, or reserved for the role or one of its ancestors.
    package func isAllocatable(to role: String) -> Bool {
        guard let reserved = reservedRole else { return true }
        return reserved == role || Role.isStrictSubrole(role, of: reserved)
    }

    /// Whether it was reserved by an operation, and not by the agent's flags.
    package var isDynamicallyReserved: Bool { reservations.last?.kind == .dynamic }

    /// Whether only the format after reservation refinement can tell them: several reservations, or a static one with principal or labels.
    package var areRefined: Bool {
        guard let first = reservations.first else { return false }
        return reservations.count > 1 || first.kind == .static && (first.principal != nil || !first.labels.isEmpty)
    }

    package var isPersistentVolume: Bool { sharedDisk?.disk.persistence != nil }

    /// Whether such a resource is a thing of its own, never divided nor added up: a persistent volume, an exclusive disk, a shared resource.
    package var isWhole: Bool {
        guard let sharedDisk else { return isShared }
        return isShared || sharedDisk.disk.persistence != nil || sharedDisk.disk.source?.isExclusive == true
    }

    static func order(_ left: Terms, _ right: Terms) -> Precedence? {
        compare(left.allocationRole, right.allocationRole) ?? compare(left.reservations, right.reservations, by: Reservation.order)
            ?? compare(left.isRevocable, right.isRevocable) ?? compare(left.isShared, right.isShared)
            ?? compare(left.providerID, right.providerID)
            ?? compare(left.sharedDisk, right.sharedDisk) { $0 === $1 ? nil : Disk.order($0.disk, $1.disk) }
    }
}

/// A disk behind a pointer.
final class SharedDisk: Hashable, Sendable {
    let disk: Disk

    init(_ disk: Disk) { self.disk = disk }

    static func == (left: SharedDisk, right: SharedDisk) -> Bool { left === right || left.disk == right.disk }

    func hash(into hasher: inout Hasher) { hasher.combine(disk) }
}

/// Terms behind one pointer, shared by all that has them. No pointer at all means plain terms.
final class SharedTerms: Sendable {
    let terms: Terms

    private init(_ terms: Terms) { self.terms = terms }

    /// The pointer for some terms: nil if they are plain.
    static func of(_ terms: Terms) -> SharedTerms? { terms.isPlain ? nil : SharedTerms(terms) }

    @inline(__always)
    static func areEqual(_ left: SharedTerms?, _ right: SharedTerms?) -> Bool {
        if left === right { return true }
        guard let left, let right else { return false }
        return left.isEqual(to: right)
    }

    /// Field by field, which spares copies of the terms.
    @inline(never)
    private func isEqual(to other: SharedTerms) -> Bool {
        terms.allocationRole == other.terms.allocationRole && terms.reservations == other.terms.reservations
            && terms.isRevocable == other.terms.isRevocable && terms.isShared == other.terms.isShared
            && terms.providerID == other.terms.providerID && terms.sharedDisk == other.terms.sharedDisk
    }

    static func order(_ left: SharedTerms?, _ right: SharedTerms?) -> Precedence? {
        left === right ? nil : compare(left, right) { Terms.order($0.terms, $1.terms) }
    }
}
