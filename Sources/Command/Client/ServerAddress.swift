import Foundation
import JSON

/// Where a server is, and as whom it is spoken to.
struct ServerAddress: Hashable {
    /// A URL without user information, and without a slash at its end.
    let base: String
    /// `user:password`; nil: nobody is named.
    let credentials: String?

    /// - Parameters:
    ///   - text: as people write it: without a scheme it is `http`. User information (`http://user:password@host:port`) may be percent-encoded.
    ///   - others: credentials that stand in for those that the text lacks: the first that there are.
    init(_ text: String, or others: [String?] = []) {
        var url = text.hasSuffix("/") ? String(text.dropLast()) : text
        if !url.contains("://") { url = "http://" + url }
        let scheme = url.range(of: "://").map { url[..<$0.upperBound] } ?? ""
        let rest = url.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let sign = authority.lastIndex(of: "@") else {
            base = url
            credentials = others.compactMap { $0 }.first { !$0.isEmpty }
            return
        }
        base = String(scheme) + rest[rest.index(after: sign)...]
        let parts = authority[..<sign].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        credentials = [parts.first, parts.dropFirst().first].map { part in
            part.map { $0.removingPercentEncoding ?? String($0) } ?? ""
        }.joined(separator: ":")
    }

    /// Whether a URL leads to this server.
    func holds(_ url: String) -> Bool { url == base || url.hasPrefix(base + "/") || url.hasPrefix(base + "?") }

    /// The header by which it knows who asks (HTTP Basic, RFC 7617); nil: it isn't told.
    var authorization: String? { credentials.map { "Basic " + Base64.encode(Array($0.utf8)) } }
}
