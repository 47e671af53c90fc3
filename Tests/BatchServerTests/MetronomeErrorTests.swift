import JSON
import NIOHTTP1
import Testing
import Transport

@testable import BatchServer

/// The error answers of Metronome's API. Specified by Metronome 0.6 (its API's description in RAML, and its schemas).
struct MetronomeErrorTests {
    struct Row: Sendable {
        var method: HTTPMethod
        var path: String
        var body = ""
        var status: Int
        var answer: String

        /// A body that is refused for one member.
        static func flaw(_ body: String, _ path: String, _ error: String, at target: String = "jobs", _ method: HTTPMethod = .POST) -> Row {
            Row(
                method: method, path: target, body: body, status: 422,
                answer: #"{"message":"Object is not valid","details":[{"path":"\#(path)","errors":["\#(error)"]}]}"#)
        }

        static func run(_ members: String, _ path: String, _ error: String) -> Row {
            .flaw(#"{"id":"n","run":{"cmd":"x",\#(members)}}"#, "/run/\(path)", error)
        }

        static func schedule(_ members: String, _ path: String, _ error: String) -> Row {
            .flaw(#"{\#(members)}"#, path, error, at: "jobs/free/schedules")
        }
    }

    private static let noJob = #"{"id":"x","message":"Job not found"}"#
    private static let run = #""run":{"cmd":"x"}"#

    private static let conflicts: [Row] = [
        Row(method: .POST, path: "jobs", body: #"{"id":"a.b",\#(run)}"#, status: 409, answer: #"{"message":"Job with this id already exists"}"#),
        Row(
            method: .POST, path: "jobs/a.b/schedules", body: #"{"id":"s","cron":"@daily"}"#, status: 409,
            answer: #"{"message":"The job has the schedule 's' already; only one schedule supported at the moment"}"#),
        Row(
            method: .DELETE, path: "jobs/busy", status: 409,
            answer: #"{"message":"There are active job runs. Override with stopCurrentJobRuns=true"}"#),
        Row(method: .DELETE, path: "jobs/a.b", status: 409, answer: #"{"message":"There are jobs that depend on it: child"}"#)
    ]

    private static let unknown: [Row] = [
        Row(method: .GET, path: "jobs/x", status: 404, answer: noJob), Row(method: .DELETE, path: "jobs/x", status: 404, answer: noJob),
        Row(method: .PUT, path: "jobs/x", body: #"{"id":"x",\#(run)}"#, status: 404, answer: noJob),
        Row(method: .GET, path: "jobs/x/schedules", status: 404, answer: noJob),
        Row(method: .POST, path: "jobs/x/schedules", body: #"{"id":"s","cron":"@daily"}"#, status: 404, answer: noJob),
        Row(method: .GET, path: "jobs/x/runs", status: 404, answer: noJob), Row(method: .POST, path: "jobs/x/runs", status: 404, answer: noJob),
        Row(method: .POST, path: "jobs/x/runs/1/actions/stop", status: 404, answer: noJob),
        Row(method: .GET, path: "jobs/a.b/schedules/t", status: 404, answer: #"{"id":"t","message":"Schedule not found"}"#),
        Row(
            method: .PUT, path: "jobs/a.b/schedules/t", body: #"{"id":"t","cron":"@daily"}"#, status: 404,
            answer: #"{"id":"t","message":"Schedule not found"}"#),
        Row(method: .DELETE, path: "jobs/a.b/schedules/t", status: 404, answer: #"{"id":"t","message":"Schedule not found"}"#),
        Row(method: .GET, path: "jobs/a.b/runs/r", status: 404, answer: #"{"jobSpec":"a.b","id":"r","message":"Job Run not found"}"#),
        Row(
            method: .POST, path: "jobs/a.b/runs/2026010100000000000/actions/stop", status: 404,
            answer: #"{"jobSpec":"a.b","id":"2026010100000000000","message":"Job Run not found"}"#),
        Row(method: .GET, path: "jobs/a.b/nothing", status: 404, answer: #"{"requestPath":"/v1/jobs/a.b/nothing","message":"Unknown route."}"#),
        Row(method: .GET, path: "nothing", status: 404, answer: #"{"requestPath":"/v1/nothing","message":"Unknown route."}"#),
        Row(method: .PATCH, path: "jobs", status: 405, answer: #"{"requestPath":"/v1/jobs","message":"Method Not Allowed"}"#),
        Row(
            method: .GET, path: "jobs?embed=all", status: 400,
            answer:
                #"{"requestPath":"/v1/jobs","message":"Unknown embed options. Valid options are: activeRuns, schedules, history, historySummary"}"#),
        Row(
            method: .POST, path: "jobs", body: "{", status: 400,
            answer: #"{"requestPath":"/v1/jobs","message":"Invalid Json: unexpected end of the text at byte 1"}"#)
    ]

    private static let names = "may have names of lower case letters, digits and dashes, separated by dots, and at most 200 bytes"

    private static let flaws: [Row] = [
        .flaw("[]", "", "must be an object"), .flaw(#"{\#(run)}"#, "/id", "error.path.missing"), .flaw(#"{"id":"n"}"#, "/run", "error.path.missing"),
        .flaw(#"{"id":"n","run":null}"#, "/run", "error.path.missing"), .flaw(#"{"id":"",\#(run)}"#, "/id", names),
        .flaw(#"{"id":5,\#(run)}"#, "/id", "must be a string"), .flaw(#"{"id":null,\#(run)}"#, "/id", "error.path.missing"),
        .flaw(#"{"id":"a.b","x":1,\#(run)}"#, "/x", "Additional properties are not allowed"),
        .flaw(#"{"id":"a.b","run":null}"#, "/run", "error.path.missing", at: "jobs/a.b", .PUT),
        .flaw(#"{"id":"A",\#(run)}"#, "/id", names), .flaw(#"{"id":"a..b",\#(run)}"#, "/id", names), .flaw(#"{"id":"-a",\#(run)}"#, "/id", names),
        .flaw(#"{"id":"a--b",\#(run)}"#, "/id", names), .flaw(#"{"id":"n","x":1,\#(run)}"#, "/x", "Additional properties are not allowed"),
        .flaw(#"{"id":"n","labels":{"a":1},\#(run)}"#, "/labels/a", "must be a string"),
        .flaw(#"{"id":"n","dependencies":[{"id":"x"}],\#(run)}"#, "/dependencies", "Dependencies contain a job that does not exist: x"),
        .flaw(
            #"{"id":"a.b","dependencies":[{"id":"child"}],\#(run)}"#, "/dependencies",
            "a job can have either dependencies or schedules, not both", at: "jobs/a.b", .PUT),
        .flaw(
            #"{"id":"free","dependencies":[{"id":"free"}],\#(run)}"#, "/dependencies", "Dependencies have a cycle: free -> free", at: "jobs/free",
            .PUT),
        .flaw(#"{"id":"n","run":{}}"#, "/run", "exactly one of cmd and args must be given, and not be empty"),
        .run(#""args":["y"]"#, "", "exactly one of cmd and args must be given, and not be empty").at("/run"),
        .run(#""cpus":0.001"#, "cpus", "is less than 0.01"), .run(#""mem":31"#, "mem", "is less than 32"),
        .run(#""disk":-1"#, "disk", "is less than 0"), .run(#""cpus":"1""#, "cpus", "must be a number"),
        .run(#""maxLaunchDelay":0"#, "maxLaunchDelay", "is less than 1"), .run(#""maxLaunchDelay":1.5"#, "maxLaunchDelay", "must be an integer"),
        .run(#""colour":1"#, "colour", "Additional properties are not allowed"),
        .run(#""docker":{"image":"i"}"#, "docker", "images are not served yet; the job would run outside of its image"),
        .run(#""ucr":{"image":{"id":"i"}}"#, "ucr", "images are not served yet; the job would run outside of its image"),
        .run(#""gpus":1"#, "gpus", "GPUs are not served yet"),
        .run(#""volumes":[{"containerPath":"/x"}]"#, "volumes", "volumes are not served yet"),
        .run(#""secrets":{"s":{"source":"x"}}"#, "secrets", "secrets are not served"),
        .run(#""env":{"A":{"secret":"s"}}"#, "env/A", "secrets are not served"), .run(#""env":{"A":1}"#, "env/A", "must be a string"),
        .run(#""networks":[{"mode":"container"}]"#, "networks(0)/mode", "only the network of the host is served"),
        .run(#""artifacts":[{"executable":true}]"#, "artifacts(0)/uri", "error.path.missing"),
        .run(#""artifacts":[{"uri":""}]"#, "artifacts(0)/uri", "must not be empty"),
        .run(
            #""placement":{"constraints":[{"attribute":"a","operator":"EQUALS","value":"b"}]}"#, "placement/constraints(0)/operator",
            "'EQUALS' is not a valid operator. Allowed values: IS, EQ, LIKE, UNLIKE"),
        .run(
            #""placement":{"constraints":[{"attribute":"a","operator":"IS"}]}"#, "placement/constraints(0)/value", "error.path.missing"),
        .run(#""restart":{"policy":"ALWAYS"}"#, "restart/policy", "'ALWAYS' is not a valid restart policy. Allowed values: NEVER, ON_FAILURE"),
        .schedule(#""cron":"@daily""#, "/id", "error.path.missing"),
        .schedule(#""id":"S","cron":"@daily""#, "/id", "may have lower case letters, digits and dashes, with no dash at its ends"),
        .schedule(#""id":"s""#, "/cron", "error.path.missing"),
        .schedule(#""id":"s","cron":"@daily","startingDeadlineSeconds":59"#, "/startingDeadlineSeconds", "is less than 60"),
        .schedule(#""id":"s","cron":"@daily","startingDeadlineSeconds":-9223372036854775808"#, "/startingDeadlineSeconds", "is less than 60"),
        .schedule(#""id":"s","cron":"@daily","startingDeadlineSeconds":1e300"#, "/startingDeadlineSeconds", "is greater than 1000000000"),
        .schedule(
            #""id":"s","cron":"@daily","timezone":"Mars/North""#, "/timezone", "scheduleTimeZone 'Mars/North' is no time zone that this machine knows"
        ),
        .schedule(
            #""id":"s","cron":"@daily","concurrencyPolicy":"NEVER""#, "/concurrencyPolicy",
            "'NEVER' is not a valid concurrency policy. Allowed values: ALLOW, FORBID, REPLACE, QUEUE"),
        .flaw(
            #"{"id":"n","schedules":[{"id":"s","cron":"x"}],\#(run)}"#, "/schedules(0)/cron",
            "Cannot parse schedule 'x': Expected a minute from 0 to 59 at offset 0."),
        .flaw(
            #"{"id":"n","schedules":[{"id":"s","cron":"@daily","timezone":"Mars/North"}],\#(run)}"#, "/schedules(0)/timezone",
            "scheduleTimeZone 'Mars/North' is no time zone that this machine knows"),
        .flaw(
            #"{"id":"n","schedules":[{"id":"S","cron":"@daily"}],\#(run)}"#, "/schedules(0)/id",
            "may have lower case letters, digits and dashes, with no dash at its ends"),
        .flaw(#"{"id":"s","cron":"@daily"}"#, "", "a job can have either dependencies or schedules, not both", at: "jobs/child/schedules")
    ]

    @Test func `each error has Metronome's status and shape, and changes nothing`() async throws {
        try await Fixture.with { fixture in
            let jobs = [
                #"{"id":"a.b","schedules":[{"id":"s","cron":"@daily"}],\#(Self.run)}"#, #"{"id":"busy",\#(Self.run)}"#,
                #"{"id":"free",\#(Self.run)}"#,
                #"{"id":"child","dependencies":[{"id":"a.b"}],\#(Self.run)}"#
            ]
            for job in jobs { #expect(try await fixture.send(.POST, "/v1/jobs", job).status == .created) }
            #expect(try await fixture.send(.POST, "/v1/jobs/busy/runs").status == .created)
            let before = try await fixture.send(.GET, "/v1/jobs").text
            for row in Self.conflicts + Self.unknown + Self.flaws {
                let answer = try await fixture.send(row.method, "/v1/\(row.path)", row.body)
                #expect(Int(answer.status.code) == row.status && answer.text == row.answer, "\(row.method) \(row.path) \(row.body): \(answer.text)")
                #expect(answer.headers["Content-Type"] == ["application/json"])
            }
            #expect(try await fixture.send(.GET, "/v1/jobs").text == before)
        }
    }

    @Test func `all that is wrong is told at once`() async throws {
        try await Fixture.with { fixture in
            let answer = try await fixture.send(.POST, "/v1/jobs", #"{"id":"A","run":{"cmd":"x","mem":1,"cpus":0,"env":{"B":null}}}"#)
            #expect(answer.status == .unprocessableEntity)
            let details = try JSONValue(parsing: answer.body)["details"]?.array ?? []
            #expect(details.compactMap { $0["path"]?.string } == ["/id", "/run/cpus", "/run/mem", "/run/env/B"])
        }
    }
}

extension MetronomeErrorTests.Row {
    /// The same, found elsewhere.
    fileprivate func at(_ path: String) -> Self {
        var row = self
        row.answer = row.answer.replacing("/run/", with: path)
        return row
    }
}
