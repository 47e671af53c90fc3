import ArgumentParser
import Foundation
import ServicesServer

struct ServicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "services", abstract: "Run services, the scheduler of long-running apps (Marathon's API).",
        discussion: "Flags have Marathon's names and defaults where it has them; docs/compatibility.md lists the differences.")

    @OptionGroup var server: ServerOptions

    @Option(help: ArgumentHelp("The masters, host:port, separated by commas.", valueName: "addresses"))
    var master = Environment.text("MASTER_ADDRESS", "127.0.0.1:5050")

    @Option(help: "The port to listen on.")
    var port = Environment.number("SERVICES_PORT", 8080)

    @Option(help: "Where state and recordings lie.")
    var workDir = Environment.text("WORK_DIR", "~/.agora/services")

    @Option(help: "How others call this machine; otherwise by its address.")
    var hostname: String?

    func run() async throws {
        let logger = server.logger("services")
        var settings = ServicesSettings()
        settings.master = master
        settings.ip = server.ip
        settings.port = port
        settings.workDir = Environment.path(workDir)
        settings.hostname = hostname ?? server.ip
        let services: ServicesServer
        do { services = try ServicesServer(settings, logger: logger) } catch { fail("\(error)") }
        try await server.run([services], logger)
    }
}
