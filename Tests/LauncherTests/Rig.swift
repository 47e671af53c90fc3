import AgoraAPI
import Foundation
import Glibc
import Testing

/// A work folder with a launcher, and afterwards the proof that nothing of either is left.
final class Rig {
    let program: Program
    let folder: String
    let instance: String
    private(set) var launcher: Connection
    private(set) var hello = Record.Hello()
    private var prefix: [String]
    private let cgroups: Request.Hello.Cgroups
    private var monitors: [pid_t] = []

    static let isRoot = geteuid() == 0

    /// - Parameter prefix: a command that runs the launcher, made of the rig's folder.
    init(_ program: Program, cgroups: Request.Hello.Cgroups = .automatic, prefix: (_ folder: String) throws -> [String] = { _ in [] }) throws {
        self.program = program
        self.cgroups = cgroups
        instance = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        folder = FileManager.default.temporaryDirectory.path + "/agora-" + instance
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
        chmod(folder, 0o777)
        self.prefix = try prefix(folder)
        launcher = try Connection(program, prefix: self.prefix)
        hello = try greet()
    }

    var greeting: Request.Hello {
        var hello = Request.Hello()
        hello.protocol = 1
        hello.workFolder = folder
        hello.instance = instance
        hello.cgroups = cgroups
        return hello
    }

    private func greet() throws -> Record.Hello {
        let answer = try launcher.ask(.hello(greeting))
        guard case .hello(let result) = answer.result else { throw Problem("hello: \(answer.error.message)") }
        return result
    }

    /// A new launcher, as after a restart of the agent.
    func restart(prefixed: Bool = true) throws {
        if !prefixed { prefix = [] }
        launcher = try Connection(program, prefix: prefix)
        hello = try greet()
    }

    var namespaces: [Agora_V1_ContainerNamespace] {
        let kinds: [(String, Agora_V1_ContainerNamespace)] = [("pid", .pid), ("ipc", .ipc), ("uts", .uts), ("mount", .mount)]
        return kinds.filter { kind in hello.namespaces.contains { $0.name == kind.0 && $0.available } }.map(\.1)
    }

    func has(_ controller: String) -> Bool {
        hello.controllers.contains { $0.name == controller && $0.available }
    }

    /// A launch with all isolation that there is.
    func request(_ id: String, shell: String? = nil, _ change: (inout Request.Launch) -> Void = { _ in }) -> Request.Launch {
        var launch = Request.Launch()
        launch.containerID = id
        if let shell { launch.command.shell = shell }
        launch.environment = ["PATH=/usr/bin:/bin", "MARK=\(instance)"]
        launch.workingFolder = folder
        launch.stdoutPath = folder + "/\(id).out"
        launch.stderrPath = folder + "/\(id).err"
        launch.namespaces = namespaces
        if has("cpu") { launch.cgroup.cpuShares = 512 }
        if has("memory") { launch.cgroup.memoryLimitBytes = 64 << 20 }
        if has("pids") { launch.cgroup.pidsMax = 100 }
        change(&launch)
        return launch
    }

    func ask(_ launch: Request.Launch) throws -> Answer {
        let answer = try launcher.ask(.launch(launch))
        if case .launched(let launched) = answer.result { monitors.append(pid_t(launched.monitorPid)) }
        return answer
    }

    /// Starts a container; anything but success is a failure of the test.
    @discardableResult
    func launch(_ id: String, _ shell: String, _ change: (inout Request.Launch) -> Void = { _ in }) throws -> pid_t {
        let answer = try ask(request(id, shell: shell, change))
        guard case .launched(let launched) = answer.result else { throw Problem("launch of \(id): \(answer.error.message)") }
        return pid_t(launched.monitorPid)
    }

    func signal(_ id: String, _ number: Int32, tree: Bool = false) throws -> Answer {
        var signal = Request.Signal()
        signal.containerID = id
        signal.signal = UInt32(number)
        signal.wholeTree = tree
        return try launcher.ask(.signal(signal))
    }

    func destroy(_ id: String) throws -> Answer {
        var destroy = Request.Destroy()
        destroy.containerID = id
        return try launcher.ask(.destroy(destroy))
    }

    func remove(_ id: String) throws -> Answer {
        var remove = Request.Remove()
        remove.containerID = id
        return try launcher.ask(.remove(remove))
    }

    func list() throws -> [Record.Container] {
        guard case .listed(let listed) = try launcher.ask(.list(Request.List())).result else { throw Problem("no list") }
        return listed.containers
    }

    func output(_ name: String) throws -> String {
        try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
    }

    /// Waits until a task has written this.
    func awaitOutput(_ name: String, _ text: String) throws {
        let _: Bool = try until("'\(text)' in \(name)") { (try? output(name))?.contains(text) == true ? true : nil }
    }

    /// Waits until a task has written this, or there is no such container any more.
    func awaitOutput(_ name: String, _ text: String, orEndOf container: String) throws {
        let _: Bool = try until("'\(text)' in \(name)") {
            if (try? output(name))?.contains(text) == true { return true }
            return try list().contains { $0.containerID == container && $0.state == .running } ? nil : true
        }
    }

    /// After a test that has failed: ends what can be ended.
    func abandon() {
        for container in (try? list()) ?? [] { _ = try? destroy(container.containerID) }
        _ = try? launcher.hangUp()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Ends the launcher and looks for what should not be there.
    func close() throws {
        #expect(try launcher.hangUp() == 0)
        expectNothingLeft()
        try FileManager.default.removeItem(atPath: folder)
    }

    func expectNothingLeft() {
        #expect(Self.processes(marked: "MARK=" + instance) == [])
        #expect(monitors.filter(Self.isAlive) == [])
        #expect(cgroupFolders() == [])
        #expect((try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8))?.contains(folder) == false)
    }

    /// Whether it is a monitor that has not ended (and only waits to be reaped).
    static func isAlive(_ monitor: pid_t) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(monitor)/stat", encoding: .utf8) else { return false }
        return stat.contains(" (agora-monitor) ") && !stat.contains(") Z ") && !stat.contains(") X ")
    }

    /// Cgroups of this instance, in all hierarchies.
    func cgroupFolders() -> [String] {
        let root = "/sys/fs/cgroup"
        let hierarchies = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return ([""] + hierarchies).flatMap { hierarchy -> [String] in
            let base = root + (hierarchy.isEmpty ? "" : "/" + hierarchy) + "/agora/" + instance
            guard FileManager.default.fileExists(atPath: base) else { return [] }
            let inside = FileManager.default.enumerator(atPath: base)?.compactMap { $0 as? String } ?? []
            return [base] + inside.filter { !$0.contains(".") && !$0.hasSuffix("tasks") && !$0.contains("notify") }.map { base + "/" + $0 }
        }
    }

    /// Processes with this environment variable, in all namespaces.
    static func processes(marked mark: String) -> [Int] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int($0) }.filter { pid in
            guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else { return false }
            return String(decoding: data, as: UTF8.self).split(separator: "\0").contains { $0 == mark }
        }
    }
}

/// Does something with a rig and sees to it that nothing is left behind.
func withRig(
    _ program: Program, cgroups: Request.Hello.Cgroups = .automatic, prefix: [String] = [], _ body: (Rig) throws -> Void
) throws {
    let rig = try Rig(program, cgroups: cgroups) { _ in prefix }
    do {
        try body(rig)
    } catch {
        rig.abandon()
        throw error
    }
    for container in try rig.list() { _ = try rig.destroy(container.containerID) }
    try rig.close()
}
