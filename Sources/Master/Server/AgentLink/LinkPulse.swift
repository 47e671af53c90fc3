/// When a link must say that the master lives: at a beat before which nothing else was said.
///
/// Never as the first record: that is the core's answer to `subscribe`, which may take longer than a beat when the disk is slow.
/// Specified by docs/architecture.md ("The agent link").
struct LinkPulse: Hashable, Sendable {
    private var hasBegun = false
    private var isQuiet = false

    /// An order has been sent.
    mutating func sent() {
        hasBegun = true
        isQuiet = false
    }

    /// - Returns: whether a heartbeat is due.
    mutating func beat() -> Bool {
        defer { isQuiet = true }
        return hasBegun && isQuiet
    }
}
