import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// What clients ask for, beside what other suites show.
struct RequestTests {
    private func rejection(_ json: String, _ world: World = World(), kind: Batch.Kind = .scheduled) -> String? {
        var world = world
        let before = world.disk
        let answer = world.ask(.put(Builders.body(json), kind, .three, zone: nil))
        #expect(world.disk == before, "nothing is stored")
        guard case .refused(.rejected(let rejection))? = answer else { return nil }
        return rejection.message
    }

    @Test(arguments: [
        (#"{"command":"x"}"#, "the job has no name"), (#"{"name":"a b","command":"x"}"#, #"the job's name is invalid. Allowed names: '([\w\.-]+)'"#),
        (#"{"name":"j","command":"x","schedule":"every day"}"#, "Cannot parse schedule 'every day': Expected a minute from 0 to 59 at offset 0."),
        (#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z"}"#, nil),
        (#"{"name":"j","command":"x","schedule":"R/1969-01-01T00:00:00Z/P1D"}"#, "Scheduled start date '1969-01-01T00:00:00.000Z' is before 1970!"),
        (#"{"name":"j","command":"x","schedule":"R//PT0S"}"#, "Cannot parse schedule 'R//PT0S': a period of zero would repeat without a pause"),
        (
            #"{"name":"j","command":"x","schedule":"R1//P1D","scheduleTimeZone":"Mars/Olympus"}"#,
            "scheduleTimeZone 'Mars/Olympus' is no time zone that this machine knows"
        ),
        (#"{"name":"j","command":"x","parents":["a"]}"#, "a job with parents belongs to the resource 'dependency'"),
        ("{\"name\":\"j\",\"command\":\"a\\u0000b\"}", "a text has a NUL character in it")
    ])
    func `a definition that can't be taken changes nothing`(_ json: String, _ message: String?) {
        let found = rejection(json)
        #expect(found != nil)
        if let message { #expect(found == message) }
    }

    @Test func `a job without parents is no dependent one`() {
        #expect(
            rejection(#"{"name":"j","command":"x","schedule":"R//PT1H"}"#, kind: .dependent)
                == "a job without parents belongs to the resource 'iso8601'")
    }

    @Test func `without a schedule a job runs once, now`() throws {
        var world = World()
        #expect(world.put(#"{"name":"j","command":"x","concurrent":true}"#) == .done)
        #expect(world.running("j").count == 1 && world.job("j")?.definition.isConcurrent == true)
        #expect(world.job("j")?.progress.cursors == [.init(next: nil, left: 0)])
        world.end(world.running("j")[0])
        #expect(world.job("j")?.definition.isDisabled == true)
    }

    @Test func `a job that never runs by itself runs on request`() {
        var world = World()
        #expect(world.put(#"{"name":"myjob","command":"x","schedule":"R0/2014-01-01T00:00:00Z/PT60M"}"#) == .done)
        #expect(world.launched.isEmpty)
        #expect(world.core.state(of: world.core.allJobs[0]).schedule == "R0/2014-01-01T00:00:00.000Z/PT60M")
        world.ask(.run("myjob", arguments: nil))
        #expect(world.running("myjob").count == 1)
    }

    @Test func `a replaced job keeps its counters, and its schedule goes on where it was`() throws {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R5/2026-01-01T00:00:00Z/PT1H"}"#)
        world.end(world.running("j")[0])
        let shown = try #require(world.job("j").flatMap { world.core.state(of: $0).schedule })
        #expect(shown == "R4/2026-01-01T01:00:00.000Z/PT1H")
        // The original schedule, or the one that is shown: both mean no change.
        for schedule in ["R5/2026-01-01T00:00:00Z/PT1H", shown] {
            world.put(#"{"name":"j","command":"y","schedule":"\#(schedule)","successCount":0}"#)
            let job = try #require(world.job("j"))
            #expect(job.progress.successCount == 1 && job.progress.cursors == [.init(next: World.newYear + 3_600_000, left: 4)])
            #expect(job.definition.command == "y" && job.definition.trigger == .schedules(["R5/2026-01-01T00:00:00Z/PT1H"], zone: ""))
        }
        // Another one begins anew.
        world.put(#"{"name":"j","command":"y","schedule":"R2/2026-01-01T00:00:00Z/PT1H"}"#)
        #expect(world.running("j").count == 1 && world.job("j")?.progress.cursors[0].left == 1)
        #expect(Set(world.launched).count == 2, "the same due time again is another run, and another task")
    }

    @Test func `an empty start is now, once and for all`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R//PT1H"}"#)
        #expect(world.job("j")?.definition.trigger == .schedules(["R/2025-12-31T23:59:59.000Z/PT1H"], zone: ""))
        world.end(world.running("j")[0])
        world.crash()
        world.wait(seconds: 3_600)
        #expect(world.launched.count == 2)
    }

    @Test func `requests for the same are one run while it waits, others are runs of their own`() {
        var world = World(agents: 0)
        world.put(#"{"name":"j","command":"x","schedule":"R0/2026-01-01T00:00:00Z/PT1H"}"#)
        for arguments in [nil, nil, "a", "b", "a"] as [String?] { #expect(world.ask(.run("j", arguments: arguments)) == .done) }
        #expect(world.runs("j").map(\.arguments) == [nil, "a", "b"])
        world.agents = [.init(id: "agent-0", host: "h")]
        world.settle()
        #expect(world.running("j").count == 1, "one after the other")
        world.ask(.flush)
        #expect(world.outcomes("j") == [nil, .killed, .killed])
    }

    @Test func `what is asked of an unknown job is refused`() {
        var world = World()
        for request in [.delete("x"), .run("x", arguments: nil), .kill("x"), .setDisabled("x", true), .progress("x", task: "t", elements: 1)]
            as [Batch.Request]
        {
            #expect(world.ask(request) == .refused(.noJob("x")))
        }
    }

    @Test func `a task's progress is added up, where the job tracks it`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R//PT1H","dataProcessingJobType":true}"#)
        world.put(#"{"name":"k","command":"x","schedule":"R//PT1H"}"#)
        let task = world.running("j")[0]
        for _ in 0..<2 { #expect(world.ask(.progress("j", task: task, elements: 5)) == .done) }
        #expect(world.runs("j")[0].tasks[0].processedElements == 10)
        #expect(world.ask(.progress("k", task: world.running("k")[0], elements: 5)) == .refused(.notTracked("k")))
        #expect(world.ask(.progress("j", task: "ct:1:0:j:", elements: 5)) == .refused(.noTask("ct:1:0:j:")))
    }

    @Test func `a job that runs for ever too often is refused at some point`() {
        var world = World(agents: 0)
        world.put(#"{"name":"j","command":"x","schedule":"R0/2026-01-01T00:00:00Z/PT1H","concurrent":true}"#)
        for number in 0..<1_000 { world.ask(.run("j", arguments: "\(number)")) }
        #expect(world.ask(.run("j", arguments: "more")) == .refused(.tooManyRuns("j", limit: 1_000)))
    }

    @Test func `before its start the core refuses, and a request is answered behind what it stores`() {
        var core = Batch()
        let moment = Moment(monotonic: 0, wall: World.newYear * .millisecond)
        let request = Batch.Request.put(Builders.body(#"{"name":"j","command":"x","schedule":"R//PT1H"}"#), .scheduled, .three, zone: nil)
        #expect(core.handle(.asked(number: 1, Origin(), request), at: moment) == [.answer(1, .refused(.starting))])
        _ = core.handle(.started(.init(seed: 1, configuration: .init(), entries: [], zones: [])), at: moment)
        let effects = core.handle(.asked(number: 2, Origin(), request), at: moment)
        #expect(effects.count >= 2)
        if case .store = effects[0] {} else { Issue.record("\(effects)") }
        #expect(effects.contains(.answer(2, .done)))
    }
}
