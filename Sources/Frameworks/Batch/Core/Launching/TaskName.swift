import FrameworkCore

/// The id of a task, from which its run can be told: `ct:<due>:<attempt>:<job>:<arguments>`, specified by Chronos 3.0 (docs, "Task ids"). Where the
/// run has several indices, the arguments begin with this one's: `ct:<due>:<attempt>:<job>:i<index>:<arguments>`.
package struct TaskName: Hashable, Sendable {
    package let due: Int64
    package let attempt: Int
    package let job: String
    /// nil: its run has one task alone.
    package let index: Int?
    package let arguments: String

    /// Bytes that Mesos takes for an id.
    private static let limit = 255

    init(due: Int64, attempt: Int, job: String, index: Int? = nil, arguments: String) {
        self.due = due
        self.attempt = attempt
        self.job = job
        self.index = index
        self.arguments = arguments
    }

    /// - Returns: nil if this is no such id.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 4, parts[0] == "ct", let due = Int64(parts[1]), let attempt = Int(parts[2]), !parts[3].isEmpty else { return nil }
        let rest = parts.count > 4 ? parts[4] : ""
        let words = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if words.count == 2, words[0].first == "i", let index = Int(words[0].dropFirst()), index >= 0 {
            self.init(due: due, attempt: attempt, job: parts[3], index: index, arguments: String(words[1]))
        } else {
            self.init(due: due, attempt: attempt, job: parts[3], arguments: rest)
        }
    }

    /// The arguments are there for people: what an id can't hold is left out of them.
    var text: String {
        let start = "ct:\(due):\(attempt):\(job):" + (index.map { "i\($0):" } ?? "")
        var bytes = Array(start.utf8)
        for byte in arguments.utf8 where bytes.count < Self.limit && byte > 0x20 - 1 && byte < 0x7f && !";/\\".utf8.contains(byte) {
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
