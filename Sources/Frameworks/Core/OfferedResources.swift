package import MesosAPI
package import Resources

/// What is left of one offer while instances are matched with it.
///
/// Only what a plain task may use counts: no volumes, no revocable or shared resources. Each taken amount keeps the terms on which it
/// was offered.
package struct OfferedResources: Sendable {
    private struct Entry: Sendable {
        let role: String
        let template: Mesos_V1_Resource
        var amount: Scalar
        var ranges: Ranges
    }

    private var entries: [Entry] = []

    package init(_ resources: [Mesos_V1_Resource]) {
        for resource in resources where Self.isPlain(resource) {
            let role = resource.reservations.last?.role ?? (resource.hasRole ? resource.role : Role.unreserved)
            switch resource.type {
            case .scalar:
                guard let amount = Scalar(resource.scalar.value), amount > .zero else { continue }
                entries.append(Entry(role: role, template: resource, amount: amount, ranges: Ranges()))
            case .ranges:
                let ranges = resource.ranges.range.compactMap { $0.begin <= $0.end ? $0.begin...$0.end : nil }
                entries.append(Entry(role: role, template: resource, amount: .zero, ranges: Ranges(ranges)))
            case .set, .text:
                continue
            }
        }
        // What is reserved for us is used first: nobody else can.
        entries = entries.filter { $0.role != Role.unreserved } + entries.filter { $0.role == Role.unreserved }
    }

    private static func isPlain(_ resource: Mesos_V1_Resource) -> Bool {
        !resource.hasRevocable && !resource.hasShared && !resource.hasProviderID
            && !(resource.hasDisk && (resource.disk.hasPersistence || resource.disk.hasVolume || resource.disk.hasSource))
    }

    /// How much of a scalar is left that is reserved for one of these roles (or for nobody, `*`).
    package func amount(of name: String, roles: [String]) -> Scalar {
        entries.reduce(.zero) { $0 + ($1.template.name == name && roles.contains($1.role) ? $1.amount : .zero) }
    }

    package func ports(roles: [String]) -> Ranges {
        entries.reduce(into: Ranges()) { if $1.template.name == "ports", roles.contains($1.role) { $0 = $0 + $1.ranges } }
    }

    /// Takes an amount that is there.
    package mutating func take(_ amount: Scalar, of name: String, roles: [String]) -> [Mesos_V1_Resource] {
        var rest = amount
        var taken: [Mesos_V1_Resource] = []
        for index in entries.indices where rest > .zero {
            guard entries[index].template.name == name, roles.contains(entries[index].role) else { continue }
            let part = min(rest, entries[index].amount)
            guard part > .zero else { continue }
            entries[index].amount -= part
            rest -= part
            var resource = entries[index].template
            resource.scalar.value = part.double
            taken.append(resource)
        }
        precondition(rest == .zero, "more was taken than was offered")
        return taken
    }

    /// Takes ports that are there.
    package mutating func take(ports: [Int], roles: [String]) -> [Mesos_V1_Resource] {
        var taken: [Mesos_V1_Resource] = []
        var wanted = Ranges(ports.map { UInt64($0)...UInt64($0) })
        for index in entries.indices where !wanted.isEmpty {
            guard entries[index].template.name == "ports", roles.contains(entries[index].role) else { continue }
            let part = wanted - (wanted - entries[index].ranges)
            guard !part.isEmpty else { continue }
            entries[index].ranges = entries[index].ranges - part
            wanted = wanted - part
            var resource = entries[index].template
            resource.ranges.range = part.ranges.map { range in
                var result = Mesos_V1_Value.Range()
                result.begin = range.lowerBound
                result.end = range.upperBound
                return result
            }
            taken.append(resource)
        }
        precondition(wanted.isEmpty, "a port was taken that was not offered")
        return taken
    }
}
