import Machine
import MasterCore
import Resources
import Testing

/// A small generator whose numbers are the same for a seed in each process.
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    /// A number below the bound.
    mutating func roll(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
    }

    mutating func chance(_ percent: Int) -> Bool { roll(100) < percent }

    mutating func pick<Value>(_ values: [Value]) -> Value? { values.isEmpty ? nil : values[roll(values.count)] }
}

struct AllocatorPropertyTests {
    private struct Held {
        let framework: Int
        let agent: Int
        let grant: Allocator.Grant
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `whatever happens, nothing is granted twice and the books add up`(seed: UInt64) {
        #expect(run(seed).violations == [])
    }

    @Test func `a seed gives the same grants each time`() {
        #expect(run(77).trace == run(77).trace)
        #expect(run(77).trace != run(78).trace)
    }

    /// Does some 400 random things to an allocator, and checks after each.
    private func run(_ seed: UInt64) -> (trace: [String], violations: [String]) {
        var dice = Dice(seed)
        var bench = Bench()
        var held: [Held] = []
        var (trace, violations): ([String], [String]) = ([], [])
        let roles = ["a", "a/x", "a/y/z", "b", "*"]
        var now: Int64 = 0
        for _ in 0..<400 {
            switch dice.roll(10) {
            case 0 where bench.frameworks.count < 12:
                bench.framework(roles[dice.roll(5)], roles[dice.roll(5)] + "/q", capabilities: dice.chance(50) ? [.reservationRefinement] : [])
            case 1 where bench.agents.count < 20: bench.agent(Self.total(&dice))
            case 2, 3, 4:
                guard !held.isEmpty else { continue }
                let last = held.remove(at: dice.roll(held.count))
                let (framework, agent) = (bench.frameworks[last.framework].index, bench.agents[last.agent].index)
                if dice.chance(50) {
                    let expiry = now + Int64(dice.roll(20)) * .second
                    bench.allocator.refuse(framework, role: last.grant.role, agent: agent, resources: last.grant.resources, until: expiry)
                }
                bench.allocator.release(framework, role: last.grant.role, agent: agent, resources: last.grant.resources)
            case 5:
                guard let framework = dice.pick(bench.frameworks) else { continue }
                bench.allocator.setActive(dice.chance(60), framework: framework.index)
            case 6:
                guard let framework = dice.pick(bench.frameworks) else { continue }
                if dice.chance(50) {
                    bench.allocator.suppress(framework.index, roles: [roles[dice.roll(5)]])
                } else {
                    bench.allocator.revive(framework.index, roles: roles)
                }
            case 7:
                guard let agent = dice.pick(bench.agents) else { continue }
                bench.allocator.updateAgent(agent.index, total: Self.total(&dice))
            case 8: bench.allocator.setWeight(UInt64(500 + dice.roll(5000)), role: roles[dice.roll(5)])
            default: now += Int64(dice.roll(5)) * .second
            }
            bench.allocator.expireFilters(now)
            let before = bench.agents.map { bench.allocator.free(of: $0.index) }
            for grant in bench.allocator.run(at: now) {
                guard let framework = bench.frameworks.firstIndex(of: grant.framework), let agent = bench.agents.firstIndex(of: grant.agent)
                else { continue }
                if !before[agent].contains(grant.resources) { violations.append("\(grant.resources) of \(before[agent])") }
                if !grant.resources.allSatisfy({ $0.terms.isAllocatable(to: grant.role) }) { violations.append("not for \(grant.role)") }
                held.append(Held(framework: framework, agent: agent, grant: grant))
                trace.append("\(framework) \(grant.role) \(agent) \(grant.resources)")
            }
            bench.allocator.checkInvariants()
        }
        return (trace, violations)
    }

    private static func total(_ dice: inout Dice) -> Resources {
        var total = Resources(cpus: Int64(1 + dice.roll(16)), mem: Int64(64 + dice.roll(4096)))
        if dice.chance(30) { total.add(.scalar("cpus", Scalar(thousandths: 1500), on: Terms(reservations: [Reservation(.static, role: "a")]))) }
        if dice.chance(30) { total.add(.ranges("ports", Ranges([31_000...31_000 + UInt64(dice.roll(100))]))) }
        return total
    }
}
