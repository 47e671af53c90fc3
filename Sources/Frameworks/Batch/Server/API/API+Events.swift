import BatchCore
import NIOHTTP1
import Runtime
import Transport

extension API {
    /// A stream of events that doesn't end.
    func events(_ call: Call) async throws -> Reply {
        guard call.method == .GET else { throw Failure.method(allowed: "GET") }
        let types = call.query.all("event_type")
        let known = Event.Kind.allCases.map(\.rawValue) + [EventWriter.gapType]
        for type in types where !known.contains(type) {
            throw Failure(.badRequest, "event_type must be one of \(known.joined(separator: ", ")), not '\(type)'")
        }
        let jobs = call.query.all("job")
        let filter = EventFeed.Filter(jobs: jobs.isEmpty ? nil : jobs, types: types.isEmpty ? nil : types)
        let last = try Self.lastEvent(call)
        // The core says first what number the events begin with: who comes before that has missed nothing.
        guard await loop.inspect({ $0.hasStarted }) != nil else { throw Failure.overloaded }
        guard let stream = feed.listen(after: last, filter) else {
            throw Failure(.serviceUnavailable, "Too many read the events already", headers: ["Retry-After": "10"])
        }
        return .events(stream, headers: ["Cache-Control": "no-cache"])
    }

    /// The header is newer than what stands in the address: browsers come back with both.
    private static func lastEvent(_ call: Call) throws -> UInt64? {
        guard let text = call.headers.first(name: "Last-Event-ID") ?? call.query["last_event_id"], !text.isEmpty else { return nil }
        guard let number = UInt64(text) else { throw Failure(.badRequest, "Last-Event-ID must be the number of an event, not '\(text)'") }
        return number
    }
}
