import Foundation
import Harness
import JSON
import NIOHTTP1
import Testing
import Transport

/// What no program should send, to real servers: each gets its error, and the servers go on.
@Suite(.serialized)
struct BadInputTests {
    private static let json: HTTPHeaders = ["Content-Type": "application/json"]
    private static let protobuf: HTTPHeaders = ["Content-Type": "application/x-protobuf"]

    @Test func `bodies and paths that are wrong in every way leave all servers running`() async throws {
        try await Cluster.run { cluster in
            try await cluster.createApp(#"{"id":"/a","cmd":"exec sleep 1000","cpus":0.1,"mem":32}"#)
            try await cluster.waitForRunning("/a", 1)
            let deep = String(repeating: "[", count: 100_000)
            let garbage = (0..<2_000).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }
            let huge = [UInt8](repeating: UInt8(ascii: " "), count: 64 << 20)
            let rows: [(HTTPMethod, String, HTTPHeaders, [UInt8], ClosedRange<UInt>)] = [
                (.POST, "\(cluster.master)/api/v1/scheduler", Self.json, Array(deep.utf8), 400...400),
                (.POST, "\(cluster.master)/api/v1/scheduler", Self.protobuf, garbage, 400...400),
                (.POST, "\(cluster.master)/api/v1/scheduler", Self.json, Array(#"{"type":1e999}"#.utf8), 400...400),
                (.POST, "\(cluster.master)/api/v1/scheduler", Self.json, Array(#"{"type":"SUBSCRIBE","subscribe":[]}"#.utf8), 400...400),
                (.POST, "\(cluster.master)/api/v1/scheduler", Self.json, huge, 413...413),
                (.POST, "\(cluster.master)/api/v1", Self.protobuf, garbage, 400...400),
                (.POST, "\(cluster.master)/agora/v1/agent", Self.protobuf, garbage, 400...415),
                (.POST, "\(cluster.agent())/api/v1", Self.protobuf, garbage, 400...400),
                (.POST, "\(cluster.agent())/api/v1", Self.json, huge, 413...413),
                (.GET, "\(cluster.agent())/files/read?path=/../../../../etc/passwd", [:], [], 404...404),
                (.GET, "\(cluster.agent())/files/read?path=/slave/log/../../etc/passwd", [:], [], 404...404),
                (.GET, "\(cluster.agent())/files/download?path=%2fetc%2fpasswd", [:], [], 404...404),
                (.GET, "\(cluster.agent())/files/browse?path=/", [:], [], 404...404),
                (.GET, "\(cluster.agent())/files/read?path=/x&offset=-9223372036854775809", [:], [], 400...404),
                (.GET, "\(cluster.master)/tasks?limit=99999999999999999999&offset=-1", [:], [], 200...400),
                (.POST, "\(cluster.services)/v2/apps", Self.json, Array(deep.utf8), 400...400),
                (.POST, "\(cluster.services)/v2/apps", Self.json, huge, 413...413),
                (.POST, "\(cluster.services)/v2/apps", Self.json, Array(#"{"id":"/b","cmd":"x","cpus":1e400}"#.utf8), 400...422),
                (.POST, "\(cluster.services)/v2/apps", Self.json, Array(#"{"id":"/b","cmd":"x","cpus":-1}"#.utf8), 422...422),
                (.POST, "\(cluster.services)/v2/apps", Self.json, Array(#"{"id":"/b","cmd":"x","instances":9223372036854775808}"#.utf8), 422...422),
                (.POST, "\(cluster.services)/v2/apps", Self.json, Array(#"{"id":"/b","cmd":"x","mem":1e300}"#.utf8), 422...422),
                (.POST, "\(cluster.services)/v2/apps", Self.json, Array(#"{"id":"/b/../../c d","cmd":"x"}"#.utf8), 422...422),
                (.PUT, "\(cluster.services)/v2/apps/a", Self.json, Array(#"{"instances":"many"}"#.utf8), 422...422),
                (.GET, "\(cluster.services)/v2/apps/%00", [:], [], 404...422),
                (.GET, "\(cluster.services)/v2/apps/\(String(repeating: "x", count: 20_000))", [:], [], 400...431)
            ]
            for (method, url, headers, body, statuses) in rows {
                let request = HTTPCaller.Request(method, url, headers: headers, body: body, deadline: .seconds(20))
                // A server may refuse a body before it has read it all: then the connection ends, which is an answer, too.
                guard let answer = try? await cluster.caller.send(request) else {
                    #expect(statuses.contains(413), "\(method) \(url.prefix(100)): no answer")
                    continue
                }
                #expect(statuses.contains(answer.status.code), "\(method) \(url.prefix(100)): \(answer.status.code) \(answer.text.prefix(200))")
            }
            try await cluster.waitUntilReady(agents: 1, services: true)
            #expect(try await cluster.app("/a")["tasksRunning"]?.integer == 1)
        }
    }

    /// Each task of one ACCEPT, by what is wrong with it, and its first state.
    private static let tasks: [(id: String, cpus: String, wanted: String)] = [
        ("../up", "0.1", "TASK_ERROR"), ("a/b", "0.1", "TASK_ERROR"), ("..", "0.1", "TASK_ERROR"), ("", "0.1", "TASK_ERROR"),
        (String(repeating: "x", count: 300), "0.1", "TASK_ERROR"), ("negative", "-1", "TASK_ERROR"), ("huge", "1e308", "TASK_ERROR"),
        ("zero", "0", "TASK_STARTING"), ("fine", "0.1", "TASK_STARTING"), ("fine", "0.1", "TASK_ERROR")
    ]

    @Test func `tasks with ids and amounts that can't be are TASK_ERROR, those beside them run`() async throws {
        try await Cluster.run(services: false) { cluster in
            let framework = try await CurlFramework.subscribe(to: cluster)
            let offer = try await framework.offer()
            let tasks = Self.tasks.map { task in
                #"{"name":"t","task_id":{"value":"\#(task.id)"},"agent_id":{"value":"\#(offer.agent)"},"command":{"value":"exec sleep 1000"},"#
                    + #""resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":\#(task.cpus)}},{"name":"mem","type":"SCALAR","scalar":{"value":32}}]}"#
            }
            let answer = try await framework.call(
                #""type":"ACCEPT","accept":{"offer_ids":[{"value":"\#(offer.id)"}],"operations":[{"type":"LAUNCH","launch":{"task_infos":[\#(tasks.joined(separator: ","))]}}]}"#
            )
            #expect(answer.status == .accepted)
            var states: [String] = []
            try await eventually("each task has its state") {
                let events = try await framework.events().compactMap { $0["update"]?["status"] }
                states = events.compactMap { $0["state"]?.string }
                return states.count >= Self.tasks.count
            }
            #expect(states.sorted() == Self.tasks.map(\.wanted).sorted())
            try await cluster.waitUntilReady(agents: 1, services: false)
        }
    }
}
