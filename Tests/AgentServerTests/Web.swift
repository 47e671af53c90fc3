import AgentServer
import Foundation
import JSON
import Logging
import MesosAPI
import NIOHTTP1
import SwiftProtobuf
import Transport

/// Asks an agent's API.
struct Web {
    let base: String
    private let caller = HTTPCaller(logger: Cluster.logger)

    init(_ server: AgentServer) async throws {
        base = "http://127.0.0.1:\(try await server.address().port)"
    }

    func get(_ path: String) async throws -> (status: Int, type: String, body: [UInt8]) {
        let answer = try await caller.send(.init(.GET, base + path))
        return (Int(answer.status.code), answer.headers.first(name: "Content-Type") ?? "", answer.body)
    }

    func json(_ path: String) async throws -> JSONValue { try JSONValue(parsing: try await get(path).body) }

    func text(_ path: String) async throws -> String {
        let answer = try await get(path)
        return "\(answer.status) " + String(decoding: answer.body, as: UTF8.self)
    }

    func ask(_ call: Mesos_V1_Agent_Call) async throws -> Mesos_V1_Agent_Response {
        let answer = try await caller.send(
            .init(
                .POST, base + "/api/v1", headers: ["Content-Type": "application/x-protobuf", "Accept": "application/x-protobuf"],
                body: try call.serializedBytes()))
        guard answer.status == .ok else { throw Problem(text: "\(answer.status.code) \(answer.text)") }
        return try Mesos_V1_Agent_Response(serializedBytes: answer.body)
    }

    func post(_ path: String, _ type: String, _ body: String) async throws -> String {
        let answer = try await caller.send(.init(.POST, base + path, headers: ["Content-Type": type], body: Array(body.utf8)))
        return "\(answer.status.code) \(answer.text)"
    }

    func end() async throws { try await caller.shutdown() }

    struct Problem: Error { let text: String }
}
