import Foundation
import FrameworkServer
import JSON
import Logging
import NIOHTTP1
import ServiceLifecycle
import Testing
import Transport

@testable import BatchServer

/// A batch process of its own, without a master: what is due waits.
struct Fixture: Sendable {
    let url: String
    let caller: HTTPCaller

    /// Runs `body` against a server that then shuts down.
    static func with(_ settings: BatchSettings = BatchSettings(), _ body: @Sendable @escaping (Fixture) async throws -> Void) async throws {
        var settings = settings
        settings.isInMemory = true
        settings.port = 0
        settings.master = "127.0.0.1:1"
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = try BatchServer(settings, logger: logger)
        let caller = HTTPCaller(logger: logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: server), .init(service: caller)], logger: logger))
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

    func send(_ method: HTTPMethod, _ path: String, _ body: String = "", headers: HTTPHeaders = ["Content-Type": "application/json"]) async throws
        -> Answer
    {
        try await caller.send(.init(method, url + path, headers: headers, body: Array(body.utf8)))
    }

    func json(_ path: String) async throws -> JSONValue { try JSONValue(parsing: try await send(.GET, path).body) }

    /// Creates a job that never runs by itself, or one that depends on others.
    func create(_ name: String, parents: [String] = []) async throws {
        let trigger = parents.isEmpty ? #""schedule":"R0/2014-01-01T00:00:00Z/PT60M""# : #""parents":\#(parents)"#
        let kind = parents.isEmpty ? "iso8601" : "dependency"
        let answer = try await send(
            .POST, "/v1/scheduler/\(kind)", #"{"name":"\#(name)","command":"echo \#(name)","owner":"","disabled":false,\#(trigger)}"#)
        #expect(answer.status == .noContent && answer.body.isEmpty, "\(answer.text)")
    }
}
