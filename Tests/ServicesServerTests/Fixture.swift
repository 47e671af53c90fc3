import Foundation
import FrameworkServer
import JSON
import Logging
import NIOHTTP1
import ServiceLifecycle
import Testing
import Transport

@testable import ServicesServer

/// A services process of its own, without a master: what is asked for is accepted, and waits.
struct Fixture: Sendable {
    let url: String
    let caller: HTTPCaller

    /// Runs `body` against a server that then shuts down.
    static func with(
        _ settings: ServicesSettings = ServicesSettings(), _ body: @Sendable @escaping (Fixture) async throws -> Void
    ) async throws {
        var settings = settings
        settings.isInMemory = true
        settings.port = 0
        settings.master = "127.0.0.1:1"
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = try ServicesServer(settings, logger: logger)
        let caller = HTTPCaller(logger: logger)
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: server), .init(service: caller)], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let address = try await server.address()
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await body(Fixture(url: "http://127.0.0.1:\(address.port)", caller: caller)))
            } catch {
                outcome = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try outcome.get()
        }
    }

    func send(_ method: HTTPMethod, _ path: String, _ body: String = "", headers: HTTPHeaders = [:]) async throws -> Answer {
        try await caller.send(.init(method, url + path, headers: headers, body: Array(body.utf8)))
    }

    func json(_ method: HTTPMethod, _ path: String, _ body: String = "") async throws -> JSONValue {
        try JSONValue(parsing: try await send(method, path, body).body)
    }
}

extension JSONValue {
    subscript(_ index: Int) -> JSONValue? { array.flatMap { $0.indices.contains(index) ? $0[index] : nil } }
}
