import AgoraAPI
import Foundation
import Glibc
import SwiftProtobuf
import Testing

extension LauncherTests {
    /// These need root; without it a launcher says in `hello` what it can't do (see RootlessTests).
    @Suite(.enabled(if: Rig.isRoot, "namespaces and cgroups need root"))
    struct Isolation {
        @Test(arguments: Program.allCases)
        func `a container has namespaces of its own, and its monitor is process 1 of it`(program: Program) throws {
            try withRig(program) { rig in
                #expect(rig.namespaces == [.pid, .ipc, .uts, .mount])
                #expect(try rig.run("cat /proc/1/comm; ls -d /proc/[0-9]* | grep -c .").hasPrefix("agora-monitor\n"))
                #expect(try rig.run("echo $$") == "2")
                for kind in ["pid", "ipc", "uts", "mnt"] {
                    let mine = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/\(kind)")
                    #expect(try rig.run("readlink /proc/self/ns/\(kind)") != mine)
                    #expect(try rig.run("readlink /proc/self/ns/\(kind)") { $0.namespaces = [] } == mine)
                }
                #expect(try rig.run("hostname") { $0.hostname = "inside" } == "inside")
                #expect(try Program.run(["hostname"]).output != "inside\n")
            }
        }

        @Test(arguments: Program.allCases)
        func `cgroups hold the task but not its monitor, with the limits asked for, and are gone afterwards`(program: Program) throws {
            try withRig(program) { rig in
                let monitor = try rig.launch("a", "cat /proc/self/cgroup; exec sleep 1000") { $0.cgroup.cpuQuotaUs = 50_000 }
                try rig.awaitOutput("a.out", "0::")
                let mine = "/agora/\(rig.instance)/a"
                let v1 = rig.hello.cgroupVersion == 1
                for controller in v1 ? ["cpu", "cpuacct", "memory", "pids"] : [""] {
                    #expect(try rig.output("a.out").split(separator: "\n").contains { $0.hasSuffix(":\(controller):\(mine)") })
                }
                #expect(try !String(contentsOfFile: "/proc/\(monitor)/cgroup", encoding: .utf8).contains(rig.instance))
                let values: [(String, String)] =
                    v1
                    ? [
                        ("cpu\(mine)/cpu.shares", "512"), ("cpu\(mine)/cpu.cfs_quota_us", "50000"), ("cpu\(mine)/cpu.cfs_period_us", "100000"),
                        ("memory\(mine)/memory.limit_in_bytes", "67108864"), ("pids\(mine)/pids.max", "100")
                    ]
                    : [
                        ("\(mine)/cpu.weight", "20"), ("\(mine)/cpu.max", "50000 100000"), ("\(mine)/memory.max", "67108864"),
                        ("\(mine)/pids.max", "100")
                    ]
                for (file, value) in values {
                    #expect(try String(contentsOfFile: "/sys/fs/cgroup/" + file, encoding: .utf8) == value + "\n", "\(file)")
                }
                #expect(try rig.destroy("a").hasError == false)
                #expect(rig.cgroupFolders().allSatisfy { !$0.hasSuffix("/a") })
            }
        }

        @Test(arguments: Program.allCases)
        func `limits are changed and use is read while it runs, and only then`(program: Program) throws {
            try withRig(program) { rig in
                try rig.launch("a", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done; sleep 1000 & exec sleep 1000")
                try rig.awaitOutput("a.out", "done")
                let update = Request.Update.with {
                    $0.containerID = "a"; $0.cgroup.memoryLimitBytes = 96 << 20; $0.cgroup.pidsMax = 50
                }
                #expect(try rig.launcher.ask(.update(update)).hasError == false)
                let used: Record.Used = try until("two processes") {
                    let answer = try rig.launcher.ask(.usage(.with { $0.containerID = "a" }))
                    guard case .used(let used) = answer.result else { throw Problem("no usage: \(answer.error.message)") }
                    return used.processes == 2 ? used : nil
                }
                #expect(used.memoryLimitBytes == 96 << 20)
                #expect(used.memoryBytes > 0 && used.memoryPeakBytes >= used.memoryBytes && used.memoryPeakBytes < 64 << 20)
                #expect(used.cpuUserUs + used.cpuSystemUs > 10_000 && used.cpuUserUs + used.cpuSystemUs < 60_000_000)
                #expect(used.threads == 2 && used.atUs > 0)
                #expect(try rig.destroy("a").hasError == false)
                #expect(try rig.launcher.ask(.update(update)).error.code == .notRunning)
                #expect(try rig.launcher.ask(.usage(.with { $0.containerID = "a" })).error.code == .notRunning)
                #expect(try rig.launcher.ask(.usage(.with { $0.containerID = "b" })).error.code == .notFound)
            }
        }

        @Test(arguments: Program.allCases)
        func `at its memory limit all of a container ends, and that is the reason given`(program: Program) throws {
            try withRig(program) { rig in
                let hungry = "tail /dev/zero | cat > /dev/null"
                let rows = [
                    ("main", "exec tail /dev/zero"), ("child", "(\(hungry)); sleep 1000"),
                    ("daemon", "(setsid sh -c '\(hungry)' &); exec sleep 1000")
                ]
                for (id, shell) in rows {
                    let start = ContinuousClock.now
                    try rig.launch(id, shell) { $0.cgroup.memoryLimitBytes = 32 << 20 }
                    let exit = try rig.launcher.exit(of: id)
                    #expect(exit.outOfMemory && exit.outcome == .signal(9), "\(id)")
                    #expect(exit.memoryPeakBytes > 30 << 20 && exit.memoryPeakBytes <= 32 << 20)
                    #expect(ContinuousClock.now - start < .seconds(15))
                }
                #expect(try rig.run("tail -c 1M /dev/zero | wc -c") == "1048576")
            }
        }

        @Test(arguments: Program.allCases)
        func `more processes than allowed can't be made`(program: Program) throws {
            try withRig(program) { rig in
                try rig.launch("bomb", "f() { f | f & }; f; exec sleep 1000") { $0.cgroup.pidsMax = 30 }
                try rig.awaitOutput("bomb.err", "fork")
                #expect(try rig.destroy("bomb").hasError == false)
            }
        }

        @Test(arguments: Program.allCases)
        func `mounts are the container's own; links in the sandbox are not followed`(program: Program) throws {
            try withRig(program) { rig in
                let source = rig.folder + "/volume"
                try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: false)
                try "content\n".write(toFile: source + "/file", atomically: false, encoding: .utf8)
                let rows: [(String, String, Bool, String, String)] = [
                    (source, "data", false, "cat data/file; echo new > data/new && cat data/new", "content\nnew"),
                    (source, "data", true, "cat data/file; echo new 2>/dev/null > data/new2 || echo no", "content\nno"),
                    (source, "deep/er/data", false, "cat deep/er/data/file", "content"),
                    (source + "/file", "one", true, "cat one", "content"),
                    (source, "/mnt", false, "cat /mnt/file", "content")
                ]
                for row in rows {
                    let mount = Agora_V1_ContainerMount.with {
                        $0.source = row.0; $0.target = row.1; $0.readOnly = row.2
                    }
                    #expect(try rig.run(row.3) { $0.mounts = [mount] } == row.4, "\(row.1)")
                }
                symlink("/etc", rig.folder + "/link")
                for (target, error) in [("link", ENOTDIR), ("link/x", ENOTDIR), ("/no/such/target", ENOENT)] {
                    let mount = Agora_V1_ContainerMount.with {
                        $0.source = source; $0.target = target
                    }
                    let answer = try rig.ask(rig.request("m\(target.count)", shell: "true") { $0.mounts = [mount] })
                    #expect(answer.error.code == .launchFailed && answer.error.step == "mount" && answer.error.error == UInt32(error), "\(target)")
                }
                #expect(try rig.run("mount -t tmpfs none /mnt && touch /mnt/x && grep -c ' /mnt ' /proc/self/mounts") == "1")
                #expect(!FileManager.default.fileExists(atPath: "/mnt/x") && !FileManager.default.fileExists(atPath: "/etc/x"))
            }
        }

        @Test(arguments: Program.allCases)
        func `launchers with different instances leave each other alone`(program: Program) throws {
            try withRig(program) { one in
                try withRig(program) { other in
                    try one.launch("a", "echo started; exec sleep 1000")
                    try other.launch("a", "echo started; exec sleep 1000")
                    #expect(try one.destroy("a").hasError == false)
                    #expect(try one.launcher.exit(of: "a").outcome == .signal(9))
                    #expect(try other.list().map(\.state) == [.running])
                    #expect(one.cgroupFolders().allSatisfy { !$0.hasSuffix("/a") } && other.cgroupFolders().contains { $0.hasSuffix("/a") })
                    #expect(try one.launcher.hangUp() == 0)
                    #expect(try other.signal("a", SIGTERM).hasError == false)
                    #expect(try other.launcher.exit(of: "a").outcome == .signal(15))
                    try one.restart()
                }
            }
        }
    }
}
