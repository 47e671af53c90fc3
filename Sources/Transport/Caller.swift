package import Machine

/// Who sent a request, as a plain value: where the connection comes from, and as whom.
package struct Caller: Hashable, Sendable {
    /// The numeric address of the peer, IPv6 without brackets; empty if the kernel could no longer tell.
    package var address: String
    package var port: Int
    /// The authenticated principal; nil where the listener demands no authentication.
    package var principal: String?

    package init(address: String, port: Int, principal: String? = nil) {
        self.address = address
        self.port = port
        self.principal = principal
    }

    /// `address:port`, with brackets around an IPv6 address.
    package var peer: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }

    /// The same as a core sees it.
    package var origin: Origin { Origin(principal: principal, peer: peer) }
}
