/// What a core wants to come back to, ordered by time. A timer is never taken back: whoever is woken looks whether there still is
/// something to do.
package struct Timers<Timer: Sendable>: Sendable {
    private struct Entry {
        let time: Int64
        /// Timers of the same time go off in the order in which they were set.
        let number: UInt64
        let timer: Timer

        static func < (left: Entry, right: Entry) -> Bool { (left.time, left.number) < (right.time, right.number) }
    }

    private var heap: [Entry] = []
    private var count: UInt64 = 0

    package init() {}

    /// When the next one goes off, on the monotonic clock.
    package var next: Int64? { heap.first?.time }

    package mutating func set(_ timer: Timer, at time: Int64) {
        count += 1
        heap.append(Entry(time: time, number: count, timer: timer))
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes one timer whose time has come.
    package mutating func takeDue(at now: Int64) -> Timer? {
        guard let first = heap.first, first.time <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return first.timer
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] { least = child }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
