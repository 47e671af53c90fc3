import FrameworkServer
import JSON
import NIOHTTP1
import Testing
import Transport

@testable import BatchServer

/// What clients of Chronos read, above all chronos-python and its scenarios.
struct AnswerTests {
    @Test(arguments: ["/v1/scheduler", "/scheduler"]) func `what chronos-python asks for is as it expects`(_ prefix: String) async throws {
        try await Fixture.with { fixture in
            #expect(try await fixture.send(.GET, "/ping").text == "pong\n")
            #expect(try await fixture.send(.GET, prefix + "/jobs").text == "[]")
            try await fixture.create("myjob")
            let jobs = try await fixture.send(.GET, prefix + "/jobs")
            #expect(jobs.headers["Access-Control-Allow-Origin"] == ["*"] && jobs.headers["Content-Type"] == ["application/json"])
            #expect(!jobs.text.contains("\n") && jobs.text.hasPrefix(#"[{"name":"myjob","command":"echo myjob","shell":true,"#))
            #expect(jobs.text.contains(#""schedule":"R0/2014-01-01T00:00:00.000Z/PT60M""#))
            #expect(
                try await fixture.send(.GET, prefix + "/job/stat/myjob").text
                    == #"{"histogram":{"75thPercentile":0.0,"95thPercentile":0.0,"98thPercentile":0.0,"99thPercentile":0.0,"median":0.0,"mean":0.0,"#
                    + #""count":0},"taskStatHistory":[]}"#)
            for name in ["99thPercentile", "98thPercentile", "95thPercentile", "75thPercentile", "median", "mean"] {
                #expect(try await fixture.send(.GET, prefix + "/stats/" + name).text == #"[{"jobNameLabel":"myjob","time":0.0}]"#)
            }
            #expect(try await fixture.send(.GET, prefix + "/stats/best").text == "[]")
            #expect(try await fixture.send(.GET, prefix + "/graph/csv").text == "node,myjob,fresh,idle\n")
            let metrics = try await fixture.json("/metrics")
            #expect(metrics["version"]?.string == "3.0.0" && metrics["gauges"]?.object != nil)
            #expect(try await fixture.send(.PUT, prefix + "/job/myjob").status == .noContent)
            #expect(try await fixture.send(.GET, prefix + "/graph/csv").text == "node,myjob,fresh,queued\n")
            #expect(try await fixture.send(.DELETE, prefix + "/task/kill/myjob").status == .noContent)
            #expect(try await fixture.send(.DELETE, prefix + "/job/myjob").status == .noContent)
            #expect(try await fixture.send(.GET, prefix + "/jobs").text == "[]", "visible before it is answered")
        }
    }

    @Test func `the older API takes PUT for POST, and names with blanks`() async throws {
        try await Fixture.with { fixture in
            let body = #"{"name":"my job #1","command":"x","schedule":"R0/2014-01-01T00:00:00Z/PT1H","epsilon":"PT5M","async":false}"#
            let created = try await fixture.send(.PUT, "/scheduler/iso8601", body)
            #expect(created.status == .noContent)
            #expect(try await fixture.json("/scheduler/jobs").array?.first?["epsilon"]?.string == "PT5M")
            #expect(try await fixture.send(.GET, "/v1/scheduler/job/my%20job%20%231").status == .ok)
            #expect(try await fixture.send(.PUT, "/scheduler/job/my%20job%20%231").status == .noContent)
            #expect(try await fixture.send(.DELETE, "/scheduler/task/all").status == .noContent)
            #expect(try await fixture.json("/agora/v1/jobs/my%20job%20%231/runs")["runs"]?.array?.first?["state"]?.string == "killed")
            #expect(try await fixture.send(.PUT, "/scheduler/task/ct:1:0:x:", #"{"statusCode":0}"#).status == .badRequest)
        }
    }

    @Test func `jobs are found by name, command, or either`() async throws {
        try await Fixture.with { fixture in
            for name in ["alpha", "beta", "gamma"] { try await fixture.create(name) }
            func names(_ query: String) async throws -> [String] {
                (try await fixture.json("/v1/scheduler/jobs/search?\(query)").array ?? []).compactMap { $0["name"]?.string }
            }
            #expect(try await names("") == ["alpha", "beta", "gamma"])
            #expect(try await names("name=ALPH") == ["alpha"])
            #expect(try await names("command=echo%20b") == ["beta"])
            #expect(try await names("any=amm") == ["gamma"])
            #expect(try await names("name=ALPH&any=amm") == ["alpha", "gamma"], "either")
            #expect(try await names("name=nothing&any=nothing") == [])
            #expect(try await names("name=&command=&any=") == ["alpha", "beta", "gamma"])
            #expect(try await names("name=a&command=beta") == ["beta"])
            #expect(try await names("limit=1&offset=1") == ["beta"])
            #expect(try await names("offset=9") == [])
        }
    }

    @Test func `the graph, the summary and the leader are shown`() async throws {
        var settings = BatchSettings()
        settings.hostname = "here"
        try await Fixture.with(settings) { fixture in
            try await fixture.create("a")
            try await fixture.create("b", parents: ["a"])
            #expect(
                try await fixture.send(.GET, "/v1/scheduler/graph/dot").text
                    == "digraph G {\n  1 [ label=\"a\" ];\n  2 [ label=\"b\" ];\n  1 -> 2;\n}\n")
            #expect(try await fixture.send(.GET, "/v1/scheduler/graph/csv").text == "node,a,fresh,idle\nnode,b,fresh,idle\nlink,a,b\n")
            #expect(
                try await fixture.send(.GET, "/v1/scheduler/jobs/summary").text
                    == #"{"jobs":[{"name":"a","status":"fresh","state":"idle","schedule":"R0/2014-01-01T00:00:00.000Z/PT60M","parents":[],"disabled":false},"#
                    + #"{"name":"b","status":"fresh","state":"idle","schedule":"","parents":["a"],"disabled":false}]}"#)
            for path in ["/leader", "/v1/leader", "/v1/scheduler/leader", "/scheduler/leader"] {
                #expect(try await fixture.json(path)["leader"]?.string == "here:0")
            }
            #expect(
                try await fixture.send(.PUT, "/v1/scheduler/job/success/a").text == "marked job a as successful: true")
            let unknown = try await fixture.send(.PUT, "/v1/scheduler/job/success/x")
            #expect(unknown.status == .ok && unknown.text == "marked job x as successful: false")
            #expect(try await fixture.send(.GET, "/v1/scheduler/graph/csv").text == "node,a,success,idle\nnode,b,fresh,queued\nlink,a,b\n")
        }
    }

    @Test func `a job is paused and resumed, and its zone comes from the machine`() async throws {
        try await Fixture.with { fixture in
            let body = #"{"name":"j","command":"x","cron":"30 2 * * *","scheduleTimeZone":"Europe/Berlin"}"#
            #expect(try await fixture.send(.POST, "/v1/scheduler/iso8601", body).status == .noContent)
            #expect(try await fixture.json("/v1/scheduler/job/j")["nextRun"]?.string?.hasSuffix(":30:00.000Z") == true)
            #expect(try await fixture.send(.PUT, "/agora/v1/jobs/j/pause").status == .noContent)
            let paused = try await fixture.json("/v1/scheduler/job/j")
            #expect(paused["disabled"]?.bool == true && paused["nextRun"] == nil)
            #expect(try await fixture.send(.PUT, "/agora/v1/jobs/j/resume").status == .noContent)
            #expect(try await fixture.json("/v1/scheduler/job/j")["nextRun"] != nil)
        }
    }

    @Test func `what is read can be sent back, and nothing changes`() async throws {
        try await Fixture.with { fixture in
            let body =
                #"{"name":"j","command":"x","schedule":"R7/2030-01-01T00:00:00Z/P1D","fetch":[{"uri":"http://u/x"}],"constraints":[["a","LIKE","b"]]}"#
            #expect(try await fixture.send(.POST, "/v1/scheduler/iso8601", body).status == .noContent)
            let job = try await fixture.send(.GET, "/v1/scheduler/job/j").text
            #expect(job.contains(#""uris":["http://u/x"]"#))
            #expect(try await fixture.send(.POST, "/v1/scheduler/iso8601", job).status == .noContent)
            #expect(try await fixture.send(.GET, "/v1/scheduler/job/j").text == job)
        }
    }

    @Test func `a search shows uris as they were given, a list shows them as files, too`() async throws {
        try await Fixture.with { fixture in
            let body = #"{"name":"j","command":"x","schedule":"R0/2014-01-01T00:00:00Z/PT60M","uris":["http://u/x"]}"#
            #expect(try await fixture.send(.POST, "/v1/scheduler/iso8601", body).status == .noContent)
            let found = try await fixture.send(.GET, "/v1/scheduler/jobs/search?name=j").text
            #expect(found.contains(#""fetch":[],"uris":["http://u/x"]"#))
            let file = #"{"uri":"http://u/x","executable":false,"cache":false,"extract":true}"#
            let listed = try await fixture.send(.GET, "/v1/scheduler/jobs").text
            #expect(listed.contains(#""fetch":[\#(file)],"uris":["http://u/x"]"#))
            // The other way round.
            let other = #"{"name":"j","command":"x","schedule":"R0/2014-01-01T00:00:00Z/PT60M","fetch":[{"uri":"http://u/x"}]}"#
            #expect(try await fixture.send(.POST, "/v1/scheduler/iso8601", other).status == .noContent)
            let again = try await fixture.send(.GET, "/v1/scheduler/jobs/search?name=j").text
            #expect(again.contains(#""fetch":[\#(file)],"uris":[]"#))
        }
    }

    @Test(
        arguments: [
            (0, "0s"), (999, "0s"), (61_000, "1m1s"), (3_600_000, "1h"), (93_784_000, "1d2h3m4s"), (-5, "0s")
        ] as [(Int64, String)])
    func `a duration is written without what is nothing`(_ milliseconds: Int64, _ text: String) {
        #expect(StatisticsWriter.duration(milliseconds) == text)
    }

    @Test func `the first of several schedules can be changed where it is shown`() async throws {
        try await Fixture.with { fixture in
            let body = #"{"name":"two","command":"c","schedule":"0 5 * * *","schedules":["0 17 * * *"]}"#
            #expect(try await fixture.send(.POST, "/v1/scheduler/iso8601", body).status == .noContent)
            let shown = try await fixture.send(.GET, "/v1/scheduler/job/two").text
            let edited = shown.replacing(#""schedule":"0 5 * * *""#, with: #""schedule":"0 6 * * *""#)
            #expect(edited != shown)
            #expect(try await fixture.send(.POST, "/v1/scheduler/iso8601", edited).status == .noContent)
            let job = try await fixture.json("/v1/scheduler/job/two")
            #expect(job["schedule"]?.string == "0 6 * * *" && job["schedules"]?.array?.compactMap(\.string) == ["0 17 * * *"])
        }
    }
}
