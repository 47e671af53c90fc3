import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import ServicesCore

struct RecoveryTests {
    @Test func `a new process knows the framework, the apps and their tasks`() {
        var world = World(agents: 2)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":3}"#)
        world.create(#"{"id":"/b","cmd":"sleep 1","cpus":0.1,"mem":32}"#)
        let before = world.running("/a").sorted { $0.id.uuid < $1.id.uuid }
        world.crash()
        #expect(world.core.link.frameworkID == "framework-1")
        world.settle()
        let after = world.running("/a").sorted { $0.id.uuid < $1.id.uuid }
        #expect(after.map(\.id) == before.map(\.id))
        #expect(after.map(\.task) == before.map(\.task))
        #expect(after.map(\.agent) == before.map(\.agent))
        #expect(world.tasks.count == 4)
    }

    /// A crash after each single step of a life must never change how it ends.
    @Test(arguments: 0..<40) func `wherever the process dies, the deployment goes on`(_ steps: Int) {
        var world = World(agents: 2)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":4}"#)
        world.ask(.updateApp(PathID("/a"), Builders.body(#"{"cmd":"sleep 2","instances":5}"#), .init(), uri: ""))
        var lowest = 4
        for step in 0..<200 {
            if step == steps { world.crash() }
            world.step()
            lowest = min(lowest, world.tasks.values.count { $0.state == .taskRunning })
            if world.isIdle, step > steps { break }
        }
        world.settle()
        #expect(world.isIdle)
        #expect(lowest >= 4, "minimumHealthCapacity is 1")
        #expect(world.running("/a").count == 5)
        #expect(world.tasks.count == 5)
        #expect(world.running("/a").allSatisfy { $0.definition.app.cmd == "sleep 2" })
        #expect(world.disk["deployments"]?.isEmpty ?? true)
        #expect(world.disk["instances"]?.count == 5)
    }

    @Test func `a task that ended while nobody looked is launched again`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32}"#)
        world.tasks = [:]
        world.crash()
        world.settle()
        world.wait(seconds: 2)
        #expect(world.running("/a").count == 1)
        #expect(world.running("/a")[0].incarnation == 2)
    }

    @Test func `a task that failed while services were away is replaced by what the master answers, not only by what the agent sends again`() throws {
        var world = World(agents: 1)
        world.create(
            #"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"backoffSeconds":0,"healthChecks":[{"protocol":"TCP","gracePeriodSeconds":0}]}"#)
        world.wait(seconds: 1)
        let probe = try #require(world.probes.last)
        world.send(.probed(probe.task, check: 0, .passed))
        world.settle()
        let task = world.task(world.instances("/a")[0])
        let model = try #require(world.tasks[task])
        #expect(world.isIdle && world.instances("/a")[0].isHealthy == true)
        world.tasks[task] = nil
        world.ended[task] = .taskFailed
        world.crash()
        #expect(world.instances("/a")[0].condition == .running, "as stored")
        let start = world.now
        world.settle()
        #expect(world.now == start, "no time has passed")
        #expect(world.running("/a").map(\.incarnation) == [2])
        #expect(world.running("/a")[0].isHealthy == nil)
        #expect(world.tasks.count == 1)
        #expect(world.core.app(PathID("/a"))?.lastFailure?.taskID == task)
        // What the agent sends again later is acknowledged, and changes nothing.
        let tasks = world.tasks
        world.tasks[task] = model
        world.report(task, .taskFailed)
        world.settle()
        #expect(world.unacknowledged.isEmpty)
        #expect(world.tasks.keys == tasks.keys)
        #expect(world.running("/a").map(\.incarnation) == [2])
    }

    @Test func `a kill that was lost is sent again, also to the next master`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32}"#)
        world.killsTasks = false
        world.request(.deleteApp(PathID("/a"), force: false))
        #expect(world.tasks.count == 1)
        world.killsTasks = true
        world.wait(seconds: 31)
        #expect(world.tasks.isEmpty)
        #expect(world.isIdle)
    }

    @Test func `a state that can't be read stops the process`() {
        let entries = [StoredEntry(table: "apps", key: "/a", value: Array("2020-01-01T00:00:00.000Z".utf8))]
        var core = Services()
        let effects = core.handle(.started(.init(seed: 1, configuration: .init(), entries: entries)), at: Moment(monotonic: 0, wall: 0))
        #expect(effects.contains { if case .fail = $0 { true } else { false } })
        #expect(!core.hasStarted)
    }
}
