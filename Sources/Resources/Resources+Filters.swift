extension Resources {
    /// Those whose terms satisfy a condition.
    package func onTerms(where isIncluded: (Terms) -> Bool) -> Resources {
        onTerms(isIncluded(.plain), isIncluded)
    }

    /// Those whose terms satisfy a condition of which is known whether plain terms do, as they nearly always are.
    private func onTerms(_ isPlainIncluded: Bool, _ isIncluded: (Terms) -> Bool) -> Resources {
        func includes(_ terms: SharedTerms?) -> Bool { terms.map { isIncluded($0.terms) } ?? isPlainIncluded }
        if tail.isEmpty, wholes.isEmpty { return includes(head.terms) ? self : Resources() }
        var result = Resources()
        if !head.isEmpty, includes(head.terms) { result.head = head }
        for group in tail where includes(group.terms) { result.add(group) }
        if !wholes.isEmpty { result.wholes = wholes.filter { includes($0.resource.shared) } }
        return result
    }

    /// Those that satisfy a condition on name, value and terms.
    package func resources(where isIncluded: (Resource) -> Bool) -> Resources {
        var result = Resources()
        forEach { resource, count in
            guard isIncluded(resource) else { return }
            if resource.isWhole { result.add(Whole(resource: resource, count: count)) } else { result.add(resource) }
        }
        return result
    }

    package var unreserved: Resources { onTerms(true, \.reservations.isEmpty) }

    /// Those with a reservation, for whomever.
    package var reserved: Resources { onTerms(false) { !$0.reservations.isEmpty } }

    /// Those reserved for exactly this role.
    package func reserved(for role: String) -> Resources { onTerms(false, { $0.reservedRole == role }) }

    /// Those that a framework of the role may be offered: unreserved, or reserved for the role or one of its ancestors.
    package func allocatable(to role: String) -> Resources { onTerms(true, { $0.isAllocatable(to: role) }) }

    /// Those reserved for the role or one below it.
    package func reserved(inSubtreeOf role: String) -> Resources {
        onTerms(false, { $0.reservedRole.map { $0 == role || Role.isStrictSubrole($0, of: role) } ?? false })
    }

    /// Those allocated to the role or one below it.
    package func allocated(inSubtreeOf role: String) -> Resources {
        onTerms(false, { $0.allocationRole.map { $0 == role || Role.isStrictSubrole($0, of: role) } ?? false })
    }

    package var dynamicallyReserved: Resources { onTerms(false, \.isDynamicallyReserved) }
    package var revocable: Resources { onTerms(false, \.isRevocable) }
    package var nonRevocable: Resources { onTerms(true) { !$0.isRevocable } }
    package var shared: Resources { onTerms(false, \.isShared) }
    package var nonShared: Resources { onTerms(true) { !$0.isShared } }
    package var persistentVolumes: Resources { onTerms(false, \.isPersistentVolume) }

    /// Those of one name.
    package func named(_ name: String) -> Resources { resources { $0.name == name } }

    /// Those with a scalar value.
    package var scalars: Resources {
        resources { resource in
            if case .scalar = resource.value { return true }
            return false
        }
    }

    /// Whether the reservations of some can only be told after reservation refinement, which not all frameworks and agents understand.
    package var hasRefinedReservations: Bool { !onTerms(false, \.areRefined).isEmpty }

    /// The roles that something is reserved for, in ascending order.
    package var reservedRoles: [String] { distinct(map: \.reservedRole) }

    /// The roles that something is allocated to, in ascending order.
    package var allocationRoles: [String] { distinct(map: \.allocationRole) }

    /// The resource providers that something comes from, in ascending order; the agent itself is none.
    package var providerIDs: [String] { distinct(map: \.providerID) }

    /// The names in ascending order.
    package var names: [String] { distinct(map: \.name) }

    private func distinct(map: (Resource) -> String?) -> [String] { ItemSet(compactMap(map)).items }

    // MARK: Amounts, whatever the terms

    /// The sum of the scalars of one name. Shared resources count once.
    package func scalar(_ name: String) -> Scalar { quantities[name] }

    /// The union of the ranges of one name.
    package func ranges(_ name: String) -> Ranges {
        var result = Ranges()
        forEach { resource, _ in
            if resource.name == name, case .ranges(let ranges) = resource.value { result.add(ranges) }
        }
        return result
    }

    /// The union of the sets of one name.
    package func set(_ name: String) -> ItemSet {
        var result = ItemSet()
        forEach { resource, _ in
            if resource.name == name, case .set(let items) = resource.value { result.add(items) }
        }
        return result
    }

    package var cpus: Scalar { tail.reduce(head.cpus) { $0 + $1.cpus } + wholeAmount("cpus") }
    /// In MB of 2^20 bytes.
    package var mem: Scalar { tail.reduce(head.memory) { $0 + $1.memory } + wholeAmount("mem") }
    /// In MB of 2^20 bytes; volumes included.
    package var disk: Scalar { tail.reduce(head.disk) { $0 + $1.disk } + wholeAmount("disk") }
    package var gpus: Scalar { tail.reduce(head.gpus) { $0 + $1.gpus } + wholeAmount("gpus") }

    package var ports: Ranges {
        tail.reduce(into: head.ports) { $0.add($1.ports) }
    }

    private func wholeAmount(_ name: String) -> Scalar {
        wholes.reduce(.zero) { $0 + ($1.resource.name == name ? $1.amount : .zero) }
    }

    /// The sum of the scalars of each name, whatever the terms. Shared resources count once.
    package var quantities: Quantities {
        var result = Quantities()
        forEachGroup { result.add($0) }
        for whole in wholes { result.add(whole.resource.name, whole.amount) }
        return result
    }
}

extension Resources.Whole {
    /// What it adds to the sum of its name; a shared resource counts once.
    var amount: Scalar {
        guard case .scalar(let amount) = resource.value else { return .zero }
        if resource.isShared { return amount }
        let (product, overflow) = amount.thousandths.multipliedReportingOverflow(by: Int64(count))
        return Scalar(thousandths: overflow ? .max : product)
    }
}
