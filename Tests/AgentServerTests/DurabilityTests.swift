import Foundation
import Glibc
import Harness
import MesosAPI
import Synchronization
import Testing

@testable import AgentServer

/// An agent is killed as soon as an update of it has arrived; `AGORA_DURABILITY_ROUNDS` sets how often (`make soak`).
@Suite(.serialized, .timeLimit(.minutes(15)))
struct DurabilityTests {
    private static let rounds = ProcessInfo.processInfo.environment["AGORA_DURABILITY_ROUNDS"].flatMap { Int($0) } ?? 12

    @Test func `an update that was sent is sent again by the agent's next life, and no state of its task is missing`() async throws {
        try await Cluster.run { cluster in
            let master = cluster.master
            var agent = try Self.start(cluster)
            for round in 0..<Self.rounds {
                let task = "t\(round)"
                let fatal = [Mesos_V1_TaskState.taskStarting, .taskRunning, .taskFinished][round % 3]
                let struck = Mutex<Mesos_V1_TaskStatus?>(nil)
                let victim = agent
                await master.wait { $0.outbox != nil && $0.subscriptions.count > round }
                master.state.withLock { state in
                    state.onUpdate = { status in
                        guard status.taskID.value == task, status.state == fatal, struck.withLock({ $0 }) == nil else { return true }
                        struck.withLock { $0 = status }
                        victim.signal(SIGKILL)
                        return false
                    }
                }
                try master.launch(FakeMaster.task(task, "true"))
                _ = try await victim.end(within: 60)
                let lost = try #require(struck.withLock { $0 })
                agent = try Self.start(cluster)
                await master.wait { $0.updates.filter { $0.status.uuid == lost.uuid }.count > 1 }
                await master.wait { $0.updates.contains { $0.status.taskID.value == task && Self.ends.contains($0.status.state) } }
                Self.check(master.statuses(of: task), lost)
            }
            agent.signal(SIGUSR1)
            _ = try await agent.end()
        }
    }

    /// One that was not launched yet when its agent was killed never is, and one that was being launched may fail for want of a launcher.
    private static let ends: [Mesos_V1_TaskState] = [.taskFinished, .taskDropped, .taskFailed]

    private static func check(_ statuses: [Mesos_V1_TaskStatus], _ lost: Mesos_V1_TaskStatus) {
        var uuids: Set<Data> = []
        let states = statuses.filter { uuids.insert($0.uuid).inserted }.map(\.state)
        var wanted: [[Mesos_V1_TaskState]] = [[.taskStarting, .taskRunning, .taskFinished]]
        // What happened to the task while no agent was there: it ran and ended, or was never started.
        if lost.state == .taskStarting { wanted += ends.map { [.taskStarting, $0] } }
        #expect(wanted.contains(states), "\(lost.taskID.value), killed after \(lost.state)")
    }

    private static func start(_ cluster: Cluster) throws -> ServerProcess {
        try ServerProcess(
            name: "agent",
            arguments: [
                "agent", "--master", cluster.settings.masters[0], "--ip", "127.0.0.1", "--port", "0", "--work-dir", cluster.settings.workFolder,
                "--resources", cluster.settings.resources ?? ""
            ], log: cluster.folder + "/agent.log")
    }
}
