import DequeModule
package import Logging
package import Machine
package import Store

/// The one loop of all processes: it owns a core, feeds it from a bounded inbox, and carries out what the core orders.
///
/// One thread decides: it takes what is queued as a batch and lets the core handle each input. Another releases: it commits all of
/// the batch's changes in one transaction, and only then carries out the other effects, in order. Meanwhile the first one decides the
/// next batch. So nobody sees what a crash could forget, and a commit costs time once a batch. A failed commit ends the process:
/// whether the changes are on disk is unknown then, and only a fresh start can tell.
///
/// It has no knowledge of any domain; it waits for the disk, never for a peer.
package final class Loop<Core: StateMachine>: @unchecked Sendable {
    // Sendable: `inbox` and `pipeline` guard all that threads share; `core` belongs to the deciding thread alone once `start` is called.

    package struct Settings: Sendable {
        /// Inputs and looks at the state that may wait; the next one is refused.
        package var capacity = 65_536
        /// Inputs handled before a commit.
        package var batch = 1_024
        /// Effects after which a batch is handed on, whatever else is queued: one input may order a hundred thousand.
        package var effects = 16_384
        package var name = "core"
        /// A recording gets a digest of the state each so many inputs, and at its end: a replay must come to the same.
        package var inputsPerMark = 65_536

        package init() {}
    }

    private enum Item {
        case input(Core.Input)
        /// Looks at the core between two inputs; what it returns runs after the commit of all that was decided before.
        case inspect((borrowing Core) -> (@Sendable () -> Void))
    }

    private struct Batch {
        /// What was handled, for the recording.
        var inputs: [(moment: Moment, input: Core.Input)] = []
        /// The changes of each input stay together: a transaction never splits them.
        var changes: [[Change]] = []
        var effects: [Core.Effect] = []
        var inspections: [(after: Int, run: @Sendable () -> Void)] = []
        var isLast = false
        /// Of the state after this batch, for the recording.
        var digest: UInt64?
    }

    private let settings: Settings
    private let clock: any Clock
    private let store: any Store
    private let recorder: Recorder?
    private let logger: Logger
    private let perform: @Sendable (Core.Effect) -> Void
    private let inbox = Signal()
    private var queue = Deque<Item>()
    private var waiters = Deque<CheckedContinuation<Void, Never>>()
    private var isStopping = false
    private let pipeline = Signal()
    private var handedOver: Batch?
    private var hasEnded = false
    private var core: Core
    private var wakeTime: Int64?
    private var unmarked = 0

    /// - Parameter perform: carries out an effect that is neither a store nor a wake; called on the releasing thread, in order; must not wait.
    package init(
        core: Core, store: any Store, clock: any Clock = SystemClock(), recorder: Recorder? = nil, settings: Settings = Settings(),
        logger: Logger, perform: @escaping @Sendable (Core.Effect) -> Void
    ) {
        self.core = core
        self.store = store
        self.clock = clock
        self.recorder = recorder
        self.settings = settings
        self.logger = logger
        self.perform = perform
    }

    /// Starts both threads. Call it once.
    package func start() {
        startThread("\(settings.name)-decide") { self.decide() }
        startThread("\(settings.name)-out") { self.release() }
    }

    /// Hands in a fact, without waiting.
    /// - Returns: false when the inbox is full or the loop is stopping: answer 503, or stop reading from that peer.
    package func post(_ input: Core.Input) -> Bool {
        inbox.withLock {
            guard !isStopping, queue.count < settings.capacity else { return false }
            queue.append(.input(input))
            if queue.count == 1 { inbox.broadcast() }
            return true
        }
    }

    /// Hands in a fact, waiting for room: for a peer's records, whose reading must then pause.
    /// - Returns: false when the loop is stopping.
    package func postWhenRoom(_ input: Core.Input) async -> Bool {
        while true {
            if post(input) { return true }
            if inbox.withLock({ isStopping }) { return false }
            await withCheckedContinuation { continuation in
                let goOn = inbox.withLock {
                    guard !isStopping, queue.count >= settings.capacity else { return true }
                    waiters.append(continuation)
                    return false
                }
                if goOn { continuation.resume() }
            }
        }
    }

    /// Looks at the state between two inputs. What is seen is on disk when this returns.
    /// - Returns: nil when the inbox is full or the loop is stopping. Keep `body` short: it holds up all decisions; copy the state out for
    ///   long work.
    package func inspect<Value: Sendable>(_ body: @escaping @Sendable (borrowing Core) -> Value) async -> Value? {
        await withCheckedContinuation { (continuation: CheckedContinuation<Value?, Never>) in
            let isAccepted = inbox.withLock {
                guard !isStopping, queue.count < settings.capacity else { return false }
                queue.append(
                    .inspect { core in
                        let value = body(core)
                        return { continuation.resume(returning: value) }
                    })
                if queue.count == 1 { inbox.broadcast() }
                return true
            }
            if !isAccepted { continuation.resume(returning: nil) }
        }
    }

    /// Handles and releases what is queued, ends both threads and closes the store; refuses anything new. Returns when that is done.
    package func stop() async {
        inbox.withLock {
            isStopping = true
            inbox.broadcast()
        }
        await withCheckedContinuation { continuation in
            startThread("\(settings.name)-stop") {
                self.pipeline.withLock { while !self.hasEnded { self.pipeline.wait(until: nil) } }
                continuation.resume()
            }
        }
    }

    private func decide() {
        while true {
            let (items, woken, isEnd) = take()
            var isLast = isEnd
            let moment = clock.now()
            var batch = Batch()
            if woken {
                wakeTime = nil
                handle(Core.wake, at: moment, in: &batch)
            }
            for (index, item) in items.enumerated() {
                guard batch.effects.count < settings.effects else {
                    putBack(items[index...])
                    isLast = false
                    break
                }
                switch item {
                case .input(let input): handle(input, at: moment, in: &batch)
                case .inspect(let look): batch.inspections.append((after: batch.effects.count, run: look(core)))
                }
            }
            batch.isLast = isLast
            unmarked += batch.inputs.count
            if recorder != nil, isLast || unmarked >= settings.inputsPerMark {
                batch.digest = core.digest
                unmarked = 0
            }
            pipeline.withLock {
                while handedOver != nil { pipeline.wait(until: nil) }
                handedOver = batch
                pipeline.broadcast()
            }
            if isLast { return }
        }
    }

    private func take() -> (items: [Item], woken: Bool, isLast: Bool) {
        var resumed: [CheckedContinuation<Void, Never>] = []
        defer { for waiter in resumed { waiter.resume() } }
        return inbox.withLock {
            while queue.isEmpty, !isStopping {
                if let wakeTime, clock.now().monotonic >= wakeTime { break }
                inbox.wait(until: wakeTime)
            }
            let woken = wakeTime.map { clock.now().monotonic >= $0 } ?? false
            let count = min(queue.count, settings.batch)
            let items = Array(queue.prefix(count))
            queue.removeFirst(count)
            let isLast = isStopping && queue.isEmpty
            while let waiter = waiters.first, isLast || queue.count + resumed.count < settings.capacity {
                waiters.removeFirst()
                resumed.append(waiter)
            }
            return (items, woken, isLast)
        }
    }

    private func putBack(_ items: ArraySlice<Item>) { inbox.withLock { queue.insert(contentsOf: items, at: 0) } }

    private func handle(_ input: Core.Input, at moment: Moment, in batch: inout Batch) {
        if recorder != nil { batch.inputs.append((moment, input)) }
        var changes: [Change] = []
        for effect in core.handle(input, at: moment) {
            if let more = effect.changes {
                changes.append(contentsOf: more)
            } else if let time = effect.wakeTime {
                wakeTime = time
            } else {
                batch.effects.append(effect)
            }
        }
        if !changes.isEmpty { batch.changes.append(changes) }
    }

    private func release() {
        while true {
            let batch: Batch = pipeline.withLock {
                while handedOver == nil { pipeline.wait(until: nil) }
                defer {
                    handedOver = nil
                    pipeline.broadcast()
                }
                return handedOver!
            }
            recorder?.append(batch.inputs, digest: batch.digest)
            commit(batch.changes)
            var inspections = batch.inspections[...]
            for (index, effect) in batch.effects.enumerated() {
                while let next = inspections.first, next.after <= index {
                    inspections.removeFirst()
                    next.run()
                }
                perform(effect)
            }
            for inspection in inspections { inspection.run() }
            guard !batch.isLast else { break }
        }
        recorder?.close()
        store.close()
        pipeline.withLock {
            hasEnded = true
            pipeline.broadcast()
        }
    }

    /// Commits in order. Inputs share a transaction up to the size of a batch; one input's changes are never split, however large.
    private func commit(_ all: [[Change]]) {
        var transaction: [Change] = []
        var size = 0
        do {
            for changes in all {
                let more = changes.reduce(0) { $0 + $1.size }
                if size > 0, size + more > StoreLimits.batch {
                    try store.commit(transaction)
                    transaction = []
                    size = 0
                }
                transaction.append(contentsOf: changes)
                size += more
            }
            if !transaction.isEmpty { try store.commit(transaction) }
        } catch {
            logger.critical("state can't be stored; ending, since what is on disk is unknown", metadata: ["error": "\(error)"])
            exitNow(70)
        }
    }
}
