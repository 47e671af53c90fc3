import AgoraAPI
import Foundation
import Glibc
import SwiftProtobuf
import Testing

extension LauncherTests {
    /// Commands that run inside of running containers, as health checks do.
    struct Exec {
        static func exec(_ rig: Rig, _ id: String, _ shell: String, _ change: (inout Request.Exec) -> Void = { _ in }) throws -> Answer {
            var exec = Request.Exec()
            exec.containerID = id
            exec.command.shell = shell
            exec.environment = ["PATH=/usr/bin:/bin", "MARK=\(rig.instance)"]
            exec.stdoutPath = rig.folder + "/exec.out"
            change(&exec)
            return try rig.launcher.ask(.exec(exec))
        }

        @Test(arguments: Ending.rows)
        func `a command runs inside, and its end or its time-out is answered`(program: Program, containment: Containment) throws {
            try withRig(program, cgroups: containment.cgroups) { rig in
                try rig.launch("a", "exec sleep 1000", containment.apply)
                let rows: [(String, Record.Executed.OneOf_Outcome, Bool)] = [
                    ("true", .status(0), false), ("exit 3", .status(3), false), ("kill -6 $$", .signal(6), false), ("sleep 1000", .signal(9), true),
                    ("sleep 1000 | sleep 1000", .signal(9), true)
                ]
                for row in rows {
                    guard case .executed(let executed) = try Self.exec(rig, "a", row.0, { $0.timeoutMs = row.2 ? 50 : 15000 }).result else {
                        throw Problem("\(row.0) was not executed")
                    }
                    #expect(executed.outcome == row.1 && executed.timedOut == row.2, "\(row.0)")
                }
                let error = try Self.exec(rig, "a", "") { $0.command = .with { $0.executable = "/x" } }.error
                #expect(error.code == .launchFailed && error.message == "Failed to run command: execve '/x': No such file or directory")
                #expect(try Self.exec(rig, "b", "true").error.code == .notFound)
                #expect(try Self.exec(rig, "a", "true") { $0.clearCommand() }.error.code == .invalid)
                #expect(try Self.exec(rig, "a", "true") { $0.timeoutMs = 86_400_001 }.error.code == .invalid)
                #expect(try Self.exec(rig, "a", "true") { $0.tty = true }.error.code == .unsupported)
                #expect(try Self.exec(rig, "a", "true") { $0.user.name = "no-such-user" }.error.code == .unknownUser)
                let endless = Request.Exec.with {
                    $0.containerID = "a"
                    $0.environment = ["PATH=/usr/bin:/bin", "MARK=\(rig.instance)"]
                    $0.command.shell = "(setsid sleep 1000 &); echo > \(rig.folder)/started; sleep 1000"
                }
                let pending = try rig.launcher.send(.exec(endless))
                let _: Bool = try until("start of the command") { FileManager.default.fileExists(atPath: rig.folder + "/started") ? true : nil }
                #expect(try rig.destroy("a").hasError == false)
                guard case .executed(let executed) = try rig.launcher.answer(to: pending).result else { throw Problem("no end of the command") }
                #expect(executed.outcome == .signal(9) && !executed.timedOut)
                #expect(try Self.exec(rig, "a", "true").error.code == .notRunning)
            }
        }

        @Test(.enabled(if: Rig.isRoot, "namespaces and cgroups need root"), arguments: Program.allCases)
        func `a command is in the namespaces and cgroups of its container, also after a restart of the launcher`(program: Program) throws {
            try withRig(program) { rig in
                try rig.launch("a", "echo 'echo from inside' > /mnt/inside; readlink /proc/self/ns/*; cat /proc/self/cgroup; exec sleep 1000") {
                    $0.mounts = [
                        .with {
                            $0.source = rig.folder; $0.target = "/mnt"
                        }
                    ]
                }
                try rig.awaitOutput("a.out", "0::")
                try rig.launcher.kill9()
                try rig.restart()
                let answer = try Self.exec(rig, "a", "readlink /proc/self/ns/*; cat /proc/self/cgroup; sh /mnt/inside")
                #expect(answer.executed.outcome == .status(0))
                #expect(try rig.output("exec.out") == rig.output("a.out") + "from inside\n")
            }
        }

        @Test(arguments: Program.allCases)
        func `many commands run at a time, and others are answered meanwhile`(program: Program) throws {
            try withRig(program) { rig in
                try rig.launch("a", "exec sleep 1000") { $0.clearCgroup() }
                let command = Request.Exec.with {
                    $0.containerID = "a"
                    $0.command.shell = "while [ ! -e go ]; do sleep 0.02; done"
                    $0.workingFolder = rig.folder
                }
                let requests = try (0..<20).map { _ in try rig.launcher.send(.exec(command)) }
                #expect(try rig.list().count == 1)
                #expect(FileManager.default.createFile(atPath: rig.folder + "/go", contents: nil))
                for request in requests { #expect(try rig.launcher.answer(to: request).executed.outcome == .status(0)) }
            }
        }
    }
}
