import FrameworkServer
import JSON
import NIOHTTP1
import Testing
import Transport

@testable import BatchServer

/// The error answers that clients meet, to the byte. Specified by Chronos 3.0 docs/api.md; its stack traces are reasons here.
struct ErrorTests {
    struct Row: Sendable {
        var method: HTTPMethod
        var path: String
        var body = ""
        var status = 400
        var message: String
    }

    private static let job = #""command":"x","schedule":"R0/2014-01-01T00:00:00Z/PT1H""#

    private static let rows: [Row] = [
        Row(method: .GET, path: "job/x", message: "Job 'x' not found"), Row(method: .PUT, path: "job/x", message: "Job 'x' not found"),
        Row(method: .DELETE, path: "job/x", message: "Job 'x' not found"), Row(method: .GET, path: "job/stat/x", message: "Job 'x' not found"),
        Row(method: .DELETE, path: "task/kill/x", message: "Job 'x' not found"),
        Row(
            method: .POST, path: "job/x/task/ct:1:0:x:/progress", body: #"{"numAdditionalElementsProcessed":1}"#, message: "Job 'x' not found"),
        Row(
            method: .POST, path: "job/a/task/ct:1:0:a:/progress", body: #"{"numAdditionalElementsProcessed":1}"#,
            message: "JobSchedule 'a' is not enabled to track data"),
        Row(
            method: .POST, path: "job/a/task/ct:1:0:a:/progress", body: #"{"numAdditionalElementsProcessed":-1}"#,
            message: "numAdditionalElementsProcessed must be a number from 0"),
        Row(
            method: .POST, path: "iso8601", body: #"{"name":"a b",\#(job)}"#,
            message: #"the job's name is invalid. Allowed names: '([\w\.-]+)'"#),
        Row(method: .POST, path: "iso8601", body: #"{\#(job)}"#, message: "the job has no name"),
        Row(
            method: .POST, path: "iso8601", body: #"{"name":"n","schedule":"R/x/PT1H"}"#,
            message: "Cannot parse schedule 'R/x/PT1H': Expected a year, or T and a time at offset 2."),
        Row(
            method: .POST, path: "iso8601", body: #"{"name":"n","schedule":"R/1970-01-01T00:00:00Z/PT1H"}"#,
            message: "Scheduled start date '1970-01-01T00:00:00.000Z' is before 1970!"),
        Row(
            method: .POST, path: "iso8601", body: #"{"name":"n","uris":["a"],"fetch":[{"uri":"b"}],\#(job)}"#,
            message: "Tried to add both uri (deprecated) and fetch parameters on n"),
        Row(method: .POST, path: "dependency", body: #"{"name":"n","parents":[]}"#, message: "Error, parent does not exist"),
        Row(
            method: .POST, path: "dependency", body: #"{"name":"n","parents":["x"]}"#, message: "n does not have all parents defined! Missing: x"),
        Row(method: .POST, path: "dependency", body: #"{"name":"n",\#(job)}"#, message: "a job without parents belongs to the resource 'iso8601'"),
        Row(
            method: .POST, path: "iso8601", body: #"{"name":"n","parents":["a"]}"#,
            message: "a job with parents belongs to the resource 'dependency'"),
        Row(method: .POST, path: "dependency", body: #"{"name":"a","parents":["b"]}"#, message: "the dependencies would be a cycle: a -> b -> a"),
        Row(method: .POST, path: "iso8601", body: "{", message: "Invalid JSON: unexpected end of the text at byte 1"),
        Row(method: .POST, path: "iso8601", body: "[]", message: "the body is no JSON object"),
        Row(
            method: .POST, path: "iso8601", body: #"{"name":"n","environmentVariables":[{"name":"A=B","value":"1"}],\#(job)}"#,
            message: "environmentVariables: 'A=B' is no name of a variable"),
        Row(method: .POST, path: "iso8601", body: #"{"name":"n","fetch":[{"uri":"u"},{}],\#(job)}"#, message: "fetch[1] has no uri"),
        Row(method: .POST, path: "iso8601", body: #"{"name":"n","fetch":[{"uri":""}],\#(job)}"#, message: "fetch[0] has no uri"),
        Row(method: .POST, path: "iso8601", body: #"{"name":"n","uris":[""],\#(job)}"#, message: "uris[0] is empty"),
        Row(method: .PUT, path: "job/a?arguments=1%002", message: "a text has a NUL character in it"),
        Row(
            method: .PUT, path: "job/a?arguments=" + String(repeating: "x", count: 40_000),
            message: "arguments and environment have 40000 bytes, and at most 32768 are taken"),
        Row(method: .GET, path: "jobs/search?limit=x", message: "limit must be a number from 0, not 'x'"),
        Row(method: .GET, path: "nothing", status: 404, message: "There is no such resource"),
        Row(method: .GET, path: "graph/png", status: 404, message: "There is no such resource"),
        Row(method: .GET, path: "iso8601", status: 405, message: "Method Not Allowed"),
        Row(method: .PUT, path: "iso8601", status: 405, message: "Method Not Allowed"),
        Row(method: .POST, path: "jobs", status: 405, message: "Method Not Allowed")
    ]

    @Test func `each error has its status, and its reason in one line`() async throws {
        try await Fixture.with { fixture in
            try await fixture.create("a")
            try await fixture.create("b", parents: ["a"])
            for row in Self.rows {
                let answer = try await fixture.send(row.method, "/v1/scheduler/\(row.path)", row.body)
                #expect(Int(answer.status.code) == row.status, "\(row.method) \(row.path): \(answer.text)")
                var writer = JSONWriter()
                writer.value(.object(JSONObject([("message", .string(row.message)), ("status", .string(answer.status.reasonPhrase))])))
                #expect(answer.text == String(decoding: writer.bytes, as: UTF8.self), "\(row.method) \(row.path)")
            }
            // None of it has changed anything.
            #expect(try await fixture.json("/v1/scheduler/jobs").array?.count == 2)
        }
    }

    @Test func `a body that doesn't call itself JSON is refused for scheduled jobs, and taken for dependent ones`() async throws {
        try await Fixture.with { fixture in
            try await fixture.create("a")
            for headers in [[:], ["Content-Type": "text/plain"]] as [HTTPHeaders] {
                let scheduled = try await fixture.send(.POST, "/v1/scheduler/iso8601", #"{"name":"b",\#(Self.job)}"#, headers: headers)
                #expect(scheduled.status == .unsupportedMediaType)
            }
            let dependent = try await fixture.send(.POST, "/v1/scheduler/dependency", #"{"name":"b","parents":["a"]}"#, headers: [:])
            #expect(dependent.status == .noContent)
        }
    }

    @Test func `without credentials there is no answer but 401`() async throws {
        var settings = BatchSettings()
        settings.httpCredentials = "user:secret"
        try await Fixture.with(settings) { fixture in
            let refused = try await fixture.send(.GET, "/v1/scheduler/jobs")
            #expect(refused.status == .unauthorized && refused.body.isEmpty)
            let taken = try await fixture.send(.GET, "/v1/scheduler/jobs", headers: ["Authorization": "Basic dXNlcjpzZWNyZXQ="])
            #expect(taken.status == .ok)
        }
    }
}
