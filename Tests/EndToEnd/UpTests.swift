import Foundation
import Glibc
import Harness
import JSON
import NIOHTTP1
import Testing
import Transport

/// `agora up`, as a person uses it.
@Suite(.serialized)
struct UpTests {
    private static let resources = "cpus:4;mem:4096;disk:10000"

    private func up(_ cluster: Cluster, _ more: [String] = []) throws {
        try cluster.start("up", ["up", "--ip", cluster.ip, "--work-dir", "\(cluster.folder)/data", "--resources", Self.resources] + more)
    }

    private func welcome(_ cluster: Cluster) async throws -> String {
        let up = try cluster.process("up")
        try await eventually("the welcome is shown", within: 60) {
            if let status = up.poll() { throw TestFailure("up ended with \(status): \(up.output)") }
            return up.output.contains("Ctrl-C stops all of it, tasks included.")
        }
        return up.output
    }

    private static let hello = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Deploy/examples/hello.json").path

    @Test func `an app runs and can be reached, all of it ends at Ctrl-C, nothing is left, and the next start finds the app again`() async throws {
        try await Cluster.empty { cluster in
            var instance = "none"
            let before = Machine.look(at: cluster, instance: instance)
            for round in 0..<2 {
                try up(cluster, round == 0 ? ["--app", Self.hello] : [])
                if round == 0 {
                    let text = try await welcome(cluster)
                    #expect(text.contains("http://\(cluster.ip):5050") && text.contains("http://\(cluster.ip):8080"))
                    #expect(text.contains("/hello  3/3      3 healthy"))
                    let addresses = "AGORA_MASTER=\(cluster.master) AGORA_SERVICES=\(cluster.services) AGORA_BATCH=\(cluster.batch)"
                    #expect(text.contains("    export \(addresses)\n"))
                    for command in ["app scale hello 5", "task kill hello.instance-", "explain hello"] { #expect(text.contains(command)) }
                    let address = try #require(text.firstMatch(of: /curl (http:\/\/\S+)/)?.1)
                    #expect(try await cluster.call(.GET, String(address)).text.hasPrefix("Hello from hello.instance-"))
                }
                try await eventually("the app runs, healthy") {
                    try await cluster.app("/hello")["tasksHealthy"]?.integer == 3
                        && Set(Proc.tasks(below: cluster.folder).map(\.pidNamespace)).count == 3
                }
                let flags = try await cluster.get("\(cluster.agent())/flags")["flags"]
                instance = String((flags?["cgroups_root"]?.string ?? "").dropFirst("agora/".count))
                let running = Machine.look(at: cluster, instance: instance)
                #expect(running.listening.count == 4 && running.pidNamespaces == 3, "\(running)")
                #expect(running.processes.count >= 7 && !running.cgroups.isEmpty, "\(running)")
                let up = try cluster.process("up")
                up.signal(SIGINT)
                #expect(try await up.end(within: 30) == 0)
                #expect(up.output.contains("Stopped. Data stay in"))
                try await eventually("the machine is as it was") { Machine.look(at: cluster, instance: instance) == before }
            }
        }
    }

    @Test func `a server that dies is started again, up says so, and tasks run on`() async throws {
        try await Cluster.empty { cluster in
            try up(cluster, ["--app", Self.hello])
            _ = try await welcome(cluster)
            let tasks = Set(Proc.tasks(below: cluster.folder).map(\.pid))
            for part in ["batch", "services", "agent", "master"] {
                let pid = try #require(Proc.pids(named: "agora", mentioning: "\(cluster.folder)/data/\(part)").first)
                kill(pid, SIGKILL)
                let up = try cluster.process("up")
                try await eventually("up says that \(part) is started again") {
                    up.output.contains("\(part) was killed by signal 9; starting it again.")
                }
            }
            try await eventually("the app runs, healthy") { try await cluster.app("/hello")["tasksHealthy"]?.integer == 3 }
            #expect(Set(Proc.tasks(below: cluster.folder).map(\.pid)) == tasks)
        }
    }

    @Test func `up that is killed leaves no server behind`() async throws {
        try await Cluster.empty { cluster in
            try up(cluster)
            _ = try await welcome(cluster)
            try await cluster.crash("up")
            try await eventually("no server is left") { Proc.pids(named: "agora", mentioning: cluster.folder).isEmpty }
        }
    }

    @Test func `several agents have names, ports and shares of their own`() async throws {
        try await Cluster.empty { cluster in
            try cluster.start("up", ["up", "--ip", cluster.ip, "--work-dir", "\(cluster.folder)/data", "--agents", "3"])
            _ = try await welcome(cluster)
            try await cluster.waitUntilReady(agents: 3, services: true)
            let agents = try await cluster.get("\(cluster.master)/slaves")["slaves"]?.array ?? []
            #expect(Set(agents.compactMap { $0["hostname"]?.string }).count == 3)
            #expect(Set(agents.compactMap { $0["resources"]?["ports"]?.string }).count == 3)
            try await cluster.createApp(
                #"{"id":"/each","cmd":"exec sleep 1000","instances":3,"cpus":0.1,"mem":32,"constraints":[["hostname","UNIQUE"]]}"#)
            try await cluster.waitForRunning("/each", 3)
        }
    }

    @Test func `what can't be is said in one line, with status 1`() async throws {
        try await Cluster.empty { cluster in
            func refusal(_ arguments: [String], program: String = "agora") async throws -> String {
                let (status, output) = try await outcome(of: program, ["up", "--ip", cluster.ip] + arguments, within: 40)
                #expect(status == 1, "\(arguments): \(output)")
                let lines = output.split(separator: "\n")
                #expect(lines.count == 1, "\(output)")
                return lines.first.map(String.init) ?? ""
            }
            let folder = cluster.folder
            try Data().write(to: URL(fileURLWithPath: folder + "/file"))
            #expect(
                try await refusal(["--work-dir", folder + "/file/data"]) == "agora: can't make the folder \(folder)/file/data: Not a directory")
            #expect(
                try await refusal(["--work-dir", folder + "/a", "--app", "/no/such.json"])
                    == "agora: can't read /no/such.json: No such file or directory")
            #expect(
                try await refusal(["--work-dir", folder + "/b", "--resources", "cpus:x"])
                    == "agora: --resources: at character 6: 'x' is no amount: a number of at least 0, [ranges] or {items} was expected")
            let holder = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(holder) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(5_051).bigEndian
            address.sin_addr.s_addr = inet_addr(cluster.ip)
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(holder, $0, size) } }
            #expect(bound == 0 && listen(holder, 1) == 0)
            #expect(
                try await refusal(["--work-dir", folder + "/c"])
                    == "agora: Cannot listen on \(cluster.ip):5051: another process listens there already")
            try FileManager.default.copyItem(atPath: ServerProcess.programs + "/agora", toPath: folder + "/agora")
            #expect(
                try await refusal(["--work-dir", folder + "/d", "--agent-port", "6051"], program: folder + "/agora")
                    == "agora: there is no launcher at \(folder)/agora-launcher")
        }
    }
}

/// What a cluster could leave behind on a machine.
struct Machine: Equatable {
    let processes: [pid_t: String]
    let mounts: [String]
    let cgroups: [String]
    let pidNamespaces: Int
    let listening: [String]

    /// Of this cluster alone: other tests run at the same time.
    static func look(at cluster: Cluster, instance: String) -> Machine {
        let mounts = Proc.lines("/proc/self/mountinfo").filter { $0.contains(cluster.folder) }
        let address = hexadecimal(cluster.ip)
        var listening: [String] = []
        for line in Proc.lines("/proc/net/tcp") {
            let fields = line.split(separator: " ")
            if fields.count > 3, fields[1].hasPrefix(address), fields[3] == "0A" { listening.append(String(fields[1])) }
        }
        return Machine(
            processes: Cluster.processes(mentioning: cluster.folder), mounts: mounts.sorted(), cgroups: Proc.cgroups(named: instance),
            pidNamespaces: Set(Proc.tasks(below: cluster.folder).map(\.pidNamespace)).count, listening: listening.sorted())
    }

    /// As /proc/net/tcp writes an address: its four bytes, the last one first.
    private static func hexadecimal(_ ip: String) -> String {
        let bytes = ip.split(separator: ".").compactMap { UInt8($0) }.reversed()
        return bytes.map { String(UInt16($0) + 256, radix: 16).dropFirst().uppercased() }.joined()
    }
}
