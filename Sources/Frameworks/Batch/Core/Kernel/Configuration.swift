package import FrameworkCore
package import Machine

/// What of the flags decides anything. Defaults are those of Chronos 3.0 docs/configuration.md.
package struct Configuration: Hashable, Sendable {
    package var identity = FrameworkIdentity(name: "chronos")
    package var defaults = JobDefinition.Defaults()
    /// `--failure_retry`, in milliseconds.
    package var retryDelay: Int64 = 60_000
    /// Failures in a row after which a job is disabled; 0: never.
    package var disableAfterFailures: Int64 = 0
    /// Seconds for which declined offers are not wanted back; whatever becomes launchable asks for all of them at once.
    package var declineSeconds: Double = 120
    /// How many ended runs of a job are kept, and for how long, in milliseconds.
    package var history = 20
    package var historyAge: Int64 = 30 * 86_400_000
    /// Nanoseconds, as all times from here on.
    package var reconciliationInterval: Int64 = 600 * .second
    package var killRetryTimeout: Int64 = 30 * .second
    /// A launch of which nothing was heard for so long is given up.
    package var launchConfirmTimeout: Int64 = 900 * .second
    /// A task of which the master knows nothing is given up after so long: agents have ten minutes to come back.
    package var unknownTimeout: Int64 = 600 * .second
    /// How long the answers to a reconciliation are waited for before anything is launched.
    package var reconciliationPatience: Int64 = 5 * .second
    /// A run that has waited for so long without fitting anywhere gets an agent kept free for it.
    package var reserveAfter: Int64 = 30 * .second
    package var notices = NoticeRules()

    package init() {}
}

extension Configuration: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(identity)
        for number in [defaults.cpus, defaults.mem, defaults.disk, declineSeconds] { writer.put(number.bitPattern) }
        writer.put(defaults.user)
        writer.put(history)
        let times = [
            retryDelay, disableAfterFailures, historyAge, reconciliationInterval, killRetryTimeout, launchConfirmTimeout, unknownTimeout,
            reconciliationPatience,
            reserveAfter
        ]
        for time in times { writer.put(time) }
        writer.put(notices)
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        self.init()
        identity = try FrameworkIdentity(from: &reader)
        defaults.cpus = Double(bitPattern: try reader.uint64())
        defaults.mem = Double(bitPattern: try reader.uint64())
        defaults.disk = Double(bitPattern: try reader.uint64())
        declineSeconds = Double(bitPattern: try reader.uint64())
        defaults.user = try reader.string()
        history = try reader.int()
        retryDelay = try reader.int64()
        disableAfterFailures = try reader.int64()
        historyAge = try reader.int64()
        reconciliationInterval = try reader.int64()
        killRetryTimeout = try reader.int64()
        launchConfirmTimeout = try reader.int64()
        unknownTimeout = try reader.int64()
        reconciliationPatience = try reader.int64()
        reserveAfter = try reader.int64()
        notices = try NoticeRules(from: &reader)
    }
}
