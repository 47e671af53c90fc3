import Logging
import Machine
import Runtime
import Store
import Synchronization
import Testing

/// Counts what it is told: a small core to drive the loop with.
struct Counter: StateMachine {
    enum Input: Sendable, Recordable, Equatable {
        case add(Int64), wakeIn(Int64), woken
        /// Stores so many values of 100,000 bytes.
        case fill(Int)

        func record(into writer: inout RecordingWriter) {
            switch self {
            case .add(let number): writer.put(0); writer.put(number)
            case .wakeIn(let delay): writer.put(1); writer.put(delay)
            case .woken: writer.put(2)
            case .fill(let count): writer.put(3); writer.put(count)
            }
        }

        init(from reader: inout RecordingReader) throws(RecordingError) {
            switch try reader.int() {
            case 0: self = .add(try reader.int64())
            case 1: self = .wakeIn(try reader.int64())
            case 2: self = .woken
            case 3: self = .fill(try reader.int())
            default: throw .invalid("input")
            }
        }
    }

    enum Effect: Sendable, Order {
        case say(Int64), store([Change]), wake(at: Int64)

        var changes: [Change]? { if case .store(let changes) = self { changes } else { nil } }
        var wakeTime: Int64? { if case .wake(let time) = self { time } else { nil } }
    }

    static let wake = Input.woken
    var total: Int64 = 0
    var digest: UInt64 { UInt64(bitPattern: total) }
    func checkInvariants() {}

    mutating func handle(_ input: Input, at moment: Moment) -> [Effect] {
        switch input {
        case .add(let number):
            total += number
            return [.store([.put(table: "t", key: "total", value: [UInt8(truncatingIfNeeded: total)])]), .say(total)]
        case .wakeIn(let delay): return [.wake(at: moment.monotonic + delay)]
        case .fill(let count):
            let value = [UInt8](repeating: 0, count: 100_000)
            return [.store((0..<count).map { .put(table: "t", key: "\($0)", value: value) }), .say(Int64(count))]
        case .woken:
            total += 1_000
            return [.say(total)]
        }
    }
}

/// A store that says what it committed, to be compared with when effects came.
final class Journal: Store {
    let events = Mutex<[String]>([])
    func scan(table: String) throws(StoreError) -> [StoreEntry] { [] }
    func get(table: String, key: String) throws(StoreError) -> [UInt8]? { nil }
    func commit(_ changes: [Change]) throws(StoreError) { events.withLock { $0.append("commit \(changes.count)") } }
    func close() {}
    func note(_ event: String) { events.withLock { $0.append(event) } }
}

struct LoopTests {
    let journal = Journal()

    private func loop(capacity: Int = 100, effects: Int = 1_000) -> Loop<Counter> {
        var settings = Loop<Counter>.Settings()
        settings.capacity = capacity
        settings.effects = effects
        return Loop(core: Counter(), store: journal, settings: settings, logger: Logger(label: "test")) { [journal] effect in
            if case .say(let total) = effect { journal.note("say \(total)") }
        }
    }

    @Test func `a batch commits once, before any of its effects`() async {
        let loop = loop()
        for number in 1...3 { #expect(loop.post(.add(Int64(number)))) }
        loop.start()
        await loop.stop()
        #expect(journal.events.withLock { $0 } == ["commit 3", "say 1", "say 3", "say 6"])
    }

    @Test func `an inspection sees what was decided before it, after its commit`() async {
        let loop = loop()
        loop.start()
        #expect(loop.post(.add(5)))
        #expect(await loop.inspect { $0.total } == 5)
        #expect(journal.events.withLock { $0 } == ["commit 1", "say 5"])
        await loop.stop()
        #expect(await loop.inspect { $0.total } == nil)
    }

    @Test func `a full inbox refuses, and takes again what waited for room`() async {
        let loop = loop(capacity: 2)
        #expect(loop.post(.add(1)) && loop.post(.add(1)))
        #expect(!loop.post(.add(1)))
        async let late = loop.postWhenRoom(.add(1))
        loop.start()
        #expect(await late)
        #expect(await loop.inspect { $0.total } == 3)
        await loop.stop()
        #expect(await !loop.postWhenRoom(.add(1)))
    }

    @Test func `a full inbox refuses those who want to look, too`() async {
        let loop = loop(capacity: 1)
        #expect(loop.post(.add(1)))
        #expect(await loop.inspect { $0.total } == nil)
        loop.start()
        await loop.stop()
    }

    @Test func `a batch that has ordered enough is handed on, and the rest follows in order`() async {
        let loop = loop(effects: 2)
        for number in 1...5 { #expect(loop.post(.add(Int64(number)))) }
        loop.start()
        await loop.stop()
        #expect(
            journal.events.withLock { $0 } == ["commit 2", "say 1", "say 3", "commit 2", "say 6", "say 10", "commit 1", "say 15"])
    }

    @Test func `inputs share a transaction up to a size, and what one of them changes is never split`() async {
        let loop = loop()
        for count in [5, 3, 2, 30, 1] { #expect(loop.post(.fill(count))) }
        loop.start()
        await loop.stop()
        let events = journal.events.withLock { $0 }
        #expect(events == ["commit 8", "commit 2", "commit 30", "commit 1", "say 5", "say 3", "say 2", "say 30", "say 1"])
    }

    @Test func `a wake comes when it is due, with nothing else in the inbox`() async {
        let loop = loop()
        loop.start()
        #expect(loop.post(.wakeIn(2_000_000)))
        let deadline = SystemClock().now().monotonic + 10 * .second
        while await loop.inspect({ $0.total }) != 1_000, SystemClock().now().monotonic < deadline { await Task.yield() }
        #expect(await loop.inspect { $0.total } == 1_000)
        await loop.stop()
    }

    @Test func `posting from many tasks loses nothing`() async {
        let loop = loop(capacity: 8)
        loop.start()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { for _ in 0..<100 { _ = await loop.postWhenRoom(.add(1)) } } }
        }
        // The last inputs may still fill the inbox, and a look at the state is refused then, as an input would be.
        var total: Int64?
        let deadline = SystemClock().now().monotonic + 60 * .second
        while total == nil, SystemClock().now().monotonic < deadline { total = await loop.inspect { $0.total } }
        #expect(total == 5_000)
        await loop.stop()
    }
}
