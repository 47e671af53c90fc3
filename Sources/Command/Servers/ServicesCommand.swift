import ArgumentParser
import FrameworkServer
import ServicesServer

struct ServicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services", abstract: "Run services, the scheduler of long-running apps (Marathon's API).",
        discussion: """
            Beside the options below, Marathon's flags are taken, with dashes as well
            (--max-running-deployments), or as variables (MARATHON_MAX_RUNNING_DEPLOYMENTS).
            What of them has no effect here is taken, too; docs/compatibility.md says more.

            \(ServicesSettings.flags.help)
            """)

    @OptionGroup var options: FrameworkOptions<ServicesSettings>

    func run() async throws { try await options.run { try ServicesServer($0, logger: $1) } }
}
