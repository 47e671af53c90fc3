import Foundation
import Harness
import Testing

/// Standard input and output that are full, closed or gone.
struct StreamTests {
    @Test(
        arguments: [
            ("job next --cron @daily > /dev/full", 1, "agora: can't write: No space left on device\n"),
            ("job next --cron @daily >&-", 1, "agora: can't write: Bad file descriptor\n"),
            ("job validate - <&-", 1, "agora: can't read standard input: Bad file descriptor\n"),
            ("job validate - </", 1, "agora: can't read standard input: Is a directory\n"),
            ("nonsense 2>&-", 64, ""),
            ("job next --cron '* * * * *' --count 10000 | head -c 4; exit ${PIPESTATUS[0]}", 141, "20")
        ] as [(String, Int32, String)])
    func `what can't be read or written is said in a line, and a reader that goes ends the program quietly`(
        command: String, status: Int32, text: String
    ) async throws {
        let result = try await outcome(of: "/bin/bash", ["-c", "'\(ServerProcess.programs)/agora' \(command)"])
        #expect(result.status == status && result.output.hasPrefix(text), "\(result)")
        #expect(result.output.split(separator: "\n").count <= 1, "\(result.output)")
    }
}
