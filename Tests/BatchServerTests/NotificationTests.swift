import Foundation
import FrameworkServer
import Glibc
import JSON
import Logging
import NIOHTTP1
import ServiceLifecycle
import Synchronization
import Testing
import Transport

@testable import BatchCore
@testable import BatchServer

/// What reaches a webhook, over a real connection.
struct NotificationTests {
    /// A web server that keeps what it is sent, and refuses as often as it is told.
    private final class Receiver: Responder {
        struct Request: Sendable {
            var path: String
            var authorization: String?
            var body: JSONValue
        }

        private let state = Mutex((requests: [Request](), refusals: 0))

        init(refusals: Int = 0) { state.withLock { $0.refusals = refusals } }

        var requests: [Request] { state.withLock { $0.requests } }

        func respond(to call: Call) async throws -> Reply {
            let body = try JSONValue(parsing: try await call.body.collect())
            let isRefused = state.withLock { state in
                state.requests.append(.init(path: call.path, authorization: call.headers.first(name: "Authorization"), body: body))
                state.refusals -= 1
                return state.refusals >= 0
            }
            return isRefused ? .text(.internalServerError, "not today") : .text(.ok, "ok")
        }

        func wait(for count: Int) async throws {
            for _ in 0..<1_500 where requests.count < count { try await Task.sleep(for: .milliseconds(10)) }
            #expect(requests.count == count)
        }
    }

    private static func with(
        _ receiver: Receiver, _ change: @Sendable @escaping (inout BatchSettings, String) -> Void,
        _ body: @Sendable @escaping (Fixture) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let web = HTTPService(.init(), responder: receiver, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: web)], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let url = "http://127.0.0.1:\(try await web.address().port)"
            var settings = BatchSettings()
            change(&settings, url)
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await Fixture.with(settings, body)) } catch { outcome = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try outcome.get()
        }
    }

    @Test func `webhooks and a callback hear of a job's end`() async throws {
        let receiver = Receiver()
        try await Self.with(receiver) { settings, url in
            settings.channels.slackURL = url + "/slack"
            settings.channels.mattermostURL = url + "/mattermost"
            settings.channels.callbackURL = url + "/callback"
            settings.channels.callbackCredentials = "user:secret"
            settings.clusterName = "west"
        } _: { fixture in
            let job = #"{"name":"j","command":"echo 1","schedule":"R0/2014-01-01T00:00:00Z/PT1H","owner":"a@x.org,b@x.org"}"#
            #expect(try await fixture.send(.POST, "/v1/scheduler/iso8601", job).status == .noContent)
            #expect(try await fixture.send(.DELETE, "/v1/scheduler/job/j").status == .noContent)
            try await receiver.wait(for: 4)
            let requests = receiver.requests.sorted { ($0.path, $0.body["to"]?.string ?? "") < ($1.path, $1.body["to"]?.string ?? "") }
            #expect(requests.map(\.path) == ["/callback", "/callback", "/mattermost", "/slack"])
            let subject = "[west] [Chronos] Your job 'j' was deleted!"
            #expect(requests.suffix(2).allSatisfy { $0.body["text"]?.string == subject && $0.authorization == nil })
            #expect(requests.prefix(2).map { $0.body["to"]?.string } == ["a@x.org", "b@x.org"])
            #expect(requests[0].authorization == "Basic dXNlcjpzZWNyZXQ=")
            #expect(
                String(decoding: requests[0].body.bytes, as: UTF8.self)
                    == #"{"subject":"\#(subject)","message":"","to":"a@x.org","job":"j","command":"echo 1","cpus":"0.1","mem":"128.0","softError":"false","#
                    + #""errorCount":"0","errorsSinceLastSuccess":"0","executor":"","executorFlags":"","lastError":"","lastSuccess":"","retries":"2","#
                    + #""successCount":"0","uris":""}"#)
            try await Self.wait(fixture, delivered: 4, waiting: 0)
        }
    }

    @Test func `what is refused is sent again`() async throws {
        let receiver = Receiver(refusals: 1)
        try await Self.with(receiver) { settings, url in
            settings.channels.slackURL = url
        } _: { fixture in
            try await fixture.create("j")
            #expect(try await fixture.send(.DELETE, "/v1/scheduler/job/j").status == .noContent)
            try await receiver.wait(for: 2)
            try await Self.wait(fixture, delivered: 1, waiting: 0)
            let counters = try await fixture.json("/metrics")["counters"]
            #expect(counters?["agora.batch.notifications_failed"]?["count"]?.integer == 1)
        }
    }

    private static func wait(_ fixture: Fixture, delivered: Int64, waiting: Int64) async throws {
        for _ in 0..<1_000 {
            let metrics = try await fixture.json("/metrics")
            if metrics["counters"]?["agora.batch.notifications_delivered"]?["count"]?.integer == delivered,
                metrics["gauges"]?["agora.batch.notifications_waiting"]?["value"]?.integer == waiting
            {
                return
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("not \(delivered) are delivered and \(waiting) waiting")
    }

    @Test func `a channel that is dead holds up no other`() async throws {
        let mute = try Mute()
        let receiver = Receiver()
        try await Self.with(receiver) { settings, url in
            settings.channels.slackURL = "http://127.0.0.1:\(mute.port)/"
            settings.channels.mattermostURL = url + "/mattermost"
        } _: { fixture in
            for number in 0..<12 {
                try await fixture.create("j\(number)")
                #expect(try await fixture.send(.DELETE, "/v1/scheduler/job/j\(number)").status == .noContent)
            }
            try await receiver.wait(for: 12)
            #expect(receiver.requests.allSatisfy { $0.path == "/mattermost" } && mute.isCalled)
            try await Self.wait(fixture, delivered: 12, waiting: 12)
        }
    }

    // MARK: Mail

    /// Takes connections, and never says a word.
    private final class Mute: Sendable {
        let port: UInt16
        private let descriptor: Int32

        init() throws {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let listens = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    bind(descriptor, address, size) == 0 && listen(descriptor, 64) == 0 && getsockname(descriptor, address, &size) == 0
                }
            }
            try #require(listens)
            self.descriptor = descriptor
            port = UInt16(bigEndian: address.sin_port)
        }

        deinit { close(descriptor) }

        /// Whether there is a connection.
        var isCalled: Bool {
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&event, 1, 0) == 1
        }
    }

    private static func message(_ subject: String, _ text: String = "") -> MailMessage {
        MailMessage(
            notice: .init(
                id: 7, channel: .mail, recipient: "o@x.org", job: "j", subject: subject, message: text, createdAt: 1_764_501_145_000, fields: []),
            sender: "agora@x.org", host: "here")
    }

    @Test func `a mail has seven bits, short lines and one sender, whatever a job is called`() {
        let text = String(
            decoding: Self.message("Jöb 'ä' " + String(repeating: "é", count: 100) + "\r\nBcc: x@x.org", "eins\n.\nzwei").bytes, as: UTF8.self)
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
        let lines = text.components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 78 && !$0.contains("\n") && !$0.hasPrefix("Bcc") && $0 != "." })
        #expect(lines.contains("Date: Sun, 30 Nov 2025 11:12:25 +0000") && lines.contains("Message-ID: <agora-7@here>"))
        #expect(lines.contains("From: agora@x.org") && lines.contains("To: o@x.org"))
        #expect(Base64.decode(Array((lines.dropLast().last ?? "").utf8)).map { String(decoding: $0, as: UTF8.self) } == "eins\n.\nzwei\n")
        #expect(String(decoding: Self.message("[Chronos] job 'j' failed!").bytes, as: UTF8.self).contains("Subject: [Chronos] job 'j' failed!\r\n"))
    }

    @Test func `curl's configuration is quoted`() {
        #expect(Curl.line("user", "a\"b\\c\nd:e") == "user = \"a\\\"b\\\\c\\nd:e\"\n")
    }

    @Test func `a mail server that isn't there is a failure with a reason`() async {
        let error = await #expect(throws: Curl.Failure.self) {
            try await Curl().run(
                configuration: Curl.line("url", "smtp://127.0.0.1:1") + "mail-rcpt = \"a@x.org\"\n", input: Array("x\r\n".utf8), seconds: 10)
        }
        #expect(error?.description.hasPrefix("(7) Failed to connect to 127.0.0.1 port 1") == true, "\(error?.description ?? "")")
    }

    @Test func `a mail that is under way ends with whoever waits for it`() async throws {
        let mute = try Mute()
        let mail = Task {
            try await Curl().run(
                configuration: Curl.line("url", "smtp://127.0.0.1:\(mute.port)") + "mail-rcpt = \"a@x.org\"\n", input: Array("x\r\n".utf8),
                seconds: 60)
        }
        for _ in 0..<1_500 where !mute.isCalled { try await Task.sleep(for: .milliseconds(10)) }
        #expect(mute.isCalled)
        mail.cancel()
        let error = await #expect(throws: Curl.Failure.self) { try await mail.value }
        #expect(error?.description == "curl ended with status 9")
    }

    @Test(arguments: [
        (["--mail_server", "x:25"], "--mail_server needs --mail_from, the sender's address"),
        (["--mail_server", "x:y", "--mail_from", "a@x"], "--mail_server must be host:port, not 'x:y'"),
        (["--mail_server", "x", "--mail_from", "a b"], "--mail_from must be an address, not 'a b'"),
        (["--mail_server", "x", "--mail_from", "a@b", "--mail_password", "p"], "--mail_password needs --mail_user"),
        (["--slack_url", "ftp://x"], "--slack_url must be an http or https URL"),
        (["--http_notification_credentials", "x"], "--http_notification_credentials must be user:password")
    ])
    func `settings that can't work are refused at once`(_ arguments: [String], _ text: String) throws {
        var settings = BatchSettings()
        try BatchSettings.flags.apply(arguments, to: &settings)
        #expect(settings.problem == text)
    }
}
