import AgoraAPI
import Foundation
import Glibc
import SwiftProtobuf
import Testing

extension LauncherTests {
    /// What the machine may refuse or lose: room, processes, cgroups, pids that are given to others.
    @Suite(.enabled(if: Rig.isRoot, "mounts and cgroups are root's"))
    struct Faults {
        @Test(arguments: Program.allCases)
        func `on a full disk a launch fails and says why, and an end is kept until there is room again`(program: Program) throws {
            let rig = try Rig(program) { folder in
                guard mount("tmpfs", folder, "tmpfs", 0, "size=256k") == 0 else { throw Problem("mount: \(errno)") }
                return []
            }
            let go = rig.folder + ".go"
            defer { unlink(go) }
            do {
                try rig.launch("a", "echo ready; while [ ! -e \(go) ]; do sleep 0.01; done; exit 3")
                try rig.awaitOutput("a.out", "ready")
                try Self.fill(rig.folder + "/filler")
                let error = try rig.ask(rig.request("b", shell: "true")).error
                #expect(error.message.hasSuffix("No space left on device") && error.error == UInt32(ENOSPC), "\(error)")
                #expect(try rig.list().filter { $0.containerID == "b" }.allSatisfy { $0.state == .ended })
                try Data().write(to: URL(filePath: go))
                // Once the task is gone its monitor has only the end left to write.
                let _: Bool = try until("end of the task") { Rig.processes(marked: "MARK=" + rig.instance).isEmpty ? true : nil }
                #expect(try rig.list().filter { $0.containerID == "a" }.map(\.state) == [.running])
                unlink(rig.folder + "/filler")
                #expect(try rig.launcher.exit(of: "a").outcome == .status(3))
                #expect(try rig.run("echo fine") == "fine")
                for container in try rig.list() { #expect(try rig.remove(container.containerID).hasError == false) }
                umount2(rig.folder, Int32(MNT_DETACH))
                try rig.close()
            } catch {
                rig.abandon()
                umount2(rig.folder, Int32(MNT_DETACH))
                rmdir(rig.folder)
                throw error
            }
        }

        /// Writes until there is no room left.
        private static func fill(_ path: String) throws {
            let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
            guard file >= 0 else { throw Problem("open: \(errno)") }
            defer { close(file) }
            let bytes = [UInt8](repeating: 1, count: 4_096)
            while write(file, bytes, bytes.count) > 0 {}
        }

        @Test(arguments: Program.allCases)
        func `cgroups that somebody has removed are made again`(program: Program) throws {
            try withRig(program) { rig in
                try rig.launch("a", "true")
                #expect(try rig.launcher.exit(of: "a").outcome == .status(0))
                for folder in rig.cgroupFolders() { #expect(rmdir(folder) == 0) }
                try rig.launch("b", "exec sleep 1000")
                #expect(!rig.cgroupFolders().isEmpty)
                #expect(try rig.destroy("b").hasError == false)
            }
        }

        @Test(.enabled(if: access(pids, F_OK) == 0, "there is no hierarchy of the pids controller"), arguments: Program.allCases)
        func `without the pids controller the rest works, and its limit is refused`(program: Program) throws {
            let prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-c", "umount \(Self.pids) && exec \"$@\"", "sh"]
            try withRig(program, prefix: prefix) { rig in
                #expect(rig.hello.controllers.filter { !$0.available }.map(\.name) == ["pids"])
                let error = try rig.ask(rig.request("a", shell: "true") { $0.cgroup.pidsMax = 10 }).error
                #expect(error.code == .unsupported)
                #expect(try rig.run("echo fine") == "fine")
            }
        }

        static let pids = "/sys/fs/cgroup/pids"

        @Test(.enabled(if: access(pids, F_OK) == 0, "there is no hierarchy of the pids controller"), arguments: Program.allCases)
        func `when no process can be made a launch fails at that step, and the next one works`(program: Program) throws {
            let cgroup = Self.pids + "/agora-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
            guard mkdir(cgroup, 0o755) == 0 else { throw Problem("mkdir: \(errno)") }
            defer { rmdir(cgroup) }
            func allow(_ count: String) throws { try count.write(toFile: cgroup + "/pids.max", atomically: false, encoding: .utf8) }
            try withRig(program, prefix: ["sh", "-c", "echo $$ > \(cgroup)/cgroup.procs && exec \"$@\"", "sh"]) { rig in
                try allow("1")
                let noMonitor = try rig.ask(rig.request("a", shell: "true")).error
                #expect(noMonitor.message == "Failed to fork a monitor: Resource temporarily unavailable", "\(noMonitor)")
                try allow("2")
                let noTask = try rig.ask(rig.request("b", shell: "true")).error
                #expect(noTask.code == .launchFailed && noTask.step == "clone" && noTask.error == UInt32(EAGAIN), "\(noTask)")
                try allow("max")
                #expect(try rig.list().map(\.state) == [.ended, .ended])
                #expect(try rig.run("echo fine") == "fine")
                for container in try rig.list() { #expect(try rig.remove(container.containerID).hasError == false) }
            }
        }

        /// What a file says of a process that is somebody else by now.
        private static func rows(_ pid: pid_t, _ start: UInt64, _ boot: String) -> [(String, String)] {
            [
                ("another-start", "boot \(boot)\npid \(pid)\nstart \(start - 1)\nbegan 5\nnamespaces 0\nrunning \(pid) \(start - 1)\n"),
                ("another-boot", "boot \(UUID())\npid \(pid)\nstart \(start)\nbegan 5\nnamespaces 0\nrunning \(pid) \(start)\n"),
                ("another-session", "boot \(boot)\npid 1\nstart 1\nbegan 5\nnamespaces 0\nrunning \(pid) \(start + 1)\n")
            ]
        }

        @Test(arguments: Program.allCases, [Containment.cgroups, .none])
        func `a process that has been given a monitor's or a task's pid is left alone`(program: Program, containment: Containment) throws {
            let bystander = Process()
            bystander.executableURL = URL(filePath: "/usr/bin/setsid")
            bystander.arguments = ["--wait", "sh", "-c", "echo $$; exec sleep 1000"]
            let pipe = Pipe()
            bystander.standardOutput = pipe
            try bystander.run()
            defer { bystander.waitUntilExit() }
            let pid = try #require(pid_t(String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self).trimmingCharacters(in: .newlines)))
            defer { kill(pid, SIGKILL) }
            let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8).split(separator: ")").last?.split(separator: " ") ?? []
            let start = try #require(UInt64(stat[19]))
            try withRig(program, cgroups: containment.cgroups) { rig in
                let rows = Self.rows(pid, start, rig.hello.bootID)
                for row in rows {
                    let folder = rig.folder + "/containers/" + row.0
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
                    try ("agora-monitor 1\n" + row.1).write(toFile: folder + "/monitor", atomically: false, encoding: .utf8)
                }
                // Somebody has a lock on the file, and its pid is another's: that can't be waited for.
                let lock = try Self.lock(rig.folder + "/containers/another-start/monitor")
                #expect(try rig.list().map(\.exit.outcome) == rows.map { _ in .lost(true) })
                close(lock)
                for row in rows { #expect(try rig.destroy(row.0).hasError == false) }
                for row in rows { #expect(try rig.remove(row.0).hasError == false) }
                #expect(kill(pid, 0) == 0 && bystander.isRunning)
            }
        }

        /// A lock of the kind that monitors hold.
        private static func lock(_ path: String) throws -> Int32 {
            let file = open(path, O_RDWR | O_CLOEXEC)
            var whole = flock()
            whole.l_type = Int16(F_WRLCK)
            let setForDescription: Int32 = 37  // F_OFD_SETLK, which Glibc's module leaves out
            guard file >= 0, fcntl(file, setForDescription, &whole) == 0 else { throw Problem("lock: \(errno)") }
            return file
        }
    }
}
