import Foundation
import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// From schedules to runs: what is due, what is late, what stands in the way.
struct ScheduleTests {
    /// Lets each run of `j` take so many seconds.
    private func play(_ world: inout World, seconds: Int, each duration: Int) {
        var ends: [String: Int64] = [:]
        for _ in 0..<seconds {
            for id in world.running("j") where ends[id] == nil { ends[id] = world.now.wall + Int64(duration) * .second }
            world.wait(seconds: 1)
            for (id, end) in ends.sorted(by: { $0.key < $1.key }) where end <= world.now.wall && world.tasks[id] != nil { world.end(id) }
        }
    }

    @Test(arguments: [
        // A run takes 150 s and the job is due each minute; 300 s pass.
        ("QUEUE", [0.0, 120, 300], 0), ("FORBID", [0, 180], 4), ("ALLOW", [0, 60, 120, 180, 240, 300], 0)
    ])
    func `what becomes due beside a run that has not ended is a matter of policy`(_ policy: String, _ dues: [Double], _ skipped: Int64) throws {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1M","concurrencyPolicy":"\#(policy)"}"#)
        play(&world, seconds: 300, each: 150)
        #expect(world.dues("j") == dues)
        #expect(world.job("j")?.progress.skipped == skipped)
    }

    @Test func `a newer run replaces the old one`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1M","concurrencyPolicy":"REPLACE"}"#)
        world.wait(seconds: 130)
        #expect(world.outcomes("j") == [.replaced, .replaced, nil])
        #expect(world.running("j") == ["ct:\(World.newYear + 120_000):0:j:"])
        #expect(world.job("j")?.progress.errorCount == 0)
    }

    @Test(arguments: [
        ("ONE", [0.0, 600, 660]), ("NONE", [0, 600, 660]), ("ALL", [0, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 660])
    ])
    func `due times that passed while nothing ran are made up for as the job says`(_ policy: String, _ dues: [Double]) {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1M","catchUp":"\#(policy)","historyLimit":100}"#)
        world.end(world.running("j")[0])
        // Nobody is there for ten minutes and a bit.
        world.now = world.now.advanced(by: 610 * .second)
        world.crash()
        play(&world, seconds: 60, each: 1)
        #expect(world.dues("j") == dues)
        #expect(world.job("j")?.progress.skipped == (policy == "NONE" ? 9 : 0))
    }

    @Test func `a run that can't begin within epsilon is skipped, and the finite count with it`() throws {
        var world = World(agents: 0)
        world.put(#"{"name":"j","command":"x","schedule":"R4/2026-01-01T00:00:00Z/PT1M","epsilon":"PT20S"}"#)
        world.wait(seconds: 19)
        #expect(world.job("j").map { world.core.activity(of: $0) } == "queued")
        world.wait(seconds: 2)
        #expect(world.outcomes("j") == [.skipped])
        world.wait(seconds: 60)
        world.agents = [.init(id: "agent-0", host: "host-0")]
        world.wait(seconds: 40)
        #expect(world.dues("j") == [0, 60, 120] && world.outcomes("j") == [.skipped, .skipped, nil])
        world.end(world.running("j")[0])
        world.now = world.now.advanced(by: 600 * .second)
        world.crash()
        world.settle()
        #expect(world.launched.count == 1 && world.job("j")?.progress.cursors[0].left == 0)
        #expect(world.job("j")?.progress.skipped == 3)
    }

    @Test func `collapsed due times take one of the runs that are left`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R3/2025-12-01T00:00:00Z/P1D"}"#)
        #expect(world.launched.count == 1)
        #expect(world.job("j")?.progress.cursors[0] == .init(next: World.newYear + 86_400_000, left: 2))
    }

    @Test func `the schedule is shown as it moves on, and the original one stays`() throws {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R5/2026-01-01T01:00:00+02:00/PT1H"}"#)
        // 01:00+02:00 is 23:00Z of the day before: one run at once.
        let job = try #require(world.job("j"))
        #expect(world.core.state(of: job).schedule == "R4/2026-01-01T03:00:00.000+02:00/PT1H")
        #expect(job.definition.trigger == .schedules(["R5/2026-01-01T01:00:00+02:00/PT1H"], zone: ""))
    }

    @Test func `months are counted from the start, and come back to their day`() throws {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-31T12:00:00Z/P1M"}"#)
        var days: [String] = []
        for _ in 0..<4 {
            let next = try #require(world.job("j")?.nextDue)
            days.append(String(Timestamp(milliseconds: next).description.prefix(10)))
            world.wait(seconds: Double(next - world.now.wall / .millisecond) / 1000 + 1)
            world.end(world.running("j")[0])
        }
        #expect(days == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"])
    }

    @Test func `jobs of a zone share its table, until the database has another`() throws {
        func zone(_ file: String) throws -> Batch.ZoneData {
            .init(name: "Europe/Berlin", file: Array(try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/" + file))))
        }
        var world = World()
        func table() throws -> ObjectIdentifier {
            let zone = try #require(world.core.zones["Europe/Berlin"])
            return ObjectIdentifier(try #require(Mirror(reflecting: zone).children.first?.value as? AnyObject))
        }
        func put(_ name: String, _ file: String) throws {
            let job = #"{"name":"\#(name)","command":"x","cron":"30 2 * * *","scheduleTimeZone":"Europe/Berlin"}"#
            #expect(world.put(job, zone: try zone(file)) == .done)
        }
        try put("one", "Europe/Berlin")
        let first = try table()
        try put("other", "Europe/Berlin")
        #expect(try table() == first)
        try put("third", "Asia/Tokyo")
        #expect(try table() != first)
    }

    @Test func `a line of cron is meant on the clocks of its zone, summer time included`() throws {
        let file = try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/Europe/Berlin"))
        let zone = Batch.ZoneData(name: "Europe/Berlin", file: Array(file))
        var world = World()
        #expect(world.put(#"{"name":"j","command":"x","cron":"30 2 * * *","scheduleTimeZone":"Europe/Berlin"}"#, zone: zone) == .done)
        #expect(world.job("j")?.nextDue == World.newYear + 5_400_000, "02:30 in Berlin is 01:30 UTC in winter")
        world.zones = [zone]
        // To June.
        world.now = world.now.advanced(by: 160 * 86_400 * .second)
        world.crash()
        world.settle()
        world.end(world.running("j")[0])
        #expect(world.job("j")?.nextDue.map { ($0 - World.newYear) % 86_400_000 } == 1_800_000, "and 00:30 UTC in summer")
        #expect(Batch.zones(in: [.init(table: "jobs", key: "j", value: world.disk["jobs"]?["j"] ?? [])]) == ["Europe/Berlin"])
        // Without the zone's file the job stays, isn't run, and says why.
        world.zones = []
        world.crash()
        #expect(world.job("j")?.problem?.contains("Europe/Berlin") == true && world.job("j")?.nextDue == nil)
        #expect(world.reports.count == 1 && world.core.quarantine.count == 1)
        world.ask(.run("j", arguments: nil))
        #expect(world.running("j").count == 1)
    }

    @Test func `several schedules make one job due, and times of both one run`() {
        var world = World()
        world.put(
            #"{"name":"j","command":"x","schedule":"R/2026-01-01T00:01:00Z/PT2M","schedules":["R2/2026-01-01T00:01:00Z/PT1M"],"historyLimit":100}"#)
        play(&world, seconds: 310, each: 1)
        #expect(world.dues("j") == [60, 120, 180, 300])
    }

    @Test func `a paused job is due again when it is resumed`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:01:00Z/PT1M"}"#)
        world.ask(.setDisabled("j", true))
        world.wait(seconds: 600)
        #expect(world.launched.isEmpty)
        world.ask(.setDisabled("j", false))
        #expect(world.dues("j") == [600], "what passed is one run")
    }

    @Test func `a wall clock that is set forward makes due what has become due, one that is set back waits`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T01:00:00Z/PT1H"}"#)
        world.now.wall += 3_600 * .second
        world.wait(seconds: 61)
        #expect(world.dues("j") == [3_600])
        world.end(world.running("j")[0])
        world.now.wall -= 1_800 * .second
        world.wait(seconds: 3_600)
        #expect(world.launched.count == 1)
        world.wait(seconds: 1_801)
        #expect(world.dues("j") == [3_600, 7_200])
    }

    @Test func `thousands of jobs that are due at once all run, in transactions that a store takes`() {
        var world = World(agents: 4)
        for index in world.agents.indices { (world.agents[index].cpus, world.agents[index].mem) = (10_000, 10_000_000) }
        world.checksInvariants = false
        for index in 0..<3_000 { world.put(#"{"name":"j\#(index)","command":"x","schedule":"R/2026-01-01T00:01:00Z/PT1H"}"#) }
        var largest = 0
        while let time = world.wakeTime, world.launched.count < 3_000 {
            world.now = world.now.advanced(by: max(0, time - world.now.monotonic))
            world.wakeTime = nil
            for input in [Batch.Input.woken] {
                let effects = world.send(input)
                for case .store(let changes) in effects { largest = max(largest, changes.reduce(0) { $0 + Self.size($1) }) }
            }
            world.settle()
        }
        #expect(world.launched.count == 3_000 && Set(world.launched).count == 3_000)
        #expect(largest > 0 && largest < 600_000)
        #expect(world.now.wall / .millisecond == World.newYear + 60_000)
    }

    private static func size(_ change: Change) -> Int {
        switch change {
        case .put(let table, let key, let value): table.utf8.count + key.utf8.count + value.count
        case .remove(let table, let key): table.utf8.count + key.utf8.count
        }
    }

    @Test func `what began with the job is too late after its epsilon, too`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H","epsilon":"PT2S","cpus":1000}"#)
        #expect(world.runs("j").count == 1)
        world.wait(seconds: 4)
        #expect(world.outcomes("j") == [.skipped])
    }

    @Test func `an epsilon that a job is given later counts for what waits`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R1/2026-01-01T00:00:10Z/PT1H","cpus":1000}"#)
        world.wait(seconds: 20)
        world.put(#"{"name":"j","command":"x","schedule":"R1/2026-01-01T00:00:10Z/PT1H","cpus":1000,"epsilon":"PT1M"}"#)
        world.wait(seconds: 40)
        #expect(world.outcomes("j") == [nil])
        world.put(#"{"name":"j","command":"x","schedule":"R1/2026-01-01T00:00:10Z/PT1H","cpus":1000,"epsilon":"PT2M"}"#)
        world.wait(seconds: 60)
        #expect(world.outcomes("j") == [nil], "it has more time now")
        world.wait(seconds: 60)
        #expect(world.outcomes("j") == [.skipped])
    }
}
