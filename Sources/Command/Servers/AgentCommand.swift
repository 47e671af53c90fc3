import AgentServer
import ArgumentParser
import Foundation
import Glibc
import Runtime

struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Run an agent.",
        discussion: """
            Flags have the names and defaults of Mesos's agent where it has them. SIGTERM and SIGINT leave the tasks running, and the next agent of \
            the same --work-dir takes them over; SIGUSR1 kills them first.
            """)

    @OptionGroup var server: ServerOptions

    @Option(help: ArgumentHelp("The masters, host:port, separated by commas.", valueName: "addresses"))
    var master = Environment.text("MASTER_ADDRESS", "127.0.0.1:5050")

    @Option(help: "The port to listen on.")
    var port = Environment.number("AGENT_PORT", 5051)

    @Option(name: Spelling.mesos("work_dir"), help: "Where state, containers and sandboxes lie.")
    var workDir = Environment.text("WORK_DIR", "~/.agora/agent")

    @Option(help: "How the cluster calls this machine; otherwise by the host's own name.")
    var hostname: String?

    @Option(name: Spelling.mesos("advertise_ip"), help: "The address that others are told instead of --ip.")
    var advertiseIP: String?

    @Option(help: "What is offered, as in 'cpus:4;mem:1024;ports:[31000-32000]' or a JSON array; what is missing is found out.")
    var resources: String?

    @Option(name: Spelling.mesos("default_role"), help: "The role of resources that name none.")
    var defaultRole = "*"

    @Option(help: "As in 'rack:abc;zone:west', for constraints.")
    var attributes: String?

    @Option(help: "Which cgroups: \(AgentSettings.Cgroups.allCases.map(\.rawValue).joined(separator: ", ")).")
    var cgroups = "automatic"

    @Flag(name: Spelling.mesos("cgroups_enable_cfs"), help: "Limit a task's CPU to what it asked for.")
    var limitCPU = false

    @Option(name: Spelling.mesos("switch_user"), help: "Run tasks as their framework's user (true or false).")
    var switchUser = true

    @Option(name: Spelling.mesos("gc_delay"), help: "How long sandboxes stay after their task, as in 7days or 12hrs.")
    var sandboxDelay = TimeSpan(seconds: 7 * 86_400)

    @Option(name: Spelling.mesos("executor_shutdown_grace_period"), help: "How long tasks may take to end when their framework is removed.")
    var shutdownGrace = TimeSpan(seconds: 5)

    @Option(name: Spelling.mesos("fetcher_stall_timeout"), help: "How long a download may stand still.")
    var fetcherStall = TimeSpan(seconds: 60)

    @Option(help: "The launcher's program; otherwise agora-launcher beside this one.")
    var launcher: String?

    func run() async throws {
        let logger = server.logger("agent")
        var settings = AgentSettings()
        settings.masters = master.split(separator: ",").map { String($0).replacingPrefix("http://", "") }
        settings.ip = server.ip
        settings.port = port
        settings.workFolder = Environment.path(workDir)
        settings.hostname = hostname
        settings.resources = resources
        settings.attributes = attributes
        guard let cgroups = AgentSettings.Cgroups(rawValue: cgroups) else { fail("--cgroups can't be '\(cgroups)'") }
        settings.cgroups = cgroups
        settings.limitsCPU = limitCPU
        settings.launcher = launcher
        settings.advertisedIP = advertiseIP
        settings.defaultRole = defaultRole
        settings.switchesUser = switchUser
        settings.sandboxDelay = sandboxDelay.seconds
        settings.shutdownGrace = shutdownGrace.seconds
        settings.fetcherStallTimeout = fetcherStall.seconds
        let agent = AgentServer(settings, logger: logger)
        let killing = SignalWatch([SIGUSR1]) { _ in
            agent.stopTasksAtShutdown()
            kill(getpid(), SIGTERM)
        }
        defer { killing.cancel() }
        try await server.run([agent], logger)
    }
}
