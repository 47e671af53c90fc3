import ArgumentParser
import BatchServer
import FrameworkServer

struct BatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch", abstract: "Run batch, the scheduler of jobs (Chronos's API).",
        discussion: """
            Beside the options below, Chronos's flags are taken, with dashes as well
            (--failure-retry), or as variables (CHRONOS_FAILURE_RETRY).
            What of them has no effect here is taken, too; docs/compatibility.md says more.

            \(BatchSettings.flags.help)
            """)

    @OptionGroup var options: FrameworkOptions<BatchSettings>

    func run() async throws { try await options.run { try BatchServer($0, logger: $1) } }
}
