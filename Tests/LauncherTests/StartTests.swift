import AgoraAPI
import Foundation
import Glibc
import SwiftProtobuf
import Testing

extension Rig {
    /// Runs a command to its end, which must be good. - Returns: what it has written
    func run(_ shell: String, _ change: (inout Request.Launch) -> Void = { _ in }) throws -> String {
        let id = "t\(UInt32.random(in: 0...UInt32.max))"
        try launch(id, shell, change)
        let exit = try launcher.exit(of: id)
        let errors = try output(id + ".err")
        #expect(exit.outcome == .status(0), "\(shell): \(errors)")
        return try output(id + ".out").trimmingCharacters(in: .newlines)
    }
}

extension LauncherTests {
    /// What the main process finds when it starts.
    struct Start {
        typealias Row = (String, (inout Request.Launch) -> Void)

        @Test(arguments: Program.allCases)
        func `command, environment, folder, streams, umask and signals are as asked`(program: Program) throws {
            try withRig(program) { rig in
                let script = rig.folder + "/script"
                try "echo from a script: $1\n".write(toFile: script, atomically: false, encoding: .utf8)
                chmod(script, 0o755)
                let rows: [Row] = [
                    ("one two", { $0.command.shell = "echo one two" }),
                    (
                        "a b",
                        {
                            $0.command = .with {
                                $0.executable = "echo"; $0.arguments = ["anything", "a b"]
                            }
                        }
                    ),
                    (
                        "name 1",
                        {
                            $0.command = .with {
                                $0.executable = "/bin/sh"; $0.arguments = ["x", "-c", "echo $0 $1", "name", "1"]
                            }
                        }
                    ),
                    (
                        "from a script: x",
                        {
                            $0.command = .with {
                                $0.executable = "./script"; $0.arguments = ["script", "x"]
                            }
                        }
                    ),
                    (rig.folder, { $0.command = .with { $0.executable = "pwd" } }),
                    ("0022", { $0.command.shell = "umask" }),
                    (
                        "0077",
                        {
                            $0.command.shell = "umask"; $0.umask = 0o77
                        }
                    ),
                    ("", { $0.command.shell = "cat" }),
                    (
                        "0\n1\n2\n3",
                        {
                            $0.command = .with {
                                $0.executable = "ls"; $0.arguments = ["ls", "/proc/self/fd"]
                            }
                        }
                    ),  // 3 is the folder
                    (
                        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000",
                        {
                            $0.command = .with {
                                $0.executable = "grep"; $0.arguments = ["grep", "-E", "SigBlk|SigIgn", "/proc/self/status"]
                            }
                        }
                    )
                ]
                for row in rows {
                    let output = try rig.run("") {
                        $0.clearCommand(); row.1(&$0)
                    }
                    #expect(output == row.0)
                }
                let lines = try rig.run("env") { $0.environment = ["A=1", "B=x y", "PATH=/bin:/usr/bin"] }.split(separator: "\n").map(String.init)
                #expect(Set(lines).isSuperset(of: ["A=1", "B=x y"]) && !lines.contains { $0.hasPrefix("ASAN") || $0.hasPrefix("HOME") })
            }
        }

        @Test(arguments: Program.allCases)
        func `streams are appended to, and absent ones lead nowhere`(program: Program) throws {
            try withRig(program) { rig in
                for id in ["a", "b"] {
                    try rig.launch(id, "echo out \(id); echo err \(id) >&2") {
                        $0.stdoutPath = rig.folder + "/log"
                        $0.stderrPath = rig.folder + "/log"
                    }
                    #expect(try rig.launcher.exit(of: id).outcome == .status(0))
                }
                #expect(try rig.output("log") == "out a\nerr a\nout b\nerr b\n")
                try rig.launch("c", "echo lost && echo lost >&2") {
                    $0.clearStdoutPath(); $0.clearStderrPath()
                }
                #expect(try rig.launcher.exit(of: "c").outcome == .status(0))
            }
        }

        @Test(arguments: Program.allCases)
        func `resource limits are set; the number of descriptors is not the launcher's own`(program: Program) throws {
            try withRig(program) { rig in
                let mine = try Program.run(["sh", "-c", "ulimit -Sn"]).output
                #expect(try rig.run("ulimit -Sn") + "\n" == mine)
                let limits: [Agora_V1_ContainerRLimit] = [
                    .with {
                        $0.type = .rlmtNofile; $0.soft = 50; $0.hard = 60
                    },
                    .with {
                        $0.type = .rlmtCore; $0.soft = 0; $0.hard = 0
                    }
                ]
                #expect(try rig.run("ulimit -Sn; ulimit -Hn; ulimit -Sc") { $0.rlimits = limits } == "50\n60\n0")
            }
        }

        @Test(.enabled(if: Rig.isRoot, "only root can change the user"), arguments: Program.allCases)
        func `the user is looked up with all groups, or given by numbers`(program: Program) throws {
            try withRig(program) { rig in
                let known = try Program.run(["id", "-u", "nobody"]).output + Program.run(["id", "-G", "nobody"]).output
                let shell = "id -u; id -G; grep NoNewPrivs /proc/self/status | cut -f 2"
                #expect(try rig.run(shell) { $0.user.name = "nobody" } == known + "0")
                #expect(
                    try rig.run(shell) {
                        $0.user = .with {
                            $0.uid = 1234; $0.gid = 5; $0.groups = [5, 6, 7]
                        }
                    } == "1234\n5 6 7\n0")
                // As that user files are made, and others' links not followed into places where only root may write.
                symlink("/agora-must-not-be-here", rig.folder + "/link")
                let error = try rig.ask(
                    rig.request("l", shell: "true") {
                        $0.user.name = "nobody"; $0.stdoutPath = rig.folder + "/link"
                    }
                ).error
                #expect(error.step == "stdout" && error.error == UInt32(EACCES))
                #expect(!FileManager.default.fileExists(atPath: "/agora-must-not-be-here"))
            }
        }

        @Test(arguments: Program.allCases)
        func `a pipe without a reader as output fails at once instead of hanging the launch`(program: Program) throws {
            try withRig(program) { rig in
                mkfifo(rig.folder + "/pipe", 0o666)
                let error = try rig.ask(rig.request("a", shell: "true") { $0.stdoutPath = rig.folder + "/pipe" }).error
                #expect(error.code == .launchFailed && error.step == "stdout" && error.error == UInt32(ENXIO))
            }
        }
    }
}
