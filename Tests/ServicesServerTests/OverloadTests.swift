import JSON
import Logging
import NIOHTTP1
import Runtime
import ServiceLifecycle
import ServicesCore
import Store
import Testing
import Transport

@testable import ServicesServer

/// An API whose core takes nothing in: its inbox has no room at all.
struct OverloadTests {
    @Test(arguments: [
        (HTTPMethod.GET, "/v2/apps", ""), (.GET, "/v2/tasks", ""), (.GET, "/v2/queue", ""), (.GET, "/v2/deployments", ""),
        (.POST, "/v2/apps", #"{"id":"/a","cmd":"sleep 1"}"#), (.PUT, "/v2/apps/a", #"{"instances":2}"#), (.DELETE, "/v2/apps/a", ""),
        (.POST, "/v2/groups", #"{"id":"/g"}"#)
    ])
    func `services without room answer 503, say why, and when to come again`(method: HTTPMethod, path: String, body: String) async throws {
        var settings = Loop<Services>.Settings()
        settings.capacity = 0
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let loop = Loop(core: Services(), store: MemoryStore(), settings: settings, logger: logger) { _ in }
        let api = API(settings: ServicesSettings(), loop: loop, answers: Answers(), hub: EventHub(limit: 1))
        let http = HTTPService(.init(), responder: api, logger: logger)
        let caller = HTTPCaller(logger: logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: http), .init(service: caller)], logger: logger))
        async let run: Void = group.run()
        let fixture = Fixture(url: "http://127.0.0.1:\(try await http.address().port)", caller: caller)
        let answer = try await fixture.send(method, path, body, headers: ["Content-Type": "application/json"])
        #expect(answer.status == .serviceUnavailable)
        #expect(answer.text == #"{"message":"The server is overloaded or shutting down; try again"}"#)
        #expect(answer.headers.first(name: "Retry-After") == "1")
        #expect(try await fixture.send(.GET, "/ping").status == .ok, "that it lives can be seen nevertheless")
        await group.triggerGracefulShutdown()
        try await run
    }
}
