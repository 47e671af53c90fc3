import Machine
import MasterCore
import NIOHTTP1
import Synchronization
import Transport

/// `POST /agora/v1/agent`: where agents dial.
/// Specified by docs/architecture.md ("The agent link").
struct AgentLinkEndpoint: Sendable {
    let master: Master

    func respond(to call: Call) -> Reply {
        guard call.method == .POST else { return Replies.methodNotAllowed("POST", call) }
        guard let header = call.headers.first(name: "Content-Type") else { return Replies.badRequest("Expecting 'Content-Type' to be present") }
        guard let type = ContentType(leniently: header) else {
            return .text(.unsupportedMediaType, "Expecting 'Content-Type' of application/json or application/x-protobuf")
        }
        let link = master.links.open { AgentLink(number: $0, type: type, origin: call.caller.origin, master: master) }
        var limits = RecordStream.Limits()
        limits.silence = .nanoseconds(master.settings.kernel.agentSilence)
        let holder = StreamHolder()
        let stream = RecordStream(
            outbox: link.outbox, limits: limits,
            onRecords: { link.receive($0) { holder.resume() } },
            onEnd: { [master] end in
                master.links.drop(link.number)
                link.end(isSilent: end == .silent)
            })
        holder.stream.withLock { $0 = stream }
        return .records(stream, contentType: type.name)
    }
}

/// Lets a stream's own callback wake it.
private final class StreamHolder: Sendable {
    let stream = Mutex<RecordStream?>(nil)

    func resume() { stream.withLock { $0 }?.resume() }
}
