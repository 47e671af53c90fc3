import AgoraAPI
import Foundation
import JSON
import MasterServer
import MesosAPI
import NIOHTTP1
import SwiftProtobuf
import Testing
import Transport

struct OperatorAPITests {
    /// A master with a framework, an agent, and one task that runs.
    private func running(_ body: @escaping @Sendable (TestMaster, TestFramework, TestAgent) async throws -> Void) async throws {
        try await TestMaster.run { master in
            let framework = try await TestFramework.subscribe(to: master)
            let agent = try await TestAgent.subscribe(to: master)
            let offer = try #require(try await framework.next()).offers.offers[0].id.value
            let accept = """
                "type":"ACCEPT","accept":{"offer_ids":[{"value":"\(offer)"}],"operations":[{"type":"LAUNCH","launch":{"task_infos":[
                {"name":"n","task_id":{"value":"t"},"agent_id":{"value":"\(agent.id)"},"command":{"value":"true","user":"me"},
                "labels":{"labels":[{"key":"k","value":"v"}]},"discovery":{"visibility":"CLUSTER","name":"d"},
                "resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":1.5}}]}]}}]}
                """
            _ = try await master.call(framework, accept)
            _ = try await agent.next()
            try agent.update("t", framework.id, .taskRunning, uuid: 1)
            _ = try await framework.next()
            try await body(master, framework, agent)
        }
    }

    private func json(_ answer: Answer) throws -> JSONValue {
        #expect(answer.status == .ok && answer.headers.first(name: "Content-Type") == "application/json", "\(answer.text)")
        return try JSONValue(parsing: answer.body)
    }

    @Test func `health, version and flags need nobody`() async throws {
        try await TestMaster.run {
            $0.cluster = "c"
        } _: { master in
            let health = try await master.get("/health")
            #expect(health.status == .ok && health.body == [])
            let version = try json(try await master.get("/version"))
            #expect(version["version"]?.string == "1.11.0")
            let flags = try json(try await master.get("/master/flags"))
            #expect(flags["flags"]?["cluster"]?.string == "c")
            #expect(try await master.get("/nothing").text == "404 Not Found.")
            #expect(try await master.get("/nothing").status == .notFound)
        }
    }

    @Test func `state shows agents, frameworks and tasks as Mesos does`() async throws {
        try await running { master, framework, agent in
            for path in ["/state", "/master/state", "/master/state.json", "/state/anything"] {
                #expect(try await master.get(path).status == .ok)
            }
            let state = try json(try await master.get("/master/state"))
            #expect(state["activated_slaves"]?.double == 1 && state["leader"]?.string?.hasPrefix("master@127.0.0.1:") == true)
            let slave = try #require(state["slaves"]?.array?.first)
            #expect(slave["id"]?.string == agent.id && slave["hostname"]?.string == "host-1" && slave["attributes"]?["rack"]?.string == "r1")
            #expect(slave["resources"]?["cpus"]?.double == 4 && slave["used_resources"]?["cpus"]?.double == 1.5)
            #expect(slave["resources"]?["gpus"]?.double == 0)
            let shown = try #require(state["frameworks"]?.array?.first)
            #expect(shown["id"]?.string == framework.id && shown["active"]?.bool == true && shown["role"]?.string == "*")
            let task = try #require(shown["tasks"]?.array?.first)
            #expect(task["id"]?.string == "t" && task["state"]?.string == "TASK_RUNNING" && task["executor_id"]?.string == "")
            #expect(task["labels"]?.array?.first?["key"]?.string == "k" && task["user"]?.string == "me")
            #expect(task["discovery"]?["visibility"]?.string == "CLUSTER")
            #expect(task["statuses"]?.array?.count == 1 && task["statuses"]?.array?.first?["timestamp"]?.double == 1)
        }
    }

    @Test func `the other views of the state`() async throws {
        try await running { master, framework, agent in
            let summary = try json(try await master.get("/state-summary"))
            #expect(summary["slaves"]?.array?.first?["TASK_RUNNING"]?.double == 1)
            #expect(summary["frameworks"]?.array?.first?["slave_ids"]?.array?.first?.string == agent.id)
            let slaves = try json(try await master.get("/slaves?slave_id=\(agent.id)"))
            #expect(slaves["slaves"]?.array?.first?["used_resources_full"]?.array?.first?["name"]?.string == "cpus")
            #expect(try json(try await master.get("/slaves?slave_id=none"))["slaves"]?.array?.count == 0)
            let frameworks = try json(try await master.get("/frameworks"))
            #expect(frameworks["frameworks"]?.array?.count == 1 && frameworks["completed_frameworks"]?.array?.count == 0)
            let tasks = try json(try await master.get("/tasks?limit=1&order=asc"))
            #expect(tasks["tasks"]?.array?.first?["id"]?.string == "t")
            #expect(try json(try await master.get("/tasks?task_id=x"))["tasks"]?.array?.count == 0)
            let roles = try json(try await master.get("/roles"))
            #expect(roles["roles"]?.array?.first?["name"]?.string == "*" && roles["roles"]?.array?.first?["allocated"]?["cpus"]?.double == 1.5)
            let explain = try json(try await master.get("/agora/v1/explain?framework=f"))
            #expect(explain["framework_id"]?.string == framework.id && explain["roles"]?.array?.count == 1)
            let script = try await master.get("/roles?jsonp=fn")
            #expect(script.text.hasPrefix("fn({") && script.headers.first(name: "Content-Type") == "text/javascript")
        }
    }

    @Test func `metrics in both forms`() async throws {
        try await running { master, framework, _ in
            let metrics = try json(try await master.get("/metrics/snapshot"))
            #expect(metrics["master/tasks_running"]?.double == 1 && metrics["master/slaves_active"]?.double == 1)
            #expect(metrics["master/cpus_percent"]?.double == 0.375)
            let text = try await master.get("/metrics").text
            #expect(text.contains("agora_master_tasks_running 1.0\n"))
            #expect(text.contains("agora_master_framework_offers_sent{framework=\"\(framework.id)\"} "))
        }
    }

    @Test(arguments: [
        ("GET_HEALTH", "get_health"), ("GET_FLAGS", "get_flags"), ("GET_VERSION", "get_version"), ("GET_LOGGING_LEVEL", "get_logging_level"),
        ("GET_STATE", "get_state"), ("GET_AGENTS", "get_agents"), ("GET_FRAMEWORKS", "get_frameworks"), ("GET_EXECUTORS", "get_executors"),
        ("GET_TASKS", "get_tasks"), ("GET_ROLES", "get_roles"), ("GET_WEIGHTS", "get_weights"), ("GET_MASTER", "get_master")
    ])
    func `the versioned calls answer with a response of their type, whole in both forms`(call: String, field: String) async throws {
        try await running { master, _, _ in
            let answer = try json(try await master.operate("{\"type\":\"\(call)\"}"))
            #expect(answer["type"]?.string == call)
            #expect(answer[field] != nil)
            let message = try Mesos_V1_Master_Call(mesosJSON: Array("{\"type\":\"\(call)\"}".utf8))
            let binary = try await master.post(
                "/master/api/v1/operator", ["Content-Type": "application/x-protobuf", "Accept": "application/x-protobuf"],
                try message.serializedBytes() as [UInt8])
            let response = try Mesos_V1_Master_Response(serializedBytes: binary.body)
            #expect(response.isInitialized)
            if call == "GET_STATE" {
                #expect(response.getState.getTasks.tasks.map(\.taskID.value) == ["t"])
                #expect(response.getState.getTasks.tasks.map(\.labels.labels.count) == [1])
                #expect(response.getState.getAgents.agents.map(\.allocatedResources.count) == [1])
                #expect(response.getState.getFrameworks.frameworks.map(\.connected) == [true])
            }
        }
    }

    @Test func `what the versioned API refuses`() async throws {
        try await TestMaster.run { master in
            func refusal(_ call: String) async throws -> String {
                let answer = try await master.operate(call)
                return "\(answer.status.code) \(answer.text)"
            }
            #expect(try await refusal("{}") == "400 Failed to validate master::Call: Expecting 'type' to be present")
            #expect(try await refusal("{\"type\":\"GET_METRICS\"}") == "400 Failed to validate master::Call: Expecting 'get_metrics' to be present")
            #expect(try await refusal("{\"type\":\"TEARDOWN\"}") == "400 Failed to validate master::Call: Expecting 'teardown' to be present")
            #expect(try await refusal("{\"type\":\"GET_QUOTA\"}") == "501 501 Not Implemented.")
            let teardown = "{\"type\":\"TEARDOWN\",\"teardown\":{\"framework_id\":{\"value\":\"F\"}}}"
            #expect(try await refusal(teardown) == "400 No framework found with specified ID")
            let form = try await master.post("/teardown", [:], "frameworkId=F".utf8)
            #expect("\(form.status.code) \(form.text)" == "400 No framework found with specified ID")
            let none = try await master.post("/teardown", [:], "".utf8)
            #expect("\(none.status.code) \(none.text)" == "400 Missing 'frameworkId' query parameter in the request body")
        }
    }

    @Test func `an operator tears a framework down`() async throws {
        try await running { master, framework, agent in
            #expect(try await master.post("/master/teardown", [:], "frameworkId=\(framework.id)".utf8).status == .ok)
            #expect(try await framework.next() == nil)
            guard case .shutdownFramework = try await agent.next() else { Issue.record("it runs on"); return }
            let state = try json(try await master.get("/state"))
            #expect(state["completed_frameworks"]?.array?.first?["completed_tasks"]?.array?.first?["state"]?.string == "TASK_KILLED")
        }
    }

    @Test(arguments: ContentType.allCases)
    func `the event stream begins with the state and goes on with what changes`(type: ContentType) async throws {
        try await TestMaster.run { master in
            let records = Records()
            let stream = RecordStream(outbox: Outbox(), onRecords: records.receive) { _ in records.finish() }
            let body = type == .json ? Array("{\"type\":\"SUBSCRIBE\"}".utf8) : [8, 18]
            let connection = RecordConnection.open(
                .init(url: master.url + "/api/v1", headers: ["Content-Type": type.name, "Accept": type.name], body: .bytes(body)), stream: stream)
            func next() async throws -> Mesos_V1_Master_Event {
                let record = try await records.next() ?? []
                return type == .json ? try Mesos_V1_Master_Event(mesosJSON: record) : try Mesos_V1_Master_Event(serializedBytes: record)
            }
            let first = try await next()
            #expect(first.type == .subscribed && first.subscribed.getState.getTasks.tasks == [])
            #expect(try await next().type == .heartbeat)
            let agent = try await TestAgent.subscribe(to: master)
            #expect(try await next().agentAdded.agent.agentInfo.id.value == agent.id)
            let framework = try await TestFramework.subscribe(to: master)
            #expect(try await next().frameworkAdded.framework.frameworkInfo.id.value == framework.id)
            let offer = try #require(try await framework.next()).offers.offers[0].id.value
            let accept = """
                "type":"ACCEPT","accept":{"offer_ids":[{"value":"\(offer)"}],"operations":[{"type":"LAUNCH","launch":{"task_infos":[
                {"name":"n","task_id":{"value":"t"},"agent_id":{"value":"\(agent.id)"},"command":{"value":"true"},
                "resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":1}}]}]}}]}
                """
            _ = try await master.call(framework, accept)
            #expect(try await next().taskAdded.task.taskID.value == "t")
            try agent.update("t", framework.id, .taskRunning, uuid: 1)
            let updated = try await next()
            #expect(updated.taskUpdated.state == .taskRunning && updated.taskUpdated.frameworkID.value == framework.id)
            _ = try await master.call(framework, "\"type\":\"TEARDOWN\"")
            #expect(try await next().taskUpdated.state == .taskKilled)
            #expect(try await next().type == .frameworkRemoved)
            connection.close()
        }
    }
}
