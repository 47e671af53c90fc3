import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// What survives the end of the process, and that nothing runs twice.
struct RecoveryTests {
    @Test func `a new process knows jobs, runs and tasks, and launches none of them again`() throws {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1H"}"#)
        world.put(#"{"name":"k","command":"x","schedule":"R1/2026-01-01T00:00:00Z/PT1H","retries":1}"#)
        world.end(world.running("k")[0], .taskFailed, message: "Command exited with status 9")
        let before = (world.runs("j"), world.runs("k"), try #require(world.job("k")?.progress))
        world.crash()
        #expect(world.core.link.frameworkID == "framework-1")
        #expect(world.runs("j").map(\.stored) == before.0.map(\.stored) && world.runs("k").map(\.stored) == before.1.map(\.stored))
        #expect(world.job("k")?.progress == before.2)
        world.settle()
        #expect(world.launched.count == 2)
        world.wait(seconds: 61)
        #expect(world.launched.last == "ct:\(World.newYear):1:k:", "the retry's time is kept, too")
    }

    @Test func `nothing is launched before the master has said what still runs, or has been silent for long`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1H"}"#)
        world.put(#"{"name":"k","command":"x","schedule":"R/2026-01-01T00:10:00Z/PT1H"}"#)
        world.now = world.now.advanced(by: 601 * .second)
        world.answersQuestions = false
        world.crash()
        world.settle()
        #expect(world.isSuppressed && world.launched.count == 1)
        world.wait(seconds: 4)
        #expect(world.launched.count == 1)
        world.wait(seconds: 2)
        #expect(world.launched.count == 2)
    }

    @Test func `a task that ended while nobody looked is known to have failed when the master says it is gone`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R1/2026-01-01T00:00:00Z/PT1H","retries":0}"#)
        world.tasks = [:]
        world.crash()
        world.settle()
        #expect(world.outcomes("j") == [.failed])
    }

    @Test func `a launch of which nothing is ever heard is given up, and killed should it be somewhere`() {
        var world = World()
        world.startsTasks = false
        world.put(#"{"name":"j","command":"x","schedule":"R1/2026-01-01T00:00:00Z/PT1H","retries":1,"retryDelaySeconds":0}"#)
        world.answersQuestions = false
        world.killsTasks = false
        world.wait(seconds: 901)
        #expect(world.launched.count == 2 && world.runs("j")[0].tasks[0].message == "nothing was heard of the launch")
        // It was there all the time.
        world.killsTasks = true
        world.report(world.launched[0], .taskRunning)
        world.settle()
        #expect(world.running("j") == [world.launched[1]])
    }

    @Test func `a deleted job's tasks are killed, also by the next process, and its name is free at once`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1H"}"#)
        world.killsTasks = false
        #expect(world.ask(.delete("j")) == .done)
        #expect(world.job("j") == nil && world.tasks.count == 1)
        world.put(#"{"name":"j","command":"y","schedule":"R/2026-01-01T00:00:00Z/PT1H"}"#)
        #expect(world.tasks.count == 2 && world.runs("j").count == 1)
        world.killsTasks = true
        world.crash()
        world.settle()
        #expect(world.tasks.values.map(\.info.command.value) == ["y"])
        #expect(world.disk["runs"]?.count == 1)
    }

    @Test func `a task that nobody knows is killed, and its end is acknowledged`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1H"}"#)
        world.disk = [:]
        world.crash()
        world.settle()
        #expect(world.tasks.isEmpty && world.unacknowledged.isEmpty)
    }

    @Test func `an entry that can't be read is set aside and shown, and all else goes on`() {
        var world = World()
        for name in ["a", "b", "c", "d"] { world.put(#"{"name":"\#(name)","command":"x","schedule":"R/2026-01-01T00:01:00Z/PT1H"}"#) }
        world.disk["jobs"]?["a"] = Array("{".utf8)
        world.disk["progress"]?["b"] = [9, 9]
        world.disk["progress"]?["c"] = nil
        world.disk["runs", default: [:]]["d/1"] = [0]
        world.crash()
        #expect(world.core.quarantine.map { "\($0.table)/\($0.key)" } == ["jobs/a", "jobs/b", "jobs/c", "runs/d/1"])
        #expect(world.reports.count == 4)
        world.wait(seconds: 60)
        #expect(world.launched == ["ct:\(World.newYear + 60_000):0:d:"])
        // A new definition takes the place of a broken one.
        #expect(world.put(#"{"name":"a","command":"x","schedule":"R1//PT1H"}"#) == .done)
        #expect(world.running("a").count == 1)
    }

    /// A crash after each single step of a life must never change how often anything runs.
    @Test(arguments: 0..<60) func `wherever the process dies, each due time has one run, and each run ends`(_ steps: Int) throws {
        var world = World(agents: 2)
        world.put(#"{"name":"a","command":"x","schedule":"R4/2026-01-01T00:00:00Z/PT1M","catchUp":"ALL","retryDelaySeconds":5}"#)
        world.put(#"{"name":"b","command":"x","parents":["a"]}"#)
        var failed = false
        for step in 0..<400 {
            if step == steps { world.crash() }
            if step % 3 == 2, let task = world.tasks.keys.sorted().first(where: { world.tasks[$0]?.state == .taskRunning }) {
                // One attempt fails.
                world.report(task, failed || !task.contains(":a:") ? .taskFinished : .taskFailed)
                failed = true
            }
            world.step()
            if world.job("a")?.progress.successCount == 4, world.tasks.isEmpty, world.updates.isEmpty, step > steps { break }
        }
        world.settle()
        for task in world.tasks.keys.sorted() { world.end(task) }
        #expect(world.dues("a") == [0, 60, 120, 180])
        #expect(world.outcomes("a") == [.succeeded, .succeeded, .succeeded, .succeeded])
        #expect(world.launched.count { $0.contains(":a:") } == 5)
        let children = world.runs("b")
        #expect(!children.isEmpty && children.count <= 4 && children.allSatisfy { $0.outcome == .succeeded })
        #expect(world.unacknowledged.isEmpty)
    }
}
