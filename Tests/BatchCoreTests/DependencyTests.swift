import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// Who runs after whom.
struct DependencyTests {
    /// Two parents that run on request, and a child.
    private func family(_ members: String = "", rule: String = "ALL_SUCCESS") -> World {
        var world = World()
        for name in ["a", "b"] { world.put(#"{"name":"\#(name)","command":"x","schedule":"R/2030-01-01T00:00:00Z/PT1H","retries":0\#(members)}"#) }
        world.put(#"{"name":"c","command":"x","parents":["a","b"],"retries":0,"triggerRule":"\#(rule)"}"#)
        return world
    }

    private func finish(_ world: inout World, _ name: String, failing: Bool = false) {
        world.ask(.run(name, arguments: nil))
        guard let task = world.running(name).first else {
            Issue.record("\(name) doesn't run")
            return
        }
        world.end(task, failing ? .taskFailed : .taskFinished)
    }

    @Test func `a job runs when each of its parents has ended well since it ran last`() {
        var world = family()
        finish(&world, "a")
        finish(&world, "a")
        #expect(world.running("c").isEmpty, "one of two")
        finish(&world, "b")
        #expect(world.running("c").count == 1)
        world.end(world.running("c")[0])
        #expect(world.runs("c").map(\.cause) == [.parents])
        finish(&world, "b")
        #expect(world.running("c").isEmpty, "the first parent's second end counts no more")
        finish(&world, "a")
        #expect(world.running("c").count == 1)
    }

    @Test func `what has been counted outlives a crash`() {
        var world = family()
        finish(&world, "a")
        world.crash()
        finish(&world, "b")
        #expect(world.running("c").count == 1)
        world.crash()
        world.settle()
        #expect(world.running("c").count == 1 && world.runs("c").count == 1)
    }

    @Test func `a failure triggers only where the job calls it a soft one`() {
        for (members, count) in [("", 0), (#","softError":true"#, 1)] {
            var world = family(members)
            finish(&world, "a", failing: true)
            finish(&world, "b")
            #expect(world.running("c").count == count)
        }
    }

    @Test func `with ALL_DONE a job runs when each parent has ended, however`() {
        var world = family(rule: "ALL_DONE")
        finish(&world, "a", failing: true)
        #expect(world.running("c").isEmpty)
        world.crash()
        world.settle()
        world.ask(.run("b", arguments: nil))
        world.ask(.kill("b"))
        #expect(world.running("c").count == 1 && world.runs("c").map(\.cause) == [.parents])
        world.end(world.running("c")[0])
        #expect(world.ask(.markSuccess("a")) == .marked(true))
        finish(&world, "a")
        #expect(world.running("c").isEmpty, "one of two")
        finish(&world, "b")
        #expect(world.running("c").count == 1 && world.runs("c").count == 2)
    }

    @Test func `with ONE_SUCCESS a job runs when any parent has ended well`() {
        var world = family(rule: "ONE_SUCCESS")
        finish(&world, "a", failing: true)
        #expect(world.running("c").isEmpty)
        finish(&world, "b")
        #expect(world.running("c").count == 1)
        // Two successes while it runs are one run after it.
        finish(&world, "a")
        finish(&world, "b")
        world.crash()
        world.settle()
        #expect(world.running("c").count == 1)
        world.end(world.running("c")[0])
        #expect(world.running("c").count == 1 && world.runs("c").count == 2)
        world.end(world.running("c")[0])
        #expect(world.running("c").isEmpty)
    }

    @Test func `another rule counts from what has been seen already`() {
        var world = family()
        finish(&world, "a", failing: true)
        finish(&world, "b")
        #expect(world.running("c").isEmpty)
        world.put(#"{"name":"c","command":"x","parents":["a","b"],"retries":0,"triggerRule":"ALL_DONE"}"#)
        #expect(world.running("c").count == 1)
    }

    @Test func `the indices of a job with parents begin together, and what its parents do meanwhile isn't forgotten`() {
        var world = family()
        world.put(#"{"name":"c","command":"x","parents":["a","b"],"completions":3,"parallelism":1,"cpus":0.1}"#)
        finish(&world, "a")
        finish(&world, "b")
        world.end(world.running("c")[0])
        finish(&world, "a")
        finish(&world, "b")
        for _ in 0..<2 { world.end(world.running("c")[0]) }
        #expect(world.outcomes("c") == [.succeeded, nil], "the third index began after its parents had ended once more")
    }

    @Test func `a killed parent triggers nothing`() {
        var world = family()
        finish(&world, "a")
        world.ask(.run("b", arguments: nil))
        world.ask(.kill("b"))
        #expect(world.outcomes("b") == [.killed] && world.running("c").isEmpty)
    }

    @Test func `parents that end again while the job runs make it run again after that`() {
        var world = family()
        finish(&world, "a")
        finish(&world, "b")
        finish(&world, "a")
        finish(&world, "b")
        #expect(world.running("c").count == 1)
        world.end(world.running("c")[0])
        #expect(world.running("c").count == 1 && world.runs("c").count == 2)
        world.end(world.running("c")[0])
        #expect(world.running("c").isEmpty)
    }

    @Test func `a job may be taken to have ended well`() {
        var world = family()
        finish(&world, "a")
        #expect(world.ask(.markSuccess("b")) == .marked(true))
        #expect(world.running("c").count == 1 && world.job("b")?.progress.successCount == 1)
        #expect(world.ask(.markSuccess("x")) == .marked(false))
    }

    @Test func `a paused job runs when it is resumed and its parents are done`() {
        var world = family()
        world.ask(.setDisabled("c", true))
        finish(&world, "a")
        finish(&world, "b")
        #expect(world.running("c").isEmpty)
        world.ask(.setDisabled("c", false))
        #expect(world.running("c").count == 1)
    }

    @Test func `cycles and unknown parents are refused, and nothing changes`() throws {
        var world = family()
        world.put(#"{"name":"d","command":"x","parents":["c"]}"#)
        let before = world.disk
        #expect(world.put(#"{"name":"a","command":"x","parents":["d"]}"#) == .refused(.cycle(["a", "c", "d", "a"])))
        #expect(world.put(#"{"name":"c","command":"x","parents":["c"]}"#) == .refused(.cycle(["c", "c"])))
        #expect(world.put(#"{"name":"e","command":"x","parents":["a","x","y"]}"#) == .refused(.missingParents(job: "e", parents: ["x", "y"])))
        #expect(world.put(#"{"name":"e","command":"x","parents":[]}"#) == .refused(.rejected(.init("Error, parent does not exist"))))
        #expect(world.disk == before)
    }

    @Test func `a job of one kind may become one of the other`() {
        var world = family()
        world.put(#"{"name":"c","command":"x","schedule":"R1//PT1H"}"#)
        #expect(world.running("c").count == 1)
        world.end(world.running("c")[0])
        finish(&world, "a")
        finish(&world, "b")
        #expect(world.running("c").isEmpty)
        world.put(#"{"name":"c","command":"x","parents":["a"]}"#)
        finish(&world, "a")
        #expect(world.running("c").count == 1)
    }

    @Test func `a deleted job leaves its dependents to its parents, or to its schedule, and they lose nothing else`() throws {
        var world = World()
        world.put(#"{"name":"a","command":"x","schedule":"R/2026-01-01T01:00:00Z/PT1H"}"#)
        world.put(#"{"name":"b","command":"x","parents":["a"]}"#)
        world.put(#"{"name":"c","command":"x","parents":["b"],"shell":false,"arguments":["1"],"owner":"o","concurrent":true}"#)
        world.put(#"{"name":"d","command":"x","parents":["a","c"]}"#)
        let before = try #require(world.job("c")?.definition)
        world.ask(.delete("b"))
        var wanted = before
        wanted.trigger = .parents(["a"])
        #expect(world.job("c")?.definition == wanted)
        world.ask(.delete("a"))
        wanted.trigger = .schedules(["R/2026-01-01T01:00:00Z/PT1H"], zone: "")
        #expect(world.job("c")?.definition == wanted && world.job("d")?.definition.parents == ["c"])
        world.crash()
        #expect(world.job("c")?.definition == wanted && world.job("d")?.definition.parents == ["c"])
        world.wait(seconds: 3_600)
        #expect(world.dues("c") == [3_600])
        world.end(world.running("c")[0])
        #expect(world.running("d").count == 1)
    }

    @Test func `thousands that wait for one job all run after it, also when the process ends in between`() {
        var world = World()
        (world.agents[0].cpus, world.agents[0].mem) = (1_000, 1_000_000)
        world.put(#"{"name":"a","command":"x","schedule":"R1/2026-01-01T00:01:00Z/PT1H"}"#)
        world.checksInvariants = false
        for index in 0..<3_000 { world.put(#"{"name":"c\#(index)","command":"x","parents":["a"],"disk":1}"#) }
        world.wait(seconds: 60)
        let task = world.running("a")[0]
        world.report(task, .taskFinished)
        // One step: the end is known, and a part of what follows is done.
        world.send(.told(.updated(world.updates.removeFirst())))
        let made = world.core.runs.count - 1
        #expect(made > 0 && made < 3_000)
        world.crash()
        world.settle()
        #expect(world.launched.count == 3_001 && Set(world.launched).count == 3_001)
    }

    @Test func `who takes over the schedule of a job that was disabled doesn't make up for what that has missed`() {
        var world = World()
        world.put(#"{"name":"p","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1H","disabled":true}"#)
        world.put(#"{"name":"c","command":"x","parents":["p"]}"#)
        world.wait(seconds: 5_000)
        world.ask(.delete("p"))
        #expect(world.launched.isEmpty)
        world.wait(seconds: 2_300)
        #expect(world.dues("c") == [7_200])
    }
}
