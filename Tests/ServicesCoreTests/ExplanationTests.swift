import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import ServicesCore

struct ExplanationTests {
    private func explain(_ world: World, _ id: String = "/a") -> Explanation? { world.core.explain(PathID(id), at: world.now.monotonic) }

    @Test func `the closest agent and the least change that would help`() {
        var world = World(agents: 3)
        for (index, cpus) in [1, 2.5, 0.5].enumerated() { world.agents[index].cpus = cpus }
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":4,"mem":32}"#)
        let explanation = explain(world)
        #expect(explanation?.waiting == 1)
        #expect(explanation?.causes.map(\.stage) == [.cpus])
        #expect(explanation?.causes.map(\.agents) == [3])
        #expect(explanation?.causes[0].closest == "host-1")
        #expect(explanation?.causes[0].text == "needs cpus 4, most free is 2.5")
        #expect(explanation?.causes[0].fix == "lower cpus to 2.5, or free 1.5 on host-1")
        #expect(explanation?.lines.first == "/a: 0 of 1 running, 1 Scheduled")
    }

    @Test func `a constraint is named with its value`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":2,"constraints":[["hostname","UNIQUE"]]}"#)
        #expect(explain(world)?.causes.map(\.text) == ["hostname UNIQUE: an instance runs on host-0 already"])
    }

    @Test func `a delay, no agents and no master are said as such`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"backoffSeconds":30}"#)
        #expect(explain(world)?.lines == ["/a: 1 of 1 running"])
        world.end(world.task(world.instances("/a")[0]), message: "Command exited with status 1")
        let lines = explain(world)?.lines ?? []
        #expect(lines.contains { $0.contains("the next launch is in 30 s") })
        #expect(lines.contains { $0.contains("Command exited with status 1") })
        world.send(.told(.disconnected))
        #expect(explain(world)?.lines.contains("there is no connection to a master, so no offers come") == true)
        var empty = World(agents: 0)
        empty.create(#"{"id":"/a","cmd":"sleep 1"}"#)
        #expect(explain(empty)?.lines.contains { $0.hasPrefix("no offer has come since") } == true)
    }

    @Test func `nothing is explained of what doesn't exist`() { #expect(explain(World(), "/x") == nil) }
}
