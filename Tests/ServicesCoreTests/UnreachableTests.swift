import Machine
import MesosAPI
import Testing

@testable import ServicesCore

struct UnreachableTests {
    private func world(_ strategy: String) -> World {
        var world = World(agents: 2)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":1,"mem":32,"unreachableStrategy":\#(strategy)}"#)
        return world
    }

    /// The agent of the only task vanishes.
    private func vanish(_ world: inout World) -> String {
        let task = world.task(world.instances("/a")[0])
        guard let agent = world.tasks[task]?.agent, let index = world.agents.firstIndex(where: { $0.id == agent }) else { return task }
        world.agents[index].isReachable = false
        world.report(task, .taskUnreachable)
        world.settle()
        return task
    }

    private func comeBack(_ world: inout World, _ task: String) {
        for index in world.agents.indices { world.agents[index].isReachable = true }
        world.report(task, .taskRunning)
        world.settle()
    }

    @Test func `by default it is replaced at once, and killed when it comes back`() {
        var world = world(#"{"inactiveAfterSeconds":0,"expungeAfterSeconds":0}"#)
        let task = vanish(&world)
        #expect(world.running("/a").count == 1)
        #expect(world.instances("/a").count == 1)
        comeBack(&world, task)
        #expect(world.tasks[task] == nil)
        #expect(world.running("/a").count == 1)
    }

    @Test func `it is waited for, then replaced, and forgotten in the end`() {
        var world = world(#"{"inactiveAfterSeconds":60,"expungeAfterSeconds":120}"#)
        _ = vanish(&world)
        #expect(world.instances("/a").map(\.condition) == [.unreachable])
        world.wait(seconds: 59)
        #expect(world.running("/a").isEmpty)
        world.wait(seconds: 2)
        #expect(world.instances("/a").map(\.condition) == [.unreachableInactive, .running])
        world.wait(seconds: 60)
        #expect(world.instances("/a").map(\.condition) == [.running])
    }

    @Test func `one that comes back in time is running again, without a replacement`() {
        var world = world(#"{"inactiveAfterSeconds":60,"expungeAfterSeconds":120}"#)
        let task = vanish(&world)
        world.wait(seconds: 30)
        comeBack(&world, task)
        #expect(world.running("/a").map(world.task) == [task])
        world.wait(seconds: 200)
        #expect(world.running("/a").map(world.task) == [task])
    }

    @Test func `of one that comes back late and its replacement, one goes`() {
        var world = world(#"{"inactiveAfterSeconds":60,"expungeAfterSeconds":120}"#)
        let task = vanish(&world)
        world.wait(seconds: 61)
        comeBack(&world, task)
        #expect(world.running("/a").map(world.task) == [task], "the youngest goes")
        #expect(world.tasks.count == 1)
    }

    @Test func `one that is never given up is waited for, for ever`() {
        var world = world(#""disabled""#)
        let task = vanish(&world)
        world.wait(seconds: 100_000)
        #expect(world.instances("/a").map(\.condition) == [.unreachable])
        comeBack(&world, task)
        #expect(world.running("/a").count == 1)
    }

    @Test func `the time goes on while the process is away`() {
        var world = world(#"{"inactiveAfterSeconds":60,"expungeAfterSeconds":120}"#)
        _ = vanish(&world)
        world.now = world.now.advanced(by: 90 * .second)
        world.crash()
        world.settle()
        #expect(world.instances("/a").map(\.condition) == [.unreachableInactive, .running])
    }

    @Test func `an unreachable instance that is no longer wanted is forgotten`() {
        var world = world(#"{"inactiveAfterSeconds":60,"expungeAfterSeconds":120}"#)
        let task = vanish(&world)
        world.request(.deleteApp(PathID("/a"), force: true))
        #expect(world.core.app(PathID("/a")) == nil)
        #expect(world.isIdle)
        comeBack(&world, task)
        #expect(world.tasks.isEmpty)
    }

    @Test(
        arguments: [
            (.reconciliation, "", .unreachable), (.agentRemoved, "", .unreachable), (.agentDisconnected, "", .unreachable),
            (.taskUnknown, "", .unknown), (.agentRestarted, "", .gone),
            (.reconciliation, "Reconciliation: Task is unknown to the agent", .unknown)
        ] as [(Mesos_V1_TaskStatus.Reason, String, Condition)])
    func `what an old master calls lost`(_ reason: Mesos_V1_TaskStatus.Reason, _ message: String, _ condition: Condition) {
        var status = Mesos_V1_TaskStatus()
        status.state = .taskLost
        status.reason = reason
        status.message = message
        #expect(Condition(status) == condition)
    }
}
