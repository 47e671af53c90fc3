import AgoraAPI
import Foundation
import Machine
import MasterCore
import MesosAPI
import SwiftProtobuf
import Testing

struct TaskTests {
    @Test func `updates go to the framework as they are; the end of a task frees what it used`() {
        var world = World.running()
        let status = [UInt8](World.status("t", .taskRunning))
        #expect(world.update("t", .taskRunning) == [.send(stream: 1, .update(.forwarded(status)))])
        let end = world.update("t", .taskFinished, uuid: 2)
        #expect(end.offers == ["M-O1: cpus:4; mem:4096"])
        #expect(world.kernel.snapshot.metrics.tasks(.taskFinished) == 1)
    }

    @Test func `an update that the agent knows to be outdated frees resources already`() {
        var world = World.running()
        #expect(world.update("t", .taskRunning, latest: .taskFailed).offers == ["M-O1: cpus:4; mem:4096"])
    }

    @Test func `acknowledgements go to the agent; that of the end lets the task go`() {
        var world = World.running()
        _ = world.update("t", .taskRunning, uuid: 1)
        let uuid = [UInt8](repeating: 1, count: 16)
        #expect(world.acknowledge("t").orders == [.acknowledge(frameworkID: "M-0000", taskID: "t", uuid: uuid)])
        _ = world.update("t", .taskFinished, uuid: 2)
        #expect(world.acknowledge("t", uuid: 1).orders.count == 1, "an old one goes on, too")
        #expect(place(in: world) == [.active])
        _ = world.acknowledge("t", uuid: 2)
        #expect(place(in: world) == [.completed])
    }

    private func place(in world: World) -> [TaskEntry.Place] {
        var places: [TaskEntry.Place] = []
        world.kernel.snapshot.tasks.forEach { _, task in places.append(task.place) }
        return places
    }

    @Test func `acknowledgements for an agent that isn't there are dropped`() {
        var world = World.running()
        #expect(world.acknowledge("t", agent: "M-S9") == [])
        _ = world.step(.linkEnded(link: 1, isSilent: false))
        #expect(world.acknowledge("t") == [])
    }

    @Test func `while the framework is away, updates count in the books and are not passed on`() {
        var world = World.running()
        _ = world.step(.streamEnded(1))
        #expect(world.update("t", .taskFinished).events == [])
        _ = world.subscribe(stream: 2, id: "M-0000")
        #expect(world.update("t", .taskFinished).events.count == 1, "the agent sends it again")
        #expect(place(in: world) == [.active])
    }

    @Test func `once a task has ended, no later state counts`() {
        var world = World.running()
        _ = world.update("t", .taskFinished)
        #expect(world.update("t", .taskRunning, uuid: 2).events.count == 1)
        #expect(world.kernel.snapshot.metrics.tasks(.taskRunning) == 0)
        #expect(world.kernel.snapshot.metrics.tasks(.taskFinished) == 1)
    }

    @Test func `what comes after the end is not noted among the statuses, nor told to operators or counted`() {
        var world = World.running()
        _ = world.step(.observerSubscribed(stream: 9, Origin()))
        func update(_ state: Mesos_V1_TaskState, _ uuid: UInt8, latest: Mesos_V1_TaskState? = nil) -> Int {
            let effects = world.report { record in
                record.update.frameworkID = "M-0000"
                record.update.taskID = "t"
                record.update.latestState = latest ?? state
                record.update.status = World.status("t", state, uuid: uuid, reason: .commandExecutorFailed)
            }
            return effects.count { if case .observe = $0 { true } else { false } }
        }
        #expect(update(.taskRunning, 1, latest: .taskFailed) == 1)
        #expect(update(.taskFailed, 2) == 1, "its status is news even where the state was known")
        #expect(update(.taskFailed, 2) == 0 && update(.taskRunning, 1) == 0 && update(.taskFinished, 3) == 0)
        let ends = world.kernel.snapshot.metrics.ends.map { "\($0.key.state) \($0.key.reason) \($0.value)" }
        #expect(ends == ["taskFailed commandExecutorFailed 1"])
        #expect(statuses(in: world) == [.taskRunning, .taskFailed])
        let teardown = world.call { $0.type = .teardown }
        #expect(!teardown.contains { if case .observe(.taskUpdated) = $0 { true } else { false } })
        #expect(statuses(in: world) == [.taskRunning, .taskFailed], "a task that has ended isn't killed with its framework")
    }

    private func statuses(in world: World) -> [TaskState] {
        var states: [TaskState] = []
        world.kernel.snapshot.tasks.forEach { _, task in states += task.statuses.map(\.state) }
        return states
    }

    @Test func `a terminal update without uuid needs no acknowledgement`() {
        var world = World.running()
        _ = world.update("t", .taskLost, uuid: nil)
        #expect(place(in: world) == [.completed])
    }

    @Test func `updates of frameworks that are gone are dropped`() {
        var world = World.running()
        #expect(world.update("t", .taskRunning, framework: "nobody") == [])
        #expect(world.kernel.snapshot.metrics.invalidUpdates == 1)
    }

    @Test func `an update names its executor, as frameworks expect it`() throws {
        var world = World.running()
        let effects = world.report {
            $0.update.frameworkID = "M-0000"
            $0.update.taskID = "t"
            $0.update.executorID = "e"
            $0.update.latestState = .taskRunning
            $0.update.status = World.status("t", .taskRunning)
        }
        guard case .update(let view) = effects.events.first else { Issue.record("nothing was passed on"); return }
        #expect(try Mesos_V1_TaskStatus(serializedBytes: view.encoded).executorID.value == "e")
    }

    @Test func `KILL goes to the task's agent, each time, with the framework's grace period`() {
        var world = World.running()
        func kill(_ task: String, agent: String? = nil, grace: Int64? = nil) -> [Kernel.Effect] {
            world.call {
                $0.type = .kill
                $0.kill.taskID.value = task
                if let agent { $0.kill.agentID.value = agent }
                if let grace { $0.kill.killPolicy.gracePeriod.nanoseconds = grace }
            }
        }
        #expect(kill("t").orders == [.kill(frameworkID: "M-0000", taskID: "t", grace: nil)])
        #expect(kill("t", agent: "M-S0", grace: 5).orders == [.kill(frameworkID: "M-0000", taskID: "t", grace: 5)])
        #expect(kill("t", agent: "M-S1") == [], "it is elsewhere")
        #expect(kill("x").statuses == ["x taskLost reconciliation: Reconciliation: Task is unknown"])
        #expect(kill("x", agent: "M-S0").statuses == ["x taskLost reconciliation: Reconciliation: Task is unknown to the agent"])
    }

    @Test func `a task that was killed while its agent was away is killed when the agent is back`() {
        var world = World.running()
        _ = world.step(.linkEnded(link: 1, isSilent: false))
        let kill = world.call {
            $0.type = .kill
            $0.kill.taskID.value = "t"
        }
        #expect(kill.orders == [])
        let orders = world.agent(link: 2, id: "M-S0") { $0.tasks = [.running("t")] }.orders
        #expect(orders.contains(.kill(frameworkID: "M-0000", taskID: "t", grace: nil)))
    }

    @Test func `completed tasks are kept up to a limit`() {
        var world = World.ready(settings: { $0.completedTasksPerFramework = 2 })
        for index in 0..<4 {
            _ = world.launch([.task("t\(index)", cpus: 4, mem: 4096)], on: ["M-O\(index)"])
            _ = world.update("t\(index)", .taskFinished)
            _ = world.acknowledge("t\(index)")
        }
        var ids: [String] = []
        world.kernel.snapshot.tasks.forEach { _, task in ids.append(task.id) }
        #expect(ids.sorted() == ["t2", "t3"])
    }

    // MARK: Reconciliation

    @Test func `implicit reconciliation tells the latest state of each task`() {
        var world = World.running()
        _ = world.update("t", .taskRunning)
        let effects = world.call {
            $0.type = .reconcile
            $0.reconcile.tasks = []
        }
        #expect(effects.statuses == ["t taskRunning reconciliation: Reconciliation: Latest task state"])
    }

    @Test(arguments: [true, false])
    func `reconciliation tells what became of a task while its framework was away, and names its executor`(isExplicit: Bool) throws {
        var world = World.running()
        _ = world.update("t", .taskRunning)
        _ = world.step(.streamEnded(1))
        _ = world.report {
            $0.update.frameworkID = "M-0000"
            $0.update.taskID = "t"
            $0.update.executorID = "t"
            $0.update.latestState = .taskFailed
            $0.update.status = World.status("t", .taskFailed, uuid: 2)
        }
        _ = world.subscribe(stream: 2, id: "M-0000")
        let effects = world.call(stream: 2) {
            $0.type = .reconcile
            $0.reconcile.tasks = isExplicit ? [.with { $0.taskID.value = "t" }] : []
        }
        #expect(effects.statuses == ["t taskFailed reconciliation: Reconciliation: Latest task state"])
        guard case .update(let view) = effects.events.first else { Issue.record("no answer"); return }
        #expect(try Mesos_V1_TaskStatus(serializedBytes: view.encoded).executorID.value == "t")
        #expect(place(in: world) == [.active], "the update is still to be acknowledged")
    }

    @Test func `an update without uuid that nobody was there to be told is not told later`() {
        var world = World.running()
        _ = world.update("t", .taskRunning)
        _ = world.step(.streamEnded(1))
        _ = world.update("t", .taskFailed, uuid: nil)
        _ = world.subscribe(stream: 2, id: "M-0000")
        let effects = world.call(stream: 2) {
            $0.type = .reconcile
            $0.reconcile.tasks = []
        }
        #expect(effects.statuses == ["t taskRunning reconciliation: Reconciliation: Latest task state"])
    }

    @Test func `explicit reconciliation tells what is known of each task's agent`() {
        func reconcile(partitionAware: Bool) -> [String] {
            var world = World.running { if partitionAware { $0.add(.partitionAware) } }
            _ = world.agent(link: 2, host: "host-2")
            _ = world.step(.linkEnded(link: 2, isSilent: true))
            _ = world.pass(2)
            return world.call { call in
                call.type = .reconcile
                call.reconcile.tasks = [("t", nil), ("x", "M-S0"), ("x", "M-S1"), ("x", "M-S9"), ("x", nil)].map { id, agent in
                    .with {
                        $0.taskID.value = id
                        if let agent { $0.agentID.value = agent }
                    }
                }
            }.statuses
        }
        let texts = [
            "reconciliation: Reconciliation: Latest task state", "reconciliation: Reconciliation: Task is unknown to the agent",
            "reconciliation: Reconciliation: Task is unreachable", "reconciliation: Reconciliation: Task is unknown",
            "reconciliation: Reconciliation: Task is unknown"
        ]
        let aware = ["t taskStaging", "x taskGone", "x taskUnreachable", "x taskUnknown", "x taskUnknown"]
        #expect(reconcile(partitionAware: true) == zip(aware, texts).map { "\($0) \($1)" })
        let unaware = ["t taskStaging", "x taskLost", "x taskLost", "x taskLost", "x taskLost"]
        #expect(reconcile(partitionAware: false) == zip(unaware, texts).map { "\($0) \($1)" })
    }

    @Test func `of a task whose agent may still come back nothing is said`() {
        var world = World.running()
        var next = World(stored: world.storedEntries, masterID: "N")
        _ = next.subscribe(id: "M-0000")
        func reconcile(_ agent: String?) -> [String] {
            next.call {
                $0.type = .reconcile
                $0.reconcile.tasks = [
                    .with {
                        $0.taskID.value = "t"
                        if let agent { $0.agentID.value = agent }
                    }
                ]
            }.statuses
        }
        #expect(reconcile("M-S0") == [] && reconcile(nil) == [])
        _ = next.pass(601)
        #expect(reconcile("M-S0") == ["t taskLost reconciliation: Reconciliation: Task is unreachable"])
        _ = world.pass(1)
    }

    @Test func `operations that nobody knows are what their agent is`() {
        var world = World.ready()
        let effects = world.call {
            $0.type = .reconcileOperations
            $0.reconcileOperations.operations = [.with { $0.operationID.value = "op" }]
        }
        guard case .operationUpdate(let operation) = effects.events.first else { Issue.record("no answer"); return }
        #expect(operation.state == .operationUnknown)
    }
}

extension Agora_V1_Task {
    /// What an agent says of a task of M-0000.
    static func running(_ id: String, framework: String = "M-0000", state: Mesos_V1_TaskState = .taskRunning) -> Self {
        .with {
            $0.frameworkID = framework
            $0.taskID = id
            $0.state = state
            $0.info = (try? Mesos_V1_TaskInfo.task(id).serializedData()) ?? Data()
            $0.status = World.status(id, state)
        }
    }
}
