/// An `http` or `https` URL, taken apart. Without user information and fragment.
package struct Endpoint: Hashable, Sendable {
    package var isSecure: Bool
    /// A name or a numeric address, IPv6 without brackets.
    package var host: String
    package var port: Int
    /// Path and query, beginning with `/`.
    package var target: String

    /// - Returns: nil if the text is no URL of these kinds.
    package init?(_ url: String) {
        let scheme = url.prefix { $0 != ":" }
        switch scheme.lowercased() {
        case "http": isSecure = false
        case "https": isSecure = true
        default: return nil
        }
        guard url[scheme.endIndex...].hasPrefix("://") else { return nil }
        let rest = url[scheme.endIndex...].dropFirst(3)
        let start = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let (host, port) = Self.authority(rest[..<start], isSecure ? 443 : 80) else { return nil }
        guard !rest[start...].utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7f || $0 == UInt8(ascii: "#") }) else { return nil }
        self.host = host
        self.port = port
        target = rest[start...].hasPrefix("/") ? String(rest[start...]) : "/" + rest[start...]
    }

    private static func authority(_ text: Substring, _ standardPort: Int) -> (String, Int)? {
        var host = text
        var port = standardPort
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            if !rest.isEmpty {
                guard rest.hasPrefix(":"), let number = Int(rest.dropFirst()) else { return nil }
                port = number
            }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            guard let number = Int(text[text.index(after: colon)...]) else { return nil }
            port = number
        }
        guard !host.isEmpty, (1...65_535).contains(port) else { return nil }
        guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "@") }) else { return nil }
        return (String(host), port)
    }

    /// The value of the Host header.
    package var authority: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? host : "\(host):\(port)"
    }
}
