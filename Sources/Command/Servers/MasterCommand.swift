import ArgumentParser
import Foundation
import MasterServer
import Runtime

struct MasterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "master", abstract: "Run a master.",
        discussion: """
            Flags have the names, values and defaults of Mesos's master where it has them, with underscores or with dashes; docs/compatibility.md \
            lists the differences.
            """)

    @OptionGroup var server: ServerOptions

    @Option(help: "The port to listen on.")
    var port = Environment.number("MASTER_PORT", 5050)

    @Option(name: Spelling.mesos("work_dir"), help: "Where state and recordings lie.")
    var workDir = Environment.text("WORK_DIR", "~/.agora/master")

    @Option(help: "How others call this machine; otherwise by its address.")
    var hostname: String?

    @Option(help: "A name for the cluster, shown by /state.")
    var cluster: String?

    @Flag(name: Spelling.mesos("in_memory"), help: "Keep nothing across restarts, as --registry=in_memory.")
    var inMemory = false

    @OptionGroup var flags: MasterFlags

    func run() async throws {
        let logger = server.logger("master")
        var settings = MasterSettings()
        settings.ip = server.ip
        settings.port = port
        settings.workFolder = Environment.path(workDir)
        settings.hostname = hostname
        settings.cluster = cluster
        settings.isInMemory = inMemory
        for (name, value) in flags.given {
            do throws(FlagRefusal) { try settings.set(name, value) } catch { fail("--\(name) \(error)") }
        }
        let master: MasterServer
        do { master = try MasterServer(settings: settings, logger: logger) { SignalWatch.request } } catch { fail("\(error)") }
        try await server.run([master], logger)
    }
}

/// Flags that are passed on as they are.
struct MasterFlags: ParsableArguments {
    @Option(name: Spelling.mesos("registry"), help: "in_memory, or replicated_log: in --work_dir.")
    var registry: String?

    @Option(name: Spelling.mesos("roles"), help: "The only roles that frameworks may have, separated by commas.")
    var roles: String?

    @Option(name: Spelling.mesos("weights"), help: "As in 'role=2.5,other=1'.")
    var weights: String?

    @Option(name: Spelling.mesos("max_completed_frameworks"), help: "How many are kept to be shown.")
    var completedFrameworks: String?

    @Option(name: Spelling.mesos("max_completed_tasks_per_framework"), help: "How many are kept to be shown.")
    var completedTasks: String?

    @Option(name: Spelling.mesos("max_unreachable_tasks_per_framework"), help: "How many are kept to be shown.")
    var unreachableTasks: String?

    @Option(name: Spelling.mesos("max_operator_event_stream_subscribers"), help: "When there are more, the oldest ends.")
    var subscribers: String?

    @Option(name: Spelling.mesos("registry_max_agent_count"), help: "How many unreachable and gone agents are remembered.")
    var lostAgents: String?

    @Option(name: Spelling.mesos("offer_timeout"), help: "After that an offer is rescinded, as in '30secs'.")
    var offerTimeout: String?

    @Option(name: Spelling.mesos("allocation_interval"), help: "The least time that a declined offer stays away. Nothing waits for a tick.")
    var allocationInterval: String?

    @Option(name: Spelling.mesos("agent_reregister_timeout"), help: "How long an agent that has disconnected may stay away.")
    var reregisterTimeout: String?

    @Option(
        name: Spelling.mesos("agent_ping_timeout"),
        help: "Times --max_agent_ping_timeouts: how long an agent may be silent; 5secs if neither is given.")
    var pingTimeout: String?

    @Option(name: Spelling.mesos("max_agent_ping_timeouts"), help: "See --agent_ping_timeout.")
    var pingTimeouts: String?

    @Option(name: Spelling.mesos("agent_removal_rate_limit"), help: "How many agents may be given up in what time, as in '1/10mins'.")
    var removalLimit: String?

    @Option(name: Spelling.mesos("root_submissions"), help: "Whether frameworks may run as root: true or false.")
    var rootSubmissions: String?

    @Option(name: Spelling.mesos("filter_gpu_resources"), help: "Whether agents with GPUs are kept for frameworks that know GPUs: true or false.")
    var filterGPUs: String?

    @Option(name: Spelling.mesos("fair_sharing_excluded_resource_names"), help: "Resources that don't count for fairness, separated by commas.")
    var excludedNames: String?

    @Option(name: Spelling.mesos("min_allocatable_resources"), help: "The least that is offered, as in 'cpus:0.01|mem:32'.")
    var minimum: String?

    @Option(name: Spelling.mesos("domain"), help: "The master's DomainInfo, in JSON or in a file.")
    var domain: String?

    @Option(name: Spelling.mesos("advertise_ip"), help: "The address at which others reach the master.")
    var advertisedIP: String?

    @Option(name: Spelling.mesos("advertise_port"), help: "The port at which others reach the master.")
    var advertisedPort: String?

    @Option(name: Spelling.mesos("zk"), help: "Can't be given yet: several masters are not served.")
    var zk: String?

    @Option(name: Spelling.mesos("quorum"), help: .hidden) var quorum: String?
    @Option(name: Spelling.mesos("allocator"), help: .hidden) var allocator: String?
    @Option(name: Spelling.mesos("role_sorter"), help: .hidden) var roleSorter: String?
    @Option(name: Spelling.mesos("framework_sorter"), help: .hidden) var frameworkSorter: String?
    @Option(name: Spelling.mesos("require_agent_domain"), help: .hidden) var requireAgentDomain: String?
    @Option(name: Spelling.mesos("authenticate_agents"), help: .hidden) var authenticateAgents: String?
    @Option(name: Spelling.mesos("authenticate_frameworks"), help: .hidden) var authenticateFrameworks: String?
    @Option(name: Spelling.mesos("authenticate_http_frameworks"), help: .hidden) var authenticateHTTPFrameworks: String?
    @Option(name: Spelling.mesos("authenticate_http_readonly"), help: .hidden) var authenticateReading: String?
    @Option(name: Spelling.mesos("authenticate_http_readwrite"), help: .hidden) var authenticateWriting: String?

    /// Taken, and without effect.
    @Option(name: .all(MasterSettings.ignoredFlags), help: .hidden) var ignored: [String] = []

    /// What was said, by Mesos's names. The order counts for nothing.
    var given: [(name: String, value: String)] {
        let all = [
            ("registry", registry), ("roles", roles), ("weights", weights), ("max_completed_frameworks", completedFrameworks),
            ("max_completed_tasks_per_framework", completedTasks), ("max_unreachable_tasks_per_framework", unreachableTasks),
            ("max_operator_event_stream_subscribers", subscribers), ("registry_max_agent_count", lostAgents), ("offer_timeout", offerTimeout),
            ("allocation_interval", allocationInterval), ("agent_reregister_timeout", reregisterTimeout), ("agent_ping_timeout", pingTimeout),
            ("agent_removal_rate_limit", removalLimit),
            ("max_agent_ping_timeouts", pingTimeouts), ("root_submissions", rootSubmissions), ("filter_gpu_resources", filterGPUs),
            ("fair_sharing_excluded_resource_names", excludedNames), ("min_allocatable_resources", minimum), ("domain", domain),
            ("advertise_ip", advertisedIP), ("advertise_port", advertisedPort), ("zk", zk), ("quorum", quorum), ("allocator", allocator),
            ("role_sorter", roleSorter), ("framework_sorter", frameworkSorter), ("require_agent_domain", requireAgentDomain),
            ("authenticate_agents", authenticateAgents), ("authenticate_frameworks", authenticateFrameworks),
            ("authenticate_http_frameworks", authenticateHTTPFrameworks), ("authenticate_http_readonly", authenticateReading),
            ("authenticate_http_readwrite", authenticateWriting)
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }
}

extension NameSpecification {
    /// Mesos's spelling of some flags, and that with dashes.
    fileprivate static func all(_ names: [String]) -> NameSpecification {
        NameSpecification(
            names.flatMap { name -> [NameSpecification.Element] in
                let other = String(name.map { $0 == "_" ? "-" : $0 })
                return other == name ? [.customLong(name)] : [.customLong(name), .customLong(other)]
            })
    }
}
