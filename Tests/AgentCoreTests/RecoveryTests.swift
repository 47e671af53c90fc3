import AgoraAPI
import Machine
import MesosAPI
import Testing

@testable import AgentCore

struct RecoveryTests {
    enum Before: CaseIterable { case preparing, launching, running, killing }

    private func rig(_ before: Before, capabilities: [Mesos_V1_FrameworkInfo.Capability.TypeEnum] = [.partitionAware]) throws -> (Rig, String) {
        var rig = try Rig.running()
        rig.launch(Rig.task { $0.killPolicy.gracePeriod.nanoseconds = 8 * .second }, capabilities: capabilities)
        if before != .preparing { rig.prepared("t") }
        if before == .running || before == .killing { rig.launched("t") }
        rig.acknowledgeAll("t")
        if before == .killing { rig.kill("t") }
        let container = rig.container("t")
        rig.pass(2)
        try rig.start()
        return (rig, container)
    }

    @Test(
        arguments: [
            (.preparing, nil, [.taskDropped], .agentRestarted), (.launching, nil, [.taskDropped], .agentRestarted),
            (.running, nil, [.taskGone], .agentRestarted), (.killing, nil, [.taskGone], .agentRestarted),
            (.launching, .some(nil), [.taskRunning], nil), (.running, .some(nil), [], nil),
            (.running, ContainerEnd(.exited(0)), [.taskFinished], nil), (.running, ContainerEnd(.exited(3)), [.taskFailed], nil),
            (.killing, ContainerEnd(.exited(0)), [.taskKilled], nil), (.launching, ContainerEnd(.exited(0)), [.taskFinished], nil),
            (.running, ContainerEnd(.lost), [.taskFailed], .executorTerminated),
            (.launching, ContainerEnd(.notLaunched("Failed to launch container")), [.taskFailed], .containerLaunchFailed)
        ] as [(Before, ContainerEnd??, [Mesos_V1_TaskState], Mesos_V1_TaskStatus.Reason?)])
    func `recovery: what was stored and what the launcher sees tell what became of a task`(
        before: Before, seen: ContainerEnd??, states: [Mesos_V1_TaskState], reason: Mesos_V1_TaskStatus.Reason?
    ) throws {
        var (rig, container) = try rig(before)
        let reports = seen.map { [Agent.ContainerReport(container: container, end: $0, pid: 9, started: rig.now.wall - 5 * .second)] } ?? []
        rig.input(.launcherReady(rig.abilities, reports))
        rig.subscribe()
        let statuses = rig.acknowledgeAll("t")
        #expect(statuses.map(\.state) == states)
        if let reason { #expect(statuses.last?.reason == reason) }
    }

    @Test(arguments: [Before.preparing, .launching, .running, .killing])
    func `recovery: a framework that isn't partition-aware hears of one state only`(before: Before) throws {
        var (rig, _) = try rig(before, capabilities: [])
        rig.input(.launcherReady(rig.abilities, []))
        rig.subscribe()
        let statuses = rig.acknowledgeAll("t")
        #expect(statuses.map(\.state) == [.taskLost] && statuses.last?.reason == .agentRestarted)
    }

    @Test func `recovery: a kill goes on with what is left of its grace`() throws {
        var (rig, container) = try rig(.killing)
        #expect(
            rig.input(.launcherReady(rig.abilities, [.init(container: container, end: nil, pid: 9, started: rig.now.wall)])).words.contains(
                "signal 15"))
        #expect(!rig.wake(after: 5.9).words.contains("destroy"))
        #expect(rig.wake(after: 0.2).words.contains("destroy"))
    }

    @Test func `recovery: unacknowledged updates are sent again, byte for byte`() throws {
        var rig = try Rig.running()
        rig.launch(Rig.task())
        let sent = rig.prepared("t").statuses
        rig.launched("t")
        rig.exited("t", ContainerEnd(.exited(0)))
        try rig.start()
        rig.input(.launcherReady(rig.abilities, []))
        rig.input(.linkOpened(rig.agent.link.number))
        #expect(rig.subscribed().statuses == sent)
        #expect(rig.acknowledgeAll("t").map(\.state) == [.taskStarting, .taskRunning, .taskFinished])
    }

    @Test func `recovery: containers that nobody knows are destroyed or removed`() throws {
        var rig = Rig()
        try rig.start()
        let effects = rig.input(
            .launcherReady(rig.abilities, [.init(container: "x", end: nil), .init(container: "y", end: ContainerEnd(.exited(0)))]))
        #expect(effects.contains(.destroy(container: "x")) && effects.contains(.remove(container: "y")))
        #expect(rig.input(.exited(container: "x", ContainerEnd(.signalled(9)))) == [.remove(container: "x")])
    }

    @Test func `launcher: one that comes back is asked again for what nobody answered`() throws {
        var rig = try Rig.running()
        rig.launch(Rig.task())
        rig.prepared("t")
        rig.input(.launched(container: rig.container("t"), .unknown))
        #expect(rig.input(.launcherReady(rig.abilities, [])).words == ["launch"])
        rig.launched("t")
        rig.kill("t")
        let report = Agent.ContainerReport(container: rig.container("t"), end: nil, pid: 77, started: rig.now.wall)
        #expect(rig.input(.launcherReady(rig.abilities, [report])).words == ["signal 15"])
        rig.input(.signalled(container: rig.container("t")))
        #expect(rig.input(.launcherReady(rig.abilities, [report])).words == [])
        rig.wake(after: 3.1)
        #expect(rig.input(.launcherReady(rig.abilities, [report])).words == ["destroy"])
    }

    @Test func `store: a row that can't be read is named`() {
        #expect(throws: RecordingError.self) { try Saved(rows: [.init(table: "tasks", key: "c", value: [9])]) }
        #expect(throws: RecordingError.self) { try Saved(rows: [.init(table: "streams", key: "c", value: [])]) }
        #expect(throws: RecordingError.self) { try Saved(rows: [.init(table: "poems", key: "c", value: [])]) }
    }
}
