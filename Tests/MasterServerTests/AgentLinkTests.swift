import AgoraAPI
import Foundation
import JSON
import MasterCore
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
            let deadline = ContinuousClock.now + .seconds(45)
            while ContinuousClock.now < deadline {
                let agent = try await TestAgent.subscribe(to: master)
                if try await Self.heartbeats(agent) == 2 { return }
            }
            Issue.record("no link has carried two heartbeats in a row")
        }
    }

    /// How many come in a row, up to two. Fewer where this test is held up for so long that the master cuts an agent that says nothing.
    private static func heartbeats(_ agent: TestAgent) async throws -> Int {
        for count in 0..<2 {
            try agent.send { $0.heartbeat = .init() }
            guard let bytes = try await agent.records.next() else { return count }
            let record = try Agora_V1_MasterRecord(serializedBytes: bytes)
            guard case .heartbeat = record.record else { throw SomethingElse(record: record) }
        }
        return 2
    }

    private struct SomethingElse: Error { let record: Agora_V1_MasterRecord }

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

    @Test func `messages that are too many or too large get lost; the link stays`() async throws {
        try await TestMaster.run { master in
            let framework = try await TestFramework.subscribe(to: master)
            let agent = try await TestAgent.subscribe(to: master)
            _ = try await framework.next()
            func message(_ count: Int) async throws {
                let data = Base64.encode([UInt8](repeating: 7, count: count))
                let text = #""type":"MESSAGE","message":{"agent_id":{"value":"\#(agent.id)"},"executor_id":{"value":"e"},"data":"\#(data)"}"#
                #expect(try await master.call(framework, text).status == .accepted)
            }
            try await message(9 << 20)
            try await message(5)
            guard case .message(let received) = try await agent.next() else { Issue.record("something else came"); return }
            #expect(received.data.count == 5)
            try agent.send { $0.heartbeat = .init() }
            let metrics = try await master.get("/metrics/snapshot").text
            #expect(metrics.contains("\"master/dropped_messages\":1.0") && metrics.contains("\"master/slaves_connected\":1.0"))
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

    @Test func `an agent that closes its connection is disconnected, one that is silent unreachable`() async throws {
        // After five seconds, that is; the core's tests count them.
        let standard = Kernel.Settings()
        try await TestMaster.run { settings in
            (settings.kernel.agentTimeout, settings.kernel.agentSilence) = (standard.agentTimeout, standard.agentSilence)
        } _: { master in
            let framework = try await TestFramework.subscribe(to: master)
            let closing = try await TestAgent.subscribe(to: master)
            #expect(try await framework.next()?.type == .offers)
            closing.connection.close()
            #expect(try await framework.next()?.type == .rescind)
            let silent = try await TestAgent.subscribe(to: master) { $0.agent.hostname = "host-2" }
            #expect(try await framework.next()?.type == .offers)
            #expect(try await framework.next()?.type == .rescind)
            let failure = try await framework.next()
            #expect(failure?.type == .failure && failure?.failure.agentID.value == silent.id)
            let state = try await master.get("/metrics/snapshot").text
            #expect(state.contains("\"master/slaves_disconnected\":1.0") && state.contains("\"master/slaves_unreachable\":1.0"))
        }
    }
}
