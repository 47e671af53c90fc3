import Resources
import Testing

struct ResourcesPropertyTests {
    /// Ranges and sets lose what both operands have, so that for these laws the operands are made disjoint first.
    private func disjoint(_ left: Resources, from right: Resources) -> Resources {
        left.resources { resource in
            switch resource.value {
            case .scalar: true
            case .ranges(let ranges): ranges.isDisjoint(with: right.ranges(resource.name))
            case .set(let items): items.items.allSatisfy { !right.set(resource.name).contains($0) }
            }
        }
    }

    @Test func `what was added and taken away again leaves things as they were`() {
        var generator = Generator(seed: 10)
        for _ in 0..<5_000 {
            let left = Resources(generator.resources(most: generator.pick([4, 8, 30])))
            let right = disjoint(Resources(generator.resources()), from: left)
            #expect(left + right - right == left)
            #expect((left + right).subtracting(right) == left)
            #expect(left - left == Resources())
            #expect(left + right == right + left)
            #expect(left.adding(right) == left + right)
        }
    }

    @Test func `the sum doesn't depend on the order, nor do its iteration and hash`() {
        var generator = Generator(seed: 11)
        for _ in 0..<3_000 {
            let list = generator.resources(most: generator.pick([6, 12, 30]))
            let (one, other) = (Resources(list), Resources(generator.shuffled(list)))
            #expect(one == other)
            #expect(one.hashValue == other.hashValue)
            #expect(Array(one) == Array(other))
            #expect(one.description == other.description)
            let cut = generator.below(list.count + 1)
            #expect(Resources(list[..<cut]) + Resources(list[cut...]) == one)
        }
    }

    @Test func `containing is reflexive, transitive and goes with adding`() {
        var generator = Generator(seed: 12)
        for _ in 0..<5_000 {
            let (a, b, c) = (Resources(generator.resources()), Resources(generator.resources()), Resources(generator.resources(most: 3)))
            #expect(a.contains(a))
            #expect((a + b).contains(a) && (a + b).contains(b))
            #expect((a + b + c).contains(a))
            #expect(a.contains(Resources()))
            if a.contains(b), b.contains(c) { #expect(a.contains(c)) }
            if a.contains(c) { #expect((a + b).contains(c)) }
        }
    }

    @Test func `taking away succeeds exactly when all is there, else changes nothing`() {
        var generator = Generator(seed: 13)
        var outcomes = [true: 0, false: 0]
        for _ in 0..<5_000 {
            let a = Resources(generator.resources(most: generator.pick([6, 12, 30])))
            // A part of what is there, now and then with something more.
            let part = a.resources { _ in generator.chance(1, in: 2) }
            let b = generator.chance(1, in: 3) ? part + Resources(generator.resources(most: 1)) : part
            var rest = a
            let succeeded = rest.subtract(b)
            outcomes[succeeded, default: 0] += 1
            #expect(succeeded == a.contains(b))
            #expect(a.subtracting(b) == (succeeded ? rest : nil))
            if succeeded { #expect(rest == a - b && rest + b == a) } else { #expect(rest == a) }
        }
        #expect(outcomes.values.allSatisfy { $0 > 500 }, "\(outcomes)")
    }

    @Test func `what is left without another is contained and has nothing empty`() {
        var generator = Generator(seed: 14)
        for _ in 0..<5_000 {
            let (a, b) = (Resources(generator.resources()), Resources(generator.resources()))
            let rest = a - b
            #expect(a.contains(rest))
            #expect(rest.allSatisfy { !$0.isEmpty })
            if a.contains(b) { #expect(a.quantities - b.quantities == rest.quantities || !b.shared.isEmpty) }
        }
    }

    @Test func `equal resources iterate to a list that makes them again`() {
        var generator = Generator(seed: 15)
        for _ in 0..<3_000 {
            let all = Resources(generator.resources(most: 12))
            var again = Resources()
            all.forEach { resource, count in
                for _ in 0..<count { again.add(resource) }
            }
            #expect(again == all)
            if let resource = generator.chance(1, in: 2) ? Array(all).first : Array(all).last {
                #expect(all.count(of: resource) == Array(all).count { $0 == resource } || resource.isShared)
            }
            #expect(Resources(all.nonShared.map { $0 }) == all.nonShared)
            #expect(all.isEmpty == Array(all).isEmpty)
        }
    }

    @Test func `filters divide and add up again`() {
        var generator = Generator(seed: 16)
        for _ in 0..<3_000 {
            let all = Resources(generator.resources(most: 12))
            #expect(all.unreserved + all.reserved == all)
            #expect(all.revocable + all.nonRevocable == all)
            #expect(all.shared + all.nonShared == all)
            #expect(all.reservedRoles.reduce(all.unreserved) { $0 + all.reserved(for: $1) } == all)
            #expect(all.names.reduce(Resources()) { $0 + all.named($1) } == all)
            #expect(all.reserved(inSubtreeOf: "eng").contains(all.reserved(for: "eng/web")))
            #expect(all.allocatable(to: "eng/web") == all.unreserved + all.reserved(for: "eng") + all.reserved(for: "eng/web"))
            #expect(all.scalars.quantities == all.quantities)
            #expect(all.cpus == all.scalar("cpus") && all.mem == all.scalar("mem"))
            #expect(all.disk == all.scalar("disk") && all.gpus == all.scalar("gpus") && all.ports == all.ranges("ports"))
        }
    }

    @Test func `allocating and reserving come undone`() throws {
        var generator = Generator(seed: 17)
        for _ in 0..<3_000 {
            let all = Resources(generator.resources(most: 12)).unallocated
            let allocated = all.allocated(to: "eng")
            #expect(allocated.unallocated == all)
            #expect(allocated.allocationRoles == (all.isEmpty ? [] : ["eng"]))
            let free = all.withoutReservations
            let reserved = try free.pushing(Reservation(.dynamic, role: "eng", principal: "ann"))
            #expect(reserved.poppingReservation == free)
            #expect(reserved.reserved(for: "eng") == reserved)
            #expect(reserved.quantities == free.quantities)
            #expect(all.converting(all, to: reserved) == reserved)
        }
    }

    @Test func `each format of reservations says the same`() throws {
        var generator = Generator(seed: 18)
        for _ in 0..<5_000 {
            let resource = generator.resource()
            let newer = try #require(resource.parts(in: .postRefinement))
            #expect(try Resource(newer) == resource)
            #expect(newer.role == nil && newer.reservation == nil)
            let both = try #require(resource.parts(in: .endpoint))
            #expect(try Resource(both) == resource)
            if let older = resource.parts(in: .preRefinement) {
                #expect(older.reservations.isEmpty && older.role != nil)
                #expect(try Resource(older) == resource)
            } else {
                #expect(resource.terms.areRefined)
            }
        }
    }
}
