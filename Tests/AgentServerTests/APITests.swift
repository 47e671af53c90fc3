import Foundation
import JSON
import MesosAPI
import SwiftProtobuf
import Testing

@testable import AgentServer

@Suite(.serialized, .timeLimit(.minutes(1)))
struct APITests {
    /// Runs `body` beside an agent with one running task "t", which has written to its sandbox.
    private func run(_ body: @Sendable (Cluster, Web) async throws -> Void) async throws {
        try await Cluster.run { cluster in
            try await cluster.agent({ $0.attributes = "rack:a;level:10" }) { server in
                let web = try await Web(server)
                try cluster.master.launch(
                    FakeMaster.task(
                        "t",
                        "echo 0123456789; echo secret > ../../../../../outside; ln -s /etc/passwd leak; mkdir d; ln -s ../stdout d/up; echo ready >&2; exec sleep 1000"
                    ) {
                        $0.labels = .with {
                            $0.labels = [
                                .with {
                                    $0.key = "k"; $0.value = "v"
                                }
                            ]
                        }
                    })
                await cluster.master.status("t", .taskRunning)
                try await until {
                    try await web.json("/files/read?path=/frameworks/framework-1/executors/t/runs/latest/stderr&offset=0")["data"]?.string
                        == "ready\n"
                }
                try await body(cluster, web)
                try await web.end()
            }
        }
    }

    /// Asks until it is so; the test's time limit is the deadline.
    private func until(_ isSo: () async throws -> Bool) async throws {
        while try await !isSo() { try await Task.sleep(for: .milliseconds(10)) }
    }

    @Test func `state: shows the agent, its resources, its framework, executor and task`() async throws {
        try await run { cluster, web in
            for path in ["/state", "/slave(1)/state", "/slave%281%29/state.json", "/state/anything"] {
                let state = try await web.json(path)
                #expect(state["id"]?.string == FakeMaster.agentID, "\(path)")
            }
            let state = try await web.json("/state")
            #expect(state["resources"]?["cpus"]?.double == 2 && state["resources"]?["ports"]?.string == "[31000-32000]")
            #expect(state["attributes"]?["rack"]?.string == "a" && state["attributes"]?["level"]?.double == 10)
            #expect(state["flags"]?["work_dir"]?.string == cluster.settings.workFolder)
            let framework = state["frameworks"]?.array?.first
            #expect(framework?["id"]?.string == FakeMaster.framework)
            let executor = framework?["executors"]?.array?.first
            #expect(executor?["id"]?.string == "t" && executor?["name"]?.string == "Command Executor (Task: t) (Command: sh -c 'echo 0123456...')")
            let directory = try #require(executor?["directory"]?.string)
            #expect(FileManager.default.fileExists(atPath: directory + "/stdout"))
            let task = executor?["tasks"]?.array?.first
            #expect(task?["state"]?.string == "TASK_RUNNING" && task?["resources"]?["mem"]?.double == 32)
            #expect(task?["labels"]?.array?.first?["key"]?.string == "k")
            #expect(task?["statuses"]?.array?.first?["container_status"]?["network_infos"]?.array?.count == 1)
            #expect(try await web.text("/state?jsonp=f").hasPrefix("200 f({"))
        }
    }

    @Test func `containers and statistics: what runs and what it uses`() async throws {
        try await run { _, web in
            let all = try await web.json("/containers").array ?? []
            #expect(all.count == 1 && all[0]["executor_id"]?.string == "t" && all[0]["framework_id"]?.string == FakeMaster.framework)
            #expect(all[0]["statistics"]?["timestamp"]?.double ?? 0 > 1_000_000)
            let id = try #require(all[0]["container_id"]?.string)
            #expect(try await web.json("/containers?container_id=\(id)").array?.count == 1)
            #expect(try await web.json("/containers?framework_id=nobody").array?.count == 0)
            #expect(try await web.text("/containers?executor_id=t").hasPrefix("400 Supported query parameters are container_id only"))
            // A container of which the launcher gives no usage is left out. Seen once, on a busy machine; why is not known.
            let deadline = ContinuousClock.now + .seconds(30)
            var limit: Double?
            while limit == nil, ContinuousClock.now < deadline {
                limit = try await web.json("/slave(1)/monitor/statistics").array?.first?["statistics"]?["cpus_limit"]?.double
            }
            #expect(limit == 0.1)
        }
    }

    @Test func `files: are listed, read in parts, downloaded, by each of their paths`() async throws {
        try await run { cluster, web in
            let latest = "/frameworks/framework-1/executors/t/runs/latest"
            let real = "\(cluster.settings.workFolder)/slaves/\(FakeMaster.agentID)\(latest)"
            for path in [latest, real] {
                let list = try await web.json("/files/browse?path=\(path)").array ?? []
                #expect(list.map { $0["path"]?.string ?? "" } == ["d", "leak", "stderr", "stdout"].map { "\(path)/\($0)" })
                #expect(list[0]["mode"]?.string?.hasPrefix("drwx") == true && list[1]["mode"]?.string?.first == "l")
                #expect(list[3]["size"]?.integer == 11)
            }
            #expect(try await web.json("/files/read?path=\(latest)/stdout")["offset"]?.integer == 11)
            #expect(try await web.json("/files/read?path=\(latest)/stdout&offset=3&length=4")["data"]?.string == "3456")
            #expect(
                try await web.json("/files/read?path=\(latest)/d/up&offset=0")["data"]?.string == "0123456789\n",
                "a link inside the sandbox is followed")
            #expect(try await web.json("/files/read?path=\(latest)/stdout&offset=9223372036854775807")["data"]?.string == "")
            let file = try await web.get("/files/download?path=\(latest)/stdout")
            #expect(file.status == 200 && file.type == "application/octet-stream" && file.body == Array("0123456789\n".utf8))
        }
    }

    @Test(
        arguments: [
            ("browse", 400, "Expecting 'path=value' in query.\n"),
            ("browse?path=/etc", 404, nil),
            ("read?path=LATEST/leak&offset=0", 400, "'LATEST/leak' is inaccessible"),
            ("download?path=LATEST/leak", 400, "'LATEST/leak' is inaccessible"),
            ("read?path=LATEST/../../../../../../outside&offset=0", 400, nil),
            ("read?path=LATEST/d/../../latest&offset=0", 400, nil),
            ("read?path=LATEST/none&offset=0", 404, nil),
            ("read?path=LATEST/d&offset=0", 400, "Cannot read a directory.\n"),
            ("read?path=LATEST/stdout&offset=-2", 400, "Negative offset provided: -2.\n"),
            ("read?path=LATEST/stdout&offset=0&length=-2", 400, "Negative length provided: -2.\n"),
            ("download?path=LATEST/d", 400, "Cannot download a directory.\n"),
            ("read?path=/frameworks/../../../../etc/runs/x/passwd&offset=0", 404, nil)
        ] as [(String, Int, String?)])
    func `files: what isn't the sandbox's is refused`(query: String, status: Int, text: String?) async throws {
        try await run { _, web in
            let latest = "/frameworks/framework-1/executors/t/runs/latest"
            let answer = try await web.get("/files/" + query.replacing("LATEST", with: latest))
            #expect(answer.status == status)
            if let text { #expect(String(decoding: answer.body, as: UTF8.self) == text.replacing("LATEST", with: latest)) }
        }
    }

    private func call(_ type: Mesos_V1_Agent_Call.TypeEnum) -> Mesos_V1_Agent_Call {
        var call = Mesos_V1_Agent_Call()
        call.type = type
        if type == .getMetrics { call.getMetrics = .init() }
        return call
    }

    @Test func `operator calls: tell of health, version, flags and metrics`() async throws {
        try await run { _, web in
            let health = try await web.ask(call(.getHealth))
            #expect(health.getHealth.healthy)
            let version = try await web.ask(call(.getVersion))
            #expect(version.getVersion.versionInfo.version == "1.11.0")
            let flags = try await web.ask(call(.getFlags))
            #expect(flags.getFlags.flags.contains { $0.name == "work_dir" })
            let metrics = try await web.ask(call(.getMetrics))
            #expect(metrics.type == .getMetrics)
            let running = metrics.getMetrics.metrics.first { $0.name == "slave/tasks_running" }
            #expect(running?.value == 1)
            let json = try await web.post("/api/v1", "application/json", #"{"type":"GET_HEALTH"}"#)
            #expect(json == #"200 {"type":"GET_HEALTH","get_health":{"healthy":true}}"#)
        }
    }

    @Test func `operator calls: tell of the agent and its tasks`() async throws {
        try await run { _, web in
            let state = try await web.ask(call(.getState)).getState
            #expect(state.getTasks.launchedTasks.map(\.taskID.value) == ["t"] && state.getExecutors.executors.count == 1)
            #expect(state.getFrameworks.frameworks.first?.frameworkInfo.id.value == FakeMaster.framework)
            let containers = try await web.ask(call(.getContainers)).getContainers.containers
            #expect(containers.map(\.executorID.value) == ["t"])
            let agent = try await web.ask(call(.getAgent)).getAgent
            #expect(agent.agentInfo.id.value == FakeMaster.agentID)
        }
    }

    @Test func `operator calls: list and read files`() async throws {
        try await run { _, web in
            let latest = "/frameworks/framework-1/executors/t/runs/latest"
            var read = call(.readFile)
            read.readFile.path = latest + "/stdout"
            read.readFile.offset = 8
            let part = try await web.ask(read).readFile
            #expect(part.size == 11 && part.data.wireBytes == Array("89\n".utf8))
            var list = call(.listFiles)
            list.listFiles.path = latest
            let files = try await web.ask(list).listFiles.fileInfos
            #expect(files.count == 4)
        }
    }

    @Test(arguments: [
        (#"{"type":"READ_FILE"}"#, "application/json", "400 Failed to validate agent::Call: Expecting 'read_file' to be present"),
        (#"{"type":"PRUNE_IMAGES"}"#, "application/json", "501 The call PRUNE_IMAGES is not supported by this agent"),
        ("{", "application/json", "400 Failed to parse body into JSON"), ("x", "text/plain", "415 Expecting 'Content-Type' of application/json"),
        ("x", "application/x-protobuf", "400 Failed to parse body into Call protobuf")
    ])
    func `operator calls: what can't be answered is refused`(body: String, type: String, answer: String) async throws {
        try await run { _, web in
            let text = try await web.post("/api/v1", type, body)
            #expect(text.hasPrefix(answer))
        }
    }

    @Test func `routes: methods, unknown paths, metrics and version`() async throws {
        try await run { _, web in
            let calls = try await web.text("/api/v1")
            #expect(calls == "405 405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'.")
            let nothing = try await web.text("/nothing")
            #expect(nothing == "404 404 Not Found.")
            let health = try await web.text("/health")
            #expect(health == "200 ")
            let metrics = try await web.text("/metrics")
            #expect(metrics.contains("mesos_slave_tasks_running 1.0"))
            let snapshot = try await web.json("/metrics/snapshot")
            #expect(snapshot["slave/cpus_total"]?.double == 2)
            let version = try await web.json("/version")
            #expect(version["version"]?.string == "1.11.0")
        }
    }

    @Test(arguments: [("abc", "abc"), ("ab\u{e9}", "ab"), ("\u{20ac}", "\u{20ac}"), ("a\u{1f600}", "a")])
    func `files: a read that is cut short doesn't split a character`(text: String, whole: String) {
        let bytes = Array(text.utf8)
        #expect(FilesEndpoint.wholeCharacters(Array(bytes.dropLast(text == whole ? 0 : 1)), isCut: true) == Array(whole.utf8))
        #expect(FilesEndpoint.wholeCharacters(bytes, isCut: false) == bytes)
    }
}
