/// A set of strings in ascending order, the value of a resource of type SET.
/// Specified by Mesos 1.11 docs/attributes-resources.md ("Value.Set").
package struct ItemSet: Hashable, Sendable {
    /// The items in ascending order, each once.
    package private(set) var items: [String] = []

    package init() {}

    /// Items in any order; what is there twice counts once.
    package init(_ items: some Sequence<String>) {
        for item in items.sorted() where item != self.items.last { self.items.append(item) }
    }

    package var isEmpty: Bool { items.isEmpty }
    package var count: Int { items.count }

    package func contains(_ item: String) -> Bool {
        let position = items.position { compare($0, item) }
        return position < items.count && items[position] == item
    }

    /// Whether each item of the other is one of these.
    package func contains(_ other: ItemSet) -> Bool { other.items.allSatisfy(contains) }

    package mutating func add(_ other: ItemSet) {
        if isEmpty { self = other } else { self = ItemSet(items + other.items) }
    }

    /// Takes away the items of the other, as far as they are here.
    package mutating func subtract(_ other: ItemSet) { items.removeAll(where: other.contains) }
}

extension ItemSet: CustomStringConvertible {
    /// The text of the wire: "{a, b}".
    package var description: String { "{" + items.joined(separator: ", ") + "}" }
}
