import ArgumentParser
import Foundation
import FrameworkServer
import Logging
import ServiceLifecycle

/// What every scheduler of ours takes, beside its flags that are called as the original's.
struct FrameworkOptions<Settings: FrameworkServerSettings>: ParsableArguments {
    @OptionGroup var server: ServerOptions

    @Option(help: ArgumentHelp("The masters, host:port, separated by commas. (default: 127.0.0.1:5050)", valueName: "addresses"))
    var master: String?

    @Option(help: "The port to listen on. (default: \(Settings().framework.port))")
    var port: Int?

    @Option(name: Spelling.mesos("work_dir"), help: "Where state and recordings lie.")
    var workDir = Environment.text("WORK_DIR", "~/.agora/\(Settings.name)")

    @Option(help: "How others call this machine; otherwise by its address.")
    var hostname: String?

    /// The original's flags, which are many, and may have aliases that the help needn't list.
    @Argument(parsing: .allUnrecognized, help: .hidden)
    var flags: [String] = []

    func validate() throws {
        var settings = Settings()
        do { try Settings.flags.apply(flags, to: &settings) } catch { throw ValidationError(error.description) }
    }

    /// Runs the server until a signal comes, or the parent is gone.
    func run(_ make: (Settings, Logger) throws -> any Service) async throws {
        let logger = server.logger(Settings.name)
        let service: any Service
        do { service = try make(try settings(), logger) } catch { fail("\(error)") }
        try await server.run([service], logger)
    }

    /// A flag stands above the original's variable of its name, and that above Agora's.
    private func settings() throws -> Settings {
        let environment = ProcessInfo.processInfo.environment
        func original(_ name: String) -> String? { environment[Settings.flags.prefix + name] }
        var settings = Settings()
        settings.framework.master = Environment.text("MASTER_ADDRESS", settings.framework.master)
        settings.framework.port = Environment.number("\(Settings.name.uppercased())_PORT", settings.framework.port)
        settings.framework.ip = server.ip
        settings.framework.workDir = Environment.path(workDir)
        try Settings.flags.apply(environment: environment, to: &settings)
        // Given by a flag, not by a default.
        if server.ip != Environment.text("IP", "127.0.0.1") { settings.framework.ip = server.ip }
        if let master = master ?? original("MASTER") { settings.framework.master = master }
        if let port { settings.framework.port = port }
        try Settings.flags.apply(flags, to: &settings)
        settings.framework.hostname = hostname ?? original("HOSTNAME") ?? settings.framework.ip
        return settings
    }
}
