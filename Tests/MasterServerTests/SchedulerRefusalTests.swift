import Foundation
import MesosAPI
import NIOHTTP1
import SwiftProtobuf
import Testing
import Transport

/// What the scheduler API answers when a call can't be served, each with its exact status, headers and words, in the order of the checks.
/// `$ID` stands for the id of a framework that is subscribed, `$AWAY` for one whose stream has ended, `$STREAM` for the first one's stream.
struct SchedulerRefusalTests {
    struct Row: Sendable {
        let status: UInt
        let text: String
        var method = HTTPMethod.POST
        var headers: [String: String] = ["Content-Type": "application/json"]
        let body: String
        /// In addition to the type of the body.
        var answered: [String: String] = [:]

        /// A call in JSON.
        static func call(_ status: UInt, _ text: String, _ body: String, _ headers: [String: String] = [:], type: String = "application/json") -> Row
        {
            Row(status: status, text: text, headers: ["Content-Type": type].merging(headers) { $1 }, body: body)
        }

        /// What is wrong with a call in itself.
        static func flaw(_ text: String, _ body: String) -> Row { call(400, "Failed to validate scheduler::Call: \(text)", body) }

        /// A call that lacks the message of its type.
        static func missing(_ type: String) -> Row {
            flaw("Expecting '\(type.lowercased())' to be present", "{\"framework_id\":{\"value\":\"$ID\"},\"type\":\"\(type)\"}")
        }
    }

    private static let subscribe = #"{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"n"}}}"#
    private static let notAcceptable = "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'"
    private static let sixteen = "AAAAAAAAAAAAAAAAAAAAAA=="

    private static func call(_ type: String, _ more: String = "", id: String = "$ID") -> String {
        #"{"framework_id":{"value":"\#(id)"},"type":"\#(type)"\#(more.isEmpty ? "" : "," + more)}"#
    }

    private static let http: [Row] = [
        Row(
            status: 405, text: "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'.", method: .GET, body: "",
            answered: ["Allow": "POST"]),
        Row(
            status: 405, text: "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'PUT'.", method: .PUT, body: "{}",
            answered: ["Allow": "POST"]),
        Row(status: 400, text: "Expecting 'Content-Type' to be present", headers: [:], body: subscribe),
        .call(400, "Failed to parse body into Call protobuf", "{}", type: "application/x-protobuf"),
        .call(400, "Failed to parse body into JSON: unexpected end of the text at byte 1", "{"),
        .call(
            400, "Failed to convert JSON into Call protobuf: Missing required fields: kill.task_id", #"{"type":"KILL","kill":{}}"#),
        .call(
            400, "Failed to convert JSON into Call protobuf: Missing required fields: subscribe.framework_info.name",
            #"{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u"}}}"#),
        .call(415, "Expecting 'Content-Type' of application/json or application/x-protobuf", subscribe, type: "text/plain"),
        .call(406, notAcceptable, subscribe, ["Accept": "text/html"]),
        .call(406, notAcceptable, call("RECONCILE_OPERATIONS", #""reconcile_operations":{}"#), ["Accept": "text/html"]),
        .call(400, "Subscribe calls should not include the 'Mesos-Stream-Id' header", subscribe, ["Mesos-Stream-Id": "x"])
    ]

    private static let flaws: [Row] = [
        .flaw("Expecting 'type' to be present", "{}"),
        .flaw("Expecting 'type' to be present", #"{"type":"NONSENSE"}"#),
        .flaw("Expecting 'subscribe' to be present", #"{"type":"SUBSCRIBE"}"#),
        .flaw(
            "'framework_id' differs from 'subscribe.framework_info.id'",
            #"{"type":"SUBSCRIBE","framework_id":{"value":"a"},"subscribe":{"framework_info":{"user":"u","name":"n"}}}"#),
        .flaw(
            "'framework_id' differs from 'subscribe.framework_info.id'",
            #"{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"n","id":{"value":"a"}}}}"#),
        .flaw("Expecting 'framework_id' to be present", #"{"type":"REVIVE"}"#),
        .missing("ACCEPT"), .missing("DECLINE"), .missing("ACCEPT_INVERSE_OFFERS"), .missing("DECLINE_INVERSE_OFFERS"), .missing("KILL"),
        .missing("SHUTDOWN"), .missing("ACKNOWLEDGE"), .missing("ACKNOWLEDGE_OPERATION_STATUS"), .missing("RECONCILE"),
        .missing("RECONCILE_OPERATIONS"), .missing("MESSAGE"), .missing("REQUEST"), .missing("UPDATE_FRAMEWORK"),
        .flaw("Not a valid UUID", call("ACKNOWLEDGE", #""acknowledge":{"agent_id":{"value":"a"},"task_id":{"value":"t"},"uuid":"AAAA"}"#)),
        .flaw(
            "Not a valid UUID",
            call("ACKNOWLEDGE_OPERATION_STATUS", #""acknowledge_operation_status":{"uuid":"AAAA","operation_id":{"value":"o"}}"#)),
        .flaw(
            "Expecting 'agent_id' to be present",
            call("ACKNOWLEDGE_OPERATION_STATUS", #""acknowledge_operation_status":{"uuid":"\#(sixteen)","operation_id":{"value":"o"}}"#)),
        .flaw(
            "'framework_id' differs from 'update_framework.framework_info.id'",
            call("UPDATE_FRAMEWORK", #""update_framework":{"framework_info":{"user":"u","name":"n","id":{"value":"other"}}}"#))
    ]

    private static let callers: [Row] = [
        .call(400, "Framework cannot be found", call("REVIVE", id: "F")),
        .call(403, "Framework is not subscribed", call("REVIVE", id: "$AWAY")),
        .call(400, "All non-subscribe calls should include the 'Mesos-Stream-Id' header", call("REVIVE")),
        .call(
            400, "The stream ID 'S' included in this request didn't match the stream ID currently associated with framework ID $ID", call("REVIVE"),
            ["Mesos-Stream-Id": "S"]),
        .call(501, "501 Not Implemented.", call("UNKNOWN"), ["Mesos-Stream-Id": "$STREAM"]),
        .call(
            400, "'UpdateFramework' call is not valid: Suppressed roles { x } are not contained in the set of roles",
            call("UPDATE_FRAMEWORK", #""update_framework":{"framework_info":{"user":"u","name":"n","id":{"value":"$ID"}},"suppressed_roles":["x"]}"#),
            ["Mesos-Stream-Id": "$STREAM"]),
        .call(
            400, "FrameworkInfo update is not valid: Updating 'FrameworkInfo.user' is unsupported; attempted to update from 'u' to 'v'",
            call("UPDATE_FRAMEWORK", #""update_framework":{"framework_info":{"user":"v","name":"n","id":{"value":"$ID"}}}"#),
            ["Mesos-Stream-Id": "$STREAM"]),
        .call(
            400, "Supplied FrameworkInfo is not valid: 'FrameworkInfo.role' is not a valid role: Role '/a' cannot start with a slash",
            call("UPDATE_FRAMEWORK", #""update_framework":{"framework_info":{"user":"u","name":"n","role":"/a","id":{"value":"$ID"}}}"#),
            ["Mesos-Stream-Id": "$STREAM"])
    ]

    @Test func `each refusal has Mesos's status, headers and words`() async throws {
        try await TestMaster.run { master in
            let away = try await TestFramework.subscribe(to: master)
            away.connection.close()
            let framework = try await TestFramework.subscribe(to: master)
            func filled(_ text: String) -> String {
                text.replacing("$ID", with: framework.id).replacing("$AWAY", with: away.id).replacing("$STREAM", with: framework.streamID)
            }
            while try await !master.get("/metrics/snapshot").text.contains("\"master/frameworks_disconnected\":1.0") { await Task.yield() }
            for row in Self.http + Self.flaws + Self.callers {
                let headers = HTTPHeaders(row.headers.map { ($0.key, filled($0.value)) })
                let answer = try await master.caller.send(
                    .init(row.method, master.url + "/api/v1/scheduler", headers: headers, body: Array(filled(row.body).utf8)))
                #expect(answer.status.code == row.status && answer.text == filled(row.text), "\(row.body): \(answer.status.code) \(answer.text)")
                #expect(answer.headers.first(name: "Content-Type") == "text/plain; charset=utf-8", "\(row.body)")
                for (name, value) in row.answered { #expect(answer.headers.first(name: name) == value, "\(row.body)") }
                #expect(answer.headers.first(name: "Mesos-Stream-Id") == nil)
            }
        }
    }

    @Test func `what is served is answered with 202 and nothing, UPDATE_FRAMEWORK with 200`() async throws {
        try await TestMaster.run { master in
            let framework = try await TestFramework.subscribe(to: master)
            let calls = [
                #""type":"REVIVE""#, #""type":"SUPPRESS""#, #""type":"DECLINE","decline":{}"#, #""type":"ACCEPT","accept":{}"#,
                #""type":"KILL","kill":{"task_id":{"value":"t"}}"#, #""type":"RECONCILE","reconcile":{}"#, #""type":"REQUEST","request":{}"#,
                #""type":"SHUTDOWN","shutdown":{"executor_id":{"value":"e"},"agent_id":{"value":"a"}}"#,
                #""type":"MESSAGE","message":{"executor_id":{"value":"e"},"agent_id":{"value":"a"},"data":"AA=="}"#,
                #""type":"ACKNOWLEDGE","acknowledge":{"agent_id":{"value":"a"},"task_id":{"value":"t"},"uuid":"\#(Self.sixteen)"}"#,
                #""type":"ACCEPT_INVERSE_OFFERS","accept_inverse_offers":{}"#, #""type":"DECLINE_INVERSE_OFFERS","decline_inverse_offers":{}"#,
                #""type":"RECONCILE_OPERATIONS","reconcile_operations":{}"#
            ]
            for call in calls {
                let answer = try await master.call(framework, call)
                #expect(answer.status == .accepted && answer.body == [], "\(call)")
            }
            let update =
                #""type":"UPDATE_FRAMEWORK","update_framework":{"framework_info":{"user":"u","name":"g","failover_timeout":60,"id":{"value":"\#(framework.id)"}}}"#
            let answer = try await master.call(framework, update)
            #expect(answer.status == .ok && answer.body == [])
        }
    }

    @Test(
        arguments: [
            (nil, "application/json"), ("*/*", "application/json"), ("application/x-protobuf", "application/x-protobuf"),
            ("application/json; charset=utf-8", "application/json"), ("application/x-protobuf, application/json", "application/json")
        ] as [(String?, String)])
    func `SUBSCRIBE is answered with 200, chunks, a stream id and the type that was asked for`(accept: String?, type: String) async throws {
        try await TestMaster.run { master in
            let (heads, continuation) = AsyncStream<HTTPHeaders>.makeStream()
            let stream = RecordStream(outbox: Outbox(), onRecords: { _ in .more }) { _ in continuation.finish() }
            var headers: HTTPHeaders = ["Content-Type": "application/json; charset=utf-8", "Connection": "close"]
            if let accept { headers.add(name: "Accept", value: accept) }
            let request = RecordConnection.Request(url: master.url + "/api/v1/scheduler", headers: headers, body: .bytes(Array(Self.subscribe.utf8)))
            let connection = RecordConnection.open(request, stream: stream) { continuation.yield($0) }
            for await head in heads {
                #expect(head.first(name: "Content-Type") == type)
                #expect(head.first(name: "Transfer-Encoding") == "chunked")
                #expect(UUID(uuidString: head.first(name: "Mesos-Stream-Id") ?? "") != nil)
                break
            }
            connection.close()
        }
    }
}
