import FrameworkCore

/// The id of a task, from which its run can be told: `ct:<due>:<attempt>:<job>:<arguments>`. Specified by Chronos 3.0 (docs, "Task ids").
package struct TaskName: Hashable, Sendable {
    package let due: Int64
    package let attempt: Int
    package let job: String
    package let arguments: String

    /// Bytes that Mesos takes for an id.
    private static let limit = 255

    init(due: Int64, attempt: Int, job: String, arguments: String) {
        self.due = due
        self.attempt = attempt
        self.job = job
        self.arguments = arguments
    }

    /// - Returns: nil if this is no such id.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 4, parts[0] == "ct", let due = Int64(parts[1]), let attempt = Int(parts[2]), !parts[3].isEmpty else { return nil }
        self.init(due: due, attempt: attempt, job: parts[3], arguments: parts.count > 4 ? parts[4] : "")
    }

    /// The arguments are there for people: what an id can't hold is left out of them.
    var text: String {
        let start = "ct:\(due):\(attempt):\(job):"
        var bytes = Array(start.utf8)
        for byte in arguments.utf8 where bytes.count < Self.limit && byte > 0x20 - 1 && byte < 0x7f && !";/\\".utf8.contains(byte) {
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
