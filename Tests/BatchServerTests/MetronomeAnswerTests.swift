import JSON
import NIOHTTP1
import Testing
import Transport

@testable import BatchServer

/// What clients of Metronome read. Specified by Metronome 0.6 (its API's description in RAML).
struct MetronomeAnswerTests {
    private static let job =
        #"{"id":"prod.mail","description":"d","labels":{"team":"red"},"run":{"cmd":"send","cpus":0.5,"mem":64,"disk":0,"user":"nobody","#
        + #""env":{"A":"1"},"placement":{"constraints":[{"attribute":"rack","operator":"EQ","value":"a"},"#
        + #"{"attribute":"rack","operator":"UNLIKE","value":"b.*"}]},"artifacts":[{"uri":"http://u/f","extract":false}],"maxLaunchDelay":60,"#
        + #""restart":{"policy":"ON_FAILURE","activeDeadlineSeconds":120},"taskKillGracePeriodSeconds":5}}"#

    private static let shown =
        #"{"id":"prod.mail","description":"d","labels":{"team":"red"},"dependencies":[],"run":{"cpus":0.5,"mem":64,"disk":0,"cmd":"send","#
        + #""user":"nobody","env":{"A":"1"},"placement":{"constraints":[{"attribute":"rack","operator":"IS","value":"a"},"#
        + #"{"attribute":"rack","operator":"UNLIKE","value":"b.*"}]},"artifacts":[{"uri":"http://u/f","extract":false,"executable":false,"cache":false}],"#
        + #""maxLaunchDelay":60,"volumes":[],"networks":[],"secrets":{},"restart":{"policy":"ON_FAILURE","activeDeadlineSeconds":120},"#
        + #""taskKillGracePeriodSeconds":5}"#

    @Test func `a job is created, shown, changed and deleted`() async throws {
        try await Fixture.with { fixture in
            let created = try await fixture.send(.POST, "/v1/jobs", Self.job)
            #expect(created.status == .created && created.text == Self.shown + "}", "\(created.text)")
            let shown = try await fixture.send(.GET, "/v1/jobs/prod.mail").text
            #expect(shown == Self.shown + #","schedules":[]}"#)
            #expect(try await fixture.send(.GET, "/v1/jobs").text == "[\(shown)]")
            // What is shown can be sent back.
            let same = try await fixture.send(.PUT, "/v1/jobs/prod.mail", shown)
            #expect(same.status == .ok && same.text == created.text, "\(same.text)")
            let changed = try await fixture.send(.PUT, "/v1/jobs/prod.mail", #"{"id":"prod.mail","run":{"cmd":"other"}}"#)
            #expect(changed.status == .ok)
            let run = try JSONValue(parsing: changed.body)["run"]
            #expect(run?["cpus"]?.double == 1 && run?["mem"]?.double == 128 && run?["disk"]?.double == 0 && run?["maxLaunchDelay"]?.integer == 60)
            #expect(run?["restart"]?["policy"]?.string == "NEVER" && run?["user"]?.string == "root")
            let deleted = try await fixture.send(.DELETE, "/v1/jobs/prod.mail")
            #expect(deleted.status == .ok && deleted.text == changed.text)
            #expect(try await fixture.send(.GET, "/v1/jobs").text == "[]")
        }
    }

    @Test func `a schedule is created, shown, changed and deleted`() async throws {
        try await Fixture.with { fixture in
            #expect(try await fixture.send(.POST, "/v1/jobs", #"{"id":"j","run":{"cmd":"x"}}"#).status == .created)
            let created = try await fixture.send(.POST, "/v1/jobs/j/schedules", #"{"id":"nightly","cron":"30 2 * * *","timezone":"Europe/Berlin"}"#)
            #expect(created.status == .created)
            let schedule = try JSONValue(parsing: created.body)
            #expect(schedule["startingDeadlineSeconds"]?.integer == 900 && schedule["concurrencyPolicy"]?.string == "ALLOW")
            #expect(schedule["enabled"]?.bool == true && schedule["timezone"]?.string == "Europe/Berlin" && schedule["cron"]?.string == "30 2 * * *")
            #expect(schedule["nextRunAt"]?.string?.wholeMatch(of: /\d{4}-\d\d-\d\dT0[01]:30:00\.000\+0000/) != nil, "\(created.text)")
            #expect(try await fixture.send(.GET, "/v1/jobs/j/schedules").text == "[\(created.text)]")
            #expect(try await fixture.send(.GET, "/v1/jobs/j/schedules/nightly").text == created.text)
            #expect(try await fixture.send(.GET, "/v1/jobs/j").text.hasSuffix(#","schedules":[\#(created.text)]}"#))
            let changed = try await fixture.send(.PUT, "/v1/jobs/j/schedules/nightly", #"{"id":"nightly","cron":"0 0 1 1 * 2031","enabled":false}"#)
            #expect(
                changed.status == .ok
                    && changed.text
                        == #"{"id":"nightly","cron":"0 0 1 1 * 2031","timezone":"UTC","startingDeadlineSeconds":900,"concurrencyPolicy":"ALLOW","enabled":false}"#,
                "\(changed.text)")
            // A job that is changed keeps its schedule.
            #expect(try await fixture.send(.PUT, "/v1/jobs/j", #"{"id":"j","run":{"cmd":"y"}}"#).status == .ok)
            #expect(try await fixture.send(.GET, "/v1/jobs/j/schedules").text == "[\(changed.text)]")
            let deleted = try await fixture.send(.DELETE, "/v1/jobs/j/schedules/nightly")
            #expect(deleted.status == .ok && deleted.body.isEmpty)
            #expect(try await fixture.send(.GET, "/v1/jobs/j/schedules").text == "[]")
        }
    }

    @Test func `jobs come with their schedules in one body, too`() async throws {
        try await Fixture.with { fixture in
            let body =
                #"{"id":"j","run":{"cmd":"x"},"schedules":[{"id":"s","cron":"@daily","startingDeadlineSeconds":60,"concurrencyPolicy":"FORBID"}]}"#
            let created = try await fixture.send(.POST, "/v0/scheduled-jobs", body)
            #expect(created.status == .created && created.text.contains(#""schedules":[{"id":"s","cron":"@daily","timezone":"UTC","#))
            #expect(try await fixture.send(.POST, "/v0/scheduled-jobs", body).status == .conflict)
            let changed = try await fixture.send(.PUT, "/v0/scheduled-jobs/j", #"{"id":"j","run":{"cmd":"x"},"schedules":[]}"#)
            #expect(changed.status == .ok && changed.text.hasSuffix(#""schedules":[]}"#))
            #expect(try await fixture.send(.PUT, "/v0/scheduled-jobs/x", body).status == .notFound)
            #expect(try await fixture.send(.GET, "/v0/scheduled-jobs").status == .methodNotAllowed)
        }
    }

    @Test func `a run is started, queued, shown and stopped`() async throws {
        try await Fixture.with { fixture in
            #expect(try await fixture.send(.POST, "/v1/jobs", #"{"id":"j","run":{"cmd":"x"}}"#).status == .created)
            #expect(try await fixture.send(.GET, "/v1/jobs/j/runs").text == "[]")
            let created = try await fixture.send(.POST, "/v1/jobs/j/runs")
            let run = try JSONValue(parsing: created.body)
            let id = try #require(run["id"]?.string)
            #expect(created.status == .created && id.wholeMatch(of: /\d{19}/) != nil)
            let time = try #require(run["createdAt"]?.string)
            #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000/) != nil)
            #expect(created.text == #"{"id":"\#(id)","jobId":"j","status":"INITIAL","createdAt":"\#(time)","completedAt":null,"tasks":[]}"#)
            #expect(try await fixture.send(.GET, "/v1/jobs/j/runs").text == "[\(created.text)]")
            #expect(try await fixture.send(.GET, "/v1/jobs/j/runs/\(id)").text == created.text)
            #expect(try await fixture.send(.GET, "/v1/queue").text == #"[{"jobId":"j","runs":[{"runId":"\#(id)"}]}]"#)
            #expect(try await fixture.json("/v1/jobs/j?embed=activeRuns")["activeRuns"]?.array?.count == 1)
            // Chronos's face has it, too.
            #expect(try await fixture.send(.GET, "/v1/scheduler/graph/csv").text == "node,j,fresh,queued\n")
            let stopped = try await fixture.send(.POST, "/v1/jobs/j/runs/\(id)/actions/stop")
            #expect(stopped.status == .ok && stopped.text.contains(#""status":"FAILED""#) && !stopped.text.contains(#""completedAt":null"#))
            #expect(try await fixture.send(.GET, "/v1/queue").text == "[]")
            let history = try await fixture.json("/v1/jobs/j?embed=history&embed=historySummary")
            #expect(history["history"]?["failedFinishedRuns"]?.array?.first?["id"]?.string == id && history["activeRuns"] == nil)
            // What was stopped has failed, and is counted as what it is listed as.
            let end = try #require(try JSONValue(parsing: stopped.body)["completedAt"]?.string)
            #expect(
                history["historySummary"].map { String(decoding: $0.bytes, as: UTF8.self) }
                    == #"{"successCount":0,"failureCount":1,"lastSuccessAt":null,"lastFailureAt":"\#(end)"}"#)
        }
    }

    @Test func `jobs of one face are seen through the other`() async throws {
        try await Fixture.with { fixture in
            try await fixture.create("a")
            try await fixture.create("b", parents: ["a"])
            let jobs = try await fixture.json("/v1/jobs").array ?? []
            #expect(jobs.compactMap { $0["id"]?.string } == ["a", "b"] && jobs.allSatisfy { $0["run"]?["cmd"]?.string?.hasPrefix("echo ") == true })
            #expect(jobs[0]["schedules"]?.array?.first?["cron"]?.string == "R0/2014-01-01T00:00:00Z/PT60M")
            #expect(jobs[1]["dependencies"]?.array?.first?["id"]?.string == "a" && jobs[1]["schedules"]?.array?.isEmpty == true)
            #expect(try await fixture.send(.POST, "/v1/jobs", Self.job).status == .created)
            let job = try await fixture.json("/v1/scheduler/job/prod.mail")
            #expect(job["command"]?.string == "send" && job["labels"]?["team"]?.string == "red" && job["schedule"]?.string == "")
            #expect(try await fixture.send(.DELETE, "/v1/scheduler/job/prod.mail").status == .noContent)
        }
    }

    /// Jobs of Chronos's that never are due while a test runs.
    private static let jobs = [
        #""schedule":"0 0 2 1 1 *""#, #""schedule":"30 0 2 1 1 *""#, #""schedule":"0 0 2 1 1 * 2190""#,
        #""schedule":"R/2190-07-01T09:00:00+02:00/P1D""#, #""schedule":"R5/2190-07-01T09:00:00+02:00/P1D","scheduleTimeZone":"UTC""#,
        #""schedules":["0 2 1 1 *","30 0 2 1 1 *","R/2190-07-01T09:00:00+02:00/P1D"]"#,
        #""schedule":"0 2 1 1 *","epsilon":"PT30S","mem":16,"cpus":0.001,"concurrent":true,"disabled":true"#,
        #""schedule":"0 2 1 1 *","epsilon":"PT90.5S","retries":5,"retryDelaySeconds":7,"retryFactor":3"#,
        #""schedule":"0 2 1 1 *","arguments":["a b","c"],"softError":true,"maxLaunchDelaySeconds":1.5,"killGraceSeconds":0.5"#,
        #""schedule":"0 2 1 1 *","scheduleId":"A_b","environmentVariables":[{"name":"A","value":"1"}],"retries":0,"#
            + #""fetch":[{"uri":"http://u/f","output_file":"g","extract":false},{"uri":"http://u/f","output_file":"h"}]"#
    ]

    @Test(arguments: jobs) func `what is shown of a job of Chronos's can be sent back, and changes nothing`(_ members: String) async throws {
        try await Fixture.with { fixture in
            let created = try await fixture.send(.POST, "/v1/scheduler/iso8601", #"{"name":"j","command":"x",\#(members)}"#)
            #expect(created.status == .noContent, "\(created.text)")
            let before = try await fixture.send(.GET, "/v1/scheduler/job/j").text
            let shown = try await fixture.send(.GET, "/v1/jobs/j")
            let changed = try await fixture.send(.PUT, "/v1/jobs/j", shown.text)
            #expect(changed.status == .ok, "\(changed.text)")
            #expect(try await fixture.send(.GET, "/v1/scheduler/job/j").text == before)
            let schedules = try JSONValue(parsing: shown.body)["schedules"]?.array ?? []
            #expect(!schedules.isEmpty)
            for schedule in schedules {
                let id = try #require(schedule["id"]?.string)
                let answer = try await fixture.send(.PUT, "/v1/jobs/j/schedules/\(id)", String(decoding: schedule.bytes, as: UTF8.self))
                #expect(answer.status == .ok, "\(answer.text)")
                #expect(try await fixture.send(.GET, "/v1/scheduler/job/j").text == before, "\(id)")
            }
            guard schedules.count == 1 else { return }
            #expect(try await fixture.send(.PUT, "/v0/scheduled-jobs/j", shown.text).status == .ok)
            #expect(try await fixture.send(.GET, "/v1/scheduler/job/j").text == before)
        }
    }

    @Test func `a line of cron with seconds is shown so that it means the same`() async throws {
        try await Fixture.with { fixture in
            for (line, shown) in [
                ("0 0 2 1 1 *", "0 2 1 1 *"), ("30 0 2 1 1 *", "30 0 2 1 1 * *"), ("0 0 2 1 1 * 2190", "0 2 1 1 * 2190"),
                ("30 0 2 1 1 * 2190", "30 0 2 1 1 * 2190"), ("0 2 1 1 *", "0 2 1 1 *")
            ] {
                let created = try await fixture.send(.POST, "/v1/scheduler/iso8601", #"{"name":"j","command":"x","schedule":"\#(line)"}"#)
                #expect(created.status == .noContent, "\(created.text)")
                let schedule = try await fixture.json("/v1/jobs/j/schedules/default")
                #expect(schedule["cron"]?.string == shown && schedule["nextRunAt"]?.string != nil)
                // Another job with what is shown is due when this one is.
                let other = #"{"id":"k","run":{"cmd":"x"},"schedules":[{"id":"s","cron":"\#(shown)"}]}"#
                let copied = try await fixture.send(.POST, "/v0/scheduled-jobs", other)
                #expect(copied.status == .created, "\(copied.text)")
                #expect(try await fixture.json("/v1/jobs/k/schedules/s")["nextRunAt"] == schedule["nextRunAt"])
                #expect(try await fixture.send(.DELETE, "/v1/jobs/k").status == .ok)
            }
        }
    }

    @Test func `the process says what it is`() async throws {
        try await Fixture.with { fixture in
            let pong = try await fixture.send(.GET, "/ping")
            #expect(pong.text == "pong\n")
            #expect(try await fixture.json("/info")["version"]?.string != nil)
            #expect(try await fixture.json("/leader")["leader"]?.string?.hasPrefix("localhost:") == true)
            #expect(try await fixture.json("/v1/metrics")["gauges"]?.object != nil)
            #expect(try await fixture.send(.POST, "/info").status == .methodNotAllowed)
        }
    }
}
