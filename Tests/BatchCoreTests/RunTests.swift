import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// The way of a run from its due time to its end.
struct RunTests {
    @Test func `a job that is due becomes a run, its task is launched, and what became of it is kept`() throws {
        var world = World()
        #expect(world.put(#"{"name":"j","command":"echo a","schedule":"R/2026-01-01T00:01:00Z/PT1H"}"#) == .done)
        #expect(world.launched.isEmpty && world.isSuppressed, "nothing is due")
        world.wait(seconds: 60)
        #expect(world.launched == ["ct:1767225660000:0:j:"])
        let info = try #require(world.tasks["ct:1767225660000:0:j:"]?.info)
        #expect(info.name == "ChronosTask:j" && info.command.value == "echo a" && info.command.shell)
        #expect(world.job("j").map { world.core.activity(of: $0) } == "1 running")
        world.wait(seconds: 5)
        world.end("ct:1767225660000:0:j:", message: "Command exited with status 0")
        let run = try #require(world.runs("j").first)
        #expect(run.outcome == .succeeded && run.tasks.count == 1 && run.message == "Command exited with status 0")
        let task = run.tasks[0]
        #expect(task.host == "host-0" && task.exitStatus == 0 && task.state == "TASK_FINISHED" && task.startedAt == World.newYear + 60_000)
        #expect(task.endedAt == World.newYear + 65_000)
        let job = try #require(world.job("j"))
        #expect(job.progress.successCount == 1 && job.progress.lastSuccess == World.newYear + 65_000)
        #expect(world.unacknowledged.isEmpty && world.isSuppressed, "no offers are wanted any more")
        world.wait(seconds: 3_600)
        #expect(world.launched.count == 2 && world.launched[1] == "ct:1767229260000:0:j:")
    }

    @Test func `a failed attempt is made again, later each time where the job says so, until the retries are used up`() throws {
        var world = World()
        world.put(
            #"{"name":"j","command":"x","schedule":"R1//PT1H","retries":3,"retryDelaySeconds":10,"retryFactor":2,"retryDelayLimitSeconds":30}"#)
        var starts: [Double] = []
        for _ in 0..<4 {
            let start = world.now.wall
            let task = try #require(world.running("j").first)
            starts.append(Double(start / .millisecond - World.newYear) / 1000)
            world.end(task, .taskFailed, message: "Command exited with status 3")
            while world.running("j").isEmpty, world.runs("j")[0].outcome == nil { world.wait(seconds: 1) }
        }
        #expect(starts == [0, 10, 30, 60])
        let run = world.runs("j")[0]
        #expect(run.outcome == .failed && run.tasks.map(\.attempt) == [0, 1, 2, 3] && run.tasks.allSatisfy { $0.exitStatus == 3 })
        let progress = try #require(world.job("j")?.progress)
        #expect(progress.errorCount == 1 && progress.errorsSinceLastSuccess == 1 && progress.lastError != nil && progress.successCount == 0)
        #expect(world.job("j")?.definition.isDisabled == false, "a last run that failed leaves the job enabled")
    }

    @Test func `an exit code that the job doesn't retry on is final at once`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H","retryOnExitCodes":[75]}"#)
        world.end(world.running("j")[0], .taskFailed, message: "Command exited with status 1")
        #expect(world.outcomes("j") == [.failed])
        world.ask(.run("j", arguments: nil))
        world.end(world.running("j")[0], .taskFailed, message: "Command exited with status 75")
        #expect(world.outcomes("j") == [.failed, nil])
    }

    @Test(arguments: [Mesos_V1_TaskState.taskError, .taskDropped, .taskGone, .taskGoneByOperator, .taskLost, .taskFailed])
    func `whatever isn't well counts as a failed attempt`(_ state: Mesos_V1_TaskState) {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H","retries":0}"#)
        world.end(world.running("j")[0], state)
        #expect(world.outcomes("j") == [.failed])
    }

    @Test func `a job whose failures reach the limit is disabled`() {
        var configuration = Configuration()
        configuration.disableAfterFailures = 2
        var world = World(configuration: configuration)
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1M","retries":0}"#)
        world.end(world.running("j")[0], .taskFailed)
        world.wait(seconds: 60)
        world.end(world.running("j")[0], .taskFailed)
        #expect(world.job("j")?.definition.isDisabled == true)
        world.wait(seconds: 600)
        #expect(world.launched.count == 2)
    }

    @Test func `a finite job that ended well is disabled when no run is left`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R2/2026-01-01T00:00:00Z/PT1M"}"#)
        world.end(world.running("j")[0])
        #expect(world.job("j")?.definition.isDisabled == false)
        world.wait(seconds: 60)
        world.end(world.running("j")[0])
        #expect(world.job("j")?.definition.isDisabled == true)
        world.wait(seconds: 600)
        #expect(world.launched.count == 2)
    }

    @Test func `kills end the run without a retry, and are sent until they are heard`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1H"}"#)
        world.killsTasks = false
        #expect(world.ask(.kill("j")) == .done)
        #expect(world.running("j").count == 1)
        world.killsTasks = true
        world.wait(seconds: 31)
        #expect(world.outcomes("j") == [.killed] && world.tasks.isEmpty)
        #expect(world.job("j")?.progress.errorCount == 0)
        world.wait(seconds: 3_600)
        #expect(world.launched.count == 2, "the next due time is not concerned")
    }

    @Test func `when a job's runs may not overlap any more, those that do are waited for, also after a crash`() {
        var world = World()
        func put(_ policy: String) {
            world.put(#"{"name":"j","command":"x","schedule":"R0//PT1H","retryDelaySeconds":1,"concurrencyPolicy":"\#(policy)"}"#)
        }
        put("ALLOW")
        for arguments in ["a", "b"] { world.ask(.run("j", arguments: arguments)) }
        let tasks = world.running("j")
        #expect(tasks.count == 2)
        put("QUEUE")
        world.crash()
        // The first one's next attempt would run beside the second one.
        world.end(tasks[0], .taskFailed)
        world.wait(seconds: 60)
        #expect(world.running("j") == [tasks[1]])
        world.end(tasks[1])
        #expect(world.running("j").count == 1)
        world.end(world.running("j")[0])
        #expect(world.outcomes("j") == [.succeeded, .succeeded])
    }

    @Test func `a run on request has arguments of its own and leaves the schedule alone`() throws {
        var world = World()
        world.put(#"{"name":"j","command":"echo","arguments":["a","b"],"schedule":"R5/2026-01-01T01:00:00Z/PT1H"}"#)
        world.ask(.run("j", arguments: "one; two/three"))
        let id = try #require(world.launched.first)
        #expect(id == "ct:1767225600000:0:j:one twothree")
        #expect(world.tasks[id]?.info.command.value == "echo one; two/three")
        #expect(world.job("j").flatMap { world.core.state(of: $0).schedule } == "R5/2026-01-01T01:00:00.000Z/PT1H")
        world.end(id, .taskFailed)
        world.wait(seconds: 61)
        #expect(world.tasks["ct:1767225600000:1:j:one twothree"]?.info.command.value == "echo one; two/three", "a retry has them, too")
    }

    @Test func `only so many ended runs are kept, and none for longer than wanted`() {
        var configuration = Configuration()
        configuration.history = 3
        var world = World(configuration: configuration)
        world.put(#"{"name":"j","command":"x","schedule":"R6/2026-01-01T00:00:00Z/PT1M"}"#)
        for _ in 0..<6 {
            world.end(world.running("j")[0])
            world.wait(seconds: 60)
        }
        #expect(world.dues("j") == [180, 240, 300])
        #expect(world.disk["runs"]?.count == 3)
        world.wait(seconds: 31 * 86_400)
        #expect(world.runs("j").isEmpty && world.disk["runs"]?.isEmpty == true)
    }

    @Test func `an agent that can't be reached is waited for, unless the job gives up`() {
        for (timeout, outcome) in [("", nil), (#","unreachableTimeoutSeconds":100"#, Run.Outcome.succeeded)] as [(String, Run.Outcome?)] {
            var world = World(agents: 2)
            world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H"\#(timeout)}"#)
            let task = world.running("j")[0]
            world.agents[0].isReachable = false
            world.report(task, .taskUnreachable)
            world.wait(seconds: 200)
            #expect(world.runs("j")[0].tasks[0].state == "TASK_UNREACHABLE")
            #expect(world.launched.count == (outcome == nil ? 1 : 2))
            if outcome != nil {
                #expect(world.runs("j")[0].tasks[0].message.contains("may have run on"))
                world.end(world.launched[1])
                // It comes back, and is not wanted any more.
                world.agents[0].isReachable = true
                world.report(task, .taskRunning)
                world.settle()
                #expect(world.tasks.isEmpty)
            } else {
                world.agents[0].isReachable = true
                world.end(task)
            }
            #expect(world.outcomes("j") == [.succeeded])
            #expect(world.unacknowledged.isEmpty)
        }
    }

    @Test func `a run that took too long says so`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H","retries":0,"maxCompletionTime":9}"#)
        var status = Mesos_V1_TaskStatus()
        status.taskID.value = world.running("j")[0]
        status.agentID.value = "agent-0"
        status.state = .taskFailed
        status.reason = .maxCompletionTimeReached
        status.message = "Command terminated with signal Killed"
        world.send(.told(.updated(status)))
        #expect(world.runs("j")[0].message == "not done within its maxCompletionTime: Command terminated with signal Killed")
    }
}
