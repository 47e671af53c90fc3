import ArgumentParser
import Foundation
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

    @OptionGroup var server: ServerOptions

    @Option(help: ArgumentHelp("The masters, host:port, separated by commas. (default: 127.0.0.1:5050)", valueName: "addresses"))
    var master: String?

    @Option(help: "The port to listen on. (default: 8080)")
    var port: Int?

    @Option(name: Spelling.mesos("work_dir"), help: "Where state and recordings lie.")
    var workDir = Environment.text("WORK_DIR", "~/.agora/services")

    @Option(help: "How others call this machine; otherwise by its address.")
    var hostname: String?

    /// Marathon's flags, which are many, and have aliases that the help needn't list.
    @Argument(parsing: .allUnrecognized, help: .hidden)
    var flags: [String] = []

    func validate() throws {
        var settings = ServicesSettings()
        do { try ServicesSettings.flags.apply(flags, to: &settings) } catch { throw ValidationError(error.description) }
    }

    func run() async throws {
        let logger = server.logger("services")
        let services: ServicesServer
        do { services = try ServicesServer(try settings(), logger: logger) } catch { fail("\(error)") }
        try await server.run([services], logger)
    }

    /// A flag stands above Marathon's variable of its name, and that above Agora's.
    private func settings() throws -> ServicesSettings {
        let environment = ProcessInfo.processInfo.environment
        var settings = ServicesSettings()
        settings.master = Environment.text("MASTER_ADDRESS", settings.master)
        settings.port = Environment.number("SERVICES_PORT", settings.port)
        settings.ip = server.ip
        settings.workDir = Environment.path(workDir)
        try ServicesSettings.flags.apply(environment: environment, to: &settings)
        // Given by a flag, not by a default.
        if server.ip != Environment.text("IP", "127.0.0.1") { settings.ip = server.ip }
        if let master = master ?? environment["MARATHON_MASTER"] { settings.master = master }
        if let port { settings.port = port }
        try ServicesSettings.flags.apply(flags, to: &settings)
        settings.hostname = hostname ?? environment["MARATHON_HOSTNAME"] ?? settings.ip
        return settings
    }
}
