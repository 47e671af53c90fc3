import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// Why a job doesn't run, and how it failed.
struct ExplainTests {
    private func lines(_ world: World, _ name: String) -> [String] { world.core.explain(name)?.lines ?? [] }

    @Test func `a job says when it is due, that it is paused, and that it has come to its end`() {
        var world = World()
        world.put(#"{"name":"a","command":"x","cron":"0 2 * * *"}"#)
        #expect(lines(world, "a") == ["it is due next at 2026-01-01T02:00:00.000Z"])
        #expect(world.core.explain("a")?.nextDue == World.newYear + 7_200_000)
        world.ask(.setDisabled("a", true))
        #expect(
            lines(world, "a")
                == ["it is paused and runs on request only (agora job resume a); else it is due next at 2026-01-01T02:00:00.000Z"])
        world.put(#"{"name":"b","command":"x","schedule":"R0//PT1H"}"#)
        #expect(lines(world, "b") == ["it runs on request only (agora job run b)"])
        world.ask(.setDisabled("b", true))
        #expect(lines(world, "b") == ["it is paused (agora job resume b), and without that, too, runs on request only (agora job run b)"])
        #expect(world.core.explain("nobody") == nil)
    }

    @Test func `a run that fits nowhere says what each agent lacks, the nearest first`() {
        var world = World(agents: 2)
        world.agents[1].attributes = [("rack", "r2")]
        world.put(#"{"name":"a","command":"x","schedule":"R1//PT1H","cpus":6,"constraints":[["rack","EQUALS","r2"]]}"#)
        let explanation = world.core.explain("a")
        #expect(explanation?.agents.map(\.host) == ["host-1", "host-0"])
        #expect(explanation?.agents.first?.missing == ["cpus 2 (needs 6, has 4)"])
        #expect(explanation?.agents.last?.missing == ["constraint rack EQUALS r2", "cpus 2 (needs 6, has 4)"])
        #expect(
            lines(world, "a").dropFirst() == [
                "the run of 2026-01-01T00:00:00.000Z waits for an offer", "no agent fits; the nearest is host-1: cpus 2 (needs 6, has 4)"
            ])
    }

    @Test func `without a master, no offers come, and that is said`() {
        var world = World(isConnected: false)
        world.put(#"{"name":"a","command":"x","schedule":"R1//PT1H"}"#)
        #expect(lines(world, "a").last == "there is no connection to a master, so no offers come")
    }

    @Test func `what waits for another run, for its next attempt, or runs, says so`() {
        var world = World()
        world.put(#"{"name":"a","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1H","catchUp":"ALL","retries":1}"#)
        #expect(lines(world, "a")[1] == "the run of 2026-01-01T00:00:00.000Z runs on host-0 since 2026-01-01T00:00:00.000Z")
        world.ask(.run("a", arguments: "other"))
        #expect(lines(world, "a")[2].hasSuffix("waits for the end of the run of 2026-01-01T00:00:00.000Z"))
        world.end(world.running("a")[0], .taskFailed, message: "Command exited with status 3")
        #expect(
            lines(world, "a")[1]
                == "the run of 2026-01-01T00:00:00.000Z waits for attempt 2 at 2026-01-01T00:01:00.000Z: the last one failed: "
                + "Command exited with status 3")
        world.wait(seconds: 61)
        world.end(world.running("a")[0], .taskFailed, message: "Command exited with status 3")
        #expect(
            lines(world, "a").last
                == "the run of 2026-01-01T00:00:00.000Z failed after 2 attempts on host-0, exit status 3: Command exited with status 3")
    }

    @Test func `a dependent job names the parents that it waits for, and how they fare`() {
        var world = World()
        for name in ["a", "b"] { world.put(#"{"name":"\#(name)","command":"x","schedule":"R0//PT1H","retries":0}"#) }
        world.put(#"{"name":"c","command":"x","parents":["a","b"]}"#)
        #expect(lines(world, "c") == ["it waits for its parents; it runs after a, b"])
        for name in ["a", "b"] { world.ask(.run(name, arguments: nil)) }
        world.end(world.running("a")[0])
        #expect(lines(world, "c") == ["it runs after a, b; since it began last, these have not ended: b (1 running)"])
        world.end(world.running("b")[0], .taskFailed)
        #expect(lines(world, "c") == ["it runs after a, b; since it began last, these have not ended well: b (failed)"])
    }
}
