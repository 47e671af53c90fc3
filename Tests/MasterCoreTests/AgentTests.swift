import AgoraAPI
import Foundation
import Machine
import MasterCore
import MesosAPI
import SwiftProtobuf
import Testing

struct AgentTests {
    private static func subscribed(_ id: String, epoch: UInt64 = 1, unknown: [UnknownTask] = []) -> AgentOrder {
        .subscribed(agentID: id, clusterID: "C", epoch: epoch, silence: 4 * .second, unknownTasks: unknown)
    }

    @Test func `an agent gets an id, and keeps it when it comes back`() {
        var world = World()
        #expect(world.agent() == [.order(link: 1, Self.subscribed("M-S0"))])
        #expect(world.agent(link: 2, host: "host-2").orders == [Self.subscribed("M-S1")])
        _ = world.step(.linkEnded(link: 1, isSilent: false))
        #expect(world.agent(link: 3, id: "M-S0").orders == [Self.subscribed("M-S0")])
    }

    @Test func `an agent that dials anew is taken over from its old connection`() {
        var world = World()
        _ = world.agent()
        #expect(world.agent(link: 2, id: "M-S0") == [.cut(link: 1), .order(link: 2, Self.subscribed("M-S0"))])
        #expect(world.step(.linkEnded(link: 1, isSilent: true)) == [])
        #expect(world.pass(20) == [])
    }

    @Test func `an agent that never got its id gets it again`() {
        var world = World()
        _ = world.agent()
        #expect(world.agent(link: 2).orders == [Self.subscribed("M-S0")])
    }

    @Test func `a new agent at the address of one with tasks takes its place, and the tasks are lost`() {
        var world = World.running()
        let effects = world.agent(link: 2)
        #expect(effects.statuses == ["t taskLost agentRemoved: Agent host-1 removed: a new agent registered at the same address"])
        #expect(effects.events.contains(.failure(agentID: "M-S0", executorID: nil, status: nil)))
        #expect(effects.orders.last == Self.subscribed("M-S1"))
    }

    @Test(
        arguments: [
            Row("no version of the protocol in common: the agent speaks 2 to 3, the master 1") {
                $0.protocolMin = 2
                $0.protocolMax = 3
            },
            Row("the agent has obeyed a master of epoch 9, and this one's is 1") { $0.epoch = 9 },
            Row("the agent's id is invalid: 'a/b' contains invalid characters") { $0.agent.id.value = "a/b" },
            Row("Agent attempted to reregister with different IP / hostname") {
                $0.agent.id.value = "M-S0"
                $0.agent.hostname = "other"
            }
        ] as [Row<Agora_V1_Subscribe>])
    func `who can't be taken in is told why, and cut off`(row: Row<Agora_V1_Subscribe>) {
        var world = World()
        _ = world.agent()
        let effects = world.agent(link: 2, row.change)
        guard case .order(2, .rejected(let refusal)) = effects.first else { Issue.record("it was taken in"); return }
        #expect(refusal.description == row.text)
        #expect(effects.last == .cut(link: 2))
        #expect(world.kernel.snapshot.agents.count == 1)
    }

    @Test func `records that are none are refused`() {
        #expect(throws: AgentRefusal.unparsable) { try AgentSubscription(bytes: [0xff]) }
        #expect(throws: AgentRefusal.notSubscribed) { try AgentSubscription(bytes: []) }
        #expect(throws: AgentRefusal.unparsable) { try AgentReport.parse([0xff]) }
    }

    @Test func `an agent whose connection is closed keeps its tasks for ten minutes`() {
        var world = World.running()
        _ = world.step(.linkEnded(link: 1, isSilent: false))
        #expect(world.pass(599).statuses == [])
        #expect(world.pass(2).statuses == ["t taskLost agentRemoved: Agent host-1 timed out"])
    }

    @Test func `a silent agent is unreachable within five seconds, nearly one of them after its connection has given up`() {
        var world = World.running { $0.add(.partitionAware) }
        _ = world.step(.linkEnded(link: 1, isSilent: true))
        #expect(world.pass(0.7).events == [])
        let effects = world.pass(0.1)
        #expect(effects.statuses == ["t taskUnreachable agentRemoved: Agent host-1 timed out"])
        #expect(effects.events.last == .failure(agentID: "M-S0", executorID: nil, status: nil))
        #expect(world.kernel.snapshot.agents.isEmpty)
        #expect(world.kernel.snapshot.metrics.tasks(.taskUnreachable) == 1)
    }

    @Test func `a master that was held up doesn't take it out on the agents`() {
        var world = World.running()
        _ = world.step(.linkEnded(link: 1, isSilent: true))
        world.stall(30)
        #expect(world.pass(0.9).statuses == [], "29 s too late, it reads first what has come in meanwhile")
        #expect(world.pass(0.2).statuses.count == 1)
    }

    @Test(arguments: [true, false]) func `tasks of an agent that was unreachable run on when it is back`(isAware: Bool) {
        var world = World.running { if isAware { $0.add(.partitionAware) } }
        _ = world.update("t", .taskRunning)
        _ = world.step(.linkEnded(link: 1, isSilent: true))
        _ = world.pass(2)
        let effects = world.agent(link: 2, id: "M-S0") { $0.tasks = [.running("t")] }
        #expect(effects.statuses == ["t taskRunning agentReregistered: Unreachable agent re-reregistered"])
        #expect(effects.offers == ["M-O1: cpus:2; mem:2048"])
        #expect(world.kernel.snapshot.metrics.tasks(.taskRunning) == 1)
        _ = world.update("t", .taskFinished, link: 2)
        #expect(world.kernel.snapshot.metrics.tasks(.taskRunning) == 0)
    }

    @Test func `the id of an unreachable task can't be used again`() {
        var world = World.running()
        _ = world.step(.linkEnded(link: 1, isSilent: true))
        _ = world.pass(2)
        _ = world.agent(link: 2, host: "host-2")
        let effects = world.launch([.task("t") { $0.agentID.value = "M-S1" }], on: ["M-O1"])
        #expect(effects.statuses == ["t taskError taskInvalid: Task reuses the ID of an unreachable task: t"])
    }

    @Test func `a task that the agent doesn't name is asked for`() {
        var world = World.running { $0.add(.partitionAware) }
        _ = world.step(.linkEnded(link: 1, isSilent: false))
        let unknown = UnknownTask(frameworkID: "M-0000", taskID: "t", isPartitionAware: true)
        #expect(world.agent(link: 2, id: "M-S0").orders == [Self.subscribed("M-S0", unknown: [unknown])])
        #expect(world.update("t", .taskDropped, link: 2).offers == ["M-O2: cpus:2; mem:2048"])
    }

    @Test func `a goodbye with tasks that stay is a disconnection, without them a removal`() {
        var stays = World.running()
        let first = stays.report {
            $0.goodbye.tasksStay = true
            $0.goodbye.reason = "upgrade"
        }
        #expect(first == [])
        var leaves = World.running()
        let second = leaves.report {
            $0.goodbye.tasksStay = false
            $0.goodbye.reason = "bye"
        }
        #expect(second.statuses == ["t taskLost agentRemoved: Agent host-1 removed: bye"])
        #expect(second.contains(.cut(link: 1)))
        #expect(leaves.stored["agents M-S0"] == nil)
    }

    @Test func `resources that change are offered as they are`() {
        var world = World.ready()
        let effects = world.report { $0.changed.resources = .scalars(cpus: 8, mem: 100) }
        #expect(effects.events.first == .rescind(offerID: "M-O0"))
        #expect(effects.offers == ["M-O1: cpus:8; mem:100"])
    }

    @Test func `an agent with less than its tasks use offers nothing`() {
        var world = World.running()
        #expect(world.report { $0.changed.resources = .scalars(cpus: 1, mem: 100) }.offers == [])
        #expect(world.update("t", .taskFinished).offers == ["M-O1: cpus:1; mem:100"])
    }

    @Test func `reservations and volumes that the agent brings along take the place of what they were made of`() {
        var world = World()
        _ = world.subscribe { $0.role = "a" }
        let offers = world.agent {
            $0.resourcesVersion = 1
            $0.checkpointedResources = [
                .with {
                    $0 = .scalar("cpus", 1)
                    $0.reservations = [
                        .with {
                            $0.type = .dynamic
                            $0.role = "a"
                        }
                    ]
                }
            ]
        }.offers
        #expect(offers == ["M-O0: cpus:3; mem:4096; cpus(reservations: [(DYNAMIC,a)]):1"])
    }

    @Test func `tasks of an agent that was unreachable are reported running by the next master, too`() {
        var world = World.running { $0.add(.partitionAware) }
        _ = world.update("t", .taskRunning)
        _ = world.step(.linkEnded(link: 1, isSilent: true))
        _ = world.pass(2)
        var next = World(stored: world.storedEntries, masterID: "N")
        _ = next.subscribe(id: "M-0000") { $0.add(.partitionAware) }
        let effects = next.agent(link: 1, id: "M-S0", epoch: 1) { $0.tasks = [.running("t")] }
        #expect(effects.statuses == ["t taskRunning agentReregistered: Unreachable agent re-reregistered"])
        // One that merely comes back to a new master has nothing to report.
        let calm = World.running { $0.add(.partitionAware) }
        var other = World(stored: calm.storedEntries, masterID: "N")
        _ = other.subscribe(id: "M-0000") { $0.add(.partitionAware) }
        #expect(other.agent(link: 1, id: "M-S0", epoch: 1) { $0.tasks = [.running("t")] }.statuses == [])
    }

    // MARK: The next master

    @Test func `a new master knows frameworks and agents from the store, and tasks from the agents`() throws {
        let world = World.running()
        var next = World(stored: world.storedEntries, masterID: "N")
        #expect(next.kernel.digest == World(stored: world.storedEntries, masterID: "N").kernel.digest, "agents that are not back yet have no books")
        var (recovered, known) = (0, [String]())
        next.kernel.snapshot.agents.forEach { _, agent in if agent.isRecovered { recovered += 1 } }
        next.kernel.snapshot.frameworks.forEach { _, framework in known.append("\(framework.id) \(framework.isRecovered)") }
        #expect(recovered == 1 && known == ["M-0000 true"])
        let effects = next.agent(link: 1, id: "M-S0", epoch: 1) { $0.tasks = [.running("t")] }
        #expect(effects.orders == [Self.subscribed("M-S0", epoch: 2)])
        #expect(next.subscribe(id: "M-0000").offers == ["N-O0: cpus:2; mem:2048"])
        #expect(next.agent(link: 2, host: "host-2").orders == [Self.subscribed("N-S0", epoch: 2)])
    }

    @Test func `agents that don't come back to a new master are unreachable after ten minutes`() {
        let world = World.running()
        var next = World(stored: world.storedEntries, masterID: "N")
        _ = next.subscribe(id: "M-0000")
        #expect(next.pass(599).events.filter { $0 != .heartbeat } == [])
        #expect(next.pass(2).events.contains(.failure(agentID: "M-S0", executorID: nil, status: nil)))
    }

    @Test func `a framework that was connected has ten minutes at least to come back to a new master`() {
        let world = World.running { $0.failoverTimeout = 0 }
        var next = World(stored: world.storedEntries, masterID: "N")
        _ = next.pass(599)
        #expect(next.subscribe(id: "M-0000").errors == [])
        var late = World(stored: world.storedEntries, masterID: "N")
        _ = late.pass(601)
        #expect(late.subscribe(id: "M-0000").errors == ["Framework has been removed"])
    }

    @Test func `a framework that was removed stays so for the next master, and its tasks are ended`() {
        var world = World.running()
        _ = world.call { $0.type = .teardown }
        var next = World(stored: world.storedEntries, masterID: "N")
        let orders = next.agent(id: "M-S0") {
            $0.tasks = [.running("t")]
            $0.frameworks = [
                .with {
                    $0.frameworkID = "M-0000"
                    $0.info = (try? Mesos_V1_FrameworkInfo.framework(id: "M-0000").serializedData()) ?? Data()
                }
            ]
        }.orders
        #expect(orders.first == .shutdownFramework(frameworkID: "M-0000"))
        #expect(next.kernel.snapshot.tasks.isEmpty)
    }

    @Test func `frameworks that only an agent knows are taken in, and removed if they don't come`() {
        var world = World()
        _ = world.agent(id: "old-S1") {
            $0.tasks = [.running("t", framework: "old-0001")]
            $0.frameworks = [
                .with {
                    $0.frameworkID = "old-0001"
                    $0.info = (try? Mesos_V1_FrameworkInfo.framework().serializedData()) ?? Data()
                }
            ]
        }
        #expect(world.kernel.snapshot.tasks.count == 1)
        #expect(world.pass(601).orders == [.shutdownFramework(frameworkID: "old-0001")])
    }

    @Test func `entries of the store that can't be read are left out`() {
        let broken = [
            Kernel.StoredEntry(table: "frameworks", key: "F", value: [1]), Kernel.StoredEntry(table: "agents", key: "A", value: []),
            Kernel.StoredEntry(table: "cluster", key: "epoch", value: Array("x".utf8))
        ]
        let world = World(stored: broken)
        #expect(world.kernel.snapshot.frameworks.isEmpty && world.kernel.snapshot.agents.isEmpty)
    }
}
