import Machine
import Testing

@testable import ServicesCore

/// The arithmetic alone. The examples are those of Marathon 1.11 docs/deployments.md.
struct ReplacementTests {
    struct Row: CustomTestStringConvertible {
        var target: Int
        var health: Double
        var over: Double
        var old: Int
        var healthy: Int
        var kill: Int
        var start: Int
        var capacity: Int
        var testDescription: String { "\(target) instances, \(health)/\(over), \(healthy) of \(old) healthy" }
    }

    @Test(arguments: [
        Row(target: 10, health: 1, over: 1, old: 10, healthy: 10, kill: 0, start: 10, capacity: 20),
        Row(target: 10, health: 0.5, over: 0.2, old: 10, healthy: 10, kill: 5, start: 2, capacity: 12),
        Row(target: 10, health: 1, over: 0, old: 10, healthy: 10, kill: 0, start: 1, capacity: 11),
        Row(target: 10, health: 0, over: 0, old: 10, healthy: 10, kill: 10, start: 0, capacity: 10),
        Row(target: 3, health: 0.7, over: 0, old: 3, healthy: 3, kill: 0, start: 1, capacity: 4),
        Row(target: 10, health: 1, over: 1, old: 10, healthy: 7, kill: 0, start: 10, capacity: 20),
        Row(target: 10, health: 0.5, over: 0.5, old: 10, healthy: 7, kill: 2, start: 5, capacity: 15),
        Row(target: 4, health: 1, over: 1, old: 10, healthy: 10, kill: 6, start: 0, capacity: 8),
        // Capacity is full and too few are healthy: one that isn't must make room, or nothing would ever happen.
        Row(target: 10, health: 1, over: 0, old: 10, healthy: 7, kill: 1, start: 0, capacity: 10),
        Row(target: 5, health: 1, over: 1, old: 0, healthy: 0, kill: 0, start: 5, capacity: 10)
    ])
    func `the first step`(_ row: Row) {
        let view = Replacement.View(new: 0, newUp: 0, old: row.old, oldHealthy: row.healthy, ending: 0)
        var replacement = Replacement(
            target: row.target, strategy: .init(maximumOverCapacity: row.over, minimumHealthCapacity: row.health), isResident: false,
            current: row.old, view: view)
        let step = replacement.next(view)
        #expect(step.killUnhealthy + step.killHealthy == row.kill)
        #expect(step.start == row.start)
        #expect(replacement.maxCapacity == row.capacity)
    }

    @Test func `instances that aren't healthy are killed first`() {
        let view = Replacement.View(new: 0, newUp: 0, old: 10, oldHealthy: 7, ending: 0)
        var replacement = Replacement(
            target: 10, strategy: .init(maximumOverCapacity: 0.5, minimumHealthCapacity: 0.5), isResident: false, current: 10, view: view)
        #expect(replacement.next(view) == .init(killUnhealthy: 2, killHealthy: 0, start: 5))
    }

    /// Walks through a whole replacement, one event at a time, in an order that depends on a seed.
    @Test(arguments: [(1.0, 1.0), (0.5, 0.2), (1, 0), (0, 0), (0.7, 0), (0.9, 0.1), (0.5, 0.5)], 0..<20 as Range<UInt64>)
    func `it ends, within its limits`(_ strategy: (health: Double, over: Double), seed: UInt64) {
        var random = SplitMix(seed: seed)
        let target = Int.random(in: 1...12, using: &random)
        let old = Int.random(in: 0...12, using: &random)
        var view = Replacement.View(new: 0, newUp: 0, old: old, oldHealthy: old, ending: 0)
        var replacement = Replacement(
            target: target, strategy: .init(maximumOverCapacity: strategy.over, minimumHealthCapacity: strategy.health), isResident: false,
            current: old, view: view)
        let least = min(replacement.minHealthy, old)
        for _ in 0..<1_000 where !replacement.isDone(view) {
            let step = replacement.next(view)
            view.old -= step.killHealthy + step.killUnhealthy
            view.oldHealthy -= step.killHealthy
            view.ending += step.killHealthy + step.killUnhealthy
            view.new += step.start
            #expect(view.healthy >= least, "\(view)")
            #expect(view.new + view.old + view.ending <= max(replacement.maxCapacity, old + target), "\(view)")
            // A new one comes up, or an old one is gone.
            if view.new > view.newUp, view.ending == 0 || Bool.random(using: &random) {
                view.newUp += 1
            } else if view.ending > 0 {
                view.ending -= 1
            }
        }
        #expect(replacement.isDone(view), "\(view)")
    }
}
