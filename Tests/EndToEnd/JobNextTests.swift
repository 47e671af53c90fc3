import Foundation
import Harness
import Testing

/// `agora job next` without a cluster, as docs/schedules.md shows it.
struct JobNextTests {
    @Test(
        arguments: [
            (
                ["--cron", "30 2 * * *", "--zone", "Europe/Berlin", "--from", "2026-03-27", "--count", "4"], 0,
                "2026-03-27T02:30:00.000+01:00  Fri\n2026-03-28T02:30:00.000+01:00  Sat\n2026-03-29T03:00:00.000+02:00  Sun\n2026-03-30T02:30:00.000+02:00  Mon\n"
            ),
            (
                ["--schedule", "R3/2026-01-31T06:00:00Z/P1M", "--from", "2026-01-01", "--json"], 0,
                #"["2026-01-31T06:00:00.000Z","2026-02-28T06:00:00.000Z","2026-03-31T06:00:00.000Z"]"# + "\n"
            ),
            (["--cron", "0 0 30 2 *"], 0, "It is never due after that.\n"),
            (["--cron", "0 0 32 * *"], 1, "agora: Expected a day of the month from 1 to 31 at offset 4.\n"),
            (["--cron", "@daily", "--zone", "Mars/Base"], 1, "agora: 'Mars/Base' is no time zone that this machine knows\n"),
            (["--cron", "@daily", "--from", "soon"], 1, "agora: Expected"),
            ([], 64, "Give a job's name, --cron or --schedule.")
        ] as [([String], Int32, String)])
    func `the coming times of a schedule are printed, and what is wrong with it is said`(
        arguments: [String], status: Int32, text: String
    ) async throws {
        let result = try await outcome(of: "agora", ["job", "next"] + arguments)
        #expect(result.status == status)
        #expect(result.output.contains(text), "\(result.output)")
    }
}
