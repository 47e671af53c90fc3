import AgoraAPI
import Foundation
import JSON
import MesosAPI
import NIOHTTP1
import SwiftProtobuf
import Testing
import Transport

struct SchedulerAPITests {
    @Test(arguments: ContentType.allCases)
    func `a task goes all the way: offer, launch, updates, acknowledgement, end`(type: ContentType) async throws {
        try await TestMaster.run { master in
            let framework = try await TestFramework.subscribe(to: master, type)
            let agent = try await TestAgent.subscribe(to: master)
            let offers = try #require(try await framework.next()).offers.offers
            #expect(offers.count == 1 && offers[0].agentID.value == agent.id && offers[0].hostname == "host-1")
            #expect(offers[0].attributes.map(\.text.value) == ["r1"])
            #expect(offers[0].url.address.port == 5051 && offers[0].url.path == "/slave(1)")
            #expect(offers[0].resources.map(\.name) == ["cpus", "mem"] && offers[0].resources[0].role == "*")
            #expect(!offers[0].hasAllocationInfo)
            let accept = """
                "type":"ACCEPT","accept":{"offer_ids":[{"value":"\(offers[0].id.value)"}],"operations":[{"type":"LAUNCH","launch":{"task_infos":[
                {"name":"n","task_id":{"value":"t"},"agent_id":{"value":"\(agent.id)"},"command":{"value":"true"},
                "resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":1}}]}]}}]}
                """
            let accepted = try await master.call(framework, accept)
            #expect(accepted.status == .accepted && accepted.body == [])
            guard case .launch(let launch) = try await agent.next() else { Issue.record("nothing was launched"); return }
            #expect(launch.frameworkID == framework.id)
            let info = try Mesos_V1_TaskInfo(serializedBytes: launch.task)
            #expect(info.taskID.value == "t" && info.resources[0].allocationInfo.role == "*")
            try agent.update("t", framework.id, .taskRunning, uuid: 1)
            let update = try #require(try await framework.next())
            #expect(update.update.status.state == .taskRunning && update.update.status.agentID.value == agent.id)
            let uuid = Base64.encode([UInt8](repeating: 1, count: 16))
            let acknowledge = """
                "type":"ACKNOWLEDGE","acknowledge":{"agent_id":{"value":"\(agent.id)"},"task_id":{"value":"t"},"uuid":"\(uuid)"}
                """
            #expect(try await master.call(framework, acknowledge).status == .accepted)
            guard case .acknowledge(let order) = try await agent.next() else { Issue.record("nothing was acknowledged"); return }
            #expect(order.taskID == "t" && order.uuid == Data(repeating: 1, count: 16))
            let kill = try await master.call(framework, "\"type\":\"KILL\",\"kill\":{\"task_id\":{\"value\":\"t\"}}")
            #expect(kill.status == .accepted)
            guard case .kill(let order) = try await agent.next() else { Issue.record("nothing was killed"); return }
            #expect(order.taskID == "t" && !order.hasGracePeriod)
            #expect(try await master.call(framework, "\"type\":\"TEARDOWN\"").status == .accepted)
            guard case .shutdownFramework(let order) = try await agent.next() else { Issue.record("it runs on"); return }
            #expect(order.frameworkID == framework.id)
            #expect(try await framework.next() == nil, "the stream ends")
        }
    }

    private static let json: HTTPHeaders = ["Content-Type": "application/json"]

    @Test func `a framework that comes back takes over, and the old stream is told and ended`() async throws {
        try await TestMaster.run { master in
            let first = try await TestFramework.subscribe(to: master)
            let second = try await TestFramework.subscribe(to: master, .json, id: first.id)
            #expect(second.id == first.id && second.streamID != first.streamID)
            #expect(try await first.next()?.error.message == "Framework failed over")
            #expect(try await first.next() == nil)
            #expect(try await master.call(first, "\"type\":\"REVIVE\"").status == .badRequest)
            #expect(try await master.call(second, "\"type\":\"REVIVE\"").status == .accepted)
        }
    }

    @Test func `bodies may be compressed, and the path may go on`() async throws {
        try await TestMaster.run { master in
            let framework = try await TestFramework.subscribe(to: master)
            let body = Array("{\"type\":\"REVIVE\",\"framework_id\":{\"value\":\"\(framework.id)\"}}".utf8)
            var headers = Self.json
            headers.add(name: "Mesos-Stream-Id", value: framework.streamID)
            for path in ["/api/v1/scheduler", "/master/api/v1/scheduler", "/api/v1/scheduler/more/"] {
                #expect(try await master.post(path, headers, body).status == .accepted)
            }
            headers.add(name: "Content-Encoding", value: "gzip")
            #expect(try await master.post("/api/v1/scheduler", headers, try #require(Gzip.compress(body))).status == .accepted)
        }
    }
}
