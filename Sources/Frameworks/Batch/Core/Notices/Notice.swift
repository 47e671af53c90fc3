package import Machine

/// Something that people are told of a job, by one channel. It is stored with what caused it until it is delivered, or too old.
package struct Notice: Hashable, Sendable {
    package enum Channel: Int, Hashable, Sendable, CaseIterable {
        case mail, slack, mattermost, http
    }

    /// Why somebody is told. Specified by Chronos 3.0 docs/configuration.md ("Notifications") but for the last two, which are ours.
    enum Cause: Hashable, Sendable {
        case removed
        /// It is disabled: no recurrences are left.
        case exhausted
        /// It is disabled: it failed too often.
        case failedTooOften
        /// A run has failed, and has no attempts left.
        case failed
        /// A run ended well after so many in a row that had failed.
        case recovered(failures: Int64)
        /// A run was not made, or could not begin in time; what there is to say about it.
        case missed(String)

        var kind: Kind {
            switch self {
            case .removed: .removed
            case .exhausted, .failedTooOften: .disabled
            case .failed: .failed
            case .recovered: .recovered
            case .missed: .missed
            }
        }
    }

    /// What a job may ask for.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case removed = "REMOVED"
        case disabled = "DISABLED"
        case failed = "FAILED"
        case recovered = "RECOVERED"
        case missed = "MISSED"

        /// Of a job that doesn't say.
        package static let standard: [Kind] = [.removed, .disabled, .failed, .recovered]
    }

    package struct Field: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Never the same twice.
    package let id: UInt64
    package let channel: Channel
    /// The address; empty: whoever the channel reaches.
    package let recipient: String
    package let job: String
    package let subject: String
    package let message: String
    /// Milliseconds since 1970.
    package let createdAt: Int64
    /// What a callback is told of the job, in order.
    package let fields: [Field]
}

extension Notice {
    private static let format: UInt64 = 1

    var stored: [UInt8] {
        var writer = RecordingWriter()
        writer.put(Self.format)
        writer.put(id)
        writer.put(channel.rawValue)
        for text in [recipient, job, subject, message] { writer.put(text) }
        writer.put(createdAt)
        writer.put(fields) {
            $0.put($1.name)
            $0.put($1.value)
        }
        return writer.bytes
    }

    init(stored: [UInt8]) throws(RecordingError) {
        var reader = RecordingReader(stored)
        guard try reader.uint64() == Self.format else { throw .invalid("a notice of another format") }
        id = try reader.uint64()
        guard let channel = Channel(rawValue: try reader.int()) else { throw .invalid("channel of a notice") }
        self.channel = channel
        recipient = try reader.string()
        job = try reader.string()
        subject = try reader.string()
        message = try reader.string()
        createdAt = try reader.int64()
        fields = try reader.array { reader throws(RecordingError) in Field(name: try reader.string(), value: try reader.string()) }
    }
}

/// Which ways to people there are, and for how long each notice is tried.
package struct NoticeRules: Hashable, Sendable {
    /// In the order in which they are used.
    package var channels: [Notice.Channel] = []
    /// What people call the cluster, in subjects.
    package var clusterName: String?
    /// Milliseconds after which a notice that can't be delivered is given up.
    package var age: Int64 = 3_600_000

    package init() {}
}

extension NoticeRules: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(channels) { $0.put($1.rawValue) }
        writer.put(clusterName)
        writer.put(age)
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        self.init()
        channels = try reader.array { reader throws(RecordingError) in
            guard let channel = Notice.Channel(rawValue: try reader.int()) else { throw .invalid("channel") }
            return channel
        }
        clusterName = try reader.optionalString()
        age = try reader.int64()
    }
}
