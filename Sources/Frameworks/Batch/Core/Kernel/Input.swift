package import FrameworkCore
package import Machine

extension Batch {
    /// What has happened.
    package enum Input: Sendable {
        case started(Started)
        /// An HTTP request that changes something; the effect `.answer` with the same number answers it.
        case asked(number: UInt64, Origin, Request)
        case told(MasterEvent)
        /// A notice was delivered, or was not, for this reason.
        case notified(UInt64, failure: String?)
        case woken
    }

    /// What the process found at its start.
    package struct Started: Sendable {
        package var seed: UInt64
        package var configuration: Configuration
        /// All entries of `Batch.tables`.
        package var entries: [StoredEntry]
        /// The files of all zones that `Batch.zones(in:)` named.
        package var zones: [ZoneData]

        package init(seed: UInt64, configuration: Configuration, entries: [StoredEntry], zones: [ZoneData]) {
            self.seed = seed
            self.configuration = configuration
            self.entries = entries
            self.zones = zones
        }
    }

    /// A file of the time zone database, as the server found it.
    package struct ZoneData: Hashable, Sendable {
        /// As a job names it.
        package var name: String
        package var file: [UInt8]

        package init(name: String, file: [UInt8]) {
            self.name = name
            self.file = file
        }
    }

    /// What a client asks to be changed.
    package enum Request: Sendable {
        /// Creates a job, or replaces the one of that name.
        /// - zone: the file of the zone that the body names, if it names one for which there is a file.
        case put(JobBody, Kind, JobDefinition.Version, zone: ZoneData?)
        case delete(String)
        /// Once, now. - arguments: instead of the job's own.
        case run(String, arguments: String?)
        /// A run of its own, now, with what it is given.
        case start(String, Run.Parameters)
        case markSuccess(String)
        /// All tasks of a job are killed.
        case kill(String)
        /// Runs that wait are forgotten.
        case flush
        /// A task says how much it has done.
        case progress(String, task: String, elements: Int64)
        /// Whether a job runs by itself.
        case setDisabled(String, Bool)
        /// - zone: the file of the zone that the body names, if it names one for which there is a file.
        case metronome(MetronomeRequest, zone: ZoneData?)
    }

    /// The resource that a body was sent to: what kind of job it is meant to be.
    package enum Kind: Int, Hashable, Sendable { case scheduled, dependent }
}
