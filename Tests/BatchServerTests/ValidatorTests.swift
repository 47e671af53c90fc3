import JSON
import Machine
import NIOHTTP1
import Testing
import Transport

@testable import BatchServer

/// Definitions, checked without a server.
struct ValidatorTests {
    private func findings(_ definitions: String...) throws -> [JobValidator.Finding] {
        // 2026-01-01
        var validator = JobValidator(at: Moment(monotonic: 0, wall: 1_767_225_600 * .second))
        return validator.check(try definitions.map { try JSONValue(parsing: Array($0.utf8)) })
    }

    @Test func `parents may be in other definitions, before or behind`() throws {
        let found = try findings(
            #"{"name":"b","command":"x","parents":["a"]}"#, #"{"name":"a","command":"x","cron":"30 2 * * *","scheduleTimeZone":"Europe/Berlin"}"#,
            #"{"name":"c","command":"x","parents":["a","elsewhere"]}"#)
        #expect(found.map(\.error) == [nil, nil, nil] && found.map(\.unknownParents) == [[], [], ["elsewhere"]])
    }

    @Test func `a number is as good a name as a text`() throws {
        let found = try findings(#"{"name":"b","command":"x","parents":[5]}"#, #"{"name":5,"command":"x","schedule":"R0//PT1H"}"#)
        #expect(found.map(\.name) == ["b", "5"] && found.map(\.error) == [nil, nil] && found.map(\.unknownParents) == [[], []])
    }

    @Test func `a cycle among definitions is found`() throws {
        let found = try findings(
            #"{"name":"a","command":"x","parents":["c"]}"#, #"{"name":"b","command":"x","parents":["a"]}"#,
            #"{"name":"c","command":"x","parents":["b"]}"#)
        #expect(found.map { $0.error?.contains("cycle") } == [nil, nil, true])
    }

    @Test(arguments: [
        (#"{"command":"x"}"#, "the job has no name"), (#"{"name":"a b","command":"x"}"#, "the job's name is invalid"),
        (#"{"name":"a","cron":"61 * * * *"}"#, "Cannot parse schedule"),
        (#"{"name":"a","schedule":"R//PT1H","scheduleTimeZone":"Nowhere/City"}"#, "time zone"),
        (#"{"name":"a","cpus":"many"}"#, "cpus"), (#"["a"]"#, "")
    ]) func `what a server would refuse is refused with the same words`(_ definition: String, _ words: String) throws {
        let error = try #require(try findings(definition).first?.error)
        #expect(error.contains(words), "\(error)")
    }

    @Test(
        arguments: [
            (#"{"name":"a","command":"x","cron":"@daily"}"#, []),
            (#"{"name":"a","command":"x","comand":"y","fetch":[{"uri":"u","url":"v"}]}"#, ["nothing knows comand", "nothing knows fetch[0].url"]),
            (#"{"name":"a"}"#, ["it has no command"]), (#"{"name":"a","command":""}"#, ["it has no command"]),
            (#"{"name":"a","command":null,"arguments":["x"]}"#, ["it has no command"]),
            (
                #"{"name":"a","command":"x","cpus":-1,"mem":"-2","disk":-0.5,"retries":-3}"#,
                [
                    "cpus is negative, and taken as its default", "mem is negative, and taken as its default",
                    "disk is negative, and taken as its default", "retries is negative, and taken as 0"
                ]
            ),
            (
                #"{"name":"a","command":"x","owner":"b","owner":"c","parameters":{"requires":[]}}"#,
                [
                    "owner stands there twice; the last one counts", "nothing knows parameters.requires"
                ]
            )
        ] as [(String, [String])])
    func `what is taken, but hardly meant, is warned of`(_ definition: String, _ warnings: [String]) throws {
        let finding = try #require(try findings(definition).first)
        #expect(finding.error == nil && finding.warnings == warnings, "\(finding)")
    }

    @Test func `the second job of a name is warned of`() throws {
        let found = try findings(
            #"{"name":"a","command":"x"}"#, #"{"name":"b","command":"x"}"#, #"{"name":"a","command":"y"}"#, #"{"command":"x"}"#, #"{"command":"x"}"#)
        #expect(found.map(\.warnings) == [[], [], ["an earlier job has the same name; this one replaces it"], [], []])
    }

    /// What was read from a server can be sent back.
    @Test func `all that a server shows of a job is known`() async throws {
        try await Fixture.with { fixture in
            let definition = #"""
                {"name":"a","command":"x","schedules":["@daily","@hourly"],"epsilon":"PT5M","concurrencyPolicy":"FORBID","catchUp":"ALL",
                "retryDelaySeconds":1,"retryDelayLimitSeconds":2,"unreachableTimeoutSeconds":3,"retryFactor":2,"retryOnExitCodes":[1],
                "historyLimit":3,"completions":2,"parallelism":1,"requiredSuccesses":1,"triggerRule":"ALL_DONE","parameters":{"optional":["M"]},
                "labels":{"a":"b"},"notifyOn":[],"maxLaunchDelaySeconds":1,"retryWindowSeconds":1,"killGraceSeconds":1,"scheduleId":"s",
                "noDisk":true,"fetch":[{"uri":"http://h/f","output_file":"g"}],"environmentVariables":[{"name":"A","value":"b"}]}
                """#
            let answer = try await fixture.send(.POST, "/v1/scheduler/iso8601", definition)
            #expect(answer.status == .noContent, "\(answer.text)")
            var validator = JobValidator(at: Moment(monotonic: 0, wall: 1_767_225_600 * .second))
            let found = validator.check([try await fixture.json("/v1/scheduler/job/a")])
            #expect(found.map(\.error) == [nil] && found.map(\.warnings) == [[]], "\(found)")
        }
    }
}

/// Runs as programs list them, and explanations.
struct RunsTests {
    @Test func `the runs of one job or of all are listed, so many, and of one state`() async throws {
        try await Fixture.with { fixture in
            for name in ["a", "b"] {
                try await fixture.create(name)
                #expect(try await fixture.send(.PUT, "/v1/scheduler/job/\(name)").status == .noContent)
            }
            func jobs(_ path: String) async throws -> [String] {
                (try await fixture.json(path)["runs"]?.array ?? []).compactMap { $0["job"]?.string }
            }
            #expect(try await jobs("/agora/v1/runs").sorted() == ["a", "b"])
            #expect(try await jobs("/agora/v1/runs?limit=1").count == 1)
            #expect(try await jobs("/agora/v1/jobs/a/runs") == ["a"])
            #expect(try await fixture.send(.DELETE, "/v1/scheduler/task/kill/a").status == .noContent)
            #expect(try await jobs("/agora/v1/runs?state=killed") == ["a"])
            #expect(try await jobs("/agora/v1/jobs/b/runs?state=killed") == [])
            #expect(try await fixture.send(.GET, "/agora/v1/runs?limit=-1").status == .badRequest)
        }
    }

    @Test func `an explanation is served, and an unknown job is none`() async throws {
        try await Fixture.with { fixture in
            try await fixture.create("a")
            #expect(try await fixture.send(.PUT, "/v1/scheduler/job/a").status == .noContent)
            let answer = try await fixture.json("/agora/v1/jobs/a/explain")
            #expect(answer["job"]?.string == "a" && answer["agents"]?.array == [])
            #expect(answer["lines"]?.array?.last?.string == "there is no connection to a master, so no offers come")
            let unknown = try await fixture.send(.GET, "/agora/v1/jobs/nobody/explain")
            #expect(unknown.text == #"{"message":"Job 'nobody' not found","status":"Bad Request"}"#)
        }
    }
}
