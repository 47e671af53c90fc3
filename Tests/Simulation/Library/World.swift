import HeapModule
import Machine

/// A seeded world: one clock, one queue of what is to happen, one source of chance, and a digest of all that has happened.
///
/// Everything in it runs on one thread, in the order of the queue; what happens at the same nanosecond happens in the order in which it was put
/// there. So a seed says all: the same seed gives the same trace in each process.
public final class World {
    private struct Item: Comparable {
        let time: Int64
        let number: UInt64
        let body: () -> Void

        static func == (left: Item, right: Item) -> Bool { left.number == right.number }
        static func < (left: Item, right: Item) -> Bool { (left.time, left.number) < (right.time, right.number) }
    }

    /// Nanoseconds since the world began.
    private(set) var now: Int64 = 0
    var chance: SplitMix
    private var queue = Heap<Item>()
    private var nextNumber: UInt64 = 0
    private var digest = Digest()
    private(set) var counts: [Kind: Int] = [:]
    /// The first thing that should not have happened; nothing happens after it.
    private(set) var violation: Violation?
    /// Where lines of the trace go, if anybody reads them.
    var onLine: ((String) -> Void)?

    init(seed: UInt64) { chance = SplitMix(seed: seed) }

    var trace: UInt64 { digest.value }

    /// Seconds, as people read them.
    var clock: String {
        let milliseconds = now / .millisecond
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    // MARK: What is to happen

    func after(_ delay: Int64, _ body: @escaping () -> Void) {
        queue.insert(Item(time: now + max(0, delay), number: nextNumber, body: body))
        nextNumber += 1
    }

    /// Lets time pass until `end`, or until something is found that should not be.
    func run(until end: Int64) {
        while violation == nil, let item = queue.min, item.time <= end {
            queue.removeMin()
            now = item.time
            item.body()
        }
        if violation == nil { now = max(now, end) }
    }

    // MARK: Chance

    /// From `range`, each number as likely as the others.
    func draw(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(chance.draw(below: UInt64(range.upperBound - range.lowerBound) + 1))
    }

    /// True once in so many times.
    func oneIn(_ count: UInt64) -> Bool { chance.draw(below: count) == 0 }

    func pick<Element>(_ elements: [Element]) -> Element { elements[Int(chance.draw(below: UInt64(elements.count)))] }

    // MARK: What has happened

    func count(_ kind: Kind) { counts[kind, default: 0] += 1 }

    /// Enters an event in the trace. `text` is only made if anybody reads it, so all that tells runs apart must be in `numbers`.
    func note(_ who: String, _ numbers: Int64..., text: @autoclosure () -> String) {
        digest.combine(now)
        digest.combine(who)
        for number in numbers { digest.combine(number) }
        if let onLine { onLine("\(clock) \(who) \(text())") }
    }

    func note(_ who: String, bytes: [UInt8], text: @autoclosure () -> String) {
        digest.combine(now)
        digest.combine(who)
        digest.combine(bytes)
        if let onLine { onLine("\(clock) \(who) \(text())") }
    }

    func fail(_ checker: String, _ text: String) {
        guard violation == nil else { return }
        violation = Violation(checker: checker, text: text, time: now)
        onLine?("\(clock) VIOLATION (\(checker)): \(text)")
    }
}

/// Something happened that must not.
public struct Violation: Hashable, Sendable {
    public let checker: String
    public let text: String
    /// Nanoseconds since the world began.
    public let time: Int64
}

/// What a run counts. One that never happened means that the run has shown less than it seems.
public enum Kind: String, CaseIterable, Sendable {
    case crashes = "crashes of processes"
    case masterCrashes = "crashes of the master"
    case agentCrashes = "crashes of agents"
    case servicesCrashes = "crashes of services"
    case crashesOfAll = "crashes of all at once"
    case crashesInRelease = "crashes between two effects"
    case crashesBeforeCommit = "crashes with a commit under way"
    case launcherCrashes = "crashes of launchers"
    case launcherCrashesInLaunch = "crashes of launchers in a launch"
    case monitorKills = "monitors killed"
    case reboots = "reboots of machines"
    case freezes = "processes stopped for a while"
    case partitions = "partitions"
    case oneWayPartitions = "of them, in one direction"
    case resets = "connections reset"
    case clockSteps = "steps of wall clocks"
    case lostMessages = "messages lost with their connection"
    case lateCalls = "calls of a stream that was over"
    case overtaking = "calls that overtook others"
    case duplicates = "calls sent twice"
    case failovers = "failovers of the foreign framework"
    case launches = "launches ordered by frameworks"
    case starts = "tasks started"
    case ends = "tasks ended by themselves"
    case kills = "kills ordered by frameworks"
    case ignoredTerms = "tasks that ignored TERM"
    case offers = "offers"
    case declines = "offers declined"
    case rescinds = "offers rescinded"
    case staleAccepts = "offers accepted too late"
    case updates = "updates heard by frameworks"
    case repeatedUpdates = "updates heard again"
    case lateAcknowledgements = "acknowledgements that came late"
    case missedAcknowledgements = "updates left unacknowledged"
    case unreachable = "tasks reported unreachable"
    case returned = "tasks reported running again"
    case reconciliations = "reconciliations"
    case requests = "requests to services"
    case lostAnswers = "requests to services without an answer"
    case deployments = "deployments"
    case deletions = "apps deleted"
}
