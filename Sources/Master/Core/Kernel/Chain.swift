package import Machine

/// A list of some entries of a table, in the order in which they were appended. Lives in the entries themselves, so that taking one out costs
/// the same however long the list is, and a snapshot of the table holds the list, too.
package struct Chain<Entry: Sendable>: Sendable {
    package fileprivate(set) var first: Handle<Entry>?
    fileprivate var last: Handle<Entry>?
    package fileprivate(set) var count = 0

    package init() {}
}

package struct ChainLinks<Entry: Sendable>: Sendable {
    fileprivate var previous: Handle<Entry>?
    fileprivate var next: Handle<Entry>?

    package init() {}
}

/// An entry that is in one chain at most.
package protocol Chained: Sendable {
    var links: ChainLinks<Self> { get set }
}

extension Table where Entry: Chained {
    mutating func append(_ handle: Handle<Entry>, to chain: inout Chain<Entry>) {
        self[handle].links.previous = chain.last
        self[handle].links.next = nil
        if let last = chain.last { self[last].links.next = handle } else { chain.first = handle }
        chain.last = handle
        chain.count += 1
    }

    mutating func take(_ handle: Handle<Entry>, from chain: inout Chain<Entry>) {
        let links = self[handle].links
        precondition(links.previous != nil || chain.first == handle, "an entry was taken from a chain that it is not in")
        if let previous = links.previous { self[previous].links.next = links.next } else { chain.first = links.next }
        if let next = links.next { self[next].links.previous = links.previous } else { chain.last = links.previous }
        self[handle].links = ChainLinks()
        chain.count -= 1
    }

    /// Visits the entries of a chain in order.
    package func forEach(in chain: Chain<Entry>, _ body: (Handle<Entry>, borrowing Entry) -> Void) {
        var next = chain.first
        while let handle = next {
            body(handle, self[handle])
            next = self[handle].links.next
        }
    }

    package func handles(in chain: Chain<Entry>) -> [Handle<Entry>] {
        var result: [Handle<Entry>] = []
        result.reserveCapacity(chain.count)
        forEach(in: chain) { handle, _ in result.append(handle) }
        return result
    }
}
