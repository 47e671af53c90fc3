import Machine
import MasterCore
import MesosAPI
import Testing

struct SubscribeTests {
    @Test func `a new framework gets an id, SUBSCRIBED and at once a heartbeat; the next one the next id`() {
        var world = World()
        #expect(world.subscribe() == [.send(stream: 1, .subscribed(frameworkID: "M-0000")), .send(stream: 1, .heartbeat)])
        #expect(world.subscribe(stream: 2).events.first == .subscribed(frameworkID: "M-0001"))
        #expect(world.stored.keys.sorted() == ["cluster epoch", "cluster id", "frameworks M-0000", "frameworks M-0001"])
    }

    @Test func `heartbeats come every 15 seconds, and end with the stream`() {
        var world = World()
        _ = world.subscribe()
        #expect(world.pass(14.9) == [])
        #expect(world.pass(30).events == [.heartbeat, .heartbeat])
        _ = world.step(.streamEnded(1))
        #expect(world.pass(50).events == [])
    }

    @Test func `a framework that comes back takes over: the old stream gets an error and ends, its offers are gone without a word`() {
        var world = World.ready()
        let effects = world.subscribe(stream: 2, id: "M-0000")
        #expect(
            effects.prefix(4) == [
                .send(stream: 1, .error("Framework failed over")), .end(stream: 1), .send(stream: 2, .subscribed(frameworkID: "M-0000")),
                .send(stream: 2, .heartbeat)
            ])
        #expect(effects.offers == ["M-O1: cpus:4; mem:4096"])
        #expect(world.step(.streamEnded(1)) == [], "the old stream's end says nothing about the new one")
    }

    @Test func `an id that nobody knows is taken as it is`() {
        var world = World()
        #expect(world.subscribe(id: "of-another-master-0003").events.first == .subscribed(frameworkID: "of-another-master-0003"))
    }

    @Test func `a framework that stays away longer than its failover timeout is removed, and may not come back`() {
        var world = World.running()
        #expect(world.step(.streamEnded(1)) == [])
        #expect(world.pass(99).orders == [])
        #expect(world.pass(2).orders == [.shutdownFramework(frameworkID: "M-0000")])
        let effects = world.subscribe(stream: 2, id: "M-0000")
        #expect(effects == [.send(stream: 2, .error("Framework has been removed")), .end(stream: 2)])
    }

    @Test func `a framework back in time keeps its tasks`() {
        var world = World.running()
        _ = world.step(.streamEnded(1))
        _ = world.pass(99)
        #expect(world.subscribe(stream: 2, id: "M-0000").errors == [])
        #expect(world.pass(500).orders == [])
    }

    @Test(arguments: [0, -1.0])
    func `without a failover timeout a framework is removed when its stream ends`(timeout: Double) {
        var world = World.running { $0.failoverTimeout = timeout }
        #expect(world.step(.streamEnded(1)).orders == [.shutdownFramework(frameworkID: "M-0000")])
    }

    @Test func `TEARDOWN ends the stream and kills the tasks, in the books and on the agents`() {
        var world = World.running()
        let effects = world.call { $0.type = .teardown }
        #expect(effects.contains(.order(link: 1, .shutdownFramework(frameworkID: "M-0000"))))
        #expect(effects.contains(.end(stream: 1)))
        let snapshot = world.kernel.snapshot
        var states: [TaskState] = []
        snapshot.tasks.forEach { _, task in states.append(task.state) }
        #expect(states == [.taskKilled])
        #expect(snapshot.metrics.tasks(.taskKilled) == 1)
    }

    @Test func `what is removed frees its resources for others`() {
        var world = World.running()
        #expect(world.subscribe(stream: 2).offers == ["M-O1: cpus:2; mem:2048"])
        #expect(world.call { $0.type = .teardown }.offers == ["M-O2: cpus:2; mem:2048"])
    }

    @Test func `the lists of completed frameworks are bounded`() {
        var world = World({ $0.completedFrameworks = 2 })
        for stream in 1...4 as ClosedRange<UInt64> {
            _ = world.subscribe(stream: stream)
            _ = world.call("M-000\(stream - 1)", stream: stream) { $0.type = .teardown }
        }
        #expect(world.subscribe(stream: 9, id: "M-0003").errors == ["Framework has been removed"])
        #expect(world.subscribe(stream: 9, id: "M-0000").errors == [], "forgotten, so it counts as never seen")
    }

    @Test(
        arguments: [
            Row("'FrameworkInfo.roles' contains duplicate items: a, b") { $0.multiRole("a", "b", "a", "b") },
            Row("'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable") {
                $0.multiRole("a"); $0.role = "b"
            },
            Row("'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable") { $0.roles = ["a"] },
            Row("'FrameworkInfo.roles' contains invalid role: Role '/b' cannot start with a slash") { $0.multiRole("a", "/b") },
            Row("'FrameworkInfo.role' is not a valid role: Role 'a//b' cannot contain two adjacent slashes") { $0.role = "a//b" },
            Row("The framework failover_timeout (10000000000.0) is invalid") { $0.failoverTimeout = 1e10 },
            Row("The framework failover_timeout (nan) is invalid") { $0.failoverTimeout = .nan },
            Row("'FrameworkInfo.id' is invalid: 'a/b' contains invalid characters") { $0.id.value = "a/b" },
            Row("'FrameworkInfo.user' contains a NUL byte") { $0.user = "a\0" },
            Row("'FrameworkInfo.name' contains a NUL byte") { $0.name = "\0" },
            Row("The FrameworkInfo has 5000017 bytes; at most 4194304 can be stored") { $0.name = String(repeating: "n", count: 5_000_000) }
        ] as [Row<Mesos_V1_FrameworkInfo>])
    func `what a framework says about itself is refused with an ERROR event and the end of its stream`(
        row: Row<Mesos_V1_FrameworkInfo>
    ) {
        var world = World()
        #expect(world.subscribe(row.change) == [.send(stream: 1, .error(row.text)), .end(stream: 1)])
        #expect(world.kernel.snapshot.frameworks.isEmpty)
    }

    @Test func `roles outside of the master's list, root and strange suppressed roles are refused`() {
        var world = World({
            $0.roles = ["a"]
            $0.allowsRoot = false
        })
        #expect(world.subscribe({ $0.role = "b" }).errors == ["Roles {b} are not present in the master's --roles"])
        #expect(world.subscribe({ $0.user = "root" }).errors == ["User 'root' is not allowed to run frameworks without --root_submissions set"])
        #expect(world.subscribe(suppressed: ["x"]).errors == ["Suppressed roles { x } are not contained in the set of roles"])
        #expect(world.subscribe({ $0.role = "a" }).errors == [])
    }

    @Test func `a framework can't change its principal; changes of user and checkpoint flag are ignored`() {
        var world = World()
        _ = world.subscribe { $0.principal = "p" }
        #expect(world.subscribe(stream: 2, id: "M-0000", { $0.principal = "q" }).errors == ["Changing framework's principal is not allowed."])
        let effects = world.subscribe(stream: 2, id: "M-0000") {
            $0.principal = "p"
            $0.user = "other"
            $0.checkpoint = true
            $0.name = "new"
        }
        #expect(effects.errors == ["Framework failed over"])
        var specs: [FrameworkSpec] = []
        world.kernel.snapshot.frameworks.forEach { _, framework in specs.append(framework.spec) }
        #expect(specs.map(\.user) == ["u"] && specs.map(\.checkpoint) == [false] && specs.map(\.name) == ["new"])
    }

    @Test func `agents with tasks of a framework are told its new description`() {
        var world = World.running()
        let orders = world.subscribe(stream: 2, id: "M-0000") { $0.name = "new" }.orders
        guard case .framework("M-0000", let info) = orders.first else { Issue.record("nothing was told"); return }
        #expect(FrameworkSpec(bytes: info)?.name == "new")
        #expect(orders.count == 1)
    }
}
