import AgoraAPI
import Machine
import MasterCore
import MesosAPI
import SwiftProtobuf
import Testing

/// What frameworks that know partitions, and those that don't, are told of the same task.
/// Specified by Mesos 1.11 docs/high-availability-framework-guide.md.
struct PartitionTests {
    /// An entry of the store that says that an operator has marked the agent gone.
    private var gone: Kernel.StoredEntry {
        var writer = RecordingWriter()
        writer.put(Kernel.LostAgent.State.gone.rawValue)
        writer.put(5 * .second as Int64)
        return Kernel.StoredEntry(table: "agents", key: "M-S9", value: writer.bytes)
    }

    @Test(arguments: [(true, "taskGoneByOperator"), (false, "taskLost")])
    func `a task of an agent that is gone is gone`(isAware: Bool, state: String) {
        var world = World(stored: [gone])
        _ = world.subscribe { if isAware { $0.add(.partitionAware) } }
        let effects = world.call { call in
            call.type = .reconcile
            call.reconcile.tasks = [
                .with {
                    $0.taskID.value = "t"
                    $0.agentID.value = "M-S9"
                }
            ]
        }
        #expect(effects.statuses == ["t \(state) reconciliation: Reconciliation: Task is gone"])
    }

    @Test func `an agent that is gone is not taken in again, and gives up its id`() {
        var world = World(stored: [gone])
        let orders = world.agent(id: "M-S9").orders
        guard case .rejected(let refusal) = orders.first else { Issue.record("it was taken in"); return }
        #expect(refusal == .gone && refusal.isFinal)
    }

    @Test(arguments: [(true, Mesos_V1_TaskState.taskUnreachable), (false, .taskLost)])
    func `a task that can't be reached is answered for like that, until its agent is back`(isAware: Bool, state: Mesos_V1_TaskState) {
        var world = World.running { if isAware { $0.add(.partitionAware) } }
        _ = world.update("t", .taskRunning)
        _ = world.step(.linkEnded(link: 1, isSilent: true))
        let lost = world.pass(2).events.compactMap { event -> MadeStatus? in
            if case .update(.made(let status)) = event { status } else { nil }
        }
        #expect(lost.map(\.state) == [state] && lost.first?.unreachableTime != nil)
        func reconcile() -> [String] {
            world.call {
                $0.type = .reconcile
                $0.reconcile.tasks = [.with { $0.taskID.value = "t" }]
            }.statuses
        }
        #expect(reconcile() == ["t \(state) reconciliation: Reconciliation: Task is unreachable"])
        _ = world.agent(link: 2, id: "M-S0") { $0.tasks = [.running("t")] }
        #expect(reconcile() == ["t taskRunning reconciliation: Reconciliation: Latest task state"])
    }

    @Test func `a task that its agent has no more when it comes back is gone for whoever asks`() {
        var world = World.running { $0.add(.partitionAware) }
        _ = world.update("t", .taskRunning)
        _ = world.step(.linkEnded(link: 1, isSilent: true))
        _ = world.pass(2)
        #expect(world.agent(link: 2, id: "M-S0").statuses == [])
        let effects = world.call {
            $0.type = .reconcile
            $0.reconcile.tasks = [
                .with {
                    $0.taskID.value = "t"
                    $0.agentID.value = "M-S0"
                }
            ]
        }
        #expect(effects.statuses == ["t taskGone reconciliation: Reconciliation: Task is unknown to the agent"])
    }
}
