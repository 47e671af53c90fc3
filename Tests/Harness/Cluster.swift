import Foundation
package import Glibc
package import JSON
import Logging
package import NIOHTTP1
import Synchronization
package import Transport

/// A cluster of real processes for one test: its own address of the loopback network, its own folder, nothing left afterwards.
package final class Cluster: @unchecked Sendable {
    // Sendable: the table of processes is changed under its lock.
    package let ip: String
    package let folder: String
    package let caller: HTTPCaller
    private let problems = Mutex<[String]>([])
    private let processes = Mutex<[String: ServerProcess]>([:])
    private static let count = Mutex<Int>(0)

    private init() throws {
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        // Own addresses instead of own ports: the usual ports are free on each of them.
        ip = "127.\(64 + Int(getpid()) % 128).\(Int(getpid()) / 128 % 250 + 1).\(number % 250 + 1)"
        folder = NSTemporaryDirectory() + "agora-\(getpid())-\(number)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        caller = HTTPCaller(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, connections: 64)
    }

    package var master: String { "http://\(ip):5050" }
    package var services: String { "http://\(ip):8080" }
    package func agent(_ index: Int = 0) -> String { "http://\(ip):\(5051 + index)" }

    /// Runs a test with master, agents and services up; afterwards all is stopped and the machine is as it was.
    package static func run(agents: Int = 1, resources: String? = nil, services: Bool = true, _ body: (Cluster) async throws -> Void) async throws {
        let cluster = try Cluster()
        do {
            try cluster.startMaster()
            for index in 0..<agents { try cluster.startAgent(index, of: agents, resources: resources) }
            if services { try cluster.startServices() }
            try await cluster.waitUntilReady(agents: agents, services: services)
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

    package func start(_ name: String, _ arguments: [String]) throws {
        let process = try ServerProcess(name: name, arguments: arguments, log: "\(folder)/\(name).log")
        processes.withLock { $0[name] = process }
    }

    package func startMaster() throws { try start("master", ["master", "--ip", ip, "--work-dir", "\(folder)/master"]) }

    package func startAgent(_ index: Int = 0, of count: Int = 1, resources: String? = nil) throws {
        let first = 31_000 + index * (1_000 / count)
        let standard = "cpus:32;mem:8192;disk:10000;ports:[\(first)-\(first + 1_000 / count - 1)]"
        try start(
            "agent-\(index)",
            [
                "agent", "--master", "\(ip):5050", "--ip", ip, "--port", "\(5051 + index)", "--hostname", index == 0 ? ip : "node-\(index)",
                "--work-dir", "\(folder)/agent-\(index)", "--resources", resources ?? standard
            ])
    }

    package func startServices() throws {
        try start("services", ["services", "--master", "\(ip):5050", "--ip", ip, "--work-dir", "\(folder)/services"])
    }

    package func process(_ name: String) throws -> ServerProcess {
        guard let process = processes.withLock({ $0[name] }) else { throw TestFailure("\(name) was not started") }
        return process
    }

    package func waitUntilReady(agents: Int, services: Bool) async throws {
        try await eventually("the master has \(agents) agents") {
            try self.checkAlive()
            return try await self.get("\(self.master)/state")["activated_slaves"]?.integer == Int64(agents)
        }
        guard services else { return }
        try await eventually("services are registered") {
            try self.checkAlive()
            return try await self.get("\(self.services)/v2/info")["frameworkId"]?.string?.isEmpty == false
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
        if let services = all["services"] { await stop(services, SIGTERM) }
        // SIGUSR1: the agent kills its tasks, removes their cgroups, and ends.
        for (name, process) in all where name.hasPrefix("agent-") { await stop(process, SIGUSR1) }
        for (name, process) in all where name != "services" && !name.hasPrefix("agent-") { await stop(process, SIGTERM) }
        try? await caller.shutdown()
        let left = Self.processes(mentioning: folder)
        if !left.isEmpty { note("left running: \(left)") }
        for pid in left.keys { kill(pid, SIGKILL) }
        try? FileManager.default.removeItem(atPath: folder)
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
