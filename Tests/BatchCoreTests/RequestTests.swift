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

    private func parameters(_ json: String) throws -> Run.Parameters { try Run.Parameters(Builders.body(json).value) }

    @Test func `a run on request is given an environment and a payload, and so are its retries, also after a crash`() throws {
        var world = World()
        world.put(
            #"{"name":"j","command":"x","schedule":"R0//PT1H","environmentVariables":[{"name":"A","value":"0"},{"name":"B","value":"1"}]}"#)
        let given = try parameters(#"{"arguments":["one","two"],"environment":{"A":"x","C":""},"payload":"{\"a\":1}"}"#)
        guard case .run(let run)? = world.ask(.start("j", given)) else {
            Issue.record("no run")
            return
        }
        #expect(run.cause == .request && run.parameters == given)
        for attempt in 0..<2 {
            let task = try #require(world.running("j").first)
            let command = try #require(world.tasks[task]?.info.command)
            let pairs = command.environment.variables.map { "\($0.name)=\($0.value)" }
            #expect(pairs.suffix(4) == [#"AGORA_JOB_PAYLOAD={"a":1}"#, "B=1", "A=x", "C="] && command.value == "x one two")
            #expect(pairs.contains("CHRONOS_JOB_RUN_ATTEMPT=\(attempt)"))
            world.end(task, .taskFailed)
            world.crash()
            world.wait(seconds: 61)
        }
    }

    @Test func `each request for a run with parameters is a run of its own`() throws {
        var world = World(agents: 0)
        world.put(#"{"name":"j","command":"x","schedule":"R0//PT1H"}"#)
        for _ in 0..<2 { world.ask(.start("j", try parameters(#"{"payload":"a"}"#))) }
        #expect(world.runs("j").map(\.parameters.payload) == ["a", "a"])
    }

    @Test func `a job says what its runs must and may be given`() throws {
        var world = World()
        let rule = #""parameters":{"required":["DAY"],"optional":["MODE"],"payload":"FORBIDDEN"}"#
        #expect(world.put(#"{"name":"j","command":"x",\#(rule)}"#) == .done)
        #expect(world.put(#"{"name":"k","command":"x","schedule":"R0//PT1H","parameters":{"payload":"REQUIRED"}}"#) == .done)
        #expect(world.launched.isEmpty, "without a schedule it doesn't run by itself")
        func refusal(_ name: String, _ json: String) throws -> String? {
            guard case .refused(.rejected(let rejection))? = world.ask(.start(name, try parameters(json))) else { return nil }
            return rejection.message
        }
        #expect(try refusal("j", "{}") == "'j' needs DAY in its environment to run")
        #expect(try refusal("j", #"{"environment":{"DAY":"1","DAZE":"2"}}"#) == "'j' doesn't take DAZE in its environment")
        #expect(try refusal("j", #"{"environment":{"DAY":"1"},"payload":""}"#) == "'j' takes no payload")
        #expect(try refusal("k", "{}") == "'k' needs a payload to run")
        #expect(world.ask(.run("j", arguments: nil)) == .refused(.rejected(.init("'j' needs DAY in its environment to run"))))
        #expect(world.launched.isEmpty)
        #expect(try refusal("j", #"{"environment":[{"name":"DAY","value":"1"},{"name":"MODE","value":"x"}]}"#) == nil)
        #expect(try refusal("k", #"{"payload":"x"}"#) == nil && world.launched.count == 2)
        let message = "parameters: a job that needs some runs on request only; it has no parents, and no schedule or R0//PT1H"
        #expect(rejection(#"{"name":"l","command":"x","schedule":"R5//PT1H",\#(rule)}"#) == message)
        #expect(rejection(#"{"name":"l","command":"x","parents":["j"],\#(rule)}"#, world, kind: .dependent) == message)
    }

    @Test(arguments: [
        (#"{"environmnt":{}}"#, "'environmnt' is nothing that a run is given: arguments, environment, payload"), ("[]", "the body is no JSON object"),
        (#"{"environment":{"HOST":"x"}}"#, "environment: HOST is set by the scheduler"),
        (#"{"environment":{"CHRONOS_JOB_RUN_INDEX":"1"}}"#, "environment: CHRONOS_JOB_RUN_INDEX is set by the scheduler"),
        (#"{"environment":{"":"x"}}"#, "environment: '' is no name of a variable"),
        (#"{"environment":[{"name":"A"},{"name":"A"}]}"#, "environment: A is given twice"), (#"{"environment":[1]}"#, "environment[0] is no object"),
        (#"{"environment":{"A":[]}}"#, "environment.A must be a text"), (#"{"payload":{}}"#, "payload must be a text"),
        (#"{"arguments":[[]]}"#, "arguments must be an array of texts"), ("{\"payload\":\"a\\u0000\"}", "a text has a NUL character in it"),
        (#"{"payload":"\#(String(repeating: "x", count: 16_385))"}"#, "payload has 16385 bytes, and at most 16384 are taken"),
        (#"{"arguments":"\#(String(repeating: "x", count: 32_769))"}"#, "arguments and environment have 32769 bytes, and at most 32768 are taken")
    ])
    func `what a run can't be given is said in one line`(_ json: String, _ message: String) {
        let error = #expect(throws: Rejection.self) { try parameters(json) }
        #expect(error?.message == message)
    }

    @Test func `large payloads are launched a few at a time, and all of them soon`() throws {
        var world = World()
        (world.agents[0].cpus, world.agents[0].mem) = (1_000, 1_000_000)
        world.put(#"{"name":"j","command":"x","schedule":"R0//PT1H","completions":200,"mem":1}"#)
        let payload = String(repeating: "x", count: 16_384)
        world.ask(.start("j", try parameters(#"{"payload":"\#(payload)"}"#)))
        #expect(world.tasks.count == 200)
        #expect(world.tasks.values.allSatisfy { $0.info.command.environment.variables.contains { $0.value == payload } })
    }

    @Test func `no task id comes again, although runs are forgotten and the clock is set back`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R0//PT1H","historyLimit":0}"#)
        for _ in 0..<5 {
            world.ask(.run("j", arguments: nil))
            world.end(world.running("j")[0])
            world.now.wall -= 1 * .second
            world.crash()
        }
        #expect(world.runs("j").isEmpty && Set(world.launched).count == 5)
    }

    @Test func `what is asked of an unknown job is refused`() {
        var world = World()
        for request in [
            .delete("x"), .run("x", arguments: nil), .start("x", .init()), .kill("x"), .setDisabled("x", true), .progress("x", task: "t", elements: 1)
        ]
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

    @Test func `a definition of half a megabyte is taken, one of more than one is refused with its size`() {
        var world = World()
        func body(_ length: Int) -> String { #"{"name":"j","command":"\#(String(repeating: "x", count: length))","schedule":"R0//PT1H"}"# }
        #expect(world.put(body(500_000)) == .done)
        guard case .refused(.tooLarge("j", let bytes, limit: 1_048_576)) = world.put(body(1_048_576)) else {
            Issue.record("it was not refused")
            return
        }
        #expect(bytes > 1_048_576 && world.job("j")?.definition.command.utf8.count == 500_000, "and nothing has changed")
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

    @Test func `a request that ends more runs than fit into a transaction is answered when all have ended`() {
        var world = World(agents: 0)
        world.put(#"{"name":"j","command":"x","schedule":"R0//PT1H","concurrencyPolicy":"ALLOW"}"#)
        let parameters = Run.Parameters(arguments: String(repeating: "x", count: 30_000))
        for _ in 0..<60 { world.ask(.start("j", parameters)) }
        world.send(.asked(number: 900, Origin(peer: "10.0.0.1:4711"), .kill("j")))
        #expect(world.answers[900] == nil && world.runs("j").contains { !$0.hasEnded })
        while world.answers[900] == nil, let time = world.wakeTime, time <= world.now.monotonic { world.send(.woken) }
        #expect(world.answers[900] == .done && world.runs("j").allSatisfy(\.hasEnded))
    }

    @Test func `a job that is for requests isn't disabled by them`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R0//PT1H"}"#)
        world.ask(.run("j", arguments: nil))
        world.end(world.running("j")[0])
        #expect(world.outcomes("j") == [.succeeded] && world.job("j")?.definition.isDisabled == false)
    }

    @Test func `a job that has come to its end doesn't begin anew when it is sent back as it is shown`() throws {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H","retries":0}"#)
        world.end(world.running("j")[0], .taskFailed)
        for _ in 0..<2 {
            let shown = try #require(world.job("j").flatMap { world.core.shownSchedule($0) })
            #expect(shown.hasPrefix("R0/"))
            world.put(#"{"name":"j","command":"y","schedule":"\#(shown)","retries":0}"#)
            world.wait(seconds: 10)
            #expect(world.launched.count == 1)
        }
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H","retries":0}"#)
        #expect(world.launched.count == 2, "wanted once more")
    }

    @Test func `a job that needs parameters gets no schedule by any door`() {
        var world = World()
        let parameters = #""parameters":{"required":["DAY"]}"#
        #expect(world.put(#"{"name":"j","command":"x","schedule":"R0//PT1H",\#(parameters)}"#) == .done)
        let schedule = Builders.body(#"{"id":"default","cron":"* * * * *"}"#)
        guard case .refused = world.ask(.metronome(.updateSchedule("j", id: "default", schedule), zone: nil)) else {
            Issue.record("it was taken")
            return
        }
        world.wait(seconds: 120)
        #expect(world.launched.isEmpty)
    }

    @Test func `a job without a name is refused by any door`() {
        var world = World()
        let body = Builders.body(#"{"id":"","run":{"cmd":"x","cpus":0.1,"mem":32}}"#)
        guard case .refused = world.ask(.metronome(.create(body), zone: nil)) else {
            Issue.record("it was taken")
            return
        }
        #expect(world.core.jobs.isEmpty)
    }
}
