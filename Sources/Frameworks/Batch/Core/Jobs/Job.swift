package import Machine
import Schedules

/// A job: what is wanted of it, and how far it has come.
package struct Job: Sendable {
    package internal(set) var definition: JobDefinition
    package internal(set) var progress: Progress
    /// Of its definition, one for each cursor of its progress.
    var schedules: [Schedule] = []
    /// Of its definition in the store, in bytes: about what each launch sends.
    var size = 0
    /// Why it can't run by itself, if it can't: the file of its zone is missing, for one.
    package internal(set) var problem: String?
    /// Runs that have not ended, the oldest first.
    package internal(set) var unfinished: [Handle<Run>] = []
    /// Runs that have, the oldest first.
    package internal(set) var ended: [Handle<Run>] = []
    /// Jobs that have this one among their parents, in the order of their creation.
    var children: [Handle<Job>] = []
    /// It is among the work that is still to be done, since its parents may be done.
    var isConsidered = false
    /// Of the runs that began side by side, as long as the job allowed that, more than one has not ended.
    var overlaps = false
    /// The earliest due time for which a timer is set.
    var armedAt: Int64?

    package var name: String { definition.name }

    init(_ definition: JobDefinition, _ progress: Progress) {
        self.definition = definition
        self.progress = progress
    }

    /// When it is due next, in milliseconds since 1970; nil: never by itself.
    package var nextDue: Int64? {
        guard !definition.isDisabled, problem == nil else { return nil }
        return progress.cursors.compactMap(\.next).min()
    }

    /// Whether its schedules were meant to have no run from the beginning: it is for requests.
    var neverRunsByItself: Bool {
        guard case .schedules(let texts, _) = definition.trigger else { return false }
        return texts.allSatisfy { $0.hasPrefix("R0/") }
    }

    /// Whether it has schedules, and all of them have come to their end.
    var isExhausted: Bool { !progress.cursors.isEmpty && progress.cursors.allSatisfy { $0.left == 0 } }
}

/// How far a job has come: changes with its runs, and is kept when its definition is replaced.
package struct Progress: Hashable, Sendable {
    /// How far a schedule has come.
    package struct Cursor: Hashable, Sendable {
        /// The next due time, in milliseconds; nil: there is none.
        package var next: Int64?
        /// How many runs are left; nil: no end.
        package var left: Int64?
    }

    /// What this job has seen of a parent: its `triggers` and `ends` when this job began last. Whether its parents have ended since then, and how, can
    /// be told from what is stored, at any time and after any crash; the end of a parent changes nothing but its own progress, however many jobs wait
    /// for it.
    package struct Edge: Hashable, Sendable {
        package var parent: String
        package var seen: Int64
        package var seenEnds: Int64
    }

    /// The job's place in the order of creation.
    package var ordinal: UInt64
    /// When its schedules were given, in milliseconds since 1970 as all times here. Earlier due times count as of this moment, so that what a job of
    /// the
    /// same name, or this one with other schedules, has run is never mistaken for a run of these.
    package var since: Int64
    package var successCount: Int64 = 0
    package var errorCount: Int64 = 0
    package var errorsSinceLastSuccess: Int64 = 0
    package var lastSuccess: Int64?
    package var lastError: Int64?
    /// How often it ended so that what depends on it may begin.
    package var triggers: Int64 = 0
    /// How often it ended at all: well, badly, or killed on request.
    package var ends: Int64 = 0
    /// Due times that were left out: too late, or forbidden beside another run.
    package var skipped: Int64 = 0
    /// The newest time that was given to a run without a due time of its own; the next one's is later, also when the clock was set back, and when that
    /// run has long been forgotten: the ids of its tasks must not come again.
    package var newestOwn: Int64 = 0
    package var cursors: [Cursor] = []
    /// In the order of the parents.
    package var edges: [Edge] = []

    package init(ordinal: UInt64, since: Int64) {
        self.ordinal = ordinal
        self.since = since
    }
}

extension Progress {
    private static let format: UInt64 = 2

    var stored: [UInt8] {
        var writer = RecordingWriter()
        writer.put(Self.format)
        writer.put(ordinal)
        for number in [since, successCount, errorCount, errorsSinceLastSuccess, skipped, triggers, ends, newestOwn] { writer.put(number) }
        writer.put(lastSuccess)
        writer.put(lastError)
        writer.put(cursors) {
            $0.put($1.next)
            $0.put($1.left)
        }
        writer.put(edges) {
            $0.put($1.parent)
            $0.put($1.seen)
            $0.put($1.seenEnds)
        }
        return writer.bytes
    }

    init(stored: [UInt8]) throws(RecordingError) {
        var reader = RecordingReader(stored)
        guard try reader.uint64() == Self.format else { throw .invalid("a progress of another format") }
        self.init(ordinal: try reader.uint64(), since: try reader.int64())
        successCount = try reader.int64()
        errorCount = try reader.int64()
        errorsSinceLastSuccess = try reader.int64()
        skipped = try reader.int64()
        triggers = try reader.int64()
        ends = try reader.int64()
        newestOwn = try reader.int64()
        lastSuccess = try reader.optionalInt64()
        lastError = try reader.optionalInt64()
        cursors = try reader.array { reader throws(RecordingError) in
            Cursor(next: try reader.optionalInt64(), left: try reader.optionalInt64())
        }
        edges = try reader.array { reader throws(RecordingError) in
            Edge(parent: try reader.string(), seen: try reader.int64(), seenEnds: try reader.int64())
        }
    }
}

extension RecordingReader {
    mutating func optionalInt64() throws(RecordingError) -> Int64? { try optional { reader throws(RecordingError) in try reader.int64() } }
}
