package import NIOHTTP1

/// One HTTP request. Its head is there; its body may still be arriving.
package struct Call: Sendable {
    package let method: HTTPMethod
    /// The request target as it was sent: raw path and query.
    package let target: String
    /// The raw path, without the query.
    package let path: String
    /// The path's segments, percent-decoded, without empty ones: `//v2/apps/a%20b/` is `["v2", "apps", "a b"]`. None is `..`.
    package let segments: [String]
    package let query: Query
    package let headers: HTTPHeaders
    package let caller: Caller
    package let body: RequestBody

    /// GET or HEAD. The body of the reply to a HEAD is dropped by the connection.
    package var isRead: Bool { method == .GET || method == .HEAD }

    /// - Returns: nil for a target that climbs (`/..` in any spelling), isn't a path, or is not valid UTF-8 once decoded.
    init?(head: HTTPRequestHead, caller: Caller, body: RequestBody) {
        let uri = Self.relative(head.uri)
        let mark = uri.utf8.firstIndex(of: UInt8(ascii: "?"))
        let path = uri[..<(mark ?? uri.endIndex)]
        guard let segments = Percent.segments(of: path) else { return nil }
        method = head.method
        target = String(uri)
        self.path = String(path)
        self.segments = segments
        query = Query(mark.map { uri[uri.utf8.index(after: $0)...] } ?? "")
        headers = head.headers
        self.caller = caller
        self.body = body
    }

    /// The target without the scheme and the authority that a client sends to a proxy, and that a server must accept (RFC 9112 §3.2.2).
    private static func relative(_ uri: String) -> Substring {
        guard !uri.hasPrefix("/"), let endpoint = Endpoint(uri) else { return uri[...] }
        return endpoint.target[...]
    }
}

/// The query of a request, in the order in which it was sent. Names and values are decoded (`+` is a blank); what can't be decoded is kept as sent.
package struct Query: Hashable, Sendable {
    package struct Item: Hashable, Sendable {
        package var name: String
        /// Empty for an item without `=`.
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package let items: [Item]

    package init(_ text: some StringProtocol) {
        guard !text.isEmpty else {
            items = []
            return
        }
        items = text.utf8.split(separator: UInt8(ascii: "&")).map { part in
            let mark = part.firstIndex(of: UInt8(ascii: "="))
            return Item(
                name: Percent.decode(part[..<(mark ?? part.endIndex)], plusIsBlank: true),
                value: mark.map { Percent.decode(part[part.index(after: $0)...], plusIsBlank: true) } ?? "")
        }
    }

    /// The value of the first item of that name.
    package subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    /// The values of all items of that name.
    package func all(_ name: String) -> [String] { items.lazy.filter { $0.name == name }.map(\.value) }
}
