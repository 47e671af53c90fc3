extension Resources {
    /// The same resources on other terms.
    package func mapTerms<Failure: Error>(_ change: (Terms) throws(Failure) -> Terms) throws(Failure) -> Resources {
        try mapShared { shared throws(Failure) in .of(try change(shared?.terms ?? .plain)) }
    }

    private func mapShared<Failure: Error>(_ change: (SharedTerms?) throws(Failure) -> SharedTerms?) throws(Failure) -> Resources {
        var result = Resources()
        if !head.isEmpty {
            result.head = head
            result.head.terms = try change(head.terms)
        }
        for var group in tail {
            group.terms = try change(group.terms)
            result.add(group)
        }
        for whole in wholes {
            var resource = whole.resource
            resource.shared = try change(resource.shared)
            if resource.isWhole {
                result.add(Whole(resource: resource, count: whole.count))
            } else {
                for _ in 0..<whole.count { result.add(resource) }
            }
        }
        return result
    }

    /// The same resources, allocated to a role.
    package func allocated(to role: String) -> Resources { replacingAllocation(by: role) }

    /// The same resources, allocated to no role.
    package var unallocated: Resources { replacingAllocation(by: nil) }

    private func replacingAllocation(by role: String?) -> Resources {
        mapShared { shared in
            if shared?.terms.allocationRole == role { return shared }
            var terms = shared?.terms ?? .plain
            terms.allocationRole = role
            return .of(terms)
        }
    }

    /// The same resources, each with one more reservation.
    /// - Throws: why one of them can't have it.
    package func pushing(_ reservation: Reservation) throws(ResourceRefusal) -> Resources {
        try mapTerms { terms throws(ResourceRefusal) in
            var terms = terms
            terms.reservations.append(reservation)
            if let refusal = ResourceRefusal.ofReservations(terms.reservations) { throw refusal }
            return terms
        }
    }

    /// The same resources without their last reservation, or nil if one has none.
    package var poppingReservation: Resources? {
        if contains(where: \.reservations.isEmpty) { return nil }
        return mapTerms { terms in
            var terms = terms
            terms.reservations.removeLast()
            return terms
        }
    }

    /// The same resources without any reservation.
    package var withoutReservations: Resources {
        mapTerms { terms in
            var terms = terms
            terms.reservations = []
            return terms
        }
    }

    /// Scalars that are neither reserved nor revocable, cut down so that no name exceeds its target; names without a target stay whole, and
    /// so do all other resources. A disk that can't be divided is left out if it doesn't fit.
    package func shrunk(to targets: Limits) -> Resources {
        var left = targets
        var result = Resources()
        forEach { resource, count in
            guard resource.reservations.isEmpty, !resource.isRevocable, case .scalar(let amount) = resource.value,
                let target = left[resource.name]
            else {
                if resource.isWhole { result.add(Whole(resource: resource, count: count)) } else { result.add(resource) }
                return
            }
            if resource.isWhole {
                for _ in 0..<count where amount <= left[resource.name] ?? .zero {
                    left.use(resource.name, amount)
                    result.add(resource)
                }
            } else {
                let granted = Swift.min(amount, target)
                left.use(resource.name, granted)
                result.add(Resource(resource.name, .scalar(granted), shared: resource.shared))
            }
        }
        return result
    }
}
