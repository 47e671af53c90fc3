import Harness
import Testing

@testable import AgentServer

/// An agent whose core takes nothing in: its inbox has no room at all.
@Suite(.serialized)
struct OverloadTests {
    @Test func `an agent without room answers 503, says why, and stops when it is told to`() async throws {
        try await Cluster.run { cluster in
            var settings = cluster.settings
            settings.inboxCapacity = 0
            settings.stopsTasks = false
            let agent = AgentServer(settings, logger: Cluster.logger)
            try await Cluster.running(agent) {
                let web = try await Web(agent)
                try await eventually("the API is served") { try await web.text("/health") == "200 " }
                let busy = "503 The agent is overloaded or stopping; try again"
                for path in ["/state", "/metrics/snapshot", "/metrics", "/containers", "/files/browse?path=/slave/log"] {
                    #expect(try await web.text(path) == busy, "\(path)")
                }
                for call in ["GET_AGENT", "GET_TASKS", "GET_STATE"] {
                    #expect(try await web.post("/api/v1", "application/json", #"{"type":"\#(call)"}"#) == busy, "\(call)")
                }
                try await web.end()
            }
        }
    }
}
