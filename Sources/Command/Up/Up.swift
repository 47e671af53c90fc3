import ArgumentParser
import Foundation
import Glibc
import Runtime

/// The whole of Agora on this machine, supervised.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a cluster on this machine, in the foreground.",
        discussion: "Each flag can be set by a variable: --services-port by AGORA_SERVICES_PORT, and so on. Ctrl-C stops all of it, tasks included.")

    @Option(help: "How many agents; each gets its share of the machine and its own ports.")
    var agents = Environment.number("AGENTS", 1)

    @Option(help: "Where all data lie.")
    var workDir = Environment.text("WORK_DIR", "~/.agora")

    @Option(help: "The address on which all listen.")
    var ip = Environment.text("IP", "127.0.0.1")

    @Option(help: "The master's port.")
    var masterPort = Environment.number("MASTER_PORT", 5050)

    @Option(help: "The first agent's port; the others follow it.")
    var agentPort = Environment.number("AGENT_PORT", 5051)

    @Option(help: "The port of services.")
    var servicesPort = Environment.number("SERVICES_PORT", 8080)

    @Option(help: "The port of batch.")
    var batchPort = Environment.number("BATCH_PORT", 4400)

    @Option(help: "What each agent offers, as in 'cpus:4;mem:1024;ports:[31000-32000]'; otherwise what the machine has.")
    var resources: String?

    @Option(name: .customLong("app"), help: ArgumentHelp("An app to create once the cluster is up, if it isn't there.", valueName: "file"))
    var apps: [String] = []

    func validate() throws {
        guard (1...64).contains(agents) else { throw ValidationError("--agents must be between 1 and 64.") }
        for (flag, port) in [("master-port", masterPort), ("agent-port", agentPort), ("services-port", servicesPort), ("batch-port", batchPort)] {
            guard (1...65_535 - agents).contains(port) else { throw ValidationError("--\(flag) must be a port.") }
        }
        if let resources, agents > 1, resources.contains("ports") {
            throw ValidationError("--resources with ports can't serve several agents: each needs ports of its own.")
        }
    }

    func run() async throws {
        let folder = Environment.path(workDir)
        if let reason = makeFolder(folder + "/logs") { fail("can't make the folder \(folder): \(reason)") }
        for file in apps where access(file, R_OK) != 0 { fail("can't read \(file): \(String(cString: strerror(errno)))") }
        let layout = Layout(count: agents, ip: ip, firstPort: agentPort, machine: Layout.Machine.found(at: folder), resources: resources)
        for port in [masterPort, servicesPort, batchPort] + layout.agents.map(\.port) {
            // A server's own answer would not do: whoever holds the port may be a healthy server of another cluster.
            if let reason = whyNotListening(ip, port) { fail("Cannot listen on \(ip):\(port): \(reason)") }
        }
        var options = ClusterOptions.parseOrExit([])
        options.services = "http://\(ip):\(servicesPort)"
        options.batch = "http://\(ip):\(batchPort)"
        options.master = "http://\(ip):\(masterPort)"
        let client = ClusterClient(options)
        let supervisor = Supervisor(parts(layout, folder), logs: folder + "/logs", client: client)
        let signals = Signals()
        do {
            try await supervisor.start()
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await welcome(layout, supervisor, client, folder)
                    return false
                }
                group.addTask {
                    await signals.first()
                    return true
                }
                while let isSignal = try await group.next(), !isSignal {}
                group.cancelAll()
            }
        } catch is CancellationError {
        } catch {
            await supervisor.stop()
            fail("\(error)")
        }
        say("\nStopping all tasks and servers …")
        await supervisor.stop()
        say("Stopped. Data stay in \(folder); run the same command to go on.")
    }

    private func parts(_ layout: Layout, _ folder: String) -> [Supervisor.Part] {
        let master = "\(ip):\(masterPort)"
        var parts = [
            Supervisor.Part(
                name: "master", arguments: ["master", "--ip", ip, "--port", "\(masterPort)", "--work-dir", "\(folder)/master"],
                health: "http://\(master)/health", stopSignal: SIGTERM)
        ]
        for agent in layout.agents {
            var arguments = ["agent", "--master", master, "--ip", ip, "--port", "\(agent.port)", "--hostname", agent.hostname]
            arguments += ["--work-dir", "\(folder)/\(agent.name)"]
            if let resources = agent.resources { arguments += ["--resources", resources] }
            // As with Mesos's agent, SIGUSR1 means: unregister, kill all tasks, then end.
            parts.append(
                Supervisor.Part(name: agent.name, arguments: arguments, health: "http://\(ip):\(agent.port)/health", stopSignal: SIGUSR1))
        }
        parts.append(
            Supervisor.Part(
                name: "services",
                arguments: ["services", "--master", master, "--ip", ip, "--port", "\(servicesPort)", "--work-dir", "\(folder)/services"],
                health: "http://\(ip):\(servicesPort)/ping", stopSignal: SIGTERM))
        parts.append(
            Supervisor.Part(
                name: "batch", arguments: ["batch", "--master", master, "--ip", ip, "--port", "\(batchPort)", "--work-dir", "\(folder)/batch"],
                health: "http://\(ip):\(batchPort)/ping", stopSignal: SIGTERM))
        return parts
    }

    private func welcome(_ layout: Layout, _ supervisor: Supervisor, _ client: ClusterClient, _ folder: String) async throws {
        try await supervisor.waitUntilHealthy(within: .seconds(30))
        say("Agora is up; its data and logs are in \(folder).\n")
        var table = TextTable("SERVER", "ADDRESS")
        table.add("master", client.master)
        for agent in layout.agents { table.add(agent.name, "http://\(ip):\(agent.port)") }
        table.add("services", client.services)
        table.add("batch", client.batch)
        say(table.text(empty: "") + "\n")
        for file in apps { try await Welcome.show(file, client) }
        say("Ctrl-C stops all of it, tasks included.")
    }
}

extension Layout.Machine {
    /// What this machine has, less what Mesos's agent leaves to the system: 1 GB of memory and 5 GB of disk, or half of little.
    static func found(at folder: String) -> Layout.Machine {
        let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory / 1_048_576)
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        let disk = ((attributes?[.systemSize] as? NSNumber)?.intValue ?? 0) / 1_048_576
        return Layout.Machine(
            cpus: ProcessInfo.processInfo.activeProcessorCount, memory: memory > 2_048 ? memory - 1_024 : memory / 2,
            disk: disk > 10_240 ? disk - 5_120 : disk / 2)
    }
}

/// Makes a folder and those above it.
/// - Returns: nil, or why that can't be.
private func makeFolder(_ path: String) -> String? {
    var prefix = path.hasPrefix("/") ? "" : "."
    for name in path.split(separator: "/") {
        prefix += "/" + name
        if mkdir(prefix, 0o755) != 0, errno != EEXIST { return String(cString: strerror(errno)) }
    }
    return access(path, W_OK) == 0 ? nil : String(cString: strerror(errno))
}

/// - Returns: nil if a server could listen there, or why not.
private func whyNotListening(_ ip: String, _ port: Int) -> String? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
    guard descriptor >= 0, inet_pton(AF_INET, ip, &address.sin_addr) == 1 else { return nil }
    var isOn: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) } }
    guard result != 0 || listen(descriptor, 1) != 0 else { return nil }
    return errno == EADDRINUSE ? "another process listens there already" : String(cString: strerror(errno))
}

/// The first of SIGINT, SIGTERM and SIGHUP, for whoever waits for it. A second one doesn't hasten anything: stopping has deadlines.
final class Signals: Sendable {
    private let stream: AsyncStream<Int32>
    private let watch: SignalWatch

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.stream = stream
        watch = SignalWatch([SIGINT, SIGTERM, SIGHUP]) { continuation.yield($0) }
    }

    func first() async { for await _ in stream { return } }
}
