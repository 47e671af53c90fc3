import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import ServicesCore

struct BackoffTests {
    private let app = Builders.definition(
        #"{"id":"/a","cmd":"sleep 1","backoffSeconds":2,"backoffFactor":3,"maxLaunchDelaySeconds":30}"#)

    @Test func `each failure multiplies the delay, up to its limit`() {
        var backoff = Backoff()
        var now: Int64 = 0
        for expected: Int64 in [2, 6, 18, 30, 30] {
            backoff.failed(app, at: now)
            #expect(backoff.deadline(after: now) == now + expected * .second)
            now += expected * .second
            #expect(backoff.deadline(after: now) == nil)
        }
    }

    @Test func `what gets further counts the same delay anew`() {
        var backoff = Backoff()
        backoff.failed(app, at: 0)
        backoff.advanced(at: 1 * .second)
        #expect(backoff.deadline(after: 1 * .second) == 3 * .second)
    }

    @Test func `after the longest delay without news the delay is forgotten`() {
        var backoff = Backoff()
        backoff.failed(app, at: 0)
        #expect(!backoff.isStale(app, at: 30 * .second))
        #expect(backoff.isStale(app, at: 30 * .second + 1))
        backoff.failed(app, at: 31 * .second)
        #expect(backoff.deadline(after: 31 * .second) == 33 * .second)
    }

    @Test func `another configuration begins afresh`() {
        var backoff = Backoff()
        backoff.failed(app, at: 0)
        backoff.failed(app, at: 0)
        var changed = app
        changed.versionInfo = VersionInfo(Timestamp(milliseconds: 2))
        #expect(backoff.isOutdated(changed))
        backoff.failed(changed, at: 0)
        #expect(backoff.deadline(after: 0) == 2 * .second)
    }

    @Test(
        arguments: [
            (.taskFailed, 1.0), (.taskFinished, 1.0), (.taskError, 1.0), (.taskDropped, 1.0), (.taskGone, 1.0), (.taskKilled, 0)
        ] as [(Mesos_V1_TaskState, Double)])
    func `which ends make the next launch wait`(_ state: Mesos_V1_TaskState, delay: Double) {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":1,"mem":32}"#)
        world.end(world.task(world.instances("/a")[0]), state)
        #expect(world.running("/a").isEmpty == (delay > 0))
        world.wait(seconds: delay)
        #expect(world.running("/a").count == 1)
    }

    @Test func `an agent that drains its tasks doesn't make them wait`() {
        var world = World(agents: 2)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":1,"mem":32}"#)
        world.end(world.task(world.instances("/a")[0]), .taskFailed, reason: .agentDraining)
        #expect(world.running("/a").count == 1)
    }

    @Test func `the delay is reset by a request, a new configuration and a restart, and not by scaling`() {
        for (change, isReset) in [("reset", true), ("restart", true), ("config", true), ("scale", false)] {
            var world = World(agents: 1)
            world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.5,"mem":32,"backoffSeconds":60}"#)
            world.end(world.task(world.instances("/a")[0]))
            #expect(world.core.queueItems(at: world.now.monotonic).map(\.delay) == [60 * .second])
            switch change {
            case "reset": #expect(world.request(.resetDelay(PathID("/a"))) == .delayReset)
            case "restart": world.request(.restartApp(PathID("/a"), force: false))
            case "config": world.update("/a", #"{"cmd":"sleep 2"}"#)
            default: world.update("/a", #"{"instances":2}"#)
            }
            #expect(world.running("/a").isEmpty != isReset, "\(change)")
        }
    }

    @Test func `a delay of what isn't queued can't be reset`() {
        var world = World(agents: 1)
        #expect(world.request(.resetDelay(PathID("/a"))) == .refused(.notQueued(PathID("/a"))))
    }
}
