import BatchCore
import Glibc
import JSON

/// A notice as a mail (RFC 5322), in 7 bits.
struct MailMessage: Sendable {
    let notice: Notice
    let sender: String
    /// Part of the message's id.
    let host: String

    /// Each line ends with CRLF.
    var bytes: [UInt8] {
        let lines =
            [
                "From: \(sender)", "To: \(notice.recipient)", "Subject: \(Self.encoded(notice.subject))", "Date: \(date)",
                // The same however often it is sent.
                "Message-ID: <agora-\(notice.id)@\(Self.isAddress(host) ? host : "localhost")>", "MIME-Version: 1.0",
                "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "Auto-Submitted: auto-generated", ""
            ] + Self.base64Lines(notice.message.isEmpty ? "\(notice.subject)\n" : "\(notice.message)\n", length: 76)
        return Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
    }

    /// Whether a text can stand for an address, without ending a line or a word early.
    static func isAddress(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"<>\"\\(),;:".utf8.contains($0) }
    }

    private static func base64Lines(_ text: String, length: Int) -> [String] {
        let code = Array(Base64.encode(Array(text.utf8)).utf8)
        return stride(from: 0, to: code.count, by: length).map { String(decoding: code[$0..<min($0 + length, code.count)], as: UTF8.self) }
    }

    /// A header's text: as it is, or in words of RFC 2047, each of which begins and ends with a character.
    static func encoded(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } && text.utf8.count < 900 && !text.contains("=?")
        if isPlain { return text }
        var words: [String] = []
        var word: [UInt8] = []
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if word.count + bytes.count > 39 {
                words.append("=?UTF-8?B?\(Base64.encode(word))?=")
                word = []
            }
            word += bytes
        }
        words.append("=?UTF-8?B?\(Base64.encode(word))?=")
        return words.joined(separator: "\r\n ")
    }

    /// `Mon, 30 Nov 2026 11:12:25 +0000`
    private var date: String {
        var seconds = time_t(notice.createdAt / 1_000)
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "Thu, 01 Jan 1970 00:00:00 +0000" }
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(days[Int(parts.tm_wday) % 7]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon) % 12]) \(parts.tm_year + 1900) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) +0000"
    }
}
