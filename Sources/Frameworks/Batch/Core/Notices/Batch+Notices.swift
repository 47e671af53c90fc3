import FrameworkCore
import Machine

/// A notice that has not been delivered yet.
struct Pending: Hashable, Sendable {
    let notice: Notice
    /// Deliveries that have failed since the process began.
    var failures = 0
    /// The shell is at it.
    var isUnderWay = true
}

/// Whom to tell what, and when to try again. The shell only sends.
extension Batch {
    /// Notices of one channel that may wait; further ones are given up at once, so that a channel that is dead takes no room from the others.
    static let mostNoticesOfChannel = 1_000
    static let mostNotices = mostNoticesOfChannel * Notice.Channel.allCases.count
    /// Addresses of one job that are told.
    private static let mostRecipients = 10
    /// Milliseconds before a second try; each further pause is twice as long, up to `longestPause`.
    private static let firstPause: Int64 = 5_000
    private static let longestPause: Int64 = 600_000

    mutating func notify(_ cause: Notice.Cause, of job: Handle<Job>) {
        let definition = jobs[job].definition
        guard !configuration.notices.channels.isEmpty, definition.extras.notifyOn.contains(cause.kind) else { return }
        let (subject, message) = (noticeSubject(of: cause, definition.name), noticeMessage(of: cause, job))
        let owners = Self.addresses(in: definition.owner)
        for channel in configuration.notices.channels {
            switch channel {
            case .mail: for owner in owners { add(channel, to: owner, job, subject, message) }
            // Without an owner, whoever listens there is told all the same.
            case .http: for owner in owners.isEmpty ? [""] : owners { add(channel, to: owner, job, subject, message) }
            case .slack, .mattermost: add(channel, to: "", job, subject, message)
            }
        }
    }

    private mutating func add(_ channel: Notice.Channel, to recipient: String, _ job: Handle<Job>, _ subject: String, _ message: String) {
        let notice = Notice(
            id: takeEventID(), channel: channel, recipient: recipient, job: jobs[job].name, subject: subject, message: message, createdAt: wall,
            fields: channel == .http ? noticeFields(of: job) : [])
        guard notices.count(where: { $0.notice.channel == channel }) < Self.mostNoticesOfChannel else {
            counters.noticesGivenUp += 1
            output.effects.append(.giveUp(notice, reason: "\(Self.mostNoticesOfChannel) others wait"))
            return
        }
        put("notices", "\(notice.id)", notice.stored)
        notices.append(Pending(notice: notice))
        output.effects.append(.notify(notice))
    }

    /// What of a job's `owner` may be an address. Whatever else stands there must not reach a mail server's protocol.
    static func addresses(in owner: String) -> [String] {
        var addresses: [String] = []
        for part in owner.split(separator: ",") {
            let address = part.trimmingPrefix { $0 == " " }.reversed().trimmingPrefix { $0 == " " }.reversed()
            let text = String(address)
            let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"<>\"\\()".utf8.contains($0) }
            if !text.isEmpty, isPlain, text.utf8.count <= 254, !addresses.contains(text) { addresses.append(text) }
        }
        return Array(addresses.prefix(mostRecipients))
    }

    /// What an earlier process has not delivered, or not heard that it did, is sent again.
    mutating func recoverNotices(_ entries: [StoredEntry]) {
        for entry in entries {
            do throws(RecordingError) {
                let notice = try Notice(stored: entry.value)
                guard "\(notice.id)" == entry.key else { throw .invalid("key of a notice") }
                notices.append(Pending(notice: notice))
            } catch {
                quarantine(table: "notices", key: entry.key, "\(error)")
            }
        }
        notices.sort { $0.notice.id < $1.notice.id }
        for pending in notices { output.effects.append(.notify(pending.notice)) }
    }

    /// The shell has delivered a notice, or has not.
    mutating func notified(_ id: UInt64, failure: String?) {
        guard let index = notices.firstIndex(where: { $0.notice.id == id }) else { return }
        guard let failure else {
            counters.noticesDelivered += 1
            return forgetNotice(at: index)
        }
        notices[index].isUnderWay = false
        notices[index].failures += 1
        counters.noticesFailed += 1
        let pause = Self.pause(after: notices[index].failures)
        let age = wall.saturatingAdd(-notices[index].notice.createdAt)
        if age.saturatingAdd(pause) > configuration.notices.age {
            counters.noticesGivenUp += 1
            output.effects.append(.giveUp(notices[index].notice, reason: failure))
            return forgetNotice(at: index)
        }
        timers.set(.notice(id), at: now.monotonic.saturatingAdd(pause.saturatingMultiply(.millisecond)))
    }

    private static func pause(after failures: Int) -> Int64 { min(longestPause, firstPause << min(failures - 1, 20)) }

    mutating func noticeIsDue(_ id: UInt64) {
        guard let index = notices.firstIndex(where: { $0.notice.id == id }), !notices[index].isUnderWay else { return }
        notices[index].isUnderWay = true
        output.effects.append(.notify(notices[index].notice))
    }

    private mutating func forgetNotice(at index: Int) {
        remove("notices", "\(notices[index].notice.id)")
        notices.remove(at: index)
    }
}
