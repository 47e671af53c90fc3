import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import BatchCore

/// Runs with several indices.
struct IndexTests {
    /// A job that runs once, now.
    private func world(_ members: String, agents: Int = 1, cpus: Double = 100) -> World {
        var world = World(agents: agents)
        for index in world.agents.indices { (world.agents[index].cpus, world.agents[index].mem) = (cpus, 100_000) }
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H","mem":1,\#(members)}"#)
        return world
    }

    private func indices(_ world: World) -> [Int] { world.running("j").compactMap { TaskName($0)?.index }.sorted() }

    private func task(_ world: World, _ index: Int) -> String { world.running("j").first { TaskName($0)?.index == index } ?? "none" }

    @Test func `a run with several indices has a task for each, which knows its own`() throws {
        var world = world(#""completions":3,"arguments":["a"]"#)
        #expect(world.launched == (0..<3).map { "ct:1767225600000:0:j:i\($0):a" })
        let info = try #require(world.tasks["ct:1767225600000:0:j:i2:a"]?.info)
        let pairs = info.command.environment.variables.map { "\($0.name)=\($0.value)" }
        for pair in ["CHRONOS_JOB_RUN_INDEX=2", "JOB_COMPLETION_INDEX=2", "CHRONOS_JOB_RUN_COMPLETIONS=3"] { #expect(pairs.contains(pair)) }
        #expect(world.job("j").map { world.core.activity(of: $0) } == "3 running")
        for index in [2, 0] { world.end(task(world, index)) }
        #expect(world.outcomes("j") == [nil])
        world.end(task(world, 1))
        let run = world.runs("j")[0]
        #expect(run.outcome == .succeeded && run.message == "3 of 3 indices ended well" && run.tasks.map(\.index) == [0, 1, 2])
        #expect(world.job("j")?.progress.successCount == 1 && world.unacknowledged.isEmpty && world.isSuppressed)
    }

    @Test func `no more run at a time than the job allows, in the order of their indices`() {
        var world = world(#""completions":7,"parallelism":3"#)
        var most = 0
        var order: [Int] = []
        while let next = world.running("j").first {
            most = max(most, world.running("j").count)
            order.append(TaskName(next)?.index ?? -1)
            world.end(next)
        }
        #expect(most == 3 && order == [0, 1, 2, 3, 4, 5, 6] && world.outcomes("j") == [.succeeded])
    }

    @Test func `each index has attempts of its own, and what has ended well isn't run again`() {
        var world = world(#""completions":3,"retries":2,"retryDelaySeconds":10"#)
        world.end(task(world, 0))
        for attempt in 0..<2 {
            #expect(world.runs("j")[0].parts[1].attempts == attempt + 1)
            world.end(task(world, 1), .taskFailed)
            #expect(indices(world) == [2])
            world.wait(seconds: 11)
        }
        world.end(task(world, 2), .taskFailed)
        world.wait(seconds: 11)
        #expect(world.runs("j")[0].parts.map(\.attempts) == [1, 3, 2] && world.runs("j")[0].attempts == 3)
        world.end(task(world, 1))
        world.end(task(world, 2))
        #expect(world.outcomes("j") == [.succeeded] && world.launched.count == 6)
    }

    @Test func `a run fails when an index has used its attempts, and the rest is killed first`() {
        var world = world(#""completions":5,"parallelism":3,"retries":0"#)
        world.killsTasks = false
        world.end(task(world, 1), .taskFailed, message: "Command exited with status 4")
        #expect(indices(world) == [0, 2] && world.outcomes("j") == [nil], "it waits for the death of two, and begins no other")
        world.killsTasks = true
        world.wait(seconds: 31)
        let run = world.runs("j")[0]
        #expect(run.outcome == .failed && run.message == "index 1 failed: Command exited with status 4" && world.tasks.isEmpty)
        #expect(run.parts.map(\.phase) == [.ended(.killed), .ended(.failed), .ended(.killed), .waiting(until: nil), .waiting(until: nil)])
        #expect(world.job("j")?.progress.errorCount == 1 && world.launched.count == 3)
    }

    @Test func `with a rule, a run has ended well as soon as enough have, and failed when they can't`() {
        var world = world(#""completions":5,"requiredSuccesses":2,"retries":0"#)
        for index in 0..<3 { world.end(task(world, index), .taskFailed) }
        #expect(world.outcomes("j") == [nil], "two are left, and two are needed")
        world.end(task(world, 3))
        world.end(task(world, 4))
        #expect(world.outcomes("j") == [.succeeded])
        world.ask(.run("j", arguments: nil))
        world.end(task(world, 4))
        world.end(task(world, 0))
        #expect(world.outcomes("j") == [.succeeded, .succeeded] && world.tasks.isEmpty, "three were killed")
        world.ask(.run("j", arguments: nil))
        for index in 0..<4 { world.end(task(world, index), .taskFailed) }
        #expect(world.outcomes("j") == [.succeeded, .succeeded, .failed] && world.tasks.isEmpty)
    }

    @Test func `what ends well after a kill counts, if it is enough`() {
        var world = world(#""completions":2"#)
        world.killsTasks = false
        world.end(task(world, 0))
        world.ask(.kill("j"))
        world.end(task(world, 1))
        #expect(world.outcomes("j") == [.succeeded])
        world.ask(.run("j", arguments: nil))
        world.ask(.kill("j"))
        world.end(task(world, 0))
        world.end(task(world, 1), .taskKilled)
        #expect(world.outcomes("j") == [.succeeded, .killed] && world.runs("j")[1].message == "killed on request")
    }

    @Test func `a newer run replaces all of the older one, and begins when nothing of that is left`() {
        var world = World()
        world.put(
            #"{"name":"j","command":"x","schedule":"R/2026-01-01T00:00:00Z/PT1M","concurrencyPolicy":"REPLACE","completions":3,"mem":1}"#)
        world.killsTasks = false
        world.wait(seconds: 61)
        #expect(world.launched.count == 3 && world.runs("j").count == 2)
        let old = world.running("j")
        for task in old {
            #expect(world.launched.count == 3)
            world.end(task, .taskKilled)
        }
        #expect(world.outcomes("j") == [.replaced, nil] && world.running("j").allSatisfy { TaskName($0)?.due == World.newYear + 60_000 })
        #expect(world.running("j").count == 3)
    }

    @Test func `an index whose agent can't be reached is given up alone`() {
        var world = world(#""completions":2,"unreachableTimeoutSeconds":60,"retryDelaySeconds":1"#, agents: 2, cpus: 0.1)
        let lost = task(world, 0)
        world.agents[0].isReachable = false
        world.report(lost, .taskUnreachable)
        world.wait(seconds: 100)
        #expect(world.runs("j")[0].parts.map(\.attempts) == [1, 1], "there is no room for another attempt")
        world.end(task(world, 1))
        #expect(world.launched.count == 3)
        world.end(world.launched[2])
        #expect(world.outcomes("j") == [.succeeded])
        world.agents[0].isReachable = true
        world.report(lost, .taskRunning)
        world.settle()
        #expect(world.tasks.isEmpty, "it is killed when it comes back")
    }

    @Test func `a deleted job's tasks are all killed, and nothing of its runs stays stored`() {
        var world = world(#""completions":40"#)
        for index in 0..<20 { world.end(task(world, index)) }
        world.killsTasks = false
        world.ask(.delete("j"))
        #expect(world.tasks.count == 20)
        world.crash()
        world.killsTasks = true
        world.wait(seconds: 31)
        #expect(world.tasks.isEmpty && world.disk["runs"]?.isEmpty == true && world.disk["parts"]?.isEmpty == true)
    }

    /// A crash after each single step of a life must never change how often any index runs.
    @Test(arguments: 0..<60) func `wherever the process dies, each index ends well once`(_ steps: Int) throws {
        var world = World(agents: 2)
        world.put(
            #"{"name":"a","command":"x","schedule":"R2/2026-01-01T00:00:00Z/PT1M","catchUp":"ALL","retryDelaySeconds":5,"retries":100,"#
                + #""completions":20,"parallelism":6,"mem":1}"#)
        var ends: [String] = []
        for step in 0..<1_000 {
            if step == steps { world.crash() }
            if step % 3 == 2, let task = world.tasks.keys.sorted().first(where: { world.tasks[$0]?.state == .taskRunning }) {
                let isLucky = step % 5 != 0
                if isLucky { ends.append(task) }
                world.report(task, isLucky ? .taskFinished : .taskFailed)
            }
            world.step()
            if world.job("a")?.progress.successCount == 2, world.tasks.isEmpty, world.updates.isEmpty, step > steps { break }
        }
        #expect(world.outcomes("a") == [.succeeded, .succeeded])
        let names = ends.compactMap { TaskName($0) }.map { "\($0.due) \($0.index ?? -1)" }
        #expect(names.count == 40 && Set(names).count == 40)
    }

    @Test func `parts that can't be read set their run aside, and nothing of it is launched again`() {
        var world = world(#""completions":20"#)
        world.put(#"{"name":"k","command":"x","schedule":"R1//PT1H","mem":1}"#)
        let key = world.disk["parts"]?.keys.sorted().last ?? ""
        world.disk["parts"]?[key] = [1, 2]
        world.crash()
        world.settle()
        #expect(world.core.quarantine.map(\.table) == ["parts", "runs"])
        #expect(world.launched.count == 21 && world.running("k").count == 1 && world.running("j").isEmpty, "what nobody knows is killed")
    }

    @Test func `a thousand indices are stored a few at a time, and take a moment`() {
        var world = world(#""completions":1000,"disk":1"#, cpus: 1_000)
        #expect(world.tasks.count == 1_000)
        world.checksInvariants = false
        var largest = 0
        let began = ContinuousClock.now
        for task in world.running("j") {
            world.report(task, .taskFinished)
            while !world.updates.isEmpty {
                for case .store(let changes) in world.send(.told(.updated(world.updates.removeFirst()))) {
                    largest = max(largest, changes.reduce(0) { if case .put(_, _, let value) = $1 { $0 + value.count } else { $0 } })
                }
            }
        }
        #expect(world.outcomes("j") == [.succeeded])
        #expect(largest < 10_000, "\(largest) bytes for one update")
        #expect(ContinuousClock.now - began < .seconds(5), "\(ContinuousClock.now - began) for 1,000 ends")
        // With all of that kept, another one comes, and the job goes in one transaction.
        for _ in 0..<12 {
            world.ask(.run("j", arguments: nil))
            world.ask(.kill("j"))
        }
        #expect(world.runs("j").count == 10, "10,000 indices are kept")
        for case .store(let changes) in world.send(.asked(number: .max, Origin(), .delete("j"))) {
            #expect(changes.reduce(0) { if case .remove(_, let key) = $1 { $0 + key.utf8.count } else { $0 } } < 100_000)
        }
        #expect(world.disk["parts"]?.isEmpty == true)
    }

    @Test func `a job may change while it runs: the run keeps its indices, and takes the new parallelism`() {
        var world = world(#""completions":6,"parallelism":2"#)
        #expect(indices(world) == [0, 1])
        world.put(#"{"name":"j","command":"x","schedule":"R1//PT1H","mem":1,"completions":2,"parallelism":4}"#)
        #expect(indices(world) == [0, 1, 2, 3] && world.runs("j")[0].parts.count == 6)
    }
}
