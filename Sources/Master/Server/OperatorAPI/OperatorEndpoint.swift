import Logging
import MasterCore
import MesosAPI
import NIOHTTP1
import Resources
import Runtime
import SwiftProtobuf
import Transport

/// `POST /api/v1`: the versioned operator API.
/// Specified by Mesos 1.11 docs/operator-http-api.md.
struct OperatorEndpoint: Sendable {
    let master: Master

    func respond(to call: Call) async throws -> Reply {
        guard call.method == .POST else { return Replies.methodNotAllowed("POST", call) }
        guard let header = call.headers.first(name: "Content-Type") else { return Replies.badRequest("Expecting 'Content-Type' to be present") }
        guard let type = ContentType(leniently: header) else {
            return .text(.unsupportedMediaType, "Expecting 'Content-Type' of application/json or application/x-protobuf")
        }
        var bytes = try await call.body.collect()
        if type == .json {
            do throws(MesosJSONError) {
                bytes = try MesosJSON.decode(bytes, as: MessageTypes.operatorCall)
            } catch { return Replies.badRequest(Replies.jsonText(error)) }
        }
        guard let message = try? Mesos_V1_Master_Call(serializedBytes: bytes) else {
            return Replies.badRequest("Failed to parse body into Call protobuf")
        }
        if let field = Self.missingField(of: message) {
            return Replies.badRequest("Failed to validate master::Call: Expecting '\(field)' to be present")
        }
        guard let accepted = Negotiation.accepted(call.headers) else { return Replies.notAcceptable }
        return try await answer(message, accepted, call)
    }

    private static func missingField(of call: Mesos_V1_Master_Call) -> String? {
        guard call.hasType else { return "type" }
        switch call.type {
        case .getMetrics: return call.hasGetMetrics ? nil : "get_metrics"
        case .teardown: return call.hasTeardown ? nil : "teardown"
        default: return nil
        }
    }

    private func answer(_ message: Mesos_V1_Master_Call, _ type: ContentType, _ call: Call) async throws -> Reply {
        switch message.type {
        case .getHealth: return reply(type, .getHealth, 2) { $0.bool(1, true) }
        case .getVersion: return reply(type, .getVersion, 4) { $0.message(1) { $0.string(1, Version.mesos) } }
        case .getLoggingLevel: return reply(type, .getLoggingLevel, 6) { $0.varint(1, master.logger.logLevel < .info ? 1 : 0) }
        case .getFlags:
            return reply(type, .getFlags, 3) { writer in
                for (name, value) in master.settings.allFlags {
                    writer.message(1) {
                        $0.string(1, name)
                        $0.string(2, value)
                    }
                }
            }
        case .getMaster:
            let identity = try await master.identity()
            guard let snapshot = await master.snapshot() else { return Replies.busy }
            return reply(type, .getMaster, 16) {
                $0.bytes(1, identity.encoded)
                $0.double(2, Double(snapshot.started) / 1_000_000_000)
                $0.double(3, Double(snapshot.started) / 1_000_000_000)
            }
        case .getState, .getAgents, .getFrameworks, .getExecutors, .getTasks, .getRoles, .getWeights:
            guard let snapshot = await master.snapshot() else { return Replies.busy }
            return show(message.type, type, snapshot)
        // There are no operations, quotas or maintenance windows, so these are empty.
        case .getOperations: return reply(type, .getOperations, 20) { _ in }
        case .getQuota: return reply(type, .getQuota, 19) { $0.message(1) { _ in } }
        case .getMaintenanceStatus: return reply(type, .getMaintenanceStatus, 17) { $0.message(1) { _ in } }
        case .getMaintenanceSchedule: return reply(type, .getMaintenanceSchedule, 18) { $0.message(1) { _ in } }
        case .getMetrics:
            guard let metrics = await MetricsReport.of(master) else { return Replies.busy }
            return reply(type, .getMetrics, 5) { writer in
                for metric in metrics.values {
                    writer.message(1) {
                        $0.string(1, metric.name)
                        $0.double(2, metric.value)
                    }
                }
            }
        case .subscribe: return try await subscribe(type, call)
        case .teardown:
            let id = message.teardown.frameworkID.value
            switch await master.ask({ .operatorCalled(question: $0, .teardown(frameworkID: id), call.caller.origin) }) {
            case .done, .accepted: return Reply(status: .ok)
            case .operatorRefused(let refusal): return Self.reply(to: refusal)
            case .refused, nil: return Replies.busy
            }
        default: return .text(.notImplemented, "501 Not Implemented.")
        }
    }

    private func show(_ call: Mesos_V1_Master_Call.TypeEnum, _ type: ContentType, _ snapshot: Snapshot) -> Reply {
        switch call {
        case .getState: reply(type, .getState, 9) { snapshot.getState(&$0) }
        case .getAgents: reply(type, .getAgents, 10) { snapshot.getAgents(&$0) }
        case .getFrameworks: reply(type, .getFrameworks, 11) { snapshot.getFrameworks(&$0) }
        case .getExecutors: reply(type, .getExecutors, 12) { snapshot.getExecutors(&$0) }
        case .getTasks: reply(type, .getTasks, 13) { snapshot.getTasks(&$0) }
        case .getRoles:
            reply(type, .getRoles, 14) { writer in
                for (name, entry) in RolesReport(snapshot).entries {
                    writer.message(1) { role in
                        role.string(1, name)
                        role.double(2, entry.weight)
                        for id in entry.frameworks { role.id(3, id) }
                        let resources = (entry.allocated + entry.offered).resources { Self.shownNames.contains($0.name) }
                        role.resources(4, resources, role: name, format: .postRefinement)
                    }
                }
            }
        default:
            reply(type, .getWeights, 15) { writer in
                for weight in snapshot.settings.weights {
                    writer.message(1) {
                        $0.double(1, Double(weight.weight) / 1000)
                        $0.string(2, weight.role)
                    }
                }
            }
        }
    }

    /// The resources that GET_ROLES shows.
    private static let shownNames = ["cpus", "mem", "disk", "gpus"]

    /// A Response of a type, with the field of this number.
    private func reply(
        _ type: ContentType, _ response: Mesos_V1_Master_Response.TypeEnum, _ field: Int, _ body: (inout WireWriter) -> Void
    ) -> Reply {
        var writer = WireWriter()
        writer.varint(1, response.rawValue)
        writer.message(field, body)
        guard type == .json else { return Reply(.ok, type.name, writer.bytes) }
        do throws(WireError) {
            return .json(.ok, try MesosJSON.encode(writer.bytes, as: MessageTypes.operatorResponse))
        } catch {
            return .text(.internalServerError, "The answer can't be written as JSON: \(error)")
        }
    }

    private func subscribe(_ type: ContentType, _ call: Call) async throws -> Reply {
        _ = try await master.identity()
        let (number, stream) = master.streams.open(type, bytes: SchedulerEndpoint.outboxBytes) { [master] number in
            master.report(.observerEnded(stream: number))
        }
        guard master.loop.post(.observerSubscribed(stream: number, call.caller.origin)) else {
            master.streams.drop(number)
            return Replies.busy
        }
        return .records(stream, contentType: type.name)
    }

    static func reply(to refusal: OperatorRefusal) -> Reply {
        switch refusal {
        case .noFramework, .noAgent: Replies.badRequest(refusal.description)
        case .notAuthorized: .text(.forbidden, refusal.description)
        }
    }
}
