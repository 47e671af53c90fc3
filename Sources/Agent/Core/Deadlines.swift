/// Points in time at which something is to be looked at: a binary heap, the earliest first, those of equal time in the order of their coming.
///
/// Nothing is ever taken back: who is told that a time has come checks whether it still means something. `keep` sheds what doesn't.
struct Deadlines<Subject: Sendable>: Sendable {
    struct Entry: Sendable {
        let time: Int64
        let number: UInt64
        let subject: Subject

        func isBefore(_ other: Self) -> Bool { (time, number) < (other.time, other.number) }
    }

    private var heap: [Entry] = []
    private var next: UInt64 = 0

    var count: Int { heap.count }
    var earliest: Int64? { heap.first?.time }

    mutating func add(_ time: Int64, _ subject: Subject) {
        heap.append(Entry(time: time, number: next, subject: subject))
        next += 1
        rise(heap.count - 1)
    }

    /// Takes out the earliest entry if its time has come.
    mutating func due(_ now: Int64) -> Entry? {
        guard let first = heap.first, first.time <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink(0)
        }
        return first
    }

    /// Sheds entries that mean nothing any more.
    mutating func keep(where isLive: (Entry) -> Bool) {
        heap.removeAll { !isLive($0) }
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    private mutating func rise(_ start: Int) {
        var index = start
        while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].isBefore(heap[least]) { least = child }
            if least == index { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
