/// How much there is of each scalar resource, whatever its terms: totals, shares, guarantees. A name that isn't there counts as zero.
///
/// The four names that nearly every agent has lie inside the value: arithmetic on them touches no heap.
package struct Quantities: Hashable, Sendable {
    package private(set) var cpus = Scalar.zero
    package private(set) var mem = Scalar.zero
    package private(set) var disk = Scalar.zero
    package private(set) var gpus = Scalar.zero
    /// Sorted by name; none is zero.
    private var others: [Amount] = []

    struct Amount: Hashable, Sendable {
        let name: String
        var amount: Scalar
    }

    package init() {}

    /// The sum of some amounts; those at or below zero add nothing.
    package init(_ amounts: some Sequence<(String, Scalar)>) {
        for (name, amount) in amounts { add(name, amount) }
    }

    package var isEmpty: Bool { (cpus.thousandths | mem.thousandths | disk.thousandths | gpus.thousandths) == 0 && others.isEmpty }

    package subscript(name: String) -> Scalar {
        switch name {
        case "cpus": return cpus
        case "mem": return mem
        case "disk": return disk
        case "gpus": return gpus
        default:
            let position = self.position(of: name)
            return isOther(position, name) ? others[position].amount : .zero
        }
    }

    /// The amounts above zero: cpus, mem, disk, gpus, then the others by name.
    package func forEach(_ body: (String, Scalar) -> Void) {
        if cpus > .zero { body("cpus", cpus) }
        if mem > .zero { body("mem", mem) }
        if disk > .zero { body("disk", disk) }
        if gpus > .zero { body("gpus", gpus) }
        for other in others { body(other.name, other.amount) }
    }

    package mutating func add(_ name: String, _ amount: Scalar) {
        guard amount > .zero else { return }
        switch name {
        case "cpus": cpus += amount
        case "mem": mem += amount
        case "disk": disk += amount
        case "gpus": gpus += amount
        default:
            let position = self.position(of: name)
            if isOther(position, name) {
                others[position].amount += amount
            } else {
                others.insert(Amount(name: name, amount: amount), at: position)
            }
        }
    }

    /// Takes an amount away, as far as it is here.
    package mutating func subtract(_ name: String, _ amount: Scalar) {
        guard amount > .zero else { return }
        switch name {
        case "cpus": cpus = max(cpus - amount, .zero)
        case "mem": mem = max(mem - amount, .zero)
        case "disk": disk = max(disk - amount, .zero)
        case "gpus": gpus = max(gpus - amount, .zero)
        default:
            let position = self.position(of: name)
            guard isOther(position, name) else { return }
            others[position].amount -= amount
            if others[position].amount <= .zero { others.remove(at: position) }
        }
    }

    /// Adds all of the other. An amount that goes past its range stays at its end, where nothing real contains it.
    package static func += (left: inout Quantities, right: Quantities) {
        left.cpus += right.cpus
        left.mem += right.mem
        left.disk += right.disk
        left.gpus += right.gpus
        for other in right.others { left.add(other.name, other.amount) }
    }

    /// Takes away all of the other, as far as it is here.
    package static func -= (left: inout Quantities, right: Quantities) {
        left.cpus = max(left.cpus - right.cpus, .zero)
        left.mem = max(left.mem - right.mem, .zero)
        left.disk = max(left.disk - right.disk, .zero)
        left.gpus = max(left.gpus - right.gpus, .zero)
        for other in right.others { left.subtract(other.name, other.amount) }
    }

    package static func + (left: Quantities, right: Quantities) -> Quantities {
        var sum = left
        sum += right
        return sum
    }

    package static func - (left: Quantities, right: Quantities) -> Quantities {
        var rest = left
        rest -= right
        return rest
    }

    /// The sum, or nil if an amount goes past its range.
    package func adding(_ other: Quantities) -> Quantities? {
        let sum = self + other
        var isWithin = true
        sum.forEach { if $1.thousandths == .max { isWithin = false } }
        return isWithin ? sum : nil
    }

    /// What is left without the other, or nil if not all of it is here.
    package func subtracting(_ other: Quantities) -> Quantities? { contains(other) ? self - other : nil }

    /// Whether as much as in the other is here, of each name.
    package func contains(_ other: Quantities) -> Bool {
        cpus >= other.cpus && mem >= other.mem && disk >= other.disk && gpus >= other.gpus
            && other.others.allSatisfy { self[$0.name] >= $0.amount }
    }

    /// Adds the scalars of a group.
    mutating func add(_ group: Group) {
        cpus += group.cpus
        mem += group.memory
        disk += group.disk
        gpus += group.gpus
        for entry in group.others {
            if case .scalar(let amount) = entry.value { add(entry.name, amount) }
        }
    }

    private func position(of name: String) -> Int { others.position { compare($0.name, name) } }

    private func isOther(_ position: Int, _ name: String) -> Bool { position < others.count && others[position].name == name }
}

extension Quantities: CustomStringConvertible {
    /// As the logs have it: "cpus:4; mem:1024"; "{}" if there are none.
    package var description: String {
        var texts: [String] = []
        forEach { texts.append("\($0):\($1)") }
        return texts.isEmpty ? "{}" : texts.joined(separator: "; ")
    }
}
