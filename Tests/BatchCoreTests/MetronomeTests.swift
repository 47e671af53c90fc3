import FrameworkCore
import JSON
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// What a job of Metronome's does, and how it and a job of Chronos's are one.
struct MetronomeTests {
    private static func body(_ json: String) -> JobBody { Builders.body(json) }

    private func create(_ world: inout World, _ members: String = "", run: String = "") -> Batch.Answer? {
        world.ask(.metronome(.create(Self.body(#"{"id":"j"\#(members),"run":{"cmd":"x"\#(run)}}"#)), zone: nil))
    }

    @Test func `a job without a schedule runs when it is asked for, each time once more`() throws {
        var world = World()
        #expect(create(&world) == .done)
        world.wait(seconds: 86_400)
        #expect(world.launched.isEmpty)
        guard case .run(let first)? = world.ask(.metronome(.run("j"), zone: nil)),
            case .run(let second)? = world.ask(.metronome(.run("j"), zone: nil))
        else { throw Failed() }
        #expect(first.key != second.key && world.running("j").count == 2)
        #expect(RunID.text(of: first.key) == "2026010200000000000" && RunID.due(RunID.text(of: second.key)) == second.key.due)
        world.end(world.running("j")[0], .taskFailed, message: "no")
        #expect(world.outcomes("j") == [.failed, nil], "NEVER is the rule")
        #expect(world.ask(.metronome(.stop("j", run: RunID.text(of: second.key)), zone: nil)) != nil)
        #expect(world.outcomes("j") == [.failed, .killed])
        #expect(
            world.ask(.metronome(.stop("j", run: RunID.text(of: second.key)), zone: nil))
                == .refused(.noRun(job: "j", id: RunID.text(of: second.key))))
        #expect(world.ask(.metronome(.stop("j", run: "x"), zone: nil)) == .refused(.noRun(job: "j", id: "x")))
    }

    private struct Failed: Error {}

    @Test func `all of it reaches the task`() throws {
        var world = World()
        world.agents[0].attributes = [("rack", "a")]
        let run =
            #","cpus":0.5,"mem":64,"disk":0,"user":"nobody","env":{"A":"1"},"taskKillGracePeriodSeconds":7,"#
            + #""artifacts":[{"uri":"http://u/f","executable":true,"extract":false,"cache":true}],"#
            + #""placement":{"constraints":[{"attribute":"rack","operator":"IS","value":"a"}]}"#
        #expect(create(&world, #","labels":{"team":"red"},"description":"d""#, run: run) == .done)
        world.crash()
        world.ask(.metronome(.run("j"), zone: nil))
        let info = try #require(world.tasks.values.first?.info)
        #expect(info.command.value == "x" && info.command.user == "nobody" && info.killPolicy.gracePeriod.nanoseconds == 7 * .second)
        #expect(info.command.environment.variables.contains { $0.name == "A" && $0.value == "1" })
        #expect(info.labels.labels.map(\.key) == ["team"] && info.labels.labels.map(\.value) == ["red"])
        let uri = try #require(info.command.uris.first)
        #expect(uri.value == "http://u/f" && uri.executable && !uri.extract && uri.cache)
        #expect(!info.resources.contains { $0.name == "disk" }, "no disk is none, also after a crash")
    }

    @Test func `arguments are a program and its words`() throws {
        var world = World()
        #expect(world.ask(.metronome(.create(Self.body(#"{"id":"j","run":{"args":["/bin/echo","a b"]}}"#)), zone: nil)) == .done)
        world.ask(.metronome(.run("j"), zone: nil))
        let command = try #require(world.tasks.values.first?.info.command)
        #expect(!command.shell && command.value == "/bin/echo" && command.arguments == ["/bin/echo", "a b"])
    }

    @Test func `a schedule runs the job, can be paused, and skips what it forbids`() {
        var world = World()
        let schedule = #"{"id":"s","cron":"* * * * *","concurrencyPolicy":"FORBID"}"#
        #expect(create(&world, #","schedules":[\#(schedule)]"#) == .done)
        world.wait(seconds: 200)
        #expect(world.dues("j") == [60] && world.job("j")?.progress.skipped == 2)
        world.end(world.running("j")[0])
        world.wait(seconds: 60)
        #expect(world.dues("j") == [60, 240])
        #expect(
            world.ask(.metronome(.updateSchedule("j", id: "s", Self.body(#"{"id":"s","cron":"* * * * *","enabled":false}"#)), zone: nil)) == .done)
        world.wait(seconds: 600)
        #expect(world.runs("j").count == 2 && world.job("j")?.definition.isDisabled == true)
        #expect(world.ask(.metronome(.deleteSchedule("j", id: "s"), zone: nil)) == .done)
        #expect(world.core.findJob("j").map { world.core.scheduleIDs(of: $0) } == [])
        #expect(world.ask(.metronome(.deleteSchedule("j", id: "s"), zone: nil)) == .refused(.noSchedule(job: "j", id: "s")))
    }

    @Test func `a year may stand last`() {
        var world = World()
        #expect(create(&world, #","schedules":[{"id":"s","cron":"0 0 1 1 * 2028"}]"#) == .done)
        #expect(world.job("j")?.nextDue == Timestamp("2028-01-01T00:00:00Z")?.milliseconds)
    }

    @Test func `a run that can't be launched in time has failed`() {
        var world = World(agents: 0)
        #expect(create(&world, run: #","maxLaunchDelay":30"#) == .done)
        world.ask(.metronome(.run("j"), zone: nil))
        world.wait(seconds: 29)
        #expect(world.outcomes("j") == [nil])
        world.crash()
        world.wait(seconds: 2)
        #expect(world.outcomes("j") == [.failed] && world.runs("j")[0].message == "not launched within 30 s")
    }

    @Test func `a failed run is tried again until its deadline`() {
        var world = World()
        #expect(create(&world, run: #","restart":{"policy":"ON_FAILURE","activeDeadlineSeconds":10}"#) == .done)
        world.ask(.metronome(.run("j"), zone: nil))
        for _ in 0..<20 where world.outcomes("j") == [nil] {
            if let task = world.running("j").first { world.end(task, .taskFailed, message: "no") }
            world.wait(seconds: 1)
        }
        #expect(world.outcomes("j") == [.failed] && world.launched.count == 4, "after 0, 1, 3 and 7 seconds; 15 would be too late: \(world.launched)")
    }

    @Test func `a job of Chronos's keeps what Metronome doesn't know, and the other way round`() throws {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-02T00:00:00Z/P1D","owner":"o@x.org","softError":true,"retries":4}"#)
        let before = try #require(world.job("j")?.nextDue)
        #expect(
            world.ask(
                .metronome(
                    .update("j", Self.body(#"{"id":"j","run":{"cmd":"y","restart":{"policy":"ON_FAILURE"}}}"#), takesSchedules: false), zone: nil))
                == .done)
        let job = try #require(world.job("j"))
        #expect(job.definition.retries == 4 && job.definition.options.retryDelay == nil && job.definition.extras.launchDelay == nil)
        #expect(job.definition.command == "y" && job.definition.owner == "o@x.org" && job.definition.isSoftError && job.nextDue == before)
        #expect(world.core.scheduleIDs(of: job) == ["default"])
        // And sent back to Chronos as it is shown.
        var writer = JSONWriter()
        job.definition.write(into: &writer, state: world.core.state(of: job))
        #expect(world.put(String(decoding: writer.bytes, as: UTF8.self)) == .done)
        #expect(world.job("j")?.definition == job.definition)
    }

    @Test func `of several schedules one is changed, and the others stay and go on`() throws {
        var world = World()
        let first = "R5/2026-01-01T00:00:10Z/P1D"
        world.put(#"{"name":"j","command":"x","schedule":"\#(first)","schedules":["0 2 * * *","0 0 3 * * *"]}"#)
        world.wait(seconds: 11)
        #expect(world.dues("j") == [10])
        func change(_ id: String, _ members: String) -> Batch.Answer? {
            world.ask(.metronome(.updateSchedule("j", id: id, Self.body("{\(members)}")), zone: nil))
        }
        #expect(change("default-2", #""cron":"30 2 * * *""#) == .done)
        #expect(change("default-3", #""cron":"0 4 * * *","timezone":"GMT","concurrencyPolicy":"QUEUE""#) == .done)
        let trigger = JobDefinition.Trigger.schedules([first, "30 2 * * *", "0 4 * * *"], zone: "")
        #expect(world.job("j")?.definition.trigger == trigger && world.dues("j") == [10])
        #expect(world.job("j")?.progress.cursors.map(\.left) == [4, nil, nil])
        let other = "all schedules of a job share one zone, and that of the others is 'UTC'"
        #expect(
            change("default-2", #""cron":"30 2 * * *","timezone":"Europe/Berlin""#) == .refused(.flaws([MetronomeFlaw("/timezone", other)])))
        let twice = Batch.Answer.refused(.flaws([MetronomeFlaw("/cron", "another schedule of the job has it already")]))
        #expect(change("default-2", #""cron":"0 4 * * *""#) == twice && change("default-2", #""cron":"\#(first)""#) == twice)
        #expect(world.job("j")?.definition.trigger == trigger)
        #expect(world.ask(.metronome(.deleteSchedule("j", id: "default-2"), zone: nil)) == .done)
        #expect(world.job("j")?.progress.cursors.map(\.left) == [4, nil])
        world.crash()
        let job = try #require(world.job("j"))
        #expect(job.problem == nil && job.definition.trigger == .schedules([first, "0 4 * * *"], zone: ""))
        #expect(job.nextDue == World.newYear + 4 * 3_600_000 && world.dues("j") == [10])
    }

    @Test func `a job without a schedule that comes back by Chronos's API is not run for that`() throws {
        var world = World()
        #expect(create(&world, #","labels":{"a":"b"}"#) == .done)
        let job = try #require(world.job("j"))
        var writer = JSONWriter()
        job.definition.write(into: &writer, state: world.core.state(of: job))
        #expect(world.put(String(decoding: writer.bytes, as: UTF8.self)) == .done)
        #expect(world.job("j")?.definition == job.definition && world.launched.isEmpty)
    }

    @Test func `a job waits for others, and keeps them from being deleted`() {
        var world = World()
        #expect(create(&world) == .done)
        #expect(world.ask(.metronome(.create(Self.body(#"{"id":"k","dependencies":[{"id":"j"}],"run":{"cmd":"y"}}"#)), zone: nil)) == .done)
        #expect(world.ask(.metronome(.delete("j", stopsRuns: true), zone: nil)) == .refused(.hasDependents("j", ["k"])))
        world.ask(.metronome(.run("j"), zone: nil))
        #expect(world.ask(.metronome(.delete("k", stopsRuns: false), zone: nil)) == .done)
        #expect(world.ask(.metronome(.delete("j", stopsRuns: false), zone: nil)) == .refused(.hasRuns("j")))
        #expect(world.ask(.metronome(.delete("j", stopsRuns: true), zone: nil)) == .done)
        #expect(world.tasks.isEmpty && world.core.allJobs.isEmpty)
    }

    @Test(arguments: ["2026010100000000123", "1969123123595900999", "9999123123595900999"])
    func `a run is found by its name`(_ id: String) throws {
        let due = try #require(RunID.due(id))
        #expect(RunID.text(of: .init(job: "j", due: due)) == id)
    }

    @Test(arguments: ["", "2026010100000000", "20260101000000abcde", "2026013200000000000", "2026010100000010000", "-2601010000000000000"])
    func `what is no name of a run is none`(_ id: String) { #expect(RunID.due(id) == nil) }

    @Test func `any body is answered, and none stops the process`() {
        var world = World()
        let values = ["null", "1", "\"x\"", "[]", "{}", "[{}]", "1e300", "-1", "true", "{\"id\":{}}"]
        for name in ["id", "description", "labels", "dependencies", "schedules", "run"] {
            for value in values { world.ask(.metronome(.create(Self.body(#"{"id":"j","run":{"cmd":"x"},"\#(name)":\#(value)}"#)), zone: nil)) }
        }
        let members = [
            "cpus", "mem", "disk", "gpus", "cmd", "args", "user", "env", "secrets", "placement", "artifacts", "maxLaunchDelay", "docker", "ucr",
            "volumes", "networks", "restart", "taskKillGracePeriodSeconds"
        ]
        for name in members {
            for value in values { world.ask(.metronome(.create(Self.body(#"{"id":"j","run":{"\#(name)":\#(value)}}"#)), zone: nil)) }
        }
        for name in ["id", "cron", "timezone", "startingDeadlineSeconds", "concurrencyPolicy", "enabled"] {
            for value in values {
                world.ask(.metronome(.createSchedule("j", Self.body(#"{"id":"s","cron":"@daily","\#(name)":\#(value)}"#)), zone: nil))
            }
        }
        #expect(world.core.allJobs.allSatisfy { ["j", "x"].contains($0.name) })
    }
}
