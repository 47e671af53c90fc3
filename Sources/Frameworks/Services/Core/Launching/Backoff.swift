import FrameworkCore
import Machine

/// How long an app's launches wait after failures. One delay for all instances of a configuration. Specified by Marathon 1.11
/// docs/configure-task-handling.md.
package struct Backoff: Hashable, Sendable {
    /// Nanoseconds; 0: nothing has failed.
    private(set) var delay: Int64 = 0
    /// From when the delay counts, on the monotonic clock.
    private var reference: Int64 = 0
    /// The configuration that failed; another one begins afresh.
    private var configuration: Timestamp?

    /// When launches may go on; nil: at once.
    package func deadline(after now: Int64) -> Int64? {
        guard delay > 0 else { return nil }
        let end = reference.saturatingAdd(delay)
        return end > now ? end : nil
    }

    mutating func failed(_ app: AppDefinition, at now: Int64) {
        if configuration != app.versionInfo.lastConfigChangeAt || isStale(app, at: now) { self = Backoff() }
        configuration = app.versionInfo.lastConfigChangeAt
        let most = Self.nanoseconds(Double(app.maxLaunchDelaySeconds))
        let next = delay == 0 ? Self.nanoseconds(Double(app.backoffSeconds)) : Self.nanoseconds(Double(delay) / 1e9 * app.backoffFactor)
        delay = min(next, most)
        reference = now
    }

    /// An instance got further: the same delay counts from here.
    mutating func advanced(at now: Int64) {
        if delay > 0 { reference = now }
    }

    /// Whether nothing has failed for so long that the delay is forgotten.
    func isStale(_ app: AppDefinition, at now: Int64) -> Bool {
        delay > 0 && now > reference.saturatingAdd(Self.nanoseconds(Double(app.maxLaunchDelaySeconds)))
    }

    /// Whether the delay belongs to an earlier configuration.
    func isOutdated(_ app: AppDefinition) -> Bool { delay > 0 && configuration != app.versionInfo.lastConfigChangeAt }

    private static func nanoseconds(_ seconds: Double) -> Int64 { max(0, Int64(secondsClamped: seconds) ?? .max) }
}
