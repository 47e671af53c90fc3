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
            for path in ["/state", "/tasks"] {
                let text = try await master.get(path).text
                #expect(text.contains("\"user\":\"me\""), "\(path)")
            }
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
            #expect(text.contains("# TYPE mesos_master_tasks_running gauge\nmesos_master_tasks_running 1.0\n"))
            #expect(text.contains("mesos_master_framework_offers_sent{framework=\"\(framework.id)\"} "))
            #expect(text.contains("mesos_allocator_mesos_shares_dominant{role=\"*\"} 0.375"))
            var (types, samples): ([Substring], Set<Substring>) = ([], [])
            for line in text.split(separator: "\n") {
                if line.hasPrefix("# TYPE ") { types.append(line.split(separator: " ")[2]); continue }
                let sample = line.prefix { $0 != " " }
                #expect(samples.insert(sample).inserted, "\(sample) is there twice")
                #expect(sample.prefix { $0 != "{" } == types.last, "\(sample) is not below its type")
            }
            #expect(Set(types).count == types.count)
        }
    }

    /// Looked up by the exporters for Prometheus, Datadog, Telegraf and collectd.
    private static let metricNames: [String] = {
        var names = """
            uptime_secs elected slaves_connected slaves_disconnected slaves_active slaves_inactive slaves_unreachable frameworks_connected \
            frameworks_disconnected frameworks_active frameworks_inactive outstanding_offers operator_event_stream_subscribers dropped_messages \
            http_cache_hits recovery_slave_removals event_queue_messages event_queue_dispatches event_queue_http_requests slave_registrations \
            slave_reregistrations slave_removals slave_removals/reason_unhealthy slave_removals/reason_unregistered \
            slave_removals/reason_registered slave_shutdowns_scheduled slave_shutdowns_completed slave_shutdowns_canceled \
            slave_unreachable_scheduled slave_unreachable_completed slave_unreachable_canceled
            """.split(separator: " ").map { "master/" + $0 }
        let states = "staging starting running unreachable killing finished failed killed lost error dropped gone gone_by_operator"
        names += states.split(separator: " ").map { "master/tasks_" + $0 }
        let messages = """
            register_framework reregister_framework unregister_framework deactivate_framework kill_task status_update_acknowledgement \
            operation_status_update_acknowledgement resource_request launch_tasks decline_offers revive_offers suppress_offers reconcile_tasks \
            reconcile_operations framework_to_executor executor_to_framework register_slave reregister_slave unregister_slave status_update \
            operation_status_update exited_executor update_slave authenticate
            """
        names += messages.split(separator: " ").map { "master/messages_" + $0 }
        let judged = """
            framework_to_executor_messages executor_to_framework_messages status_updates status_update_acknowledgements \
            operation_status_updates operation_status_update_acknowledgements
            """
        for name in judged.split(separator: " ") { names += ["master/valid_" + name, "master/invalid_" + name] }
        for resource in ["cpus", "gpus", "mem", "disk"] {
            for kind in ["total", "used", "percent"] { names += ["master/\(resource)_\(kind)", "master/\(resource)_revocable_\(kind)"] }
        }
        names += ["queued_operations", "registry_size_bytes", "state_fetch_ms", "log/recovered", "log/ensemble_size"].map { "registrar/" + $0 }
        names += ["allocator/event_queue_dispatches", "allocator/mesos/event_queue_dispatches", "allocator/mesos/allocation_runs"]
        for name in ["registrar/state_store_ms", "allocator/mesos/allocation_run_ms", "allocator/mesos/allocation_run_latency_ms"] {
            names += ["", "/count", "/max", "/min", "/p50", "/p90", "/p95", "/p99", "/p999", "/p9999"].map { name + $0 }
        }
        names += ["allocator/mesos/resources/cpus/total", "allocator/mesos/resources/cpus/offered_or_allocated"]
        names += ["allocator/mesos/offer_filters/roles/*/active", "allocator/mesos/roles/*/shares/dominant"]
        let system = ["cpus_total", "load_1min", "load_5min", "load_15min", "mem_total_bytes", "mem_free_bytes"]
        return names + system.map { "system/" + $0 }
    }()

    @Test func `every name that Mesos documents for its master is there`() async throws {
        try await running { master, framework, _ in
            let metrics = try json(try await master.get("/metrics/snapshot"))
            for name in Self.metricNames { #expect(metrics[name]?.double != nil, "\(name)") }
            #expect(metrics["master/frameworks/f.\(framework.id)/tasks/active/task_running"]?.double == 1)
            #expect(metrics["master/frameworks/f.\(framework.id)/operations/launch"]?.double == 1)
            #expect((metrics["system/mem_total_bytes"]?.double ?? 0) > 1e6)
            let stats = try json(try await master.get("/system/stats.json"))
            #expect(stats["cpus_total"]?.double == metrics["system/cpus_total"]?.double && stats["avg_load_1min"]?.double != nil)
        }
    }

    @Test(arguments: ["/maintenance/schedule", "/master/maintenance/status", "/quota"])
    func `there are no quotas and no maintenance windows, and none can be made`(path: String) async throws {
        try await TestMaster.run { master in
            let answer = try await master.get(path)
            #expect(answer.status == .ok && answer.text == "{}" && answer.headers.first(name: "Content-Type") == "application/json")
            #expect(try await master.post(path, [:], "{}".utf8).status == .notImplemented)
        }
    }

    @Test func `a framework's offer constraints are shown as it gave them`() async throws {
        try await TestMaster.run { master in
            let framework = try await TestFramework.subscribe(to: master)
            let before = try json(try await master.get("/frameworks"))
            #expect(before["frameworks"]?.array?.first?["offer_constraints"]?["role_constraints"] == nil)
            func update(_ predicate: String) async throws -> Answer {
                let constraint = #"{"selector":{"attribute_name":"rack"},"predicate":\#(predicate)}"#
                let groups = #"{"groups":[{"attribute_constraints":[\#(constraint)]}]}"#
                let info = #"{"user":"u","name":"f","failover_timeout":60,"id":{"value":"\#(framework.id)"}}"#
                return try await master.call(
                    framework,
                    #""type":"UPDATE_FRAMEWORK","update_framework":{"framework_info":\#(info),"offer_constraints":{"role_constraints":{"*":\#(groups)}}}"#
                )
            }
            #expect(try await update(#"{"text_equals":{"value":"r1"}}"#).status == .ok)
            let after = try json(try await master.get("/frameworks"))
            let listed = try json(try await master.operate(#"{"type":"GET_FRAMEWORKS"}"#))
            for shown in [
                after["frameworks"]?.array?.first?["offer_constraints"], listed["get_frameworks"]?["frameworks"]?.array?.first?["offer_constraints"]
            ] {
                let constraint = shown?["role_constraints"]?["*"]?["groups"]?.array?.first?["attribute_constraints"]?.array?.first
                #expect(constraint?["selector"]?["attribute_name"]?.string == "rack")
                #expect(constraint?["predicate"]?["text_equals"]?["value"]?.string == "r1")
            }
            let pattern = try await update(#"{"text_matches":{"regex":"r.*"}}"#)
            #expect(pattern.status == .badRequest && pattern.text.contains("Offer constraints are not valid: "))
        }
    }

    @Test func `what is over counts no more in the summary`() async throws {
        try await running { master, framework, _ in
            #expect(try await master.post("/teardown", [:], "frameworkId=\(framework.id)".utf8).status == .ok)
            let summary = try json(try await master.get("/state-summary"))
            let slave = try #require(summary["slaves"]?.array?.first)
            #expect(slave["framework_ids"]?.array?.count == 0 && slave["TASK_KILLED"]?.double == 0)
        }
    }

    @Test func `a task runs as its framework's user if it names none, and the same everywhere`() async throws {
        try await TestMaster.run { master in
            let framework = try await TestFramework.subscribe(to: master)
            let agent = try await TestAgent.subscribe(to: master) {
                $0.agent.resources.append(
                    .with {
                        $0.name = "ports"
                        $0.type = .ranges
                        $0.ranges.range = [
                            .with {
                                $0.begin = 1; $0.end = 9
                            }
                        ]
                    })
            }
            let offer = try #require(try await framework.next()).offers.offers[0].id.value
            let accept = """
                "type":"ACCEPT","accept":{"offer_ids":[{"value":"\(offer)"}],"operations":[{"type":"LAUNCH","launch":{"task_infos":[
                {"name":"n","task_id":{"value":"t"},"agent_id":{"value":"\(agent.id)"},"command":{"value":"true"},
                "resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":1}},
                {"name":"ports","type":"RANGES","ranges":{"range":[{"begin":1,"end":2}]}}]}]}}]}
                """
            _ = try await master.call(framework, accept)
            _ = try await agent.next()
            let tasks = try json(try await master.get("/tasks"))
            #expect(tasks["tasks"]?.array?.first?["user"]?.string == "u")
            let state = try json(try await master.get("/state"))
            #expect(state["frameworks"]?.array?.first?["tasks"]?.array?.first?["user"]?.string == "u")
            let listed = try json(try await master.operate(#"{"type":"GET_TASKS"}"#))
            #expect(listed["get_tasks"]?["tasks"]?.array?.first?["user"]?.string == "u")
            let roles = try json(try await master.operate(#"{"type":"GET_ROLES"}"#))
            #expect(roles["get_roles"]?["roles"]?.array?.first?["resources"]?.array?.map { $0["name"]?.string } == ["cpus"])
            let agents = try json(try await master.operate(#"{"type":"GET_AGENTS"}"#))
            let info = try #require(agents["get_agents"]?["agents"]?.array?.first?["agent_info"])
            #expect(info["resources"]?.array?.map { $0["role"]?.string } == ["*", "*", "*"])
            let leading = try json(try await master.operate(#"{"type":"GET_MASTER"}"#))
            #expect(leading["get_master"]?["start_time"]?.double == state["start_time"]?.double)
        }
    }

    @Test(arguments: [
        ("GET_HEALTH", "get_health"), ("GET_FLAGS", "get_flags"), ("GET_VERSION", "get_version"), ("GET_LOGGING_LEVEL", "get_logging_level"),
        ("GET_STATE", "get_state"), ("GET_AGENTS", "get_agents"), ("GET_FRAMEWORKS", "get_frameworks"), ("GET_EXECUTORS", "get_executors"),
        ("GET_TASKS", "get_tasks"), ("GET_ROLES", "get_roles"), ("GET_WEIGHTS", "get_weights"), ("GET_MASTER", "get_master"),
        ("GET_OPERATIONS", "get_operations"), ("GET_QUOTA", "get_quota"), ("GET_MAINTENANCE_STATUS", "get_maintenance_status"),
        ("GET_MAINTENANCE_SCHEDULE", "get_maintenance_schedule")
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
            #expect(try await refusal("{\"type\":\"UPDATE_QUOTA\"}") == "501 501 Not Implemented.")
            let teardown = "{\"type\":\"TEARDOWN\",\"teardown\":{\"framework_id\":{\"value\":\"F\"}}}"
            #expect(try await refusal(teardown) == "400 No framework found with specified ID")
            let form = try await master.post("/teardown", [:], "frameworkId=F".utf8)
            #expect("\(form.status.code) \(form.text)" == "400 No framework found with specified ID")
            for body in ["", "frameworkId", "frameworkId=", "frameworkid=F"] {
                let none = try await master.post("/teardown", [:], body.utf8)
                #expect("\(none.status.code) \(none.text)" == "400 Missing 'frameworkId' query parameter in the request body", "\(body)")
            }
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
