import ArgumentParser
import Foundation
import MasterServer

struct MasterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "master", abstract: "Run a master.",
        discussion: "Flags have the names and defaults of Mesos's master where it has them; docs/compatibility.md lists the differences.")

    @OptionGroup var server: ServerOptions

    @Option(help: "The port to listen on.")
    var port = Environment.number("MASTER_PORT", 5050)

    @Option(help: "Where state and recordings lie.")
    var workDir = Environment.text("WORK_DIR", "~/.agora/master")

    @Option(help: "How others call this machine; otherwise by its address.")
    var hostname: String?

    @Option(help: "A name for the cluster, shown by /state.")
    var cluster: String?

    @Flag(help: "Keep nothing across restarts.")
    var inMemory = false

    func run() async throws {
        let logger = server.logger("master")
        var settings = MasterSettings()
        settings.ip = server.ip
        settings.port = port
        settings.workFolder = Environment.path(workDir)
        settings.hostname = hostname
        settings.cluster = cluster
        settings.isInMemory = inMemory
        let master: MasterServer
        do { master = try MasterServer(settings: settings, logger: logger) } catch { fail("\(error)") }
        try await server.run([master], logger)
    }
}
