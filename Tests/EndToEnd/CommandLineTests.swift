import Foundation
import Harness
import JSON
import Testing

/// The commands that people and scripts use, against a real cluster.
@Suite(.serialized)
struct CommandLineTests {
    private static let app = #"{"id":"/shop/web","cmd":"echo hello from $MARATHON_APP_ID; exec sleep 1000","cpus":0.1,"mem":32}"#

    @Test func `an app's life by commands: create, list, show, scale, restart, logs, explain, stop, delete`() async throws {
        try await Cluster.run { cluster in
            let file = cluster.folder + "/web.json"
            try Data(Self.app.utf8).write(to: URL(fileURLWithPath: file))
            func succeeds(_ arguments: String..., input: String = "/dev/null") async throws -> String {
                let (status, output) = try await outcome(
                    of: "agora", arguments, environment: ["AGORA_SERVICES": cluster.services, "AGORA_MASTER": cluster.master], input: input)
                #expect(status == 0, "\(arguments): \(output)")
                return output
            }
            #expect(try await succeeds("app", "create", file).hasSuffix("/shop/web: 1 of 1 running\n"))
            #expect(try await succeeds("app", "create", "-", input: Self.second(cluster.folder)).hasSuffix("/second: 1 of 1 running\n"))
            #expect(try await succeeds("app", "list").contains("/shop/web  1/1"))
            #expect(try await succeeds("app", "scale", "shop/web", "3").hasSuffix("/shop/web: 3 of 3 running\n"))
            let shown = try await succeeds("app", "show", "/shop/web")
            #expect(shown.hasPrefix("/shop/web  3 of 3 running, not checked\n"))
            #expect(shown.matches(of: /shop_web\.instance-\S+ +RUNNING/).count == 3)
            let change = cluster.folder + "/change.json"
            try Data(#"{"id":"/shop/web","instances":2}"#.utf8).write(to: URL(fileURLWithPath: change))
            #expect(try await succeeds("app", "update", change).hasSuffix("/shop/web: 2 of 2 running\n"))
            #expect(try await succeeds("app", "scale", "shop/web", "3").hasSuffix("/shop/web: 3 of 3 running\n"))
            #expect(try await succeeds("app", "restart", "shop/web").hasSuffix("/shop/web: 3 of 3 running\n"))
            #expect(try await succeeds("app", "logs", "shop/web").matches(of: /hello from \/shop\/web/).count == 3)
            #expect(try await succeeds("app", "explain", "shop/web").hasPrefix("/shop/web: 3 of 3 running"))
            #expect(try await succeeds("explain", "shop/web").hasPrefix("/shop/web: 3 of 3 running"))
            #expect(try await succeeds("app", "versions", "shop/web").split(separator: "\n").count == 5)
            let tasks = try JSONValue(parsing: Array(try await succeeds("task", "list", "--json").utf8))["tasks"]?.array ?? []
            #expect(tasks.count == 4)
            let victim = try #require(tasks.first { $0["appId"]?.string == "/second" }?["id"]?.string)
            #expect(try await succeeds("task", "kill", victim) == "killed \(victim)\n")
            try await eventually("the killed one has been replaced") {
                try await cluster.app("/second")["tasks"]?.array?.contains { $0["id"]?.string != victim && $0["state"]?.string == "TASK_RUNNING" }
                    == true
            }
            #expect(try await succeeds("node", "list").contains("\(cluster.ip)  active"))
            #expect(try await succeeds("framework", "list").contains("marathon"))
            #expect(try await succeeds("offer", "list", "--json").hasPrefix(#"{"offers":["#))
            #expect(try await succeeds("app", "stop", "shop/web").hasSuffix("/shop/web: 0 of 0 running\n"))
            #expect(try await succeeds("app", "delete", "shop/web").hasSuffix("/shop/web: gone\n"))
            #expect(try await succeeds("app", "list", "--json").contains(#""id":"/second""#))
        }
    }

    @Test func `what an ended task of an app has written can be read`() async throws {
        try await Cluster.run { cluster in
            try await cluster.createApp(#"{"id":"/shop/crash","cmd":"echo last words; exit 3","cpus":0.1,"mem":32}"#)
            var ended: String?
            try await eventually("the app has failed") {
                ended = try await cluster.app("/shop/crash")["lastTaskFailure"]?["taskId"]?.string
                return ended != nil
            }
            let (status, output) = try await cluster.agora("app", "logs", "shop/crash", "--task", try #require(ended))
            #expect(status == 0 && output.contains("last words"), "\(output)")
            try await eventually("while none runs, the newest task is shown") {
                try await cluster.agora("app", "logs", "shop/crash").output.contains("last words")
            }
            let none = try await cluster.agora("app", "logs", "shop/crash", "--task", "other")
            #expect(none.status == 1 && none.output == "agora: no task other of /shop/crash is known\n", "\(none.output)")
        }
    }

    @Test func `each change of a job says in a line what was done`() async throws {
        try await Cluster.run(services: false, batch: true) { cluster in
            let file = cluster.folder + "/job.json"
            try Data(#"{"name":"a","command":"exec sleep 1000","schedule":"R0//PT1H","cpus":0.1,"mem":32}"#.utf8)
                .write(to: URL(fileURLWithPath: file))
            #expect(try await cluster.agora("job", "create", file).output == "a  next: on request\n")
            #expect(try await cluster.agora("job", "run", "a").output.wholeMatch(of: /a  due: 20\S+\n/) != nil)
            #expect(try await cluster.agora("job", "explain", "a").output.hasPrefix("a: it runs on request only (agora job run a)\n"))
            for (command, line) in [("stop", "killed all runs of a\n"), ("pause", "paused a\n"), ("resume", "resumed a\n")] {
                let (status, output) = try await cluster.agora("job", command, "a")
                #expect(status == 0 && output == line, "\(command): \(output)")
            }
            #expect(try await cluster.agora("job", "next", "a").output == "It has no due times: it runs on request (agora job run a).\n")
            #expect(try await cluster.agora("job", "graph").output.contains("R0/"))
            #expect(try await cluster.agora("job", "delete", "a").output == "deleted a\n")
            #expect(try await cluster.agora("job", "pause", "a").status == 1)
            let told = try await cluster.agora("events", "--work-dir", cluster.folder).output
            let sentences = [
                "asks: POST of job a\n", "asks: POST of a run of job a\n", "asks: PUT of job a, to pause it\n",
                "refuses that: Job 'a' not found\n"
            ]
            for text in sentences { #expect(told.contains(text), "\(text): \(told)") }
        }
    }

    @Test func `each file that is checked has its line, whatever is wrong with the others`() async throws {
        let folder = NSTemporaryDirectory() + "agora-validate-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let texts = [
            "broken": "[\n  {\"name\" \"x\"}]", "bad": #"{"name":"b","command":"x","cron":"61 * * * *"}"#,
            "good": #"[{"name":"c","command":"x"},{"name":"d","comand":"x"}]"#, "none": "[]"
        ]
        for (name, text) in texts { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        func check(_ names: String..., options: [String] = []) async throws -> (status: Int32, lines: [Substring]) {
            let result = try await outcome(of: "agora", ["job", "validate"] + options + names.map { "\(folder)/\($0)" })
            return (result.status, result.output.replacing(folder + "/", with: "").split(separator: "\n"))
        }
        let all = try await check("broken", "bad", "good", "none", "missing", ".")
        #expect(all.status == 1 && all.lines.count == 9, "\(all)")
        guard all.lines.count == 9 else { return }
        #expect(all.lines[0] == "broken: unexpected '\"', expected ':' at byte 12 (line 2, column 11)")
        #expect(all.lines[1].hasPrefix("bad: b: ") && all.lines[1].contains("Cannot parse schedule"))
        let rest: [Substring] = [
            "good: c: valid", "good: d: warning: nothing knows comand", "good: d: warning: it has no command", "good: d: valid", "none: no jobs",
            "missing: No such file or directory", ". is a folder"
        ]
        #expect(Array(all.lines[2...]) == rest)
        #expect(try await check("good", "none").status == 0)
        let json = try await check("broken", "good", options: ["--json"])
        let values = try JSONValue(parsing: Array(try #require(json.lines.first).utf8)).array ?? []
        #expect(json.status == 1 && values.map { $0["error"]?.isNull } == [false, true, true], "\(json)")
        #expect(values.last?["warnings"]?.array?.count == 2)
    }

    private static func second(_ folder: String) throws -> String {
        try Data(#"{"id":"second","cmd":"exec sleep 1000","cpus":0.1,"mem":32}"#.utf8).write(to: URL(fileURLWithPath: folder + "/second.json"))
        return folder + "/second.json"
    }

    @Test func `what fails says why in a line, with a status that tells`() async throws {
        try await Cluster.run { cluster in
            let file = cluster.folder + "/bad.json"
            try Data(#"{"id":"/Bad","cmd":"x"}"#.utf8).write(to: URL(fileURLWithPath: file))
            let rows: [([String], Int32, String)] = [
                (["app", "show", "none"], 1, "agora: App '/none' does not exist\n"),
                (["app", "show", ""], 1, "agora: '' is no app's id\n"),
                (["app", "show", "/"], 1, "agora: '/' is no app's id\n"),
                (["app", "delete", "*"], 1, "agora: '*' is no app's id\n"),
                (["explain", "job"], 64, "Error: Name the job: agora explain job NAME\n"),
                (["explain", "task"], 64, "Error: Name the task: agora explain task ID\n"),
                (["job", "history", "--state", "bogus"], 64, "Error: --state takes one of queued, waiting, "),
                (["app", "create", "/no/such"], 1, "agora: /no/such: No such file or directory\n"),
                (["app", "create", "/"], 1, "agora: / is a folder\n"), (["app", "update", file], 1, "agora: Object is not valid\n"),
                (["job", "create", "-"], 1, "agora: standard input is empty\n"),
                (["job", "next", "nope", "--cron", "@daily"], 64, "Error: Give only one of a name, --cron and --schedule."),
                (["job", "list", "--batch", "ftp://x"], 1, "agora: 'ftp://x/v1/scheduler/jobs' is not an http or https URL\n"),
                (["job", "list", "--batch", cluster.master], 1, "agora: \(cluster.master): this is no batch server\n"),
                (["job", "list", "--batch", cluster.services], 1, "agora: \(cluster.services): this is no batch server\n"),
                (["replay", "/etc/passwd"], 1, "agora: /etc/passwd: not a recording, or of another version\n"),
                (["app", "create", file], 1, "agora: Object is not valid\n  /id: "),
                (["task", "kill", "x.instance-00000000-0000-0000-0000-000000000000._app.1"], 1, "agora: no such task: x.instance-"),
                (["app", "scale", "none", "-1"], 64, "Error: instances must be at least 0\n"),
                (["app", "scale", "none"], 64, "Error: Missing expected argument '<instances>'"),
                (["nonsense"], 64, "Error: Unexpected argument 'nonsense'"),
                (["app", "list", "--services", "http://127.0.0.1:1"], 1, "agora: http://127.0.0.1:1/v2/apps: ")
            ]
            for (arguments, wanted, text) in rows {
                let (status, output) = try await outcome(
                    of: "agora", arguments, environment: ["AGORA_SERVICES": cluster.services, "AGORA_MASTER": cluster.master])
                #expect(status == wanted && output.hasPrefix(text), "\(arguments): \(status) \(output)")
            }
            let told = try await cluster.agora("events", "--work-dir", cluster.folder).output
            #expect(told.contains("asks: POST of app /Bad\n") && told.contains("refuses that: Object is not valid; /id: "), "\(told)")
            // More than the cluster has: the command gives up watching, the deployment goes on, and explain says what is missing.
            try await cluster.createApp(#"{"id":"/big","cmd":"true","cpus":64,"mem":32}"#)
            let (status, output) = try await cluster.agora("app", "restart", "big", "--force", "--timeout", "0")
            #expect(status == 2 && output.hasSuffix("Still deploying after 0 s. Why? agora explain /big\n"), "\(output)")
            let explained = try await cluster.agora("explain", "big")
            #expect(explained.output.contains("needs cpus 64, most free is 32"), "\(explained.output)")
            #expect(try await cluster.agora("app", "delete", "big").status == 0)
        }
    }
}
