package import NIOHTTP1

/// A stream of server-sent events, in the bytes of Marathon 1.11: `event: <type>\r\ndata: <json>\r\n\r\n`; its clients split on CRLF.
package enum ServerSentEvents {
    package static let contentType = "text/event-stream;charset=UTF-8"
    /// Keeps idle connections open; no event.
    package static let keepAlive: [UInt8] = Array("\r\n".utf8)

    /// - Parameters:
    ///   - type: without line breaks.
    ///   - json: on one line.
    package static func frame(type: String, json: [UInt8]) -> [UInt8] {
        let isLineBreak: (UInt8) -> Bool = { $0 == 10 || $0 == 13 }
        precondition(!type.utf8.contains(where: isLineBreak) && !json.contains(where: isLineBreak), "an event is one line")
        var frame: [UInt8] = []
        frame.reserveCapacity(json.count + type.utf8.count + 20)
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
