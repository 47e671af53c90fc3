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

    @Test func `each refusal has Mesos's status and words`() async throws {
        try await TestMaster.run { master in
            let path = "/api/v1/scheduler"
            let get = try await master.get(path)
            #expect(get.status == .methodNotAllowed && get.headers.first(name: "Allow") == "POST")
            #expect(get.text == "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'.")
            func refusal(_ headers: HTTPHeaders, _ body: String) async throws -> String {
                let answer = try await master.post(path, headers, body.utf8)
                return "\(answer.status.code) \(answer.text)"
            }
            #expect(try await refusal([:], "{}") == "400 Expecting 'Content-Type' to be present")
            #expect(
                try await refusal(["Content-Type": "text/plain"], "{}")
                    == "415 Expecting 'Content-Type' of application/json or application/x-protobuf")
            #expect(try await refusal(["Content-Type": "application/x-protobuf"], "{}") == "400 Failed to parse body into Call protobuf")
            #expect(try await refusal(Self.json, "{").hasPrefix("400 Failed to parse body into JSON: "))
            #expect(
                try await refusal(Self.json, "{\"type\":\"KILL\",\"kill\":{}}")
                    == "400 Failed to convert JSON into Call protobuf: Missing required fields: kill.task_id")
            #expect(try await refusal(Self.json, "{}") == "400 Failed to validate scheduler::Call: Expecting 'type' to be present")
            #expect(
                try await refusal(Self.json, "{\"type\":\"NONSENSE\"}")
                    == "400 Failed to validate scheduler::Call: Expecting 'type' to be present")
            let subscribe = "{\"type\":\"SUBSCRIBE\",\"subscribe\":{\"framework_info\":{\"user\":\"u\",\"name\":\"n\"}}}"
            #expect(
                try await refusal(["Content-Type": "application/json", "Accept": "text/html"], subscribe)
                    == "406 Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'")
            #expect(
                try await refusal(["Content-Type": "application/json; charset=utf-8", "Mesos-Stream-Id": "x"], subscribe)
                    == "400 Subscribe calls should not include the 'Mesos-Stream-Id' header")
            let revive = "{\"type\":\"REVIVE\",\"framework_id\":{\"value\":\"F\"}}"
            #expect(try await refusal(Self.json, revive) == "400 Framework cannot be found")
            let framework = try await TestFramework.subscribe(to: master)
            let known = "{\"type\":\"REVIVE\",\"framework_id\":{\"value\":\"\(framework.id)\"}}"
            #expect(try await refusal(Self.json, known) == "400 All non-subscribe calls should include the 'Mesos-Stream-Id' header")
            #expect(
                try await refusal(["Content-Type": "application/json", "Mesos-Stream-Id": "S"], known)
                    == "400 The stream ID 'S' included in this request didn't match the stream ID currently associated with framework ID "
                    + framework.id)
            let unknown = "{\"type\":\"UNKNOWN\",\"framework_id\":{\"value\":\"\(framework.id)\"}}"
            let streamed: HTTPHeaders = ["Content-Type": "application/json", "Mesos-Stream-Id": framework.streamID]
            #expect(try await refusal(streamed, unknown) == "501 501 Not Implemented.")
        }
    }

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
