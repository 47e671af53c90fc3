/// A collection of resources: what an agent has, an offer holds, a task uses.
///
/// Amounts on equal terms are added up; persistent volumes, exclusive disks and shared resources are kept one by one and counted.
/// Equal collections are equal however they came about, and iterate in the same order: by terms, then cpus, mem, disk, gpus, ports,
/// other names. One set of terms, by far the most common case, lies inside the value: copying or changing it touches no heap.
/// Specified by Mesos 1.11 include/mesos/v1/resources.hpp and docs/shared-resources.md.
package struct Resources: Hashable, Sendable {
    /// The group of the least terms; empty only if there is no other.
    var head = Group()
    /// The other groups, sorted by terms; none is empty.
    var tail: [Group] = []
    /// What isn't divided, sorted; each counts at least one.
    var wholes: [Whole] = []

    /// Something that is only ever used as a whole, so many times.
    struct Whole: Hashable, Sendable {
        let resource: Resource
        var count: Int
    }

    package init() {}

    /// The sum of some resources; empty ones add nothing.
    package init(_ resources: some Sequence<Resource>) {
        for resource in resources { add(resource) }
    }

    package init(_ resource: Resource) { add(resource) }

    package var isEmpty: Bool { head.isEmpty && wholes.isEmpty }

    /// All groups in order.
    var groups: [Group] { head.isEmpty ? [] : [head] + tail }

    func forEachGroup(_ body: (Group) -> Void) {
        if !head.isEmpty { body(head) }
        for group in tail { body(group) }
    }

    /// Each resource once with how many times it is here, in order: 1 but for shared resources that are used several times
    /// (and exclusive disks of the same description).
    package func forEach(_ body: (Resource, Int) -> Void) {
        forEachGroup { group in
            group.forEach { body(Resource($0, $1, shared: group.terms), 1) }
        }
        for whole in wholes { body(whole.resource, whole.count) }
    }

    /// How many times a resource is here, exactly as it is. Divisible ones are here at most once.
    package func count(of resource: Resource) -> Int {
        var result = 0
        forEach { if $0 == resource { result = $1 } }
        return result
    }

    /// Whether a sum went past the range of a scalar.
    var isSaturated: Bool { head.isSaturated || tail.contains(where: \.isSaturated) }
}

extension Resources: Sequence {
    /// The resources in order, a shared one once however often it is used, an exclusive disk as often as it is here.
    package func makeIterator() -> [Resource].Iterator {
        var list: [Resource] = []
        forEach { resource, count in
            for _ in 0..<(resource.isShared ? 1 : count) { list.append(resource) }
        }
        return list.makeIterator()
    }
}

extension Resources: ExpressibleByArrayLiteral {
    package init(arrayLiteral resources: Resource...) { self.init(resources) }
}

extension Resources: CustomStringConvertible {
    /// As the logs have it: "cpus:4; mem:1024; ports:[31000-32000]"; "{}" if there are none.
    package var description: String {
        if isEmpty { return "{}" }
        var texts: [String] = []
        forEach { resource, count in texts.append(resource.isShared ? "\(resource)<\(count)>" : "\(resource)") }
        return texts.joined(separator: "; ")
    }
}
