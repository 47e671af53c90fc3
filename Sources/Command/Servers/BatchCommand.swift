import ArgumentParser
import BatchServer
import Foundation
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

    @OptionGroup var server: ServerOptions

    @Option(help: ArgumentHelp("The masters, host:port, separated by commas. (default: 127.0.0.1:5050)", valueName: "addresses"))
    var master: String?

    @Option(help: "The port to listen on. (default: 4400)")
    var port: Int?

    @Option(name: Spelling.mesos("work_dir"), help: "Where state and recordings lie.")
    var workDir = Environment.text("WORK_DIR", "~/.agora/batch")

    @Option(help: "How others call this machine; otherwise by its address.")
    var hostname: String?

    /// Chronos's flags, which are many.
    @Argument(parsing: .allUnrecognized, help: .hidden)
    var flags: [String] = []

    func validate() throws {
        var settings = BatchSettings()
        do { try BatchSettings.flags.apply(flags, to: &settings) } catch { throw ValidationError(error.description) }
    }

    func run() async throws {
        let logger = server.logger("batch")
        let batch: BatchServer
        do { batch = try BatchServer(try settings(), logger: logger) } catch { fail("\(error)") }
        try await server.run([batch], logger)
    }

    /// A flag stands above Chronos's variable of its name, and that above Agora's.
    private func settings() throws -> BatchSettings {
        let environment = ProcessInfo.processInfo.environment
        var settings = BatchSettings()
        settings.master = Environment.text("MASTER_ADDRESS", settings.master)
        settings.port = Environment.number("BATCH_PORT", settings.port)
        settings.ip = server.ip
        settings.workDir = Environment.path(workDir)
        try BatchSettings.flags.apply(environment: environment, to: &settings)
        // Given by a flag, not by a default.
        if server.ip != Environment.text("IP", "127.0.0.1") { settings.ip = server.ip }
        if let master = master ?? environment["CHRONOS_MASTER"] { settings.master = master }
        if let port { settings.port = port }
        try BatchSettings.flags.apply(flags, to: &settings)
        settings.hostname = hostname ?? environment["CHRONOS_HOSTNAME"] ?? settings.ip
        return settings
    }
}
