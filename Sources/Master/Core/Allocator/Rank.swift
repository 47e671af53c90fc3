import Machine

/// Where a framework stands among those of its role, or a role among its siblings: the least dominant share comes first, then the one that
/// was given something less often, then the name.
/// Specified by Mesos 1.11 docs/allocation-module.md and docs/roles.md ("Roles and resource allocation").
struct Rank<Subject>: Hashable, Comparable, Sendable {
    /// In parts of `Share.one`, divided by the weight.
    var share: UInt64
    /// How many times something was allocated.
    var count: UInt64
    let name: String
    /// Nil stands for the frameworks of a role itself among the roles below it.
    let subject: Handle<Subject>?

    static func < (left: Self, right: Self) -> Bool {
        if left.share != right.share { return left.share < right.share }
        if left.count != right.count { return left.count < right.count }
        if left.name != right.name { return left.name < right.name }
        guard let one = left.subject, let other = right.subject else { return left.subject == nil && right.subject != nil }
        return one < other
    }
}

extension [Rank<Allocator.Client>] {
    mutating func place(_ rank: Element) { insert(rank, at: lowerBound(rank)) }
    mutating func take(_ rank: Element) { removeRanked(rank) }
}

extension [Rank<Allocator.RoleNode>] {
    mutating func place(_ rank: Element) { insert(rank, at: lowerBound(rank)) }
    mutating func take(_ rank: Element) { removeRanked(rank) }
}

extension Array where Element: Comparable {
    fileprivate func lowerBound(_ element: Element) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    fileprivate mutating func removeRanked(_ element: Element) {
        let position = lowerBound(element)
        precondition(position < count && self[position] == element, "a rank was not where its order puts it")
        remove(at: position)
    }
}

/// Dominant shares as integers, so that each machine computes the same.
enum Share {
    /// All of a resource, at weight 1.
    static let one: UInt64 = 1 << 32

    /// `amount` of `total` in parts of `one`; nothing of nothing is no share.
    static func of(_ amount: Int64, _ total: Int64) -> UInt64 {
        guard amount > 0, total > 0 else { return 0 }
        let product = UInt64(amount).multipliedFullWidth(by: one)
        guard product.high < UInt64(total) else { return .max }
        return UInt64(total).dividingFullWidth(product).quotient
    }

    /// A share divided by a weight in thousandths.
    static func weighed(_ share: UInt64, _ weight: UInt64) -> UInt64 {
        guard weight != 1000 else { return share }
        let product = share.multipliedFullWidth(by: 1000)
        guard weight > 0, product.high < weight else { return .max }
        return weight.dividingFullWidth(product).quotient
    }
}
