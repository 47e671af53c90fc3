package import AgoraAPI
internal import Machine

/// What a check looks at. Which of the two checks of a task asks: `Probe.Kind`.
package struct Probe: Sendable, Hashable {
    package enum Kind: UInt8, Sendable, Hashable, CaseIterable { case health, check }

    package enum Target: Sendable, Hashable {
        /// A command in the task's container; fine if it exits with 0.
        case command(Agora_V1_ContainerCommand, environment: [String])
        /// GET of `scheme://127.0.0.1:port/path`, or of `[::1]`; redirects are followed, certificates not verified.
        case http(scheme: String, port: UInt32, path: String, isIPv6: Bool)
        /// Connecting to 127.0.0.1, or to ::1.
        case tcp(port: UInt32, isIPv6: Bool)
    }

    package let container: String
    package let kind: Kind
    /// Comes back in the result; a result with another number than the newest probe's is dropped.
    package let number: UInt64
    package let target: Target
    /// Nanoseconds; nil: none.
    package let timeout: Int64?
    /// For a command: the sandbox.
    package let folder: String

    /// What came of it.
    package enum Result: Sendable, Hashable {
        case exited(Int32)
        case answered(status: UInt32)
        case connected
        /// Tried, and failed before there was an exit code or a status.
        case failed(String)
        case timedOut
        /// Not tried: our own launcher was away. Counts neither as success nor as failure.
        case unavailable
    }
}

/// When a task is probed. All times are nanoseconds.
/// Specified by Mesos 1.11 docs/health-checks.md.
package struct ProbeSchedule: Sendable, Hashable {
    package var delay = 15 * Int64.second
    package var interval = 10 * Int64.second
    /// nil: none (0 on the wire).
    package var timeout: Int64? = 20 * Int64.second

    private var next: Int64?
    private var running: UInt64?
    private var count: UInt64 = 0

    init(delay: Double, interval: Double, timeout: Double) {
        self.delay = max(0, Int64(secondsClamped: delay) ?? self.delay)
        self.interval = max(0, Int64(secondsClamped: interval) ?? self.interval)
        self.timeout = max(0, Int64(secondsClamped: timeout) ?? 0)
        if self.timeout == 0 { self.timeout = nil }
    }

    /// An interval of zero would make us spin: probes are at least this far apart.
    private static let shortest = 100 * Int64.millisecond

    /// When the next probe starts; nil while one runs, or before the task does.
    var nextAt: Int64? { next }

    mutating func start(at now: Int64, after wait: Int64) { next = now.saturatingAdd(wait) }
    mutating func stop() { (next, running) = (nil, nil) }

    /// Starts a probe if its time has come; its number.
    mutating func due(_ now: Int64) -> UInt64? {
        guard let next, now >= next else { return nil }
        self.next = nil
        count += 1
        running = count
        return count
    }

    /// False for a result that nobody waits for.
    mutating func finish(_ number: UInt64, at now: Int64) -> Bool {
        guard running == number else { return false }
        running = nil
        next = now.saturatingAdd(max(interval, Self.shortest))
        return true
    }
}

/// Counts a task's failed health checks.
///
/// initial (failures within the grace period don't count) → healthy ↔ failing → to be killed.
/// Specified by Mesos 1.11 docs/health-checks.md.
package struct HealthMonitor: Sendable, Hashable {
    package enum Verdict: Sendable, Hashable {
        case unchanged, healthy
        case unhealthy(consecutive: UInt32, isFatal: Bool)
    }

    package var schedule: ProbeSchedule
    package let gracePeriod: Int64
    /// Failures in a row at which the task is killed; 0 acts like 1.
    package let limit: UInt32
    package private(set) var failures: UInt32 = 0
    private var isInitial = true
    private var startedAt: Int64 = 0

    init(schedule: ProbeSchedule, gracePeriod: Double, limit: UInt32) {
        self.schedule = schedule
        self.gracePeriod = max(0, Int64(secondsClamped: gracePeriod) ?? 0)
        self.limit = limit
    }

    /// - Parameters:
    ///   - started: when the task began to run.
    ///   - wasHealthy: what the last update said, if the agent comes back to a running task.
    mutating func start(at now: Int64, started: Int64, wasHealthy: Bool?) {
        startedAt = started
        isInitial = wasHealthy == nil
        let first = started.saturatingAdd(schedule.delay)
        schedule.start(at: now, after: max(0, first.saturatingAdd(-now)))
    }

    mutating func finish(_ number: UInt64, _ isFine: Bool?, at now: Int64) -> Verdict {
        guard schedule.finish(number, at: now), let isFine else { return .unchanged }
        if isFine {
            let isNews = isInitial || failures > 0
            (isInitial, failures) = (false, 0)
            return isNews ? .healthy : .unchanged
        }
        if isInitial, gracePeriod > 0, now.saturatingAdd(-startedAt) <= gracePeriod { return .unchanged }
        isInitial = false
        failures = failures == .max ? .max : failures + 1
        return .unhealthy(consecutive: failures, isFatal: failures >= limit)
    }
}

/// Remembers the last result of a task's generic check, so that only a change is reported.
/// Specified by Mesos 1.11 docs/health-checks.md ("Checks").
package struct CheckMonitor: Sendable, Hashable {
    package enum Outcome: Sendable, Hashable {
        case exitCode(Int32), statusCode(UInt32), succeeded(Bool)
    }

    package enum Kind: UInt8, Sendable, Hashable { case command = 1, http, tcp }

    package let kind: Kind
    package var schedule: ProbeSchedule
    package internal(set) var last: Outcome?

    init(kind: Kind, schedule: ProbeSchedule) {
        self.kind = kind
        self.schedule = schedule
    }

    /// True if the outcome is another one than before.
    mutating func finish(_ number: UInt64, _ result: Probe.Result, at now: Int64) -> Bool {
        guard schedule.finish(number, at: now), let outcome = outcome(of: result), outcome != last else { return false }
        last = outcome
        return true
    }

    /// A check that timed out or couldn't be done has no outcome, except for TCP.
    private func outcome(of result: Probe.Result) -> Outcome? {
        switch (kind, result) {
        case (.command, .exited(let code)): .exitCode(code)
        case (.http, .answered(let status)): .statusCode(status)
        case (.tcp, .connected): .succeeded(true)
        case (.tcp, .failed), (.tcp, .timedOut): .succeeded(false)
        default: nil
        }
    }
}

extension Probe.Result {
    /// Whether a health check with this result passed; nil: it says nothing.
    /// Specified by Mesos 1.11 docs/health-checks.md: exit code 0, a status of 200 to 399, a connection.
    var isFine: Bool? {
        switch self {
        case .exited(let code): code == 0
        case .answered(let status): (200..<400).contains(status)
        case .connected: true
        case .failed, .timedOut: false
        case .unavailable: nil
        }
    }

    /// For the status of an unhealthy task.
    var explanation: String {
        switch self {
        case .exited(let code): "the command of the health check exited with status \(code)"
        case .answered(let status): "the health check was answered with status \(status)"
        case .connected: "the health check connected"
        case .failed(let text): text
        case .timedOut: "the health check timed out"
        case .unavailable: "the health check could not be done"
        }
    }
}
