import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// What readers of the event stream are told, and in which order.
struct EventTests {
    private func kinds(_ world: World, _ job: String = "j") -> [Event.Kind] { world.events.filter { $0.job == job }.map(\.kind) }

    @Test func `a job and its run are told from the beginning to the end`() throws {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:01:00Z/PT1H"}"#)
        #expect(kinds(world) == [.jobCreated])
        world.wait(seconds: 60)
        world.end(world.running("j")[0], .taskFinished, message: "Command exited with status 0")
        #expect(kinds(world) == [.jobCreated, .runCreated, .taskChanged, .taskChanged, .runStarted, .taskChanged, .runEnded])
        #expect(world.events.compactMap(\.task?.state) == ["", "TASK_RUNNING", "TASK_RUNNING", "TASK_FINISHED", "TASK_FINISHED"])
        let end = try #require(world.events.last)
        #expect(end.run?.outcome == .succeeded && end.run?.due == World.newYear + 60_000 && end.run?.cause == .schedule)
        #expect(end.task?.exitStatus == 0 && end.task?.host == "host-0" && end.message == "Command exited with status 0")
        #expect(end.time == World.newYear + 60_000)
    }

    @Test func `each attempt that fails is told, and then the end`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H","retries":1,"retryDelaySeconds":1}"#)
        world.end(world.running("j")[0], .taskFailed, message: "Command exited with status 3")
        world.wait(seconds: 2)
        world.end(world.running("j")[0], .taskFailed, message: "Command exited with status 4")
        let told = world.events.filter { [.runAttemptFailed, .runEnded, .runStarted].contains($0.kind) }
        #expect(told.map(\.kind) == [.runStarted, .runAttemptFailed, .runAttemptFailed, .runEnded], "a run begins once")
        #expect(told.map(\.task?.exitStatus) == [nil, 3, 4, 4] && told.last?.run?.outcome == .failed && told.last?.run?.attempts == 2)
    }

    @Test func `what clients do with a job is told, and what changes nothing is not`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2030-01-01T00:00:00Z/PT1H"}"#)
        world.put(#"{"name":"k","command":"x","parents":["j"]}"#)
        world.put(#"{"name":"j","command":"y","schedule":"R/2030-01-01T00:00:00Z/PT1H"}"#)
        for isDisabled in [true, true, false, false] { world.ask(.setDisabled("j", isDisabled)) }
        world.ask(.delete("j"))
        #expect(kinds(world) == [.jobCreated, .jobChanged, .jobPaused, .jobResumed, .jobRemoved])
        #expect(kinds(world, "k") == [.jobCreated, .jobChanged], "it has lost its parent")
        let count = world.events.count
        world.put(#"{"name":"j","schedule":"R/x/PT1H"}"#)
        world.ask(.delete("j"))
        #expect(world.events.count == count, "what was refused is no event")
    }

    @Test func `a job that goes takes its runs with it`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H"}"#)
        world.ask(.run("j", arguments: "waits"))
        world.ask(.delete("j"))
        #expect(kinds(world).suffix(4) == [.runEnded, .jobRemoved, .taskChanged, .runEnded])
        #expect(world.events.filter { $0.kind == .runEnded }.map(\.run?.outcome) == [.killed, .killed] && world.tasks.isEmpty)
    }

    @Test func `a job that disables itself says why, and due times that are left out are told`() {
        var configuration = Configuration()
        configuration.disableAfterFailures = 1
        var world = World(configuration: configuration)
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H","retries":0}"#)
        world.end(world.running("j")[0])
        #expect(world.events.last { $0.kind == .jobDisabled }?.message == "Job 'j' has exhausted all of its recurrences and has been disabled.")
        world.put(#"{"name":"k","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1M","retries":0,"concurrencyPolicy":"FORBID"}"#)
        world.wait(seconds: 61)
        #expect(world.events.last?.kind == .runsSkipped && world.events.last?.message == "a due time was left out")
        world.end(world.running("k")[0], .taskFailed, message: "no")
        #expect(world.events.last { $0.kind == .jobDisabled }?.message.contains("1 failures since last success\nTask id: ct:") == true)
    }

    @Test func `numbers rise from process to process, also when the clock has been set back`() throws {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2030-01-01T00:00:00Z/PT1H"}"#)
        let first = try #require(world.events.last?.id)
        world.now.wall -= 86_400 * .second
        for _ in 0..<3 {
            world.crash()
            #expect(world.eventsBegin >= first)
            world.ask(.setDisabled("j", world.job("j")?.definition.isDisabled == false))
        }
        #expect(world.events.map(\.id) == world.events.map(\.id).sorted() && Set(world.events.map(\.id)).count == 4)
        // Without its memory, it goes by the clock.
        world.now.wall += 172_800 * .second
        world.disk["events"] = nil
        world.crash()
        #expect(world.eventsBegin > world.events.last?.id ?? .max)
    }

    @Test func `a number that can't be read stops nothing`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2030-01-01T00:00:00Z/PT1H"}"#)
        world.disk["events"] = ["reserved": [255, 255, 255, 255, 255, 255, 255, 255, 255, 1]]
        world.now = world.now.advanced(by: .second)
        world.crash()
        world.ask(.setDisabled("j", true))
        #expect(world.reports == ["events/reserved: it is no number of an event"] && kinds(world) == [.jobCreated, .jobPaused])
    }
}
