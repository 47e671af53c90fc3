import Foundation
package import Glibc
package import JSON
import Logging
package import NIOHTTP1
import Synchronization
package import Transport

/// A cluster of real processes for one test: its own address of the loopback network, its own folder, nothing left afterwards.
package final class Cluster: @unchecked Sendable {
    // Sendable: the table of processes is changed under its lock, the network and its relays only before and after the test's body.
    package let ip: String
    package let folder: String
    package let caller: HTTPCaller
    /// The namespaces that its servers run in; nil: they run on the machine's loopback.
    package private(set) var network: Network?
    private var relays: [Relay] = []
    private let problems = Mutex<[String]>([])
    private let agentFlags = Mutex<[String]>([])
    private let processes = Mutex<[String: ServerProcess]>([:])
    private static let count = Mutex<Int>(0)
    /// Clusters that may be up at a time.
    private static let slots = Slots(4)

    private init() throws {
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        // Own addresses instead of own ports: the usual ports are free on each of them.
        ip = "127.\(64 + Int(getpid()) % 128).\(Int(getpid()) / 128 % 250 + 1).\(number % 250 + 1)"
        // Of one width: no test's folder is the beginning of another's.
        folder = NSTemporaryDirectory() + "agora-\(getpid())-\(1_000 + number)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        caller = HTTPCaller(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, connections: 64)
    }

    package var master: String { "http://\(ip):5050" }
    package var services: String { "http://\(ip):8080" }
    package var batch: String { "http://\(ip):4400" }
    package func agent(_ index: Int = 0) -> String { "http://\(ip):\(5051 + index)" }

    /// Runs a test with master, agents and services up; afterwards all is stopped and the machine is as it was.
    package static func run(
        agents: Int = 1, resources: String? = nil, services: Bool = true, batch: Bool = false, _ body: (Cluster) async throws -> Void
    ) async throws {
        try await empty { cluster in
            try cluster.startMaster()
            for index in 0..<agents { try cluster.startAgent(index, of: agents, resources: resources) }
            if services { try cluster.startServices() }
            if batch { try cluster.startBatch() }
            try await cluster.waitUntilReady(agents: agents, services: services, batch: batch)
            try await body(cluster)
        }
    }

    /// Runs a test whose master and services share a network namespace, and whose agents are to have one each: `startAgent` starts them. The
    /// test speaks to all of them at the addresses that they would have without.
    package static func networked(hosts: Int, _ body: (Cluster, Network) async throws -> Void) async throws {
        try await empty { cluster in
            let network = try await cluster.connect(hosts: hosts)
            try cluster.startMaster()
            try cluster.startServices()
            try await cluster.waitUntilReady(agents: 0, services: true)
            try await body(cluster, network)
        }
    }

    private func connect(hosts: Int) async throws -> Network {
        let network = try await Network(name: (folder as NSString).lastPathComponent, hosts: hosts)
        self.network = network
        for port in [5050, 8080] { relays.append(try await Relay(from: ip, to: network.hub, port: port)) }
        for (index, host) in network.hosts.enumerated() { relays.append(try await Relay(from: ip, to: host, port: 5051 + index)) }
        return network
    }

    /// Runs a test with a folder and an address of its own; what it starts by `start` is stopped afterwards.
    package static func empty(_ body: (Cluster) async throws -> Void) async throws {
        await slots.take()
        defer { slots.giveBack() }
        let cluster = try Cluster()
        do {
            try await body(cluster)
        } catch {
            cluster.printLogs()
            await cluster.tearDown()
            throw error
        }
        await cluster.tearDown()
        let problems = cluster.problems.withLock { $0 }
        if !problems.isEmpty { throw TestFailure(problems.joined(separator: "\n")) }
    }

    /// - Parameter host: where it runs; nil: where the test does.
    package func start(_ name: String, program: String = "agora", _ arguments: [String], on host: Network.Host? = nil) throws {
        var words = (program: program, arguments: arguments)
        if let host { words = host.entering(ServerProcess.path(of: program), arguments) }
        let process = try ServerProcess(name: name, program: words.program, arguments: words.arguments, log: "\(folder)/\(name).log")
        processes.withLock { $0[name] = process }
    }

    /// Where the servers themselves find master and services.
    private var hub: String { network?.hub.ip ?? ip }

    package func startMaster(flags: [String] = []) throws {
        try start("master", ["master", "--ip", hub, "--work-dir", "\(folder)/master"] + flags, on: network?.hub)
    }

    /// - Parameter flags: further ones, for each later start of it, too.
    package func startAgent(_ index: Int = 0, of count: Int = 1, resources: String? = nil, flags: [String]? = nil) throws {
        if let flags { agentFlags.withLock { $0 = flags } }
        let first = 31_000 + index * (1_000 / count)
        let standard = "cpus:32;mem:8192;disk:10000;ports:[\(first)-\(first + 1_000 / count - 1)]"
        let host = network?.hosts[index]
        try start(
            "agent-\(index)",
            [
                "agent", "--master", "\(hub):5050", "--ip", host?.ip ?? ip, "--port", "\(5051 + index)", "--hostname",
                index == 0 ? ip : "node-\(index)", "--work-dir", "\(folder)/agent-\(index)", "--resources", resources ?? standard
            ] + agentFlags.withLock { $0 }, on: host)
    }

    package func startServices(flags: [String] = []) throws {
        try start("services", ["services", "--master", "\(hub):5050", "--ip", hub, "--work-dir", "\(folder)/services"] + flags, on: network?.hub)
    }

    package func startBatch(flags: [String] = []) throws {
        try start("batch", ["batch", "--master", "\(hub):5050", "--ip", hub, "--work-dir", "\(folder)/batch"] + flags, on: network?.hub)
    }

    /// Runs `agora` against this cluster.
    package func agora(_ arguments: String..., input: String = "/dev/null") async throws -> (status: Int32, output: String) {
        try await outcome(
            of: "agora", arguments, environment: ["AGORA_SERVICES": services, "AGORA_BATCH": batch, "AGORA_MASTER": master], input: input)
    }

    /// Kills a server, as a crash would, and waits for its end.
    package func crash(_ name: String) async throws {
        let process = try process(name)
        process.signal(SIGKILL)
        _ = try await process.end(within: 10)
    }

    package func process(_ name: String) throws -> ServerProcess {
        guard let process = processes.withLock({ $0[name] }) else { throw TestFailure("\(name) was not started") }
        return process
    }

    package func waitUntilReady(agents: Int, services: Bool, batch: Bool = false) async throws {
        try await eventually("the master has \(agents) agents") {
            try self.checkAlive()
            return try await self.get("\(self.master)/state")["activated_slaves"]?.integer == Int64(agents)
        }
        if services {
            try await eventually("services are registered") {
                try self.checkAlive()
                return try await self.get("\(self.services)/v2/info")["frameworkId"]?.string?.isEmpty == false
            }
        }
        if batch {
            try await eventually("batch is registered") {
                try self.checkAlive()
                return try await self.get("\(self.batch)/metrics")["gauges"]?["agora.batch.subscribed"]?["value"]?.integer == 1
            }
        }
    }

    private func checkAlive() throws {
        for (name, process) in processes.withLock({ $0 }) {
            if let status = process.poll() { throw TestFailure("\(name) ended with \(status): \(process.output.suffix(2_000))") }
        }
    }

    package func call(_ method: HTTPMethod, _ url: String, _ body: String = "", headers: HTTPHeaders? = nil) async throws -> Answer {
        let standard: HTTPHeaders = body.isEmpty ? [:] : ["Content-Type": "application/json"]
        return try await caller.send(HTTPCaller.Request(method, url, headers: headers ?? standard, body: Array(body.utf8), deadline: .seconds(20)))
    }

    package func get(_ url: String) async throws -> JSONValue {
        let answer = try await call(.GET, url)
        guard answer.status == .ok else { throw TestFailure("GET \(url): \(answer.status.code) \(answer.text)") }
        return try JSONValue(parsing: answer.body)
    }

    package func app(_ id: String) async throws -> JSONValue { try await get("\(services)/v2/apps\(id)")["app"] ?? .null }

    package func createApp(_ definition: String) async throws {
        let answer = try await call(.POST, "\(services)/v2/apps", definition)
        guard answer.status == .created else { throw TestFailure("\(answer.status.code) \(answer.text)") }
    }

    package func waitForRunning(_ id: String, _ count: Int, within seconds: Double = 20) async throws {
        try await eventually("\(id) has \(count) running tasks", within: seconds) {
            try await self.app(id)["tasksRunning"]?.integer == Int64(count)
        }
    }

    package func waitForNoDeployments(within seconds: Double = 20) async throws {
        try await eventually("no deployment is under way", within: seconds) {
            try await self.get("\(self.services)/v2/deployments").array?.isEmpty == true
        }
    }

    private func printLogs() {
        for (name, process) in processes.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
            print("---- \(name) (pid \(process.pid))\n\(process.output.suffix(6_000))")
        }
    }

    private func tearDown() async {
        let all = processes.withLock { $0 }
        if let up = all["up"] { await stop(up, SIGTERM) }
        for name in ["batch", "services"] { if let process = all[name] { await stop(process, SIGTERM) } }
        // SIGUSR1: the agent kills its tasks, removes their cgroups, and ends.
        for (name, process) in all where name.hasPrefix("agent-") { await stop(process, SIGUSR1) }
        for (name, process) in all where !["up", "batch", "services"].contains(name) && !name.hasPrefix("agent-") { await stop(process, SIGTERM) }
        try? await caller.shutdown()
        for file in recordings() { await replay(file) }
        let left = Self.processes(mentioning: folder)
        if !left.isEmpty { note("left running: \(left)") }
        for pid in left.keys { kill(pid, SIGKILL) }
        for relay in relays { await relay.close() }
        await network?.remove()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What all servers of the cluster have recorded.
    private func recordings() -> [String] {
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return files.filter { $0.hasSuffix(".rec") && $0.contains("recordings/") }.sorted().map { "\(folder)/\($0)" }
    }

    /// The proof that a core is pure: what it was told leads to the same state again.
    private func replay(_ file: String) async {
        do {
            let (status, output) = try await outcome(of: "agora", ["replay", file], within: 60)
            if status != 0 { note("\(file) can't be replayed: \(output)") }
        } catch {
            note("\(file) can't be replayed: \(error)")
        }
    }

    private func note(_ problem: String) { problems.withLock { $0.append(problem) } }

    private func stop(_ process: ServerProcess, _ signal: Int32) async {
        process.signal(signal)
        // Also those that a test has stopped must hear the signal.
        process.signal(SIGCONT)
        do { _ = try await process.end(within: 20) } catch {
            note("\(process.name) did not end: \(process.output.suffix(2_000))")
            process.signal(SIGKILL)
            _ = try? await process.end(within: 5)
        }
    }

    /// Processes whose command line, working folder or environment name the text: pid to command line.
    package static func processes(mentioning text: String) -> [pid_t: String] {
        var found: [pid_t: String] = [:]
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let pid = pid_t(entry), pid != getpid() else { continue }
            let command = read("/proc/\(entry)/cmdline")
            let folder = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(entry)/cwd")) ?? ""
            if command.contains(text) || folder.hasPrefix(text) { found[pid] = command.replacingOccurrences(of: "\0", with: " ") }
        }
        return found
    }

    private static func read(_ path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}
