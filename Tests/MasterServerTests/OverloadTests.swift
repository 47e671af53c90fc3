import MasterServer
import NIOHTTP1
import Testing
import Transport

/// A master whose core takes nothing more in: here, because its inbox has no room at all.
struct OverloadTests {
    private static let text = "The master is overloaded or stopping; try again"

    @Test(arguments: [
        ("/state", ""), ("/metrics/snapshot", ""), ("/slaves", ""),
        ("/api/v1", #"{"type":"GET_AGENTS"}"#), ("/api/v1", #"{"type":"SUBSCRIBE"}"#),
        ("/api/v1/scheduler", #"{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"n"}}}"#),
        ("/api/v1/scheduler", #"{"type":"REVIVE","framework_id":{"value":"F"}}"#)
    ])
    func `a master without room answers 503, says why, and when to come again`(path: String, body: String) async throws {
        try await TestMaster.run {
            $0.inboxCapacity = 0
        } _: { master in
            let headers: HTTPHeaders = ["Content-Type": "application/json", "Accept": "application/json", "Mesos-Stream-Id": "s"]
            var subscribing = headers
            subscribing.remove(name: "Mesos-Stream-Id")
            let answer =
                body.isEmpty ? try await master.get(path) : try await master.post(path, body.contains("SUBSCRIBE") ? subscribing : headers, body.utf8)
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.text == Self.text)
            #expect(answer.headers.first(name: "Retry-After") == "1")
            #expect(try await master.get("/health").status == .ok, "that it lives can be seen nevertheless")
        }
    }
}
