package import FrameworkCore
package import Machine

extension Services {
    /// What has happened.
    package enum Input: Sendable {
        case started(Started)
        /// An HTTP request that changes something; the effect `.answer` with the same number answers it.
        case asked(number: UInt64, Origin, Request)
        case told(MasterEvent)
        /// A health check that was ordered by `.probe` has a result.
        case probed(TaskID, check: Int, ProbeResult)
        case askedReadiness(TaskID, ReadinessAnswer)
        case woken
    }

    /// What the process found at its start.
    package struct Started: Sendable {
        package var seed: UInt64
        package var configuration: Configuration
        /// All entries of `Services.tables`.
        package var entries: [StoredEntry]

        package init(seed: UInt64, configuration: Configuration, entries: [StoredEntry]) {
            self.seed = seed
            self.configuration = configuration
            self.entries = entries
        }
    }

    package enum ProbeResult: Hashable, Sendable {
        case passed
        /// Neither passes nor fails (an HTTP 1xx answer that is to be ignored).
        case ignored
        case failed(cause: String)
    }

    package struct ReadinessAnswer: Hashable, Sendable {
        package var status: Int
        package var contentType: String
        package var body: String

        package init(status: Int, contentType: String, body: String) {
            self.status = status
            self.contentType = contentType
            self.body = body
        }
    }
}
