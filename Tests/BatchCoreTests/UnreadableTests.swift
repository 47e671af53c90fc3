import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// A job of the store that this process can't read.
struct UnreadableTests {
    /// A job with one run that has ended and one that is under way, and another one that depends on it.
    private func world() -> World {
        var world = World()
        world.put(#"{"name":"p","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1H"}"#)
        world.put(#"{"name":"c","command":"x","parents":["p"]}"#)
        world.end(world.running("p")[0])
        world.end(world.running("c")[0])
        world.wait(seconds: 3_600)
        world.disk["jobs"]?["p"] = Array(#"{"name":"p","command":"x","triggerRule":"OF_A_LATER_RELEASE"}"#.utf8)
        return world
    }

    @Test func `its runs stay in the store, and its tasks run on, until a process can read it`() {
        var world = world()
        let before = (world.disk["jobs"]?["p"], world.disk["runs"], world.running("p"))
        let readable = World.definition(#"{"name":"p","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1H"}"#)
        world.crash()
        world.wait(seconds: 1_000)
        #expect(world.core.quarantine.map(\.key) == ["p"])
        #expect(world.disk["jobs"]?["p"] == before.0 && world.disk["runs"] == before.1 && world.running("p") == before.2)
        world.report(before.2[0], .taskFinished)
        world.settle()
        #expect(!world.unacknowledged.isEmpty, "its end is told again to whoever can read it")
        world.disk["jobs"]?["p"] = readable
        world.crash()
        #expect(world.runs("p").count == 2)
    }

    @Test func `what depends on it runs again when it is posted anew`() {
        var world = world()
        world.crash()
        world.put(#"{"name":"p","command":"x","schedule":"R/2026-01-01T01:30:00Z/PT1H"}"#)
        #expect(world.core.quarantine.isEmpty)
        world.wait(seconds: 1_800)
        let newest = world.running("p").filter { world.core.taskPlaces[$0] != nil }
        world.end(newest[0])
        #expect(world.running("c").count == 1)
    }
}

extension World {
    /// What the store holds of a job.
    fileprivate static func definition(_ json: String) -> [UInt8]? {
        var world = World()
        world.put(json)
        return world.disk["jobs"]?.values.first
    }
}
