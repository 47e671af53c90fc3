import AgoraAPI
import Machine
import MesosAPI
import SwiftProtobuf
import Testing

@testable import AgentCore

struct LinkTests {
    @Test func `link: the first subscription has no id, later ones have it, and all that is here`() throws {
        var rig = Rig()
        try rig.start()
        #expect(rig.input(.launcherReady(rig.abilities, [])).words == ["connect"])
        let opened = rig.subscription()
        let first = try #require(opened)
        #expect(!first.agent.hasID && !first.hasEpoch && first.protocolMin == 1 && first.bootID == "boot" && first.tasks.isEmpty)
        #expect(rig.subscribed().words == ["store +agent +agent", "note: subscribed with the master"])
        rig.run(Rig.task())
        rig.input(.linkClosed(rig.agent.link.number, reason: "reset"))
        #expect(rig.wake(after: 1).words == ["connect"])
        let again = rig.subscription()
        let second = try #require(again)
        #expect(second.agent.id.value == Rig.agentID && second.epoch == 1)
        #expect(
            second.tasks.map(\.taskID) == ["t"] && second.tasks.first?.state == .taskRunning && second.tasks.first?.acknowledgedState == .taskRunning)
        #expect(second.frameworks.map(\.frameworkID) == [Rig.framework])
    }

    @Test func `link: a master of an older epoch, or one that takes the agent for another, isn't obeyed`() throws {
        var rig = try Rig.running()
        rig.input(.linkClosed(rig.agent.link.number, reason: "gone"))
        rig.wake(after: 1)
        rig.input(.linkOpened(rig.agent.link.number))
        #expect(rig.subscribed(epoch: 0).words.first == "disconnect: the master has epoch 0, and epoch 1 was obeyed before")
        rig.wake(after: 1)
        rig.input(.linkOpened(rig.agent.link.number))
        #expect(rig.subscribed(epoch: 2, id: "M-S5").words.first == "disconnect: the master takes this agent for M-S5")
        rig.wake(after: 1)
        rig.input(.linkOpened(rig.agent.link.number))
        #expect(rig.subscribed(epoch: 3).words.first == "store +agent")
        #expect(rig.agent.epoch == 3)
    }

    @Test func `link: records of another session or connection are dropped`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task())
        #expect(
            rig.order(session: "old") {
                $0.kill.frameworkID = Rig.framework; $0.kill.taskID = "t"
            }.words == [])
        var record = Agora_V1_MasterRecord()
        record.kill.frameworkID = Rig.framework
        record.kill.taskID = "t"
        #expect(rig.input(.master(rig.agent.link.number - 1, record)).words == [])
        #expect(rig.kill("t").words.last == "signal 15")
    }

    @Test func `link: pauses between attempts grow, with chance, up to two and a half seconds`() throws {
        var rig = Rig()
        try rig.start()
        rig.input(.launcherReady(rig.abilities, []))
        var pauses: [Double] = []
        for _ in 0..<12 {
            let effects = rig.input(.linkClosed(rig.agent.link.number, reason: "nothing listens"))
            let time = try #require(effects.wakeTime)
            pauses.append(Double(time - rig.now.monotonic) / 1e9)
            rig.now = rig.now.advanced(by: time - rig.now.monotonic)
            #expect(rig.input(.woken).words == ["connect"])
        }
        #expect(pauses[0] >= 0.1 && pauses[0] <= 0.2)
        #expect(pauses[8...].allSatisfy { $0 >= 1.25 && $0 <= 2.5 })
        #expect(Set(pauses).count > 8)
    }

    @Test func `link: a master that doesn't answer the subscription is left`() throws {
        var rig = Rig()
        try rig.start()
        rig.input(.launcherReady(rig.abilities, []))
        rig.input(.linkOpened(rig.agent.link.number))
        #expect(rig.wake(after: 15.1).words.first == "disconnect: the master did not answer the subscription")
    }

    @Test func `link: updates rest without a master, and flow again after the subscription`() throws {
        var rig = try Rig.running()
        rig.launch(Rig.task())
        rig.input(.linkClosed(rig.agent.link.number, reason: "gone"))
        #expect(rig.prepared("t").words == ["store +streams", "launch"])
        #expect(rig.launched("t").words == ["store +streams"])
        rig.wake(after: 1)
        rig.input(.linkOpened(rig.agent.link.number))
        #expect(rig.subscribed().statuses.map(\.state) == [.taskStarting])
        #expect(rig.acknowledgeAll("t").map(\.state) == [.taskStarting, .taskRunning])
    }

    @Test func `link: a framework that comes back is told at once what its former self has not acknowledged`() throws {
        var rig = try Rig.running()
        rig.launch(Rig.task())
        rig.prepared("t")
        rig.wake(after: 10.1)
        // The next attempt would be twenty seconds after the first.
        #expect(rig.wake(after: 5).statuses == [])
        let info = Rig.frameworkInfo([.partitionAware]).bytes
        let back = rig.order {
            $0.framework.frameworkID = Rig.framework
            $0.framework.info = .init(wire: info)
        }
        #expect(back.statuses.map(\.state) == [.taskStarting])
        #expect(rig.wake(after: 5).statuses == [])
        #expect(rig.wake(after: 5.1).statuses.map(\.state) == [.taskStarting], "the pauses begin anew")
        #expect(rig.order { $0.framework.frameworkID = "another" }.statuses == [])
    }

    @Test func `link: tasks of which only the master knows are answered reliably`() throws {
        var rig = try Rig.running()
        rig.input(.linkClosed(rig.agent.link.number, reason: "gone"))
        rig.wake(after: 1)
        rig.input(.linkOpened(rig.agent.link.number))
        let unknown = [("a", true), ("b", false)].map { id, isAware in
            Agora_V1_TaskReference.with {
                $0.frameworkID = Rig.framework; $0.taskID = id; $0.partitionAware = isAware
            }
        }
        let effects = rig.subscribed(unknown: unknown)
        #expect(effects.statuses.map(\.state) == [.taskDropped, .taskLost])
        #expect(rig.wake(after: 10.1).statuses.map(\.state) == [.taskDropped, .taskLost])
        try rig.start()
        rig.input(.launcherReady(rig.abilities, []))
        let again = rig.subscription()
        #expect(again?.tasks.isEmpty == true, "they were never here")
        #expect(rig.subscribed(unknown: unknown).statuses.map(\.state) == [.taskDropped, .taskLost], "still the same two")
        rig.acknowledgeAll("a")
        rig.acknowledgeAll("b")
        #expect(rig.stored["tasks"] == [:] && rig.stored["frameworks"] == [:])
    }

    @Test func `link: an agent that is wanted no more kills its tasks and begins anew without its id`() throws {
        var rig = try Rig.running()
        rig.run(Rig.task())
        let effects = rig.order {
            $0.rejected.reason = "Agent has been marked gone"; $0.rejected.final = true
        }
        #expect(effects.words.contains("signal 15") && effects.words.first == "disconnect: rejected by the master: Agent has been marked gone")
        let last = rig.exited("t", ContainerEnd(.signalled(15)))
        #expect(last.words.contains("note: the agent begins anew, without its id"))
        #expect(rig.wake(after: 0.1).words == [], "not at once: who rejects it for good may do so again")
        #expect(rig.wake(after: 2).words == ["connect"])
        let anew = rig.subscription()
        #expect(anew?.agent.hasID == false)
        #expect(rig.stored["agent"]?["id"] == nil)
    }

    @Test func `link: operations are refused with a status, messages and unknown orders with a reason`() throws {
        var rig = try Rig.running()
        #expect(
            rig.order {
                $0.applyOperation.uuid = .init(wire: [1]); $0.applyOperation.operation.type = .reserve
            }.words == ["send operation operationError"])
        #expect(
            rig.order {
                $0.message.executorID = "e"; $0.message.frameworkID = "f"
            }.words.first == "send refused: this executor takes no messages")
    }
}

extension Rig {
    /// Opens the link and returns what the agent says of itself.
    mutating func subscription() -> Agora_V1_Subscribe? {
        for effect in input(.linkOpened(agent.link.number)) {
            if case .send(_, let record) = effect, case .subscribe(let subscribe) = record.record { return subscribe }
        }
        return nil
    }
}
