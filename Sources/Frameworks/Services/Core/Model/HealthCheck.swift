/// A check that decides whether a task is healthy. Specified by Marathon 1.11 docs/health-checks.md.
package struct HealthCheck: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case http = "HTTP"
        case https = "HTTPS"
        case tcp = "TCP"
        case command = "COMMAND"
        case mesosHTTP = "MESOS_HTTP"
        case mesosHTTPS = "MESOS_HTTPS"
        case mesosTCP = "MESOS_TCP"

        /// Whether the leader runs it; Mesos's executor runs the others.
        package var isRunByLeader: Bool {
            switch self {
            case .http, .https, .tcp: true
            case .command, .mesosHTTP, .mesosHTTPS, .mesosTCP: false
            }
        }

        package var isHTTP: Bool {
            switch self {
            case .http, .https, .mesosHTTP, .mesosHTTPS: true
            case .tcp, .command, .mesosTCP: false
            }
        }
    }

    package enum IPProtocol: String, Hashable, Sendable, CaseIterable {
        case v4 = "IPv4"
        case v6 = "IPv6"
    }

    package var kind = Kind.http
    /// The shell command of a COMMAND check.
    package var command: String?
    package var path: String?
    /// Wins over `portIndex`.
    package var port: Int?
    /// The position among the port definitions or port mappings.
    package var portIndex: Int?
    package var gracePeriodSeconds = 300
    package var intervalSeconds = 60
    package var timeoutSeconds = 20
    package var maxConsecutiveFailures = 3
    /// Of checks that Mesos runs.
    package var delaySeconds = 15
    package var ignoresHTTP1xx = false
    package var ipProtocol = IPProtocol.v4

    /// What an HTTP check asks for.
    package var effectivePath: String { path ?? "/" }
}

/// Mesos's generic check of an app: its result is reported and has no effect.
package struct Check: Hashable, Sendable {
    package enum Scheme: String, Hashable, Sendable, CaseIterable {
        case http = "HTTP"
        case https = "HTTPS"
    }

    package struct Port: Hashable, Sendable {
        package var number: Int?
        package var index: Int?
    }

    package enum Command: Hashable, Sendable {
        case shell(String)
        case arguments([String])
    }

    package enum Probe: Hashable, Sendable {
        case http(port: Port, path: String?, scheme: Scheme)
        case tcp(port: Port)
        case command(Command)
    }

    package var probe: Probe
    package var intervalSeconds = 60
    package var timeoutSeconds = 20
    package var delaySeconds = 15
}

/// A check that the leader runs while a deployment waits for a task to be ready. Specified by Marathon 1.11 docs/readiness-checks.md.
package struct ReadinessCheck: Hashable, Sendable {
    package var name = "readinessCheck"
    package var scheme = Check.Scheme.http
    package var path = "/"
    package var portName = "http-api"
    package var intervalSeconds = 30
    package var timeoutSeconds = 10
    package var httpStatusCodesForReady = [200]
    package var preserveLastResponse = false
}
