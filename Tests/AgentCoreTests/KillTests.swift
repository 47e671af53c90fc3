import AgoraAPI
import Machine
import MesosAPI
import Testing

@testable import AgentCore

struct KillTests {
    @Test func `kill: TERM, then after the grace period KILL of all, and TASK_KILLED whatever the exit was`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task { $0.killPolicy.gracePeriod.nanoseconds = 5 * .second })
        #expect(rig.kill("t").words == ["store +streams", "send taskKilling", "signal 15"])
        #expect(rig.wake(after: 4.9).words == [])
        #expect(rig.wake(after: 0.2).words == ["destroy"])
        rig.exited("t", ContainerEnd(.exited(0)))
        let statuses = rig.acknowledgeAll("t")
        #expect(statuses.map(\.state) == [.taskKilling, .taskKilled])
        #expect(statuses.last?.message == "Command exited with status 0")
        #expect(rig.agent.tasks.isEmpty)
    }

    @Test func `kill: a framework that doesn't know TASK_KILLING isn't told`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task(), capabilities: [])
        #expect(rig.kill("t").words == ["store +streams", "signal 15"])
        #expect(rig.wake(after: 3.1).words == ["destroy"], "3 s unless somebody says otherwise")
    }

    @Test func `kill: the order's grace stands above the task's, a second order can only shorten it`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task { $0.killPolicy.gracePeriod.nanoseconds = 5 * .second })
        rig.kill("t", grace: 60)
        rig.acknowledgeAll("t")
        rig.pass(10)
        #expect(rig.kill("t", grace: 100).words == [])
        #expect(rig.wake(after: 1).words == [])
        rig.kill("t", grace: 20)
        #expect(rig.wake(after: 8.9).words == [])
        #expect(rig.wake(after: 0.2).words == ["destroy"], "20 s after the first order")
    }

    @Test func `kill: no grace at all is KILL at once`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task(), capabilities: [])
        #expect(rig.kill("t", grace: 0).words == ["store +streams", "destroy"])
    }

    @Test func `kill: before the launch the task ends at once, while it is being launched it ends afterwards`() throws {
        var rig = try Rig.running()
        rig.launch(Rig.task("early"))
        let effects = rig.kill("early")
        #expect(effects.words == ["abandon", "store +sandboxes", "store +streams", "send taskKilled"])
        #expect(effects.statuses.first?.reason == .taskKilledDuringLaunch)
        #expect(effects.statuses.first?.message == "Killed before delivery to the executor")
        #expect(rig.prepared("early").words == [], "too late")

        rig.launch(Rig.task("late"))
        rig.prepared("late")
        #expect(rig.kill("late").words == ["store +streams"])
        #expect(rig.launched("late").words == ["store +streams", "signal 15"])
        rig.exited("late", ContainerEnd(.signalled(15)))
        #expect(rig.acknowledgeAll("late").map(\.state) == [.taskStarting, .taskKilling, .taskKilled])
    }

    @Test func `what was never started is lost to a framework that isn't partition-aware`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task("other"), capabilities: [])
        #expect(rig.kill("t").statuses.map(\.state) == [.taskLost])
        rig.input(.stopping(killsTasks: true))
        #expect(rig.launch(Rig.task("u"), capabilities: []).statuses.first?.state == .taskLost)
    }

    @Test func `kill: of a task that isn't here is answered, once`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task("other"))
        let effects = rig.kill("t")
        #expect(effects.statuses.map(\.state) == [.taskDropped])
        #expect(effects.statuses.first?.message == "Cannot find executor" && effects.statuses.first?.reason == .executorTerminated)
        #expect(rig.kill("t").words == [], "the first answer is on its way")
        rig.acknowledgeAll("t")
        #expect(rig.agent.tasks.count == 1)
    }

    @Test func `time limit: the task is killed at once and has failed`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task { $0.maxCompletionTime.nanoseconds = 10 * .second })
        #expect(rig.wake(after: 9.9).words == [])
        #expect(rig.wake(after: 0.2).words == ["store +streams", "destroy"])
        rig.exited("t", ContainerEnd(.signalled(9)))
        let end = rig.acknowledgeAll("t").last
        #expect(end?.state == .taskFailed && end?.reason == .maxCompletionTimeReached && end?.message == "Command terminated with signal Killed")
    }

    @Test func `framework shutdown: its tasks are killed, its updates dropped, its row goes`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task("runs"))
        rig.launch(Rig.task("ended"))
        rig.prepared("ended", failure: "no")
        let effects = rig.order { $0.shutdownFramework.frameworkID = Rig.framework }
        #expect(effects.words == ["store +streams", "signal 15", "store -tasks -streams"])
        #expect(rig.wake(after: 5.1).words == ["destroy"])
        #expect(rig.exited("runs", ContainerEnd(.signalled(9))).words == ["store +sandboxes", "store -tasks -streams -frameworks", "remove"])
        #expect(rig.agent.frameworks.isEmpty && rig.stored["frameworks"] == [:] && rig.stored["tasks"] == [:] && rig.stored["streams"] == [:])
    }

    @Test func `drain: all tasks are killed with the lesser grace, new ones dropped, until the agent is reactivated`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task { $0.killPolicy.gracePeriod.nanoseconds = 60 * .second })
        let effects = rig.order { $0.drain.config.maxGracePeriod.nanoseconds = 2 * .second }
        #expect(effects.words == ["store +agent", "store +streams", "send taskKilling", "signal 15"])
        #expect(effects.statuses.first?.reason == .agentDraining)
        #expect(rig.wake(after: 2.1).words == ["destroy"])
        rig.exited("t", ContainerEnd(.signalled(9)))
        let end = rig.acknowledgeAll("t").last
        #expect(end?.state == .taskKilled && end?.reason == .agentDraining)
        #expect(rig.launch(Rig.task("u")).statuses.first?.state == .taskDropped)
        rig.order { $0.reactivate = .init() }
        #expect(rig.launch(Rig.task("v")).words.last == "prepare")
    }

    @Test func `stopping: with its tasks an agent ends when none is left, without them at once`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task())
        var other = rig
        #expect(other.input(.stopping(killsTasks: false)).words == ["send goodbye(stay: true)", "stopped"])
        #expect(rig.input(.stopping(killsTasks: true)).words == ["store +streams", "send taskKilling", "signal 15"])
        #expect(rig.launch(Rig.task("u")).statuses.first?.state == .taskDropped)
        let effects = rig.exited("t", ContainerEnd(.signalled(15)))
        #expect(effects.words == ["store +sandboxes", "store +streams", "send goodbye(stay: false)", "stopped", "remove"])
    }
}
