import Foundation
import MasterCore
import MesosAPI
import NIOHTTP1
import Runtime
import Transport

/// `POST /api/v1/scheduler`: checks what can be checked without the core, in the order in which Mesos does, and hands the call on.
/// Specified by Mesos 1.11 docs/scheduler-http-api.md.
struct SchedulerEndpoint: Sendable {
    static let streamHeader = "Mesos-Stream-Id"
    /// Bytes of a call: an ACCEPT may bring thousands of tasks.
    static let bodyLimit = 32 << 20
    /// Bytes that may wait for a framework or an observer before an event is one too many. An event may be of any size: the offers, or the
    /// state, of a big cluster come as one.
    static let outboxBytes = 16 << 20

    let master: Master

    func respond(to call: Call) async throws -> Reply {
        guard call.method == .POST else { return Replies.methodNotAllowed("POST", call) }
        guard let header = call.headers.first(name: "Content-Type") else { return Replies.badRequest("Expecting 'Content-Type' to be present") }
        guard let type = ContentType(leniently: header) else {
            return .text(.unsupportedMediaType, "Expecting 'Content-Type' of application/json or application/x-protobuf")
        }
        var bytes = try await call.body.collect(upTo: Self.bodyLimit)
        if type == .json {
            do throws(MesosJSONError) {
                bytes = try MesosJSON.decode(bytes, as: Self.callType)
            } catch { return Replies.badRequest(Replies.jsonText(error)) }
        }
        let parsed: SchedulerCall
        do throws(CallRefusal) {
            parsed = try SchedulerCall(bytes: bytes, principal: call.caller.principal)
        } catch { return Self.reply(to: error) }
        return parsed.isSubscribe ? try await subscribe(parsed, call) : await ask(parsed, call)
    }

    private static let callType = MessageType(Mesos_V1_Scheduler_Call.self)

    private func ask(_ parsed: SchedulerCall, _ call: Call) async -> Reply {
        if case .reconcileOperations = parsed.content, Negotiation.accepted(call.headers) == nil { return Replies.notAcceptable }
        let streamID = call.headers.first(name: Self.streamHeader)
        let origin = call.caller.origin
        let answer = await master.ask { .called(question: $0, streamID: streamID, parsed, origin) }
        switch answer {
        case .accepted: return Reply(status: .accepted)
        case .done: return Reply(status: .ok)
        case .refused(let refusal): return Self.reply(to: refusal)
        case .operatorRefused, nil: return Replies.busy
        }
    }

    private func subscribe(_ parsed: SchedulerCall, _ call: Call) async throws -> Reply {
        guard let type = Negotiation.accepted(call.headers) else { return Replies.notAcceptable }
        guard call.headers.first(name: Self.streamHeader) == nil else {
            return Replies.badRequest("Subscribe calls should not include the 'Mesos-Stream-Id' header")
        }
        // Its first event says how the master is reached.
        _ = try await master.identity()
        let streamID = UUID().uuidString.lowercased()
        let (number, stream) = master.streams.open(type, bytes: Self.outboxBytes) { [master] number in master.report(.streamEnded(number)) }
        guard master.loop.post(.subscribed(stream: number, streamID: streamID, parsed, call.caller.origin)) else {
            master.streams.drop(number)
            return Replies.busy
        }
        return .records(stream, contentType: type.name, headers: [Self.streamHeader: streamID])
    }

    static func reply(to refusal: CallRefusal) -> Reply {
        switch refusal {
        case .unknownType: .text(.notImplemented, refusal.description)
        case .notSubscribed, .notAuthorized: .text(.forbidden, refusal.description)
        case .unparsable, .invalid, .frameworkUnknown, .principalMismatch, .streamIDMissing, .streamIDWrong, .frameworkInvalid,
            .updateInvalid, .callInvalid:
            Replies.badRequest(refusal.description)
        }
    }
}
