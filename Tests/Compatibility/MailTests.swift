import Foundation
import Harness
import JSON
import NIOHTTP1
import Testing
import Transport

/// Notifications by mail, with a mail server that speaks all of SMTP (aiosmtpd, as PyPI has it).
@Suite(.serialized)
struct MailTests {
    @Test func `each owner of a job gets its mail, after a password, and after a refusal`() async throws {
        try await Cluster.empty { cluster in
            let password = #"a "b\ c"#
            try Clients.start("smtp.py", as: "smtp", on: cluster, [cluster.ip, "2525", "user", password])
            let server = try cluster.process("smtp")
            try await eventually("the mail server listens") { server.output.contains("ready") }
            let file = cluster.folder + "/password"
            try (password + "\n").write(toFile: file, atomically: true, encoding: .utf8)
            try cluster.startBatch(flags: [
                "--mail_server", "\(cluster.ip):2525", "--mail_from", "agora@example.org", "--mail_user", "user", "--mail_password_file", file,
                "--cluster_name", "wést"
            ])
            try await eventually("batch answers") { try await cluster.call(.GET, "\(cluster.batch)/ping").status == .ok }
            let job = #"{"name":"j","command":"x","schedule":"R0/2026-01-01T00:00:00Z/PT1H","owner":"one@example.org, two@example.org"}"#
            #expect(try await cluster.call(.POST, "\(cluster.batch)/v1/scheduler/iso8601", job).status == .noContent)
            #expect(try await cluster.call(.DELETE, "\(cluster.batch)/v1/scheduler/job/j").status == .noContent)
            let subject = "[wést] [Chronos] Your job 'j' was deleted!"
            let expected = ["one", "two"].map { name in
                #"mail: agora@example.org ['\#(name)@example.org'] agora@example.org \#(name)@example.org "\#(subject)" True True "\#(subject)\n""#
            }
            try await eventually("both have their mail") {
                server.output.split(separator: "\n").filter { $0.hasPrefix("mail: ") }.map(String.init).sorted() == expected
            }
            #expect(server.output.contains("refused: ["))
            try await eventually("nothing waits") {
                try await cluster.get("\(cluster.batch)/metrics")["gauges"]?["agora.batch.notifications_waiting"]?["value"]?.integer == 0
            }
            #expect(try await cluster.get("\(cluster.batch)/metrics")["counters"]?["agora.batch.notifications_failed"]?["count"]?.integer == 1)
        }
    }

    @Test func `a mail that was not taken is sent by the next process`() async throws {
        try await Cluster.empty { cluster in
            let flags = ["--mail_server", "\(cluster.ip):2525", "--mail_from", "agora@example.org", "--mail_user", "u", "--mail_password", "p"]
            try cluster.startBatch(flags: flags)
            try await eventually("batch answers") { try await cluster.call(.GET, "\(cluster.batch)/ping").status == .ok }
            let job = #"{"name":"j","command":"x","schedule":"R0/2026-01-01T00:00:00Z/PT1H","owner":"one@example.org"}"#
            #expect(try await cluster.call(.POST, "\(cluster.batch)/v1/scheduler/iso8601", job).status == .noContent)
            #expect(try await cluster.call(.DELETE, "\(cluster.batch)/v1/scheduler/job/j").status == .noContent)
            try await cluster.crash("batch")
            try Clients.start("smtp.py", as: "smtp", on: cluster, [cluster.ip, "2525", "u", "p"])
            let server = try cluster.process("smtp")
            try await eventually("the mail server listens") { server.output.contains("ready") }
            try cluster.startBatch(flags: flags)
            try await eventually("the mail is there") { server.output.contains("mail: agora@example.org ['one@example.org']") }
        }
    }
}
