import FrameworkServer
import JSON
import NIOHTTP1
import Testing
import Transport

@testable import ServicesServer

/// The error answers that clients meet, to the byte. Specified by Marathon 1.11 docs/rest-api.
struct ErrorTests {
    struct Row: Sendable {
        var method: HTTPMethod
        var path: String
        var body = ""
        var status: Int
        var answer: String
    }

    /// `<id>` stands for the id of the deployment that works on `/a`.
    private static let rows: [Row] = [
        Row(
            method: .POST, path: "/v2/apps", body: "{", status: 400,
            answer: #"{"message":"Invalid JSON","details":"unexpected end of the text at byte 1"}"#),
        Row(
            method: .POST, path: "/v2/apps", body: #"{"id":1}"#, status: 422,
            answer: #"{"message":"Invalid JSON","details":[{"path":"/id","errors":["error.expected.jsstring"]}]}"#),
        Row(
            method: .POST, path: "/v2/apps", body: #"{"id":"/x","instances":"two"}"#, status: 422,
            answer: #"{"message":"Invalid JSON","details":[{"path":"/instances","errors":["error.expected.jsnumber"]}]}"#),
        Row(
            method: .POST, path: "/v2/apps", body: #"{"cmd":"sleep 1"}"#, status: 422,
            answer: #"{"message":"Invalid JSON","details":[{"path":"/id","errors":["error.path.missing"]}]}"#),
        Row(
            method: .POST, path: "/v2/apps",
            body: #"{"id":"/x","cmd":"sleep 1","constraints":[["a","B"]],"portDefinitions":[{"port":0,"name":"a"},{"port":0,"name":"a"}]}"#,
            status: 422,
            answer: #"{"message":"Object is not valid","details":[{"path":"/constraints(0)","errors":["operator must be one of the "#
                + #"following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS"]},"#
                + #"{"path":"/portDefinitions","errors":["Port names must be unique."]}]}"#),
        Row(
            method: .POST, path: "/v2/apps", body: #"{"id":"/a","cmd":"sleep 1"}"#, status: 409,
            answer: #"{"message":"An app with id [/a] already exists."}"#),
        Row(
            method: .PUT, path: "/v2/apps/a", body: #"{"cpus":2}"#, status: 409,
            answer: #"{"message":"App is locked by one or more deployments. Override with the option '?force=true'. "#
                + #"View details at '/v2/deployments/<DEPLOYMENT_ID>'.","deployments":[{"id":"<id>"}]}"#),
        Row(
            method: .PUT, path: "/v2/apps/a", body: #"{"version":"2001-01-01T00:00:00.000Z","cpus":1}"#, status: 422,
            answer: #"{"message":"Object is not valid","details":[{"path":"/","errors":["#
                + #""The 'version' field may only be combined with the 'id' field."]}]}"#),
        Row(
            method: .PUT, path: "/v2/apps/a", body: #"{"version":"2001-01-01T00:00:00.000Z"}"#, status: 404,
            answer: #"{"message":"App '/a' does not exist in version 2001-01-01T00:00:00.000Z"}"#),
        Row(
            method: .POST, path: "/v2/apps", body: " ", status: 400,
            answer: #"{"message":"Please specify data in JSON format","details":"the body is empty"}"#),
        Row(
            method: .PUT, path: "/v2/groups", status: 400,
            answer: #"{"message":"Please specify data in JSON format","details":"the body is empty"}"#),
        Row(
            method: .POST, path: "/v2/groups", body: "{}", status: 409,
            answer: #"{"message":"Group / is already created. Use PUT to change this group."}"#),
        Row(
            method: .POST, path: "/v2/groups", body: #"{"id":"/a/sub"}"#, status: 422,
            answer: #"{"message":"Object is not valid","details":[{"path":"/","errors":["#
                + #""Groups and Applications may not have the same identifier."]}]}"#),
        Row(
            method: .PUT, path: "/v2/groups/x", body: #"{"version":"2001-01-01T00:00:00.000Z"}"#, status: 404,
            answer: #"{"message":"Group '/x' does not exist in version 2001-01-01T00:00:00.000Z"}"#),
        Row(
            method: .GET, path: "/v2/groups/versions/2001-01-01T00:00:00.000Z", status: 404,
            answer: #"{"message":"Group '/' does not exist in version 2001-01-01T00:00:00.000Z"}"#),
        Row(
            method: .PUT, path: "/v2/apps", body: "{}", status: 422,
            answer: #"{"message":"Invalid JSON","details":[{"path":"/","errors":["error.expected.jsarray"]}]}"#),
        Row(
            method: .PUT, path: "/v2/apps", body: #"[{"cpus":1}]"#, status: 422,
            answer: #"{"message":"Invalid JSON","details":[{"path":"/(0)/id","errors":["error.path.missing"]}]}"#),
        Row(method: .PATCH, path: "/v2/apps", body: #"[{"id":"/x"}]"#, status: 404, answer: #"{"message":"App '/x' does not exist"}"#),
        Row(method: .PATCH, path: "/v2/apps/x", body: "{}", status: 404, answer: #"{"message":"App '/x' does not exist"}"#),
        Row(method: .GET, path: "/v2/apps/x", status: 404, answer: #"{"message":"App '/x' does not exist"}"#),
        Row(method: .GET, path: "/v2/apps//g//x/", status: 404, answer: #"{"message":"App '/g/x' does not exist"}"#),
        Row(method: .DELETE, path: "/v2/apps/x", status: 404, answer: #"{"message":"App '/x' does not exist"}"#),
        Row(method: .POST, path: "/v2/apps/x/restart", status: 404, answer: #"{"message":"App '/x' does not exist"}"#),
        Row(method: .GET, path: "/v2/apps/x/versions", status: 404, answer: #"{"message":"App '/x' does not exist"}"#),
        Row(
            method: .GET, path: "/v2/apps/a/versions/2001-01-01T00:00:00.000Z", status: 404,
            answer: #"{"message":"App '/a' does not exist in version 2001-01-01T00:00:00.000Z"}"#),
        Row(
            method: .GET, path: "/v2/apps/a/versions/yesterday", status: 422,
            answer: #"{"message":"Invalid timestamp provided 'yesterday'. Expecting ISO-8601 datetime string."}"#),
        Row(method: .GET, path: "/v2/apps/x/tasks", status: 404, answer: #"{"message":"App '/x' does not exist"}"#),
        Row(method: .DELETE, path: "/v2/apps/a/tasks/nonsense", status: 404, answer: #"{"message":"Task 'nonsense' does not exist"}"#),
        Row(
            method: .DELETE, path: "/v2/apps/a/tasks?scale=true&wipe=True", status: 400,
            answer: #"{"message":"You cannot use scale and wipe at the same time."}"#),
        Row(method: .GET, path: "/v2/apps/x/*", status: 404, answer: #"{"message":"Group '/x' does not exist"}"#),
        Row(
            method: .POST, path: "/v2/tasks/delete", body: #"{"ids":["!"]}"#, status: 400,
            answer: #"{"message":"Invalid task id '!'. [expected <app>.instance-<uuid>._app.<number>]"}"#),
        Row(
            method: .POST, path: "/v2/tasks/delete", body: "{}", status: 422,
            answer: #"{"message":"Invalid JSON","details":[{"path":"/ids","errors":["error.path.missing"]}]}"#),
        Row(method: .DELETE, path: "/v2/deployments/x", status: 404, answer: #"{"message":"DeploymentPlan x does not exist"}"#),
        Row(method: .DELETE, path: "/v2/queue/x/delay", status: 404, answer: #"{"message":"Application /x not found in tasks queue."}"#),
        Row(
            method: .POST, path: "/v2/groups", body: #"{"id":"/a"}"#, status: 409,
            answer: #"{"message":"An app with the path /a already exists."}"#),
        Row(
            method: .PUT, path: "/v2/groups/g", body: #"{"apps":[{"id":"x"}],"scaleBy":2}"#, status: 422,
            answer: #"{"message":"Object is not valid","details":[{"path":"/scaleBy","errors":["#
                + #""not allowed in conjunction with other properties."]}]}"#),
        Row(method: .GET, path: "/v2/groups/x", status: 404, answer: #"{"message":"Group '/x' does not exist"}"#),
        Row(method: .DELETE, path: "/v2/groups/x", status: 404, answer: #"{"message":"Group '/x' does not exist"}"#),
        Row(method: .GET, path: "/v2/nonsense", status: 404, answer: #"{"message":"URI not found"}"#),
        Row(method: .GET, path: "/v2/eventSubscriptions", status: 404, answer: #"{"message":"URI not found"}"#),
        Row(method: .GET, path: "/nonsense", status: 404, answer: #"{"message":"URI not found"}"#),
        Row(method: .DELETE, path: "/v2/info", status: 405, answer: #"{"message":"Method Not Allowed"}"#),
        Row(method: .GET, path: "/v2/apps/a/restart", status: 405, answer: #"{"message":"Method Not Allowed"}"#),
        Row(method: .GET, path: "/v2/events", status: 405, answer: #"{"message":"Method Not Allowed"}"#),
        Row(
            method: .GET, path: "/v2/apps?label=!", status: 422,
            answer: #"{"message":"Can not parse label selector !. Reason: unexpected text at character 1"}"#)
    ]

    @Test func `each error has its status and its exact body`() async throws {
        try await Fixture.with { fixture in
            let created = try await fixture.send(.POST, "/v2/apps", #"{"id":"/a","cmd":"sleep 1"}"#)
            let deployment = created.headers.first(name: "Marathon-Deployment-Id") ?? ""
            for row in Self.rows {
                let answer = try await fixture.send(row.method, row.path, row.body)
                #expect(answer.status.code == row.status, "\(row.method) \(row.path)")
                #expect(answer.text == row.answer.replacing("<id>", with: deployment), "\(row.method) \(row.path)")
                #expect(answer.headers.first(name: "Content-Type") == "application/json", "\(row.path)")
                #expect(answer.headers.first(name: "Cache-Control") == "no-cache, no-store, must-revalidate")
                #expect(answer.headers.first(name: "Pragma") == "no-cache")
                #expect(answer.headers.first(name: "Expires") == "0")
                #expect(answer.headers.first(name: "X-Marathon-Leader") != nil)
                if row.status == 405 { #expect(answer.headers.first(name: "Allow") != nil) }
            }
        }
    }

    @Test func `tasks are not listed as plain text`() async throws {
        try await Fixture.with { fixture in
            _ = try await fixture.send(.POST, "/v2/apps", #"{"id":"/g/a","cmd":"sleep 1"}"#)
            for path in ["/v2/apps/g/a/tasks", "/v2/apps/g/*/tasks", "/v2/tasks"] {
                let answer = try await fixture.send(.GET, path, headers: ["Accept": "text/plain"])
                #expect(answer.status == .notAcceptable && answer.text == #"{"message":"Not Acceptable"}"#)
                #expect(try await fixture.send(.GET, path, headers: ["Accept": "text/plain, */*;q=0.1"]).status == .ok)
            }
        }
    }

    @Test func `a change that nobody answers in time is answered with 503`() {
        let failure = #expect(throws: Failure.self) { try API.outcome(of: nil) }
        #expect(failure?.status == .serviceUnavailable)
        #expect(failure.map { String(decoding: $0.body, as: UTF8.self) } == #"{"message":"The server is overloaded or shutting down; try again"}"#)
    }

    @Test func `too many deployments, too many requests, wrong credentials`() async throws {
        var settings = ServicesSettings()
        settings.maxRunningDeployments = 0
        settings.httpCredentials = "user:secret"
        try await Fixture.with(settings) { fixture in
            let anonymous = try await fixture.send(.GET, "/v2/apps")
            #expect(anonymous.status == .unauthorized)
            #expect(anonymous.headers.first(name: "WWW-Authenticate") == #"Basic realm="Mesosphere""#)
            let headers: HTTPHeaders = ["Authorization": "Basic dXNlcjpzZWNyZXQ="]
            let refused = try await fixture.send(.POST, "/v2/apps", #"{"id":"/a","cmd":"sleep 1"}"#, headers: headers)
            #expect(refused.status == .forbidden)
            #expect(refused.text.hasPrefix(#"{"message":"Max number (0) of running deployments is achieved."#))
            #expect(refused.text.contains("cancel oneusing force=true"))
        }
        settings.httpCredentials = nil
        settings.httpMaxConcurrentRequests = 0
        try await Fixture.with(settings) { fixture in
            let answer = try await fixture.send(.GET, "/v2/apps")
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.text == #"{"message":"Too many concurrent requests! Allowed: 0."}"#)
        }
    }

    @Test func `settings that can't be used are refused with one line`() {
        #expect(ServicesSettings().problem == nil)
        var settings = ServicesSettings()
        settings.features = ["vips", "Vips"]
        #expect(settings.problem?.hasPrefix("--enable_features: unknown feature 'Vips'") == true)
        settings = ServicesSettings()
        settings.localPortMin = 30_000
        #expect(settings.problem == "--local_port_min and --local_port_max must be a range of ports")
        settings = ServicesSettings()
        settings.acceptedResourceRolesDefaultBehavior = "none"
        #expect(settings.problem == "--accepted_resource_roles_default_behavior must be any, unreserved or reserved")
        settings = ServicesSettings()
        settings.httpCredentials = "user"
        #expect(settings.problem == "--http_credentials must be user:password")
        settings = ServicesSettings()
        for master in ["10.0.0.1:5050", "http://10.0.0.1:5050", "https://m:1,n:2"] {
            settings.master = master
            #expect(settings.problem == nil)
        }
        settings.master = "zk://10.0.0.1:2181/mesos"
        #expect(settings.problem?.hasPrefix("--master: 'zk://10.0.0.1:2181/mesos' can't be followed") == true)
    }
}
