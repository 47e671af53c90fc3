/// Keys by the time at which each is due: a binary heap, first in first out among equal times.
///
/// Nothing is ever taken out before its time. A key whose deadline has moved is put in again, and whoever takes the old one finds that it
/// no longer holds.
struct Deadlines<Key: Sendable>: Sendable {
    private struct Item: Sendable {
        let time: Int64
        let number: UInt64
        let key: Key

        static func < (left: Item, right: Item) -> Bool { (left.time, left.number) < (right.time, right.number) }
    }

    private var items: ContiguousArray<Item> = []
    private var next: UInt64 = 0

    /// When the first one is due, on the monotonic clock.
    var first: Int64? { items.first?.time }
    var count: Int { items.count }

    mutating func insert(_ key: Key, at time: Int64) {
        items.append(Item(time: time, number: next, key: key))
        next += 1
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard items[child] < items[parent] else { break }
            items.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the first one if its time has come.
    mutating func popDue(_ now: Int64) -> Key? {
        guard let top = items.first, top.time <= now else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return top.key }
        items[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child] < items[least] { least = child }
            guard least != parent else { break }
            items.swapAt(parent, least)
            parent = least
        }
        return top.key
    }
}
