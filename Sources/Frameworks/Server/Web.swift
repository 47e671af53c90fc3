package import JSON
package import NIOHTTP1
package import Transport

extension Call {
    /// Whether the request carries these credentials (`user:password`; HTTP Basic, RFC 7617).
    package func carries(credentials: String) -> Bool {
        headers.first(name: "Authorization") == "Basic " + Base64.encode(Array(credentials.utf8))
    }
}

extension Query {
    /// A flag, in any case ("True" is what Python writes).
    package func flag(_ name: String, standard: Bool = false) -> Bool {
        guard let text = self[name] else { return standard }
        return text.lowercased() == "true"
    }
}

extension Reply {
    /// The answer with what a writer makes.
    package static func json(_ status: HTTPResponseStatus = .ok, headers: HTTPHeaders = [:], write: (inout JSONWriter) -> Void) -> Reply {
        var writer = JSONWriter()
        write(&writer)
        return .json(status, writer.bytes, headers: headers)
    }
}
