import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// Runs and offers.
struct MatchingTests {
    private func put(_ world: inout World, _ name: String, cpus: Double, _ more: String = "") {
        world.put(#"{"name":"\#(name)","command":"x","schedule":"R1//PT1H","cpus":\#(cpus),"mem":1\#(more)}"#)
    }

    @Test func `a job that doesn't fit holds up none behind it`() {
        var world = World()
        put(&world, "big", cpus: 5)
        for index in 0..<4 { put(&world, "small\(index)", cpus: 1) }
        #expect(world.tasks.count == 4 && world.running("big").isEmpty)
    }

    @Test func `a big job that has waited for long gets an agent that is kept free, and small ones go elsewhere`() {
        var world = World(agents: 2)
        for index in 0..<8 { put(&world, "old\(index)", cpus: 1) }
        put(&world, "big", cpus: 4)
        var started: Double?
        // A small job ends and another one comes each ten seconds, on both agents: the big one would never find its room.
        for round in 0..<40 where started == nil {
            world.wait(seconds: 10)
            if let oldest = world.launched.first(where: { world.tasks[$0] != nil }) { world.end(oldest) }
            put(&world, "new\(round)", cpus: 1)
            if !world.running("big").isEmpty { started = Double(round) * 10 }
        }
        #expect(started != nil)
        let agent = world.tasks.first { $0.key.contains(":big:") }?.value.agent
        #expect(world.tasks.values.count { $0.agent != agent } > 0, "the other agent goes on to serve")
    }

    @Test func `nothing is kept free for a job that is too big for any agent`() {
        var world = World()
        put(&world, "huge", cpus: 100)
        put(&world, "small", cpus: 4)
        world.wait(seconds: 120)
        world.end(world.running("small")[0])
        put(&world, "other", cpus: 4)
        #expect(world.running("other").count == 1 && world.core.queue.reservation == nil)
    }

    @Test(arguments: [(5.0, 0), (1.0, 1)])
    func `a job that is changed while it waits counts as what it is now, and holds up none that is as it was`(cpus: Double, later: Int) {
        var world = World()
        put(&world, "first", cpus: 4)
        for name in ["changed", "same"] { put(&world, name, cpus: 4) }
        put(&world, "changed", cpus: cpus)
        world.end(world.running("first")[0])
        #expect(world.running("same").count == 1 && world.running("changed").isEmpty)
        world.end(world.running("same")[0])
        #expect(world.running("changed").count == later)
    }

    /// So many that they don't fit into one transaction; they become due in a minute.
    private func thousands() -> World {
        var world = World(agents: 40)
        for index in world.agents.indices { (world.agents[index].cpus, world.agents[index].mem) = (100, 100_000) }
        world.checksInvariants = false
        for index in 0..<3_000 {
            world.put(#"{"name":"j\#(index)","command":"x","schedule":"R1/2026-01-01T00:01:00Z/PT1H","cpus":0.1,"mem":1,"disk":0}"#)
        }
        return world
    }

    @Test func `thousands that are due at once begin with the offers that came first, before anything else is looked at`() {
        var world = thousands()
        let before = world.core.counters.offersReceived
        world.wait(seconds: 60)
        #expect(world.tasks.count == 3_000 && world.core.counters.offersReceived == before + 40)
    }

    @Test func `offers of which some are used end with the subscription`() {
        var world = thousands()
        world.now = world.now.advanced(by: 60 * .second)
        while world.core.queue.count < 3_000 { world.send(.woken) }
        _ = world.offerOnce()
        let launched = world.launched.count
        #expect(launched > 0 && launched < 3_000 && !world.core.openOffers.all.isEmpty)
        world.core.checkInvariants()
        world.isConnected = false
        world.send(.told(.disconnected))
        world.connect()
        world.settle()
        #expect(world.launched.count == 3_000 && Set(world.launched).count == 3_000)
    }

    @Test func `a job that is posted again and again while it waits stands in the queue once`() {
        var world = World()
        for round in 0..<300 {
            put(&world, "waits", cpus: 100, #","description":"\#(round)""#)
            put(&world, "small\(round)", cpus: 4)
            world.end(world.running("small\(round)")[0])
        }
        #expect(world.core.queue.count == 1 && world.core.queue.all.count < 100, "\(world.core.queue.all.count)")
    }

    @Test func `high priority goes first`() {
        var world = World()
        put(&world, "first", cpus: 4)
        put(&world, "low", cpus: 4)
        put(&world, "high", cpus: 4, #","highPriority":true"#)
        world.end(world.running("first")[0])
        #expect(world.running("high").count == 1 && world.running("low").isEmpty)
    }

    @Test(arguments: [
        (#"["hostname","EQUALS","host-1"]"#, "agent-1"), (#"["hostname","LIKE","host-[1-9]"]"#, "agent-1"),
        (#"["hostname","UNLIKE","host-0"]"#, "agent-1"),
        (#"["rack","EQUALS","r1"]"#, "agent-1"), (#"["rack","UNLIKE","r1"]"#, nil), (#"["rack","LIKE","r"]"#, nil)
    ])
    func `constraints choose the agent; one without the attribute never does`(_ constraint: String, _ agent: String?) {
        var world = World(agents: 2)
        world.agents[1].attributes = [("rack", "r1")]
        put(&world, "j", cpus: 1, #","constraints":[\#(constraint)]"#)
        #expect(world.tasks.values.first?.agent == agent)
    }

    @Test func `the environment is Chronos's, and a job can't change it`() throws {
        var world = World()
        put(
            &world, "j", cpus: 0.5,
            #","owner":"me","environmentVariables":[{"name":"A","value":"1"},{"name":"HOST","value":"x"},{"name":"CHRONOS_JOB_NAME","value":"y"}]"#)
        let info = try #require(world.tasks.values.first?.info)
        let pairs = info.command.environment.variables.map { "\($0.name)=\($0.value)" }
        #expect(
            pairs == [
                "mesos_task_id=\(info.taskID.value)", "MESOS_TASK_ID=\(info.taskID.value)", "CHRONOS_JOB_OWNER=me", "CHRONOS_JOB_NAME=j",
                "HOST=host-0",
                "CHRONOS_RESOURCE_MEM=1.0", "CHRONOS_RESOURCE_CPU=0.5", "CHRONOS_RESOURCE_DISK=256.0",
                "CHRONOS_JOB_RUN_TIME=\(TaskName(info.taskID.value)?.due ?? 0)", "CHRONOS_JOB_RUN_ATTEMPT=0", "A=1"
            ])
    }

    @Test func `a command is a line, a program with arguments, or an address`() throws {
        var world = World()
        put(&world, "line", cpus: 0.1, #","command":"echo","arguments":["a","b"]"#)
        put(&world, "program", cpus: 0.1, #","command":"/bin/echo","shell":false,"arguments":["a b","c"]"#)
        put(
            &world, "address", cpus: 0.1,
            #","command":"http://host/dir/run.sh","uris":["http://host/data.tgz"],"runAsUser":"nobody","maxCompletionTime":7"#)
        put(&world, "word", cpus: 0.1, #","command":"httpd -X""#)
        func info(_ name: String) throws -> World.ModelTask { try #require(world.tasks.first { $0.key.contains(":\(name):") }?.value) }
        #expect(try info("line").info.command.value == "echo a b")
        let program = try info("program").info.command
        #expect(!program.shell && program.value == "/bin/echo" && program.arguments == ["/bin/echo", "a b", "c"])
        let address = try info("address").info
        #expect(address.command.value == "./run.sh" && address.command.user == "nobody" && address.maxCompletionTime.nanoseconds == 7_000_000_000)
        #expect(address.command.uris.map(\.value) == ["http://host/data.tgz", "http://host/dir/run.sh"])
        #expect(address.command.uris.map(\.executable) == [false, true])
        #expect(try info("word").info.command.value == "httpd -X")
    }
}
