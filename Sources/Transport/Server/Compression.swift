import NIOHTTP1

/// Compresses whole replies, on the task of the connection rather than on its event loop, which others need.
enum Compression {
    private static let threshold = 1024
    private static let quickThreshold = 1 << 20

    static func compress(_ reply: Reply, for exchange: Exchange) async -> Reply {
        guard case .bytes(let bytes) = reply.body, bytes.count >= threshold, !reply.headers.contains(name: "Content-Encoding"),
            isCompressible(reply.headers.first(name: "Content-Type") ?? "")
        else { return reply }
        var result = reply
        result.headers.add(name: "Vary", value: "Accept-Encoding")
        guard exchange.acceptsGzip, let compressed = await Gzip.compress(bytes, level: bytes.count > quickThreshold ? 1 : 6) else {
            return result
        }
        result.headers.add(name: "Content-Encoding", value: "gzip")
        result.body = .bytes(compressed)
        return result
    }

    private static func isCompressible(_ contentType: String) -> Bool {
        let type = Negotiation.trim(contentType.utf8.prefix { $0 != UInt8(ascii: ";") }).lowercased()
        return type.hasPrefix("text/")
            || ["application/json", "application/x-protobuf", "application/javascript", "image/svg+xml"].contains(type)
    }
}
