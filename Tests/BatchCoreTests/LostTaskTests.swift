import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// Tasks of which the master knows nothing any more.
struct LostTaskTests {
    /// A world in which one task runs that nobody answers for.
    private func world(_ more: String = "") -> (world: World, task: String) {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H","retryDelaySeconds":1\#(more)}"#)
        let task = world.running("j")[0]
        world.answersQuestions = false
        world.killsTasks = false
        world.tasks[task] = nil
        return (world, task)
    }

    private func tell(_ world: inout World, _ task: String, _ state: Mesos_V1_TaskState, _ reason: Mesos_V1_TaskStatus.Reason) {
        var status = Mesos_V1_TaskStatus()
        status.taskID.value = task
        status.agentID.value = "agent-0"
        status.state = state
        status.reason = reason
        world.send(.told(.updated(status)))
        world.settle()
    }

    @Test func `a task that the master no longer knows is given up after the time that agents have to come back`() {
        var (world, task) = world()
        tell(&world, task, .taskUnknown, .reconciliation)
        world.wait(seconds: 598)
        tell(&world, task, .taskUnknown, .reconciliation)
        #expect(world.launched.count == 1 && world.runs("j")[0].isActive)
        world.wait(seconds: 4)
        #expect(world.launched.count == 2)
    }

    @Test func `its job may have less patience`() {
        var (world, task) = world(#","unreachableTimeoutSeconds":20"#)
        tell(&world, task, .taskUnknown, .reconciliation)
        world.wait(seconds: 22)
        #expect(world.launched.count == 2)
    }

    @Test func `what is heard of again isn't given up`() {
        var (world, task) = world()
        tell(&world, task, .taskUnknown, .reconciliation)
        world.wait(seconds: 500)
        tell(&world, task, .taskRunning, .reconciliation)
        world.wait(seconds: 1_000)
        #expect(world.launched.count == 1 && world.runs("j")[0].isActive)
    }

    @Test func `a run that is to end doesn't wait for a task that the master no longer knows`() {
        var (world, task) = world()
        world.ask(.kill("j"))
        tell(&world, task, .taskUnknown, .reconciliation)
        world.wait(seconds: 61)
        #expect(world.outcomes("j") == [.killed] && world.launched.count == 1)
    }

    @Test func `tasks of an agent that is removed for good are tried again`() {
        var (world, task) = world()
        tell(&world, task, .taskLost, .agentRemoved)
        world.wait(seconds: 2)
        #expect(world.launched.count == 2)
    }

    @Test func `a launch of which nothing is heard isn't given up while there is no master to say anything`() {
        var world = World()
        world.startsTasks = false
        world.answersQuestions = false
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H"}"#)
        world.isConnected = false
        world.send(.told(.disconnected))
        world.wait(seconds: 2_000)
        world.connect()
        world.settle()
        world.wait(seconds: 800)
        #expect(world.launched.count == 1 && world.runs("j")[0].isActive)
        world.wait(seconds: 200)
        #expect(world.launched.count == 2)
    }

    @Test func `a framework that is removed begins anew, and so do the runs whose tasks went with it`() {
        var world = World()
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H","retryDelaySeconds":1}"#)
        world.put(#"{"name":"k","command":"x","schedule":"R1/2026-01-01T01:00:00Z/PT1H"}"#)
        world.tasks = [:]
        let effects = world.send(.told(.removed))
        #expect(world.disk["framework"]?["id"] == nil && world.core.link.frameworkID == nil)
        #expect(effects.contains { if case .present(let info, _) = $0 { !info.hasID } else { false } })
        world.connect()
        world.wait(seconds: 2)
        #expect(world.core.link.frameworkID == "framework-1" && world.running("j").count == 1)
        world.wait(seconds: 3_600)
        #expect(world.running("k").count == 1)
    }

    @Test func `asking without a pause is asking each second`() {
        var configuration = Configuration()
        configuration.reconciliationInterval = 0
        var world = World(configuration: configuration)
        world.wait(seconds: 10)
        #expect(world.core.link.isSubscribed)
    }
}
