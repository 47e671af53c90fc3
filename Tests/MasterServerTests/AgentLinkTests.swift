import AgoraAPI
import Foundation
import MesosAPI
import NIOHTTP1
import SwiftProtobuf
import Testing
import Transport

@testable import MasterServer

struct AgentLinkTests {
    @Test func `who isn't an agent is refused before the stream begins`() async throws {
        try await TestMaster.run { master in
            let get = try await master.get("/agora/v1/agent")
            #expect(get.status == .methodNotAllowed)
            let bare = try await master.post("/agora/v1/agent", [:], [UInt8]())
            #expect(bare.status == .badRequest)
            let text = try await master.post("/agora/v1/agent", ["Content-Type": "text/plain"], [UInt8]())
            #expect(text.status == .unsupportedMediaType)
        }
    }

    @Test func `an idle link carries a heartbeat each second`() async throws {
        try await TestMaster.run { master in
            let agent = try await TestAgent.subscribe(to: master)
            for _ in 0..<2 {
                // The agent must live, too: one that says nothing for four seconds is cut.
                try agent.send { $0.heartbeat = .init() }
                let record = try Agora_V1_MasterRecord(serializedBytes: try await agent.records.next() ?? [])
                guard case .heartbeat = record.record else { Issue.record("something else came: \(record)"); return }
            }
        }
    }

    @Test func `no heartbeat comes before the answer to subscribe, however long that takes, and none when something else was said`() {
        enum Step { case beat, sent }
        var pulse = LinkPulse()
        let heartbeats = [Step.beat, .beat, .beat, .sent, .beat, .beat, .beat, .sent, .beat, .beat].map { step in
            switch step {
            case .beat: return pulse.beat()
            case .sent:
                pulse.sent()
                return false
            }
        }
        #expect(heartbeats == [false, false, false, false, false, true, true, false, false, true])
    }

    @Test func `records that can't be understood end the link with a reason`() async throws {
        try await TestMaster.run { master in
            let agent = try await TestAgent.subscribe(to: master)
            agent.outbox.offer(record: [0xff, 0xff])
            guard case .rejected(let rejected) = try await agent.next() else { Issue.record("it was taken"); return }
            #expect(rejected.reason == "the record can't be parsed" && !rejected.final)
            #expect(try await agent.next() == nil)
        }
    }

    @Test func `records of another session count for nothing`() async throws {
        try await TestMaster.run { master in
            let framework = try await TestFramework.subscribe(to: master)
            let agent = try await TestAgent.subscribe(to: master)
            _ = try await framework.next()
            try agent.send {
                $0.session = "other"
                $0.message.frameworkID = framework.id
                $0.message.executorID = "wrong"
                $0.message.data = Data()
            }
            try agent.send {
                $0.message.frameworkID = framework.id
                $0.message.executorID = "right"
                $0.message.data = Data([1])
            }
            #expect(try await framework.next()?.message.executorID.value == "right")
        }
    }

    @Test func `an agent that closes its connection is disconnected, one that is silent unreachable within five seconds`() async throws {
        try await TestMaster.run { master in
            let framework = try await TestFramework.subscribe(to: master)
            let closing = try await TestAgent.subscribe(to: master)
            #expect(try await framework.next()?.type == .offers)
            closing.connection.close()
            #expect(try await framework.next()?.type == .rescind)
            let silent = try await TestAgent.subscribe(to: master) { $0.agent.hostname = "host-2" }
            #expect(try await framework.next()?.type == .offers)
            let start = ContinuousClock.now
            #expect(try await framework.next()?.type == .rescind)
            let failure = try await framework.next()
            #expect(failure?.type == .failure && failure?.failure.agentID.value == silent.id)
            #expect(ContinuousClock.now - start < .seconds(8), "5 s, and some for a machine that is busy")
            let state = try await master.get("/metrics/snapshot").text
            #expect(state.contains("\"master/slaves_disconnected\":1.0") && state.contains("\"master/slaves_unreachable\":1.0"))
        }
    }
}
