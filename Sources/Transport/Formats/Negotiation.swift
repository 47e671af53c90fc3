package import NIOHTTP1

/// The two forms in which messages travel.
package enum ContentType: Hashable, Sendable, CaseIterable {
    case json
    case protobuf

    package var name: String {
        switch self {
        case .json: "application/json"
        case .protobuf: "application/x-protobuf"
        }
    }

    /// The type that a header names literally, case and all, as Mesos 1.11 compares.
    package init?(exactly header: String) {
        guard let type = Self.allCases.first(where: { $0.name == header }) else { return nil }
        self = type
    }

    /// The type that a header names, whatever its case and parameters (`application/json; charset=utf-8`).
    package init?(leniently header: String) {
        let name = Negotiation.trim(header.utf8.prefix { $0 != UInt8(ascii: ";") }).lowercased()
        self.init(exactly: name)
    }
}

/// What a client accepts (RFC 9110 §12).
package enum Negotiation {
    /// The form of an answer: JSON whenever that is acceptable, and where nothing is asked for (Mesos 1.11).
    /// - Returns: nil if neither is acceptable (406).
    package static func accepted(_ headers: HTTPHeaders) -> ContentType? {
        let values = headers["Accept"].filter { !trim($0.utf8[...]).isEmpty }
        guard !values.isEmpty else { return .json }
        return ContentType.allCases.first { quality(of: $0.name, in: values) ?? 0 > 0 }
    }

    /// Whether a type such as `text/event-stream` is acceptable. A missing header accepts everything.
    package static func accepts(_ type: String, _ headers: HTTPHeaders) -> Bool {
        let values = headers["Accept"].filter { !trim($0.utf8[...]).isEmpty }
        return values.isEmpty || quality(of: type, in: values) ?? 0 > 0
    }

    /// The weight in thousandths that a list such as `text/html, */*;q=0.8` gives to a name: that of the most specific range which covers
    /// it; nil if none does.
    static func quality(of name: String, in values: [String]) -> Int? {
        let major = name.utf8.firstIndex(of: UInt8(ascii: "/")).map { String(name[..<$0]) + "/*" }
        var best: (specificity: Int, quality: Int)?
        for value in values {
            for item in value.utf8.split(separator: UInt8(ascii: ",")) {
                var parts = item.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).makeIterator()
                guard let range = parts.next().map({ trim($0).lowercased() }) else { continue }
                let specificity = range == name ? 3 : range == major ? 2 : range == "*/*" || range == "*" ? 1 : 0
                guard specificity > best?.specificity ?? 0 else { continue }
                best = (specificity, weight(IteratorSequence(parts)))
            }
        }
        return best?.quality
    }

    private static func weight(_ parameters: some Sequence<Substring.UTF8View>) -> Int {
        for parameter in parameters {
            let text = trim(parameter).lowercased()
            guard text.hasPrefix("q=") else { continue }
            // At most three digits follow the point (RFC 9110 §12.4.2); something unreadable counts as acceptable.
            let digits = Array(text.utf8.dropFirst(2))
            guard digits.first == UInt8(ascii: "0") else { return 1000 }
            let fraction = digits.dropFirst(2).prefix(3)
            guard fraction.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return 1000 }
            let padded = Array(fraction) + Array(repeating: UInt8(ascii: "0"), count: 3 - fraction.count)
            return padded.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }
        return 1000
    }

    static func trim(_ bytes: Substring.UTF8View) -> String {
        let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let start = bytes.drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(Substring(start[...last]))
    }
}
