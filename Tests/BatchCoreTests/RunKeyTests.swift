import FrameworkCore
import Machine
import Testing

@testable import BatchCore

/// What runs and their tasks are called: no name is ever used twice, and no due time loses its own.
struct RunKeyTests {
    @Test func `what was due before there was the job has names of its own, however few runs are kept`() {
        var world = World()
        world.put(
            #"{"name":"j","command":"x","schedule":"R30/2025-12-30T00:00:00Z/PT1H","catchUp":"ALL","concurrencyPolicy":"QUEUE","historyLimit":3}"#)
        // The world refuses a task id that comes again.
        for _ in 0..<30 { world.end(world.running("j")[0]) }
        #expect(world.launched.count == 30 && Set(world.launched).count == 30 && world.running("j").isEmpty)
    }

    @Test func `runs on request take the name of no due time`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:01Z/PT1S","cpus":0.1,"concurrencyPolicy":"ALLOW"}"#)
        world.wait(seconds: 0.999)
        for _ in 0..<5 { world.ask(.start("j", .init())) }
        world.wait(seconds: 0.5)
        #expect(world.dues("j").contains(1), "\(world.dues("j"))")
        #expect(world.runs("j").count == 6)
    }

    @Test func `nothing repeats faster than once a second`() {
        var world = World()
        guard case .refused(.rejected(let rejection)) = world.put(#"{"name":"j","command":"x","schedule":"R//PT0.001S"}"#) else {
            Issue.record("it was taken")
            return
        }
        #expect(rejection.message == "Cannot parse schedule 'R//PT0.001S': a period of less than a second would repeat too fast")
        #expect(world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1S","disabled":true}"#) == .done)
    }

    @Test func `what doesn't repeat may have any period, and is run on request`() {
        var world = World()
        #expect(world.put(#"{"name":"j","command":"x","schedule":"R1/2026-01-01T00:00:00Z/PT0.001S","disabled":true}"#) == .done)
        world.ask(.start("j", .init()))
        #expect(world.launched.count == 1)
    }
}
