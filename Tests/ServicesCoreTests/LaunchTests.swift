import Foundation
import FrameworkCore
import Machine
import MesosAPI
import Testing

@testable import ServicesCore

struct LaunchTests {
    /// The kind of an effect, for rows that read like a log.
    private func name(_ effect: Services.Effect) -> String {
        switch effect {
        case .store: "store"
        case .wake: "wake"
        case .call(let call): "\(call.type)"
        case .present: "present"
        case .answer: "answer"
        case .emit(.instanceChanged(let change)): change.condition.name
        case .emit(.statusUpdate(let update)): update.state
        case .emit(.deploymentInfo(_, let step)): "step \(step)"
        case .emit(.deploymentStepSucceeded(_, let step)): "done \(step)"
        case .emit(.deploymentSucceeded): "success"
        case .emit(.groupChanged): "group"
        case .emit(.apiPost): "post"
        case .emit: "event"
        case .probe: "probe"
        case .askReadiness: "ask"
        case .fail: "fail"
        }
    }

    @Test func `from the request to a running task: stored first, accepted then, acknowledged last`() {
        var world = World(agents: 1)
        world.isConnected = false  // Calls go nowhere: the test itself is the master.
        let created = world.send(
            .asked(number: 1, Origin(peer: "1.2.3.4:5"), .createApp(Builders.body(#"{"id":"/a","cmd":"sleep 1"}"#), force: false, uri: "/v2/apps")))
        #expect(
            created.map(name) == [
                "store", "step 0", "group", "post", "answer", "done 0", "step 1", "Scheduled", "revive"
            ])
        let agent = World.ModelAgent(id: "s1", host: "h1")
        let offered = world.send(.told(.offered([Builders.offer(id: "o1", agent, cpus: 4, mem: 1024)])))
        // It is to be woken sooner anyway, to ask after its tasks.
        #expect(offered.map(name) == ["store", "Provisioned", "accept", "suppress"])
        let task = world.task(world.instances("/a")[0])
        var status = Mesos_V1_TaskStatus()
        status.taskID.value = task
        status.agentID.value = "s1"
        status.state = .taskRunning
        status.uuid = .init([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
        let running = world.send(.told(.updated(status)))
        #expect(running.map(name) == ["store", "TASK_RUNNING", "Running", "acknowledge", "done 1", "success"])
        #expect(TaskCounts(world.instances("/a")).running == 1)
        // The same update again changes nothing, and is acknowledged again.
        #expect(world.send(.told(.updated(status))).map(name) == ["TASK_RUNNING", "acknowledge"])
    }

    @Test func `one offer takes as many instances as fit, in one call`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.5,"mem":32,"instances":20}"#)
        #expect(world.running("/a").count == 16)
        #expect(world.instances("/a").count { $0.condition == .scheduled } == 4)
        #expect(world.core.counters.offersUsed == 1)
        #expect(!world.isIdle)
    }

    @Test func `what doesn't fit is launched as soon as room is made`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":5,"mem":32}"#)
        world.create(#"{"id":"/b","cmd":"sleep 1","cpus":5,"mem":32}"#)
        #expect(world.running("/b").isEmpty)
        world.request(.deleteApp(PathID("/a"), force: false))
        #expect(world.running("/b").count == 1)
        #expect(world.isIdle)
    }

    @Test func `apps that wait share an offer in turns`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/big","cmd":"sleep 1","cpus":100,"mem":32}"#)
        world.agents[0].cpus = 0.01
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":1,"mem":32,"instances":8}"#)
        world.create(#"{"id":"/b","cmd":"sleep 1","cpus":1,"mem":32,"instances":8}"#)
        world.agents[0].cpus = 8
        world.send(.told(.disconnected))
        world.connect()
        world.settle()
        #expect(world.running("/a").count == 4)
        #expect(world.running("/b").count == 4)
    }

    @Test func `a constraint keeps instances apart`() {
        var world = World(agents: 3)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":4,"constraints":[["hostname","UNIQUE"]]}"#)
        #expect(Set(world.running("/a").map { $0.agent?.host }).count == 3)
        #expect(world.running("/a").count == 3)
        world.agents.append(World.ModelAgent(id: "agent-9", host: "host-9"))
        world.settle()
        #expect(world.running("/a").count == 4)
    }

    private func counts(_ world: World) -> [Int] {
        let hosts = world.running("/a").compactMap { $0.agent?.host }
        return world.agents.map { agent in hosts.count { $0 == agent.host } }
    }

    @Test func `GROUP_BY without a number spreads over all that offers`() {
        let app = #"{"id":"/a","cmd":"sleep 1","cpus":0.5,"mem":32,"instances":6,"constraints":[["hostname","GROUP_BY"]]}"#
        var world = World(agents: 3)
        world.create(app)
        #expect(counts(world) == [2, 2, 2])
        world.update("/a", #"{"instances":8}"#)
        #expect(counts(world).sorted() == [2, 3, 3])
        for instance in world.running("/a").filter({ $0.agent?.host == "host-0" }) { world.end(world.task(instance), .taskKilled) }
        #expect(counts(world).sorted() == [2, 3, 3], "replaced where they are missing")
        world.agents.append(World.ModelAgent(id: "agent-3", host: "host-3"))
        world.update("/a", #"{"instances":11}"#)
        #expect(counts(world).sorted() == [2, 3, 3, 3])
    }

    @Test func `an agent that is full keeps nobody from launching on others`() {
        var world = World(agents: 3)
        world.agents[1].cpus = 0.6
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.5,"mem":32,"instances":9,"constraints":[["hostname","GROUP_BY"]]}"#)
        #expect(counts(world) == [4, 1, 4])
    }

    @Test func `instances are spread over the values of an attribute, beside apps that go anywhere`() {
        var world = World(agents: 4)
        for index in 0..<4 { world.agents[index].attributes = [("rack", index < 3 ? "r1" : "r2")] }
        world.agents[0].cpus = 0.01
        world.create(#"{"id":"/other","cmd":"sleep 1","cpus":0.5,"mem":32,"instances":3}"#)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.5,"mem":32,"instances":6,"constraints":[["rack","GROUP_BY"]]}"#)
        #expect(world.running("/other").count == 3)
        #expect(counts(world)[3] == 3)
        #expect(world.running("/a").count == 6)
    }

    @Test func `no offers are wanted while there is nothing to launch`() {
        var world = World(agents: 1)
        #expect(world.isSuppressed)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":100,"mem":32}"#)
        #expect(!world.isSuppressed)
        world.request(.deleteApp(PathID("/a"), force: true))
        #expect(world.isSuppressed)
    }

    @Test func `a launch that nobody confirms is killed and tried again`() {
        var world = World(agents: 1)
        world.startsTasks = false
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":1,"mem":32}"#)
        let first = world.task(world.instances("/a")[0])
        world.startsTasks = true
        world.wait(seconds: 301)
        #expect(world.running("/a").count == 1)
        #expect(world.task(world.running("/a")[0]) != first)
        #expect(world.running("/a")[0].incarnation == 2)
    }

    @Test func `a task that ends is launched again under the same instance with the next incarnation`() {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":1,"mem":32}"#)
        let instance = world.instances("/a")[0]
        world.end(world.task(instance), .taskFailed, message: "Command exited with status 1")
        #expect(world.running("/a").isEmpty)
        #expect(world.core.app(PathID("/a"))?.lastFailure?.message == "Command exited with status 1")
        world.wait(seconds: 1)
        #expect(world.running("/a").map(\.id) == [instance.id])
        #expect(world.running("/a")[0].task?.id.description.hasSuffix("._app.2") == true)
    }

    @Test func `a task that isn't ours is killed, one that has ended is only told of`() {
        var world = World(agents: 1)
        let id = "x.instance-2b1c8f0e-eec5-11eb-9a03-0242ac130003._app.1"
        var info = Mesos_V1_TaskInfo()
        info.taskID.value = id
        world.tasks[id] = .init(agent: "agent-0", info: info, state: .taskRunning)
        world.report(id, .taskRunning)
        world.settle()
        #expect(world.tasks[id] == nil)
        #expect(world.unacknowledged.isEmpty)
        let ended = world.events.contains { if case .unknownInstanceTerminated(_, .killed) = $0 { true } else { false } }
        #expect(ended)
    }

    @Test func `tasks grow older while nothing happens`() throws {
        var world = World(agents: 1)
        world.create(#"{"id":"/a","cmd":"sleep 1","cpus":0.1,"mem":32,"instances":3}"#)
        let app = try #require(world.core.app(PathID("/a"))?.definition?.app)
        let start = Timestamp(wall: world.now.wall)
        for seconds in [0, 7] {
            let now = Timestamp(milliseconds: start.milliseconds + Int64(seconds) * 1_000)
            let statistics = TaskStatistics(app, world.instances("/a"), at: now)
            #expect(statistics.groups.map(\.name) == ["withLatestConfig", "totalSummary"])
            for group in statistics.groups { #expect(group.averageLifeTime == Double(seconds) && group.medianLifeTime == Double(seconds)) }
        }
    }

    @Test func `ports are chosen from the offer and told to the task`() throws {
        var world = World(agents: 1)
        world.create(
            #"{"id":"/a","cmd":"sleep 1","cpus":1,"mem":32,"portDefinitions":[{"port":0,"name":"http"},{"port":0}],"instances":3}"#)
        let ports = world.running("/a").flatMap { $0.task?.hostPorts.compactMap { $0 } ?? [] }
        #expect(Set(ports).count == 6)
        #expect(ports.allSatisfy { (31_000...31_099).contains($0) })
        let task = try #require(world.tasks.values.first)
        let variables = Dictionary(uniqueKeysWithValues: task.info.command.environment.variables.map { ($0.name, $0.value) })
        let own = try #require(world.running("/a").first { $0.task?.id.description == task.info.taskID.value }?.task?.hostPorts)
        #expect(variables["PORT0"] == own[0].map(String.init))
        #expect(variables["PORT_HTTP"] == own[0].map(String.init))
        #expect(variables["MARATHON_APP_ID"] == "/a")
        #expect(task.info.discovery.ports.ports.map(\.number) == own.map { UInt32($0 ?? 0) })
        #expect(task.info.name == "a")
    }
}
