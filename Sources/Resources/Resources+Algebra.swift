extension Resources {
    /// Adds one resource; an empty one adds nothing.
    package mutating func add(_ resource: Resource) {
        if resource.isEmpty { return }
        if resource.isWhole { return add(Whole(resource: resource, count: 1)) }
        if SharedTerms.areEqual(head.terms, resource.shared), !head.isEmpty || tail.isEmpty {
            head.add(resource.name, resource.value)
        } else {
            add(Group(resource))
        }
    }

    /// Adds all of the other. A scalar that goes past its range stays at its end, where nothing real contains it.
    package mutating func add(_ other: Resources) {
        add(other.head)
        for index in other.tail.indices { add(other.tail[index]) }
        for whole in other.wholes { add(whole) }
    }

    /// The sum, or nil if a scalar goes past its range.
    package func adding(_ other: Resources) -> Resources? {
        let sum = self + other
        return sum.isSaturated ? nil : sum
    }

    /// Whether all of the other is here: on the same terms, as much or more of each; what is whole, as many times.
    package func contains(_ other: Resources) -> Bool {
        guard other.head.isEmpty || contains(other.head) else { return false }
        for index in other.tail.indices where !contains(other.tail[index]) { return false }
        for whole in other.wholes where count(of: whole) < whole.count { return false }
        return true
    }

    package func contains(_ resource: Resource) -> Bool { contains(Resources(resource)) }

    /// Whether as much of each of some scalars is here, whatever its terms.
    package func contains(_ quantities: Quantities) -> Bool { self.quantities.contains(quantities) }

    /// Takes away all of the other, if it is here; else nothing changes.
    /// - Returns: whether it was here.
    package mutating func subtract(_ other: Resources) -> Bool {
        guard contains(other) else { return false }
        self -= other
        return true
    }

    /// What is left without the other, or nil if not all of it is here.
    package func subtracting(_ other: Resources) -> Resources? {
        contains(other) ? self - other : nil
    }

    /// Takes `consumed` away and adds `converted`, as a reservation or the creation of a volume does; nil if not all of the former is here.
    package func converting(_ consumed: Resources, to converted: Resources) -> Resources? {
        guard var result = subtracting(consumed) else { return nil }
        result.add(converted)
        return result
    }

    package static func + (left: Resources, right: Resources) -> Resources {
        var sum = left
        sum.add(right)
        return sum
    }

    package static func += (left: inout Resources, right: Resources) { left.add(right) }

    /// What is left without the other, as far as it is here: for each scalar at least zero.
    package static func - (left: Resources, right: Resources) -> Resources {
        var rest = left
        rest -= right
        return rest
    }

    package static func -= (left: inout Resources, right: Resources) {
        left.remove(right.head)
        for index in right.tail.indices { left.remove(right.tail[index]) }
        for whole in right.wholes { left.remove(whole) }
    }

    // MARK: Groups

    mutating func add(_ group: Group) {
        if group.isEmpty { return }
        if head.isEmpty {
            head = group
        } else if SharedTerms.areEqual(head.terms, group.terms) {
            head.add(group)
        } else if let index = index(of: group.terms) {
            tail[index].add(group)
        } else if SharedTerms.order(group.terms, head.terms) == .before {
            tail.insert(head, at: 0)
            head = group
        } else {
            tail.insert(group, at: tail.position { SharedTerms.order($0.terms, group.terms) })
        }
    }

    private func contains(_ group: Group) -> Bool {
        if SharedTerms.areEqual(head.terms, group.terms) { return head.contains(group) }
        guard let index = index(of: group.terms) else { return false }
        return tail[index].contains(group)
    }

    private mutating func remove(_ group: Group) {
        if SharedTerms.areEqual(head.terms, group.terms) {
            head.subtract(group)
            if head.isEmpty { head = tail.isEmpty ? Group() : tail.removeFirst() }
        } else if let index = index(of: group.terms) {
            tail[index].subtract(group)
            if tail[index].isEmpty { tail.remove(at: index) }
        }
    }

    /// Where the tail has a group on these terms. A few are found soonest one by one, for equality is quicker to tell than order.
    private func index(of terms: SharedTerms?) -> Int? {
        if tail.count <= 8 {
            for index in tail.indices where SharedTerms.areEqual(tail[index].terms, terms) { return index }
            return nil
        }
        let position = tail.position { SharedTerms.order($0.terms, terms) }
        return position < tail.count && SharedTerms.areEqual(tail[position].terms, terms) ? position : nil
    }

    // MARK: Wholes

    mutating func add(_ whole: Whole) {
        let position = self.position(of: whole)
        if position < wholes.count, wholes[position].resource == whole.resource {
            wholes[position].count += whole.count
        } else {
            wholes.insert(whole, at: position)
        }
    }

    private func count(of whole: Whole) -> Int {
        let position = self.position(of: whole)
        return position < wholes.count && wholes[position].resource == whole.resource ? wholes[position].count : 0
    }

    private mutating func remove(_ whole: Whole) {
        let position = self.position(of: whole)
        guard position < wholes.count, wholes[position].resource == whole.resource else { return }
        wholes[position].count -= whole.count
        if wholes[position].count <= 0 { wholes.remove(at: position) }
    }

    private func position(of whole: Whole) -> Int { wholes.position { Resource.order($0.resource, whole.resource) } }
}
