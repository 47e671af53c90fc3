import Machine
import MesosAPI
import Testing

@testable import ServicesCore

struct HealthTests {
    private func app(failures: Int, grace: Int = 0) -> String {
        #"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"healthChecks":[{"protocol":"HTTP","path":"/health","gracePeriodSeconds":\#(grace),"#
            + #""intervalSeconds":10,"timeoutSeconds":5,"maxConsecutiveFailures":\#(failures)}]}"#
    }

    /// Makes the next check and gives its result.
    private func check(_ world: inout World, _ result: Services.ProbeResult) {
        let before = world.probes.count
        world.wait(seconds: 10)
        #expect(world.probes.count == before + 1)
        guard let probe = world.probes.last else { return }
        world.send(.probed(probe.task, check: probe.check, result))
        world.settle()
    }

    @Test func `a check asks the task at its host and port`() throws {
        var world = World(agents: 1)
        world.create(app(failures: 3))
        world.wait(seconds: 1)
        let probe = try #require(world.probes.first)
        let instance = world.instances("/a")[0]
        #expect(probe.kind == .http)
        #expect(probe.host == "host-0")
        #expect(probe.port == instance.task?.ports[0])
        #expect(probe.path == "/health")
        #expect(probe.timeout == 5)
        world.wait(seconds: 100)
        #expect(world.probes.count == 1, "one at a time")
    }

    @Test func `the failure after so many consecutive ones kills, and a success starts the count again`() {
        var world = World(agents: 1)
        world.create(app(failures: 2))
        let task = world.task(world.instances("/a")[0])
        check(&world, .failed(cause: "HTTP 500"))
        check(&world, .failed(cause: "HTTP 500"))
        check(&world, .passed)
        check(&world, .failed(cause: "HTTP 500"))
        check(&world, .failed(cause: "HTTP 500"))
        #expect(world.tasks[task] != nil)
        check(&world, .failed(cause: "HTTP 502"))
        #expect(world.tasks[task] == nil)
        let failure = world.core.app(PathID("/a"))?.lastFailure
        #expect(failure?.message == "Task was killed since health check failed. Reason: HTTP 502")
        #expect(failure?.state == "TASK_KILLED")
        #expect(world.running("/a").count == 1, "it is launched again at once")
        let killed = world.events.contains { if case .unhealthyInstanceKilled(let kill) = $0 { kill.taskID == task } else { false } }
        #expect(killed)
    }

    @Test func `with 0 allowed failures nothing is killed`() {
        var world = World(agents: 1)
        world.create(app(failures: 0))
        let task = world.task(world.instances("/a")[0])
        for _ in 0..<10 { check(&world, .failed(cause: "no")) }
        #expect(world.tasks[task] != nil)
        #expect(world.instances("/a")[0].isHealthy == false)
    }

    @Test func `failures before the first success don't count within the grace period`() {
        var world = World(agents: 1)
        world.create(app(failures: 1, grace: 25))
        let task = world.task(world.instances("/a")[0])
        var times: [Int64] = []
        let start = world.now.monotonic
        for _ in 0..<8 {
            let next = world.probes.count
            for _ in 0..<200 where world.probes.count == next { world.wait(seconds: 0.05) }
            times.append((world.now.monotonic - start) / (50 * .millisecond) * 50)
            guard let probe = world.probes.last else { break }
            world.send(.probed(probe.task, check: 0, .failed(cause: "no")))
        }
        #expect(times == [250, 500, 1_000, 2_000, 4_000, 8_000, 13_000, 18_000], "a young task is asked more often")
        #expect(world.instances("/a")[0].checks == [nil])
        world.wait(seconds: 17)
        for _ in 0..<2 {
            guard let probe = world.probes.last else { break }
            world.send(.probed(probe.task, check: 0, .failed(cause: "no")))
            world.wait(seconds: 10)
        }
        #expect(world.tasks[task] == nil)
    }

    @Test func `an answer that is to be ignored changes nothing`() {
        var world = World(agents: 1)
        world.create(app(failures: 1))
        check(&world, .ignored)
        #expect(world.instances("/a")[0].isHealthy == nil)
    }

    @Test func `a result for an earlier task is nobody's`() {
        var world = World(agents: 1)
        world.create(app(failures: 1))
        world.wait(seconds: 1)
        let probe = world.probes[0]
        world.end(world.task(world.instances("/a")[0]), .taskKilled)
        world.send(.probed(probe.task, check: 0, .passed))
        #expect(world.instances("/a")[0].isHealthy == nil)
        world.send(.probed(probe.task, check: 7, .passed))
    }

    @Test func `an executor's check goes with the task, and its result is taken from the update`() {
        var world = World(agents: 1)
        world.create(
            #"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"healthChecks":[{"protocol":"MESOS_HTTP","path":"/h","portIndex":0}]}"#)
        let instance = world.instances("/a")[0]
        let info = world.tasks[world.task(instance)]?.info
        #expect(info?.healthCheck.type == .http)
        #expect(info?.healthCheck.http.path == "/h")
        #expect(info?.healthCheck.http.port == UInt32(instance.task?.ports[0] ?? 0))
        world.wait(seconds: 100)
        #expect(world.probes.isEmpty)
        world.report(world.task(instance), .taskRunning, healthy: false)
        world.settle()
        #expect(TaskCounts(world.instances("/a")).unhealthy == 1)
        world.report(world.task(instance), .taskRunning, healthy: true)
        world.settle()
        #expect(TaskCounts(world.instances("/a")).healthy == 1)
        #expect(world.isIdle)
    }

    /// Lets time pass in which each check passes or fails at once.
    private func answer(_ world: inout World, seconds: Int, _ result: Services.ProbeResult) {
        for _ in 0..<seconds * 10 {
            let known = world.probes.count
            world.wait(seconds: 0.1)
            for probe in world.probes[known...] { world.send(.probed(probe.task, check: probe.check, result)) }
            world.settle()
        }
    }

    @Test func `a task that is launched again and again is still asked once in an interval`() {
        var world = World(agents: 1)
        world.create(app(failures: 3))
        for _ in 0..<5 {
            answer(&world, seconds: 15, .passed)
            // The next check of the old task is due, and a result is on its way.
            world.end(world.task(world.instances("/a")[0]), .taskKilled)
        }
        answer(&world, seconds: 20, .passed)
        #expect(world.instances("/a")[0].incarnation == 6)
        let before = world.probes.count
        answer(&world, seconds: 100, .passed)
        #expect((9...10).contains(world.probes.count - before))
        let task = world.task(world.instances("/a")[0])
        answer(&world, seconds: 25, .failed(cause: "no"))
        #expect(world.tasks[task] != nil, "three failures are allowed")
        answer(&world, seconds: 25, .failed(cause: "no"))
        #expect(world.tasks[task] == nil)
    }

    @Test func `a task that is back after its agent was away is asked once in an interval`() {
        var world = World(agents: 1)
        world.create(
            #"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"healthChecks":[{"protocol":"TCP","intervalSeconds":10,"timeoutSeconds":5}],"#
                + #""unreachableStrategy":{"inactiveAfterSeconds":300,"expungeAfterSeconds":600}}"#)
        answer(&world, seconds: 15, .passed)
        for state in [Mesos_V1_TaskState.taskUnreachable, .taskRunning, .taskUnreachable, .taskRunning] {
            world.report(world.task(world.instances("/a")[0]), state)
            answer(&world, seconds: 2, .passed)
        }
        answer(&world, seconds: 20, .passed)
        let before = world.probes.count
        answer(&world, seconds: 100, .passed)
        #expect((9...10).contains(world.probes.count - before))
    }

    @Test func `whoever was asked whether it is ready and died is asked again after its next launch, once at a time`() {
        var world = World(agents: 1)
        world.ask(
            .createApp(
                Builders.body(
                    #"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"portDefinitions":[{"port":0,"name":"http"}],"#
                        + #""readinessChecks":[{"name":"r","portName":"http","intervalSeconds":10,"timeoutSeconds":5}]}"#),
                force: false, uri: ""))
        world.settle()
        for count in 1...3 {
            world.wait(seconds: 1)
            #expect(world.questions.count == count)
            #expect(world.questions.last?.task == world.instances("/a")[0].task?.id)
            world.end(world.task(world.instances("/a")[0]), .taskKilled)
        }
        world.wait(seconds: 1)
        let answer = Services.ReadinessAnswer(status: 503, contentType: "text/plain", body: "")
        for _ in 0..<3 {
            let known = world.questions.count
            guard let question = world.questions.last else { break }
            world.send(.askedReadiness(question.task, answer))
            world.wait(seconds: 10)
            #expect(world.questions.count == known + 1)
        }
        guard let question = world.questions.last else { return }
        world.send(.askedReadiness(question.task, .init(status: 200, contentType: "text/plain", body: "")))
        world.settle()
        #expect(world.isIdle)
    }

    @Test func `results survive the process`() {
        var world = World(agents: 1)
        world.create(app(failures: 3))
        check(&world, .passed)
        world.crash()
        world.settle()
        #expect(world.instances("/a")[0].isHealthy == true)
        #expect(world.isIdle)
    }
}
