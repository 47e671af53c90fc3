import FrameworkCore
import FrameworkServer
import JSON
import Machine
import NIOHTTP1
import Runtime
import ServicesCore
import Transport

extension API {
    func now() -> Int64 { SystemClock().now().monotonic }

    func wallTime() -> Timestamp { Timestamp(wall: SystemClock().now().wall) }

    // MARK: Deployments

    func deployments(_ call: Call, _ path: [String]) async throws -> Reply {
        if path.count == 1 { return try await deleteDeployment(call, path[0]) }
        guard path.isEmpty else { throw Failure.uriNotFound }
        try require(call, [.GET])
        let services = try await snapshot()
        return .json { writer in
            writer.array(services.deployments) { DeploymentWriter.write($1, services, into: &$0) }
        }
    }

    private func deleteDeployment(_ call: Call, _ id: String) async throws -> Reply {
        try require(call, [.DELETE])
        let answer = try await ask(call, .cancelDeployment(id, force: call.query.flag("force")))
        if case .stopped = answer { return Reply(status: .accepted) }
        return try deployed(answer, call)
    }

    // MARK: Queue

    func queue(_ call: Call, _ path: [String]) async throws -> Reply {
        if path.last == "delay", path.count > 1 {
            try require(call, [.DELETE])
            _ = try await ask(call, .resetDelay(PathID("/" + path.dropLast().joined(separator: "/"))))
            return Reply(status: .noContent)
        }
        guard path.isEmpty else { throw Failure.uriNotFound }
        try require(call, [.GET])
        let showsOffers = call.query.all("embed").contains("lastUnusedOffers")
        let now = now()
        let services = try await snapshot()
        return .json { writer in
            writer.beginObject()
            writer.key("queue")
            writer.array(services.queueItems(at: now)) { QueueWriter.write($1, showsOffers: showsOffers, into: &$0) }
            writer.endObject()
        }
    }
}
