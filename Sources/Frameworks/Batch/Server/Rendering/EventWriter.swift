import BatchCore
import FrameworkCore
import JSON
import Machine
import Runtime
import Transport

/// Writes events as readers of the stream get them.
enum EventWriter {
    /// The type of what a reader is sent who has missed events.
    static let gapType = "gap"

    static func frame(_ event: Event) -> [UInt8] {
        ServerSentEvents.frame(id: event.id, type: event.kind.rawValue, json: json(event))
    }

    /// - Parameters:
    ///   - since: the last event that the reader has heard of.
    ///   - floor: the last event that it can't be sent any more; what follows it is sent.
    static func gap(since: UInt64, floor: UInt64) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        member("id", floor, into: &writer)
        writer.member("eventType", gapType)
        writer.member("timestamp", Timestamp(wall: SystemClock().now().wall).description)
        member("lastEventId", since, into: &writer)
        writer.member("message", "events after \(since) may have been missed; look at the jobs and runs themselves")
        writer.endObject()
        return ServerSentEvents.frame(id: floor, type: gapType, json: writer.bytes)
    }

    private static func member(_ name: StaticString, _ number: UInt64, into writer: inout JSONWriter) {
        writer.key(verbatim: name)
        writer.uint(number)
    }

    static func json(_ event: Event) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        member("id", event.id, into: &writer)
        writer.member("eventType", event.kind.rawValue)
        writer.member("timestamp", RunWriter.time(event.time))
        writer.member("job", event.job)
        if let run = event.run { write(run, into: &writer) }
        if let task = event.task { write(task, into: &writer) }
        if !event.message.isEmpty { writer.member("message", event.message) }
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ run: Event.RunPart, into writer: inout JSONWriter) {
        writer.key(verbatim: "run")
        writer.beginObject()
        writer.member("id", "\(run.due)")
        writer.member("due", RunWriter.time(run.due))
        writer.member("cause", RunWriter.name(run.cause))
        writer.member("attempts", run.attempts)
        if let outcome = run.outcome { writer.member("outcome", RunWriter.name(outcome)) }
        writer.endObject()
    }

    private static func write(_ task: Event.TaskPart, into writer: inout JSONWriter) {
        writer.key(verbatim: "task")
        writer.beginObject()
        writer.member("id", task.id)
        if let index = task.index { writer.member("index", index) }
        writer.member("attempt", task.attempt)
        writer.member("slaveId", task.agentID)
        writer.member("host", task.host)
        writer.member("state", task.state.isEmpty ? "launched" : task.state)
        if let status = task.exitStatus { writer.member("exitStatus", Int(status)) }
        writer.endObject()
    }
}
