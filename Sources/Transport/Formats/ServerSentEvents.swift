package import NIOHTTP1

/// A stream of server-sent events, in the bytes of Marathon 1.11: `event: <type>\r\ndata: <json>\r\n\r\n`; its clients split on CRLF.
package enum ServerSentEvents {
    package static let contentType = "text/event-stream;charset=UTF-8"
    /// Keeps idle connections open; no event.
    package static let keepAlive: [UInt8] = Array("\r\n".utf8)

    /// What a stream begins with: how soon a client that was cut off may come back, and what it then says that it has heard. No event.
    package static func greeting(retryMilliseconds: Int, id: UInt64?) -> [UInt8] {
        Array("retry: \(retryMilliseconds)\r\n\(id.map { "id: \($0)\r\n" } ?? "")\r\n".utf8)
    }

    /// - Parameters:
    ///   - id: what a client that comes back says that it has heard last.
    ///   - type: without line breaks.
    ///   - json: on one line.
    package static func frame(id: UInt64? = nil, type: String, json: [UInt8]) -> [UInt8] {
        let isLineBreak: (UInt8) -> Bool = { $0 == 10 || $0 == 13 }
        precondition(!type.utf8.contains(where: isLineBreak) && !json.contains(where: isLineBreak), "an event is one line")
        var frame: [UInt8] = []
        frame.reserveCapacity(json.count + type.utf8.count + 48)
        if let id { frame += "id: \(id)\r\n".utf8 }
        frame += "event: ".utf8
        frame += type.utf8
        frame += "\r\ndata: ".utf8
        frame += json
        frame += "\r\n\r\n".utf8
        return frame
    }
}

extension Reply {
    /// An endless answer of events; the stream's outbox takes `ServerSentEvents.frame`s.
    package static func events(_ stream: RecordStream, headers: HTTPHeaders = [:]) -> Reply {
        var headers = headers
        headers.replaceOrAdd(name: "Connection", value: "close")
        return .records(stream, contentType: ServerSentEvents.contentType, headers: headers)
    }
}
