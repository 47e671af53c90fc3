import AgoraAPI
import Machine
import MasterCore
import MesosAPI
import SwiftProtobuf
import Testing

/// How agents that have been away for too long are given up: all at once, or so many in a time.
struct RemovalTests {
    /// Three agents with a task each, of one framework, whose connections go silent one after the other.
    private func silent(pause: Int64) -> World {
        var world = World { $0.agentRemovalPause = pause }
        _ = world.subscribe { $0.add(.partitionAware) }
        for number in 0..<3 {
            let offers = world.agent(link: UInt64(number + 1), host: "host-\(number)").offers
            #expect(offers.count == 1)
            _ = world.launch([.task("t\(number)") { $0.agentID.value = "M-S\(number)" }], on: ["M-O\(number)"], refuse: 1_000)
            _ = world.update("t\(number)", .taskRunning, link: UInt64(number + 1))
        }
        for link in [1, 2, 3] as [UInt64] { _ = world.step(.linkEnded(link: link, isSilent: true)) }
        return world
    }

    private func lost(_ effects: [Kernel.Effect]) -> [String] { effects.statuses.map { String($0.prefix { $0 != " " }) } }

    @Test func `without a limit all go at once`() {
        var world = silent(pause: 0)
        #expect(lost(world.pass(2)) == ["t0", "t1", "t2"])
    }

    @Test func `with a limit the first goes at once, each further one after the pause`() {
        var world = silent(pause: 600 * .second)
        #expect(lost(world.pass(2)) == ["t0"])
        #expect(lost(world.pass(590)) == [])
        #expect(lost(world.pass(10)) == ["t1"])
        #expect(lost(world.pass(590)) == [])
        #expect(lost(world.pass(10)) == ["t2"])
        #expect(world.kernel.snapshot.metrics.removalsScheduled == 3 && world.kernel.snapshot.metrics.removalsCanceled == 0)
    }

    @Test func `who comes back before its turn has lost nothing, and the next one takes the turn`() {
        var world = silent(pause: 600 * .second)
        #expect(lost(world.pass(2)) == ["t0"])
        let effects = world.agent(link: 4, host: "host-1", id: "M-S1") { $0.tasks = [.running("t1")] }
        #expect(effects.statuses == [])
        #expect(world.kernel.snapshot.metrics.removalsCanceled == 1)
        #expect(lost(world.pass(600)) == ["t2"])
        #expect(lost(world.pass(10_000)) == [])
    }

    @Test func `the pause is between removals, not before one that comes later`() {
        var world = silent(pause: 600 * .second)
        #expect(lost(world.pass(2_000)) == ["t0", "t1", "t2"])
        _ = world.agent(link: 4, host: "host-1", id: "M-S1") { $0.tasks = [.running("t1")] }
        _ = world.step(.linkEnded(link: 4, isSilent: true))
        #expect(lost(world.pass(2)) == ["t1"])
    }

    @Test func `agents that come and go don't wear the limit out`() {
        var world = silent(pause: 600 * .second)
        _ = world.pass(2)
        for link in 10..<40 as Range<UInt64> {
            _ = world.agent(link: link, host: "host-1", id: "M-S1") { $0.tasks = [.running("t1")] }
            _ = world.step(.linkEnded(link: link, isSilent: true))
            #expect(lost(world.pass(5)) == [], "t1 and t2 wait")
        }
        #expect(lost(world.pass(600)) == ["t2"], "t1 has gone behind it")
        #expect(lost(world.pass(600)) == ["t1"])
    }

    @Test func `a master that was held up gives those that wait more time, too`() {
        var world = silent(pause: 600 * .second)
        _ = world.pass(2)
        world.stall(700)
        #expect(lost(world.pass(0.9)) == [], "first it reads what has come in meanwhile")
        #expect(lost(world.pass(0.2)) == ["t1"])
    }

    @Test func `the limit holds also for agents that don't come back to a new master`() {
        var first = silent(pause: 0)
        for number in 0..<3 { _ = first.agent(link: UInt64(number + 7), host: "host-\(number)", id: "M-S\(number)") }
        var next = World({ $0.agentRemovalPause = 600 * .second }, stored: first.storedEntries, masterID: "N")
        #expect(next.pass(601).isEmpty)
        #expect(next.kernel.snapshot.agents.count == 2)
        _ = next.pass(600)
        #expect(next.kernel.snapshot.agents.count == 1)
    }
}
