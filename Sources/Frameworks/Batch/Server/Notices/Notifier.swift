import BatchCore
import FrameworkCore
import JSON
import Logging
import NIOHTTP1
import Transport

/// Sends notices, of each channel a few at a time, so that one that is dead holds up no other, and reports what became of each. What, to whom and how
/// often is the core's business.
final class Notifier: Sendable {
    private let channels: Channels
    private let host: String
    private let logger: Logger
    private let report: @Sendable (UInt64, String?) async -> Void
    /// One for each channel.
    private let queues: [AsyncStream<Notice>]
    private let feeds: [Notice.Channel: AsyncStream<Notice>.Continuation]

    /// Notices of one channel that are under way at a time.
    private static let concurrency = 4
    /// Seconds for one of them.
    private static let patience = 30

    /// - Parameters:
    ///   - host: this machine's name, for the ids of mails.
    ///   - report: hands to the core what became of a notice: nil, or why it wasn't delivered.
    init(_ channels: Channels, host: String, logger: Logger, report: @escaping @Sendable (UInt64, String?) async -> Void) {
        self.channels = channels
        self.host = host
        self.report = report
        self.logger = logger
        // The core has a bounded number of notices, each under way once.
        var queues: [AsyncStream<Notice>] = []
        var feeds: [Notice.Channel: AsyncStream<Notice>.Continuation] = [:]
        for channel in Notice.Channel.allCases {
            let (queue, feed) = AsyncStream.makeStream(of: Notice.self)
            queues.append(queue)
            feeds[channel] = feed
        }
        self.queues = queues
        self.feeds = feeds
    }

    func send(_ notice: Notice) { feeds[notice.channel]?.yield(notice) }

    /// Works until the task is cancelled; what is under way then is sent by the next process.
    func run() async throws {
        // All channels may be at one host.
        let caller = HTTPCaller(logger: logger, connections: Self.concurrency * queues.count)
        await withTaskGroup(of: Void.self) { group in
            for queue in queues { group.addTask { await self.deliver(queue, caller) } }
        }
        try? await caller.shutdown()
        try Task.checkCancellation()
    }

    private func deliver(_ queue: AsyncStream<Notice>, _ caller: HTTPCaller) async {
        await withTaskGroup(of: Void.self) { group in
            var count = 0
            for await notice in queue {
                if count >= Self.concurrency {
                    await group.next()
                    count -= 1
                }
                count += 1
                group.addTask { await self.deliver(notice, caller) }
            }
            group.cancelAll()
        }
    }

    private func deliver(_ notice: Notice, _ caller: HTTPCaller) async {
        let failure: String?
        do {
            try await attempt(notice, caller)
            failure = nil
        } catch {
            failure = "\(error)"
        }
        if failure == nil || !Task.isCancelled { await report(notice.id, failure) }
    }

    private func attempt(_ notice: Notice, _ caller: HTTPCaller) async throws {
        switch notice.channel {
        case .mail: try await mail(notice)
        case .slack: try await post(Self.text(notice), to: channels.slackURL, caller)
        case .mattermost: try await post(Self.text(notice), to: channels.mattermostURL, caller)
        case .http: try await post(Self.fields(notice), to: channels.callbackURL, caller, credentials: channels.callbackCredentials)
        }
    }

    // MARK: Mail

    private func mail(_ notice: Notice) async throws {
        guard let server = channels.mailServer else { throw Problem.notConfigured }
        var options = Curl.line("url", (channels.isMailSecure ? "smtps://" : "smtp://") + server)
        options += Curl.line("mail-from", channels.mailFrom) + Curl.line("mail-rcpt", notice.recipient)
        if let user = channels.mailUser {
            options += Curl.line("user", "\(user):\(channels.mailPassword ?? "")")
            // A password goes over an open line only where the server has no other.
            if !channels.isMailSecure { options += "ssl\n" }
        }
        let message = MailMessage(notice: notice, sender: channels.mailFrom, host: host)
        try await Curl().run(configuration: options, input: message.bytes, seconds: Self.patience)
    }

    // MARK: Webhooks

    private func post(_ body: [UInt8], to url: String?, _ caller: HTTPCaller, credentials: String? = nil) async throws {
        guard let url else { throw Problem.notConfigured }
        var headers: HTTPHeaders = ["Content-Type": "application/json", "User-Agent": "agora"]
        if let credentials { headers.add(name: "Authorization", value: "Basic " + Base64.encode(Array(credentials.utf8))) }
        let answer = try await caller.send(
            .init(.POST, url, headers: headers, body: body, deadline: .seconds(Self.patience), limit: 1 << 20))
        guard (200..<300).contains(answer.status.code) else { throw Problem.refused(answer.status, String(answer.text.prefix(200))) }
    }

    /// As Slack and Mattermost take it.
    static func text(_ notice: Notice) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("text", notice.message.isEmpty ? notice.subject : "\(notice.subject): \(notice.message)")
        writer.endObject()
        return writer.bytes
    }

    static func fields(_ notice: Notice) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("subject", notice.subject)
        writer.member("message", notice.message)
        writer.member("to", notice.recipient)
        for field in notice.fields {
            writer.key(field.name)
            writer.string(field.value)
        }
        writer.endObject()
        return writer.bytes
    }

    private enum Problem: Error, CustomStringConvertible {
        /// The flag that it was made under is not given any more.
        case notConfigured
        case refused(HTTPResponseStatus, String)

        var description: String {
            switch self {
            case .notConfigured: "there is no such way to people any more"
            case .refused(let status, let text): "the answer was \(status.code) \(status.reasonPhrase)\(text.isEmpty ? "" : ": \(text)")"
            }
        }
    }
}
