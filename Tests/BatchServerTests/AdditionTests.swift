import JSON
import NIOHTTP1
import Testing
import Transport

@testable import BatchServer

/// What Chronos doesn't have: runs with parameters, and with several indices.
struct AdditionTests {
    @Test func `a run is begun with parameters, and answered as it is listed`() async throws {
        try await Fixture.with { fixture in
            try await fixture.create("j")
            let body = #"{"arguments":"a b","environment":{"DAY":"1"},"payload":"héllo"}"#
            let answer = try await fixture.send(.POST, "/agora/v1/jobs/j/runs", body)
            #expect(answer.status == .created)
            let run = try JSONValue(parsing: answer.body)
            #expect(run["job"]?.string == "j" && run["cause"]?.string == "request" && run["state"]?.string == "queued")
            #expect(run["arguments"]?.string == "a b" && run["payloadSize"]?.integer == 6 && run["completions"] == nil && run["indices"] == nil)
            #expect(run["environment"] == [["name": "DAY", "value": "1"]] && run["tasks"]?.array?.isEmpty == true)
            let listed = try await fixture.json("/agora/v1/jobs/j/runs")
            #expect(listed["runs"]?.array == [run])
            let id = try #require(run["id"]?.string)
            #expect(try await fixture.json("/agora/v1/jobs/j/runs/\(id)") == run)
            #expect(try await fixture.send(.GET, "/agora/v1/jobs/j/runs/1").status == .notFound)
            // Without a body, and again: a run of its own.
            #expect(try await fixture.send(.POST, "/agora/v1/jobs/j/runs").status == .created)
            #expect(try await fixture.json("/agora/v1/jobs/j/runs")["runs"]?.array?.count == 2)
        }
    }

    @Test func `what a run can't be given is a 400 with a reason`() async throws {
        try await Fixture.with { fixture in
            let job = #"{"name":"j","command":"x","schedule":"R0//PT1H","parameters":{"required":["DAY"]}}"#
            #expect(try await fixture.send(.POST, "/v1/scheduler/iso8601", job).status == .noContent)
            for (body, message) in [
                ("{}", "'j' needs DAY in its environment to run"), (#"{"environment":{"DAY":"1","X":""}}"#, "'j' doesn't take X in its environment"),
                (#"{"load":1}"#, "'load' is nothing that a run is given: arguments, environment, payload"),
                ("{", "Invalid JSON: unexpected end of the text at byte 1")
            ] {
                let answer = try await fixture.send(.POST, "/agora/v1/jobs/j/runs", body)
                #expect(answer.status == .badRequest)
                #expect(try JSONValue(parsing: answer.body)["message"]?.string == message)
            }
            #expect(try await fixture.send(.POST, "/agora/v1/jobs/x/runs").status == .badRequest)
            #expect(try await fixture.send(.DELETE, "/agora/v1/jobs/j/runs").status == .methodNotAllowed)
            #expect(try await fixture.json("/agora/v1/jobs/j/runs")["runs"]?.array?.isEmpty == true)
            let shown = try await fixture.json("/v1/scheduler/job/j")
            #expect(shown["parameters"] == ["required": ["DAY"], "payload": "OPTIONAL"])
        }
    }

    @Test func `a run with several indices shows each`() async throws {
        try await Fixture.with { fixture in
            let job = #"{"name":"j","command":"x","schedule":"R1//PT1H","completions":3,"parallelism":2,"requiredSuccesses":2}"#
            #expect(try await fixture.send(.POST, "/v1/scheduler/iso8601", job).status == .noContent)
            let run = try #require(try await fixture.json("/agora/v1/jobs/j/runs")["runs"]?.array?.first)
            #expect(run["completions"]?.integer == 3 && run["requiredSuccesses"]?.integer == 2 && run["state"]?.string == "queued")
            for name in ["running", "succeeded", "failed"] { #expect(run[name]?.integer == 0) }
            #expect(run["indices"]?.array?.count == 3)
            #expect(run["indices"]?.array?.last == ["index": 2, "state": "queued", "attempts": 0])
            #expect(try await fixture.send(.DELETE, "/v1/scheduler/task/kill/j").status == .noContent)
            let killed = try #require(try await fixture.json("/agora/v1/jobs/j/runs")["runs"]?.array?.first)
            #expect(killed["state"]?.string == "killed" && killed["indices"]?.array?.allSatisfy { $0["state"]?.string == "omitted" } == true)
            let shown = try await fixture.json("/v1/scheduler/job/j")
            #expect(shown["completions"]?.integer == 3 && shown["parallelism"]?.integer == 2 && shown["successCount"]?.integer == 0)
        }
    }
}
