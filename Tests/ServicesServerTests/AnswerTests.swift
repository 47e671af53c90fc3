import JSON
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import Transport

@testable import ServicesServer

struct AnswerTests {
    @Test func `a created app is answered with 201, where it is, and its deployment`() async throws {
        try await Fixture.with { fixture in
            let answer = try await fixture.send(.POST, "/v2/apps", #"{"id":"/a/b","cmd":"sleep 1000","cpus":0.1,"mem":32}"#)
            #expect(answer.status == .created)
            #expect(answer.headers.first(name: "Location") == fixture.url + "/a/b")
            let json = try JSONValue(parsing: answer.body)
            #expect(json["deployments"]?[0]?["id"]?.string == answer.headers.first(name: "Marathon-Deployment-Id"))
            #expect(json["tasksRunning"]?.integer == 0)
            #expect(json["tasks"] == nil)
            #expect(json["portDefinitions"]?[0]?["port"]?.integer == 10_000)
            let apps = try await fixture.json(.GET, "/v2/apps")
            #expect(apps["apps"]?[0]?["id"]?.string == "/a/b")
        }
    }

    @Test func `what is listed can be filtered and extended`() async throws {
        try await Fixture.with { fixture in
            for (id, label) in [("/g/one", "x"), ("/g/two", "y"), ("/three", "x")] {
                _ = try await fixture.send(.POST, "/v2/apps", #"{"id":"\#(id)","cmd":"sleep \#(label)","labels":{"l":"\#(label)"}}"#)
            }
            func ids(_ path: String, _ name: String = "apps") async throws -> [String] {
                try await fixture.json(.GET, path)[name]?.array?.compactMap { $0["id"]?.string } ?? []
            }
            #expect(try await ids("/v2/apps") == ["/g/one", "/g/two", "/three"])
            #expect(try await ids("/v2/apps?id=ONE") == ["/g/one"])
            #expect(try await ids("/v2/apps?cmd=sleep%20x") == ["/g/one", "/three"])
            #expect(try await ids("/v2/apps?label=l%3D%3Dx&id=g") == ["/g/one"])
            #expect(try await ids("/v2/apps?label=l%20notin%20(x)") == ["/g/two"])
            #expect(try await ids("/v2/apps/g/*", "*") == ["/g/one", "/g/two"])
            let plain = try await fixture.json(.GET, "/v2/apps")["apps"]?[0]
            #expect(plain?["tasks"] == nil && plain?["deployments"] != nil && plain?["tasksStaged"] != nil)
            for embed in ["apps.tasks", "app.tasks", "tasks"] {
                #expect(try await fixture.json(.GET, "/v2/apps?embed=\(embed)")["apps"]?[0]?["tasks"]?.array == [])
            }
            let group = try await fixture.json(.GET, "/v2/groups")
            #expect(group["id"]?.string == "/")
            #expect(group["apps"]?[0]?["id"]?.string == "/three")
            #expect(group["groups"]?[0]?["apps"]?.array?.count == 2)
        }
    }

    @Test func `a deployment is listed while it lasts, and its deletion brings it back or stops it`() async throws {
        try await Fixture.with { fixture in
            #expect(try await fixture.send(.GET, "/v2/deployments").text == "[]")
            _ = try await fixture.send(.POST, "/v2/apps", #"{"id":"/a","cmd":"sleep 1"}"#)
            let deployment = try await fixture.json(.GET, "/v2/deployments")[0]
            #expect(deployment?["affectedApps"]?.array == ["/a"])
            #expect(deployment?["currentStep"]?.integer == 2)
            #expect(deployment?["totalSteps"]?.integer == 2)
            #expect(deployment?["currentActions"]?[0]?["action"]?.string == "ScaleApplication")
            let id = deployment?["id"]?.string ?? ""
            let stopped = try await fixture.send(.DELETE, "/v2/deployments/\(id)?force=true")
            #expect(stopped.status == .accepted && stopped.body.isEmpty)
            #expect(try await fixture.send(.GET, "/v2/deployments").text == "[]")
            #expect(try await fixture.send(.GET, "/v2/apps/a").status == .ok)
            let deleted = try await fixture.send(.DELETE, "/v2/apps/a")
            #expect(deleted.status == .ok)
            #expect(try JSONValue(parsing: deleted.body)["deploymentId"]?.string == deleted.headers.first(name: "Marathon-Deployment-Id"))
        }
    }

    @Test func `versions are listed, the newest first`() async throws {
        try await Fixture.with { fixture in
            _ = try await fixture.send(.POST, "/v2/apps", #"{"id":"/a","cmd":"sleep 1","instances":0}"#)
            let updated = try await fixture.json(.PUT, "/v2/apps/a", #"{"cmd":"sleep 2"}"#)
            let versions = try await fixture.json(.GET, "/v2/apps/a/versions")["versions"]?.array?.compactMap(\.string) ?? []
            #expect(versions.count == 2)
            #expect(versions.first == updated["version"]?.string)
            let old = try await fixture.json(.GET, "/v2/apps/a/versions/\(versions[1])")
            #expect(old["cmd"]?.string == "sleep 1")
        }
    }

    @Test func `the queue shows what waits`() async throws {
        try await Fixture.with { fixture in
            #expect(try await fixture.send(.GET, "/v2/queue").text == #"{"queue":[]}"#)
            _ = try await fixture.send(.POST, "/v2/apps", #"{"id":"/a","cmd":"sleep 1","instances":3}"#)
            let item = try await fixture.json(.GET, "/v2/queue?embed=lastUnusedOffers")["queue"]?[0]
            #expect(item?["count"]?.integer == 3)
            #expect(item?["delay"]?["overdue"]?.bool == true)
            #expect(item?["app"]?["id"]?.string == "/a")
            #expect(item?["processedOffersSummary"]?["rejectSummaryLastOffers"]?.array?.count == 10)
            #expect(item?["lastUnusedOffers"]?.array == [])
            for _ in 0..<2 { #expect(try await fixture.send(.DELETE, "/v2/queue/a/delay").status == .noContent) }
        }
    }

    @Test func `ping, info, leader, metrics`() async throws {
        try await Fixture.with { fixture in
            let ping = try await fixture.send(.GET, "/ping")
            #expect(ping.text == "pong")
            #expect(ping.headers.first(name: "Content-Type") == "text/plain; charset=utf-8")
            #expect(try await fixture.send(.GET, "/ping", headers: ["Accept": "application/json"]).text == "\"pong\"")
            #expect(try await fixture.send(.GET, "/ping", headers: ["Accept": "image/png"]).status == .noContent)
            let info = try await fixture.json(.GET, "/v2/info")
            #expect(info["marathon_config"]?["framework_name"]?.string == "marathon")
            #expect(info["zookeeper_config"]?["zk_max_versions"]?.integer == 50)
            for name in ["zk_session_timeout", "zk_timeout"] { #expect(info["zookeeper_config"]?[name] == .null) }
            #expect(try await fixture.json(.GET, "/v2/leader")["leader"]?.string?.contains(":") == true)
            let metrics = try await fixture.json(.GET, "/metrics")
            #expect(metrics["gauges"]?["marathon.apps.active.gauge"]?["value"]?.integer == 0)
            for kind in 1...5 {
                let meter = metrics["meters"]?["marathon.http.responses.\(kind)xx.rate.meter"]
                #expect(meter?["units"]?.string == "events/second")
                #expect((meter?["count"]?.integer ?? 0 > 0) == (kind == 2))
            }
            #expect(try await fixture.send(.GET, "/metrics/prometheus").text.contains("marathon_apps_active_gauge 0\n"))
            #expect(try await fixture.send(.GET, "/").status == .found)
            #expect(try await fixture.send(.HEAD, "/v2/apps").body.isEmpty)
        }
    }

    @Test func `a deleted group is still among the versions, and comes back`() async throws {
        try await Fixture.with { fixture in
            let body = #"{"id":"/g","apps":[{"id":"a","cmd":"sleep 1","instances":0}],"groups":[{"id":"e","dependencies":["../a"]}]}"#
            let created = try await fixture.json(.POST, "/v2/groups", body)["version"]?.string ?? ""
            _ = try await fixture.send(.DELETE, "/v2/groups/g?force=true")
            #expect(try await fixture.send(.GET, "/v2/groups/g").status == .notFound)
            for path in ["/v2/groups/versions", "/v2/groups/g/versions"] {
                let versions = try await fixture.json(.GET, path).array?.compactMap(\.string) ?? []
                #expect(versions.count == 2 && versions.last == created)
            }
            let past = try await fixture.json(.GET, "/v2/groups/g/versions/\(created)")
            #expect(past["apps"]?[0]?["id"]?.string == "/g/a")
            #expect(past["groups"]?[0]?["dependencies"]?.array == ["/g/a"])
            #expect(past["version"]?.string == created)
            #expect(try await fixture.send(.PUT, "/v2/groups/g", #"{"version":"\#(created)"}"#).status == .ok)
            let present = try await fixture.json(.GET, "/v2/groups/g")
            #expect(present["apps"]?[0]?["id"]?.string == "/g/a")
            #expect(present["groups"]?[0]?["id"]?.string == "/g/e")
        }
    }

    @Test func `an event names the path of a request alone`() async throws {
        try await Fixture.with { fixture in
            let received = Received()
            let stream = RawStream(received)
            try await stream.open(fixture.url, target: "/v2/events?event_type=api_post_event&event_type=event_stream_attached")
            try await received.wait { $0.contains("event_stream_attached") }
            _ = try await fixture.send(.POST, "/v2/apps?force=true", #"{"id":"/a","cmd":"sleep 1"}"#)
            try await received.wait { $0.contains("api_post_event\r\ndata: ") && $0.contains(#""uri":"/v2/apps","#) }
            await stream.close()
        }
    }

    @Test func `events are frames with CRLF, the first says that one listens`() async throws {
        try await Fixture.with { fixture in
            let received = Received()
            let stream = RawStream(received)
            try await stream.open(fixture.url, target: "/v2/events?event_type=event_stream_attached&event_type=deployment_info")
            try await received.wait { $0.contains("event_stream_attached") }
            _ = try await fixture.send(.POST, "/v2/apps", #"{"id":"/a","cmd":"sleep 1"}"#)
            try await received.wait { $0.contains("event: deployment_info\r\ndata: {\"plan\":") }
            let text = received.text
            #expect(text.lowercased().contains("content-type: text/event-stream;charset=utf-8\r\n"))
            #expect(text.contains("event: event_stream_attached\r\ndata: {\"remoteAddress\":\"127.0.0.1\",\"eventType\":"))
            #expect(!text.contains("api_post_event"))
            await stream.close()
        }
    }
}
