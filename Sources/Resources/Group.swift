/// Divisible amounts on the same terms. The four scalars and the ports that nearly every agent has lie in fields of their own, so that
/// arithmetic on them touches no heap; other names follow in an array.
struct Group: Sendable {
    struct Entry: Hashable, Sendable {
        let name: String
        var value: Resource.Value

        func order(_ name: String, _ rank: Int) -> Precedence? { compare(self.name, name) ?? compare(value.rank, rank) }
    }

    var terms: SharedTerms?
    // None is negative.
    var cpus = Scalar.zero
    var memory = Scalar.zero
    var disk = Scalar.zero
    var gpus = Scalar.zero
    var ports = Ranges()
    /// Sorted by name, then type; none is empty.
    var others: [Entry] = []

    init(on terms: SharedTerms? = nil) { self.terms = terms }

    init(_ resource: Resource) {
        terms = resource.shared
        add(resource.name, resource.value)
    }

    var isEmpty: Bool {
        (cpus.thousandths | memory.thousandths | disk.thousandths | gpus.thousandths) == 0 && ports.isEmpty && others.isEmpty
    }

    /// Whether a sum went past the range of a scalar.
    var isSaturated: Bool {
        let most = Scalar(thousandths: .max)
        return cpus == most || memory == most || disk == most || gpus == most || others.contains { $0.value == .scalar(most) }
    }

    mutating func add(_ name: String, _ value: Resource.Value) {
        guard !value.isEmpty else { return }
        switch (name, value) {
        case ("cpus", .scalar(let amount)): cpus += amount
        case ("mem", .scalar(let amount)): memory += amount
        case ("disk", .scalar(let amount)): disk += amount
        case ("gpus", .scalar(let amount)): gpus += amount
        case ("ports", .ranges(let ranges)): ports.add(ranges)
        default:
            let position = self.position(of: name, value.rank)
            if isEntry(position, name, value.rank) {
                others[position].value.add(value)
            } else {
                others.insert(Entry(name: name, value: value), at: position)
            }
        }
    }

    mutating func add(_ other: Group) {
        cpus += other.cpus
        memory += other.memory
        disk += other.disk
        gpus += other.gpus
        if !other.ports.isEmpty { ports.add(other.ports) }
        for entry in other.others { add(entry.name, entry.value) }
    }

    /// Takes away what the other has, as far as it is here.
    mutating func subtract(_ other: Group) {
        cpus = max(cpus - other.cpus, .zero)
        memory = max(memory - other.memory, .zero)
        disk = max(disk - other.disk, .zero)
        gpus = max(gpus - other.gpus, .zero)
        if !other.ports.isEmpty { ports.subtract(other.ports) }
        for entry in other.others {
            let position = self.position(of: entry.name, entry.value.rank)
            guard isEntry(position, entry.name, entry.value.rank) else { continue }
            others[position].value.subtract(entry.value)
            if others[position].value.isEmpty { others.remove(at: position) }
        }
    }

    func contains(_ other: Group) -> Bool {
        guard cpus >= other.cpus, memory >= other.memory, disk >= other.disk, gpus >= other.gpus else { return false }
        guard other.ports.isEmpty || ports.contains(other.ports) else { return false }
        return other.others.allSatisfy { entry in
            let position = self.position(of: entry.name, entry.value.rank)
            return isEntry(position, entry.name, entry.value.rank) && others[position].value.contains(entry.value)
        }
    }

    /// The amounts in order: cpus, mem, disk, gpus, ports, then the others by name.
    func forEach(_ body: (String, Resource.Value) -> Void) {
        if cpus > .zero { body("cpus", .scalar(cpus)) }
        if memory > .zero { body("mem", .scalar(memory)) }
        if disk > .zero { body("disk", .scalar(disk)) }
        if gpus > .zero { body("gpus", .scalar(gpus)) }
        if !ports.isEmpty { body("ports", .ranges(ports)) }
        for entry in others { body(entry.name, entry.value) }
    }

    private func position(of name: String, _ rank: Int) -> Int { others.position { $0.order(name, rank) } }

    private func isEntry(_ position: Int, _ name: String, _ rank: Int) -> Bool {
        position < others.count && others[position].name == name && others[position].value.rank == rank
    }
}

extension Group: Hashable {
    static func == (left: Group, right: Group) -> Bool {
        left.cpus == right.cpus && left.memory == right.memory && left.disk == right.disk && left.gpus == right.gpus
            && left.ports == right.ports && left.others == right.others && SharedTerms.areEqual(left.terms, right.terms)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(terms?.terms)
        hasher.combine(cpus)
        hasher.combine(memory)
        hasher.combine(disk)
        hasher.combine(gpus)
        hasher.combine(ports)
        hasher.combine(others)
    }
}
