import AgoraAPI
import Foundation
import Glibc
import SwiftProtobuf
import Testing

extension LauncherTests {
    struct Launching {
        @Test(arguments: Program.allCases)
        func `the main process's exit status or signal is reported, once it is running`(program: Program) throws {
            let rows: [(String, Exit.OneOf_Outcome)] = [
                ("true", .status(0)), ("exit 1", .status(1)), ("exit 255", .status(255)), ("kill -9 $$", .signal(9)), ("kill -15 $$", .signal(15))
            ]
            try withRig(program) { rig in
                for (number, row) in rows.enumerated() {
                    try rig.launch("a\(number)", row.0)
                    let exit = try rig.launcher.exit(of: "a\(number)")
                    #expect(exit.outcome == row.1, "\(row.0)")
                    #expect(!exit.outOfMemory)
                    #expect(exit.startedUs > 1_600_000_000_000_000 && exit.endedUs >= exit.startedUs)
                }
            }
        }

        @Test(arguments: Program.allCases)
        func `of many launches that come at once the first are told of before the last are carried out`(program: Program) throws {
            try withRig(program) { rig in
                // It finds all of them in its socket when it goes on.
                kill(rig.launcher.pid, SIGSTOP)
                let launches = try (0..<60).map { try rig.launcher.send(.launch(rig.request("a\($0)", shell: "true"))) }
                let last = try rig.launcher.send(.list(Request.List()))
                kill(rig.launcher.pid, SIGCONT)
                _ = try rig.launcher.answer(to: last)
                #expect(rig.launcher.order.firstIndex(of: last) ?? 0 > 0)
                for (number, launch) in launches.enumerated() {
                    guard case .launched = try rig.launcher.answer(to: launch).result else { throw Problem("a\(number) was not launched") }
                    #expect(try rig.launcher.exit(of: "a\(number)").outcome == .status(0))
                }
            }
        }

        @Test(arguments: Program.allCases)
        func `a program that can't be executed is refused with step, errno and a sentence, and its id is used up`(program: Program) throws {
            try withRig(program) { rig in
                let folder = rig.folder
                let rows: [(String, UInt32, String, (inout Request.Launch) -> Void)] = [
                    ("execve", 2, "execve '/x': No such file or directory", { $0.command.executable = "/x" }),
                    ("execve", 2, "execve 'no-such': No such file or directory", { $0.command.executable = "no-such" }),
                    ("execve", 13, "execve '\(folder)': Permission denied", { $0.command.executable = folder }),
                    (
                        "chdir", 2, "chdir '/no/such': No such file or directory",
                        {
                            $0.command.executable = "true"; $0.workingFolder = "/no/such"
                        }
                    ),
                    (
                        "stdout", 21, "stdout '/': Is a directory",
                        {
                            $0.command.executable = "true"; $0.stdoutPath = "/"
                        }
                    ),
                    (
                        "stderr", 2, "stderr '/no/such': No such file or directory",
                        {
                            $0.command.executable = "true"; $0.stderrPath = "/no/such"
                        }
                    )
                ]
                for (number, row) in rows.enumerated() {
                    let launch = rig.request("a\(number)", row.3)
                    let error = try rig.ask(launch).error
                    #expect(error.code == .launchFailed)
                    #expect(error.step == row.0 && error.error == row.1)
                    #expect(error.message == "Failed to launch container: " + row.2)
                    #expect(try rig.ask(launch).error.code == .alreadyExists)
                }
                #expect(try rig.list().map(\.exit.failure.step) == rows.map(\.0))
                #expect(rig.launcher.exits.isEmpty)
            }
        }

        @Test(arguments: Program.allCases)
        func `a container id is taken once: while it runs, after its end, by another launcher`(program: Program) throws {
            try withRig(program) { rig in
                try rig.launch("a", "sleep 1000")
                #expect(try rig.ask(rig.request("a", shell: "true")).error.code == .alreadyExists)
                #expect(try rig.destroy("a").hasError == false)
                #expect(try rig.ask(rig.request("a", shell: "true")).error.code == .alreadyExists)
                try rig.launcher.kill9()
                try rig.restart()
                #expect(try rig.ask(rig.request("a", shell: "true")).error.code == .alreadyExists)
                #expect(try rig.remove("a").hasError == false)
                try rig.launch("a", "true")
                #expect(try rig.launcher.exit(of: "a").outcome == .status(0))
            }
        }

        @Test(arguments: Program.allCases)
        func `a request that makes no sense is refused and makes nothing`(program: Program) throws {
            try withRig(program) { rig in
                let rows: [(Record.Error.Code, (inout Request.Launch) -> Void)] = [
                    (.invalid, { $0.containerID = "" }),
                    (.invalid, { $0.containerID = "../a" }),
                    (.invalid, { $0.containerID = ".a" }),
                    (.invalid, { $0.containerID = String(repeating: "a", count: 252) }),
                    (.invalid, { $0.clearCommand() }),
                    (.invalid, { $0.command.executable = "true" }),
                    (.invalid, { $0.workingFolder = "tmp" }),
                    (.invalid, { $0.environment = ["NAME"] }),
                    (.invalid, { $0.environment = ["=value"] }),
                    (.invalid, { $0.umask = 0o1000 }),
                    (.invalid, { $0.cgroup.cpuPeriodUs = 10 }),
                    (.invalid, { $0.cgroup.cpuShares = 1 }),
                    (
                        .invalid,
                        {
                            $0.rlimits = [
                                .with {
                                    $0.type = .rlmtCore; $0.soft = 1
                                }
                            ]
                        }
                    ),
                    (
                        .invalid,
                        {
                            $0.rlimits = [
                                .with {
                                    $0.type = .rlmtCore; $0.soft = 2; $0.hard = 1
                                }
                            ]
                        }
                    ),
                    (.invalid, { $0.rlimits = [.with { $0.type = .unknown }] }),
                    (.invalid, { $0.user.uid = 1 }),
                    (
                        .invalid,
                        {
                            $0.mounts = [
                                .with {
                                    $0.source = "tmp"; $0.target = "x"
                                }
                            ]
                        }
                    ),
                    (
                        .invalid,
                        {
                            $0.mounts = [
                                .with {
                                    $0.source = "/tmp"; $0.target = "x/../../y"
                                }
                            ]
                        }
                    ),
                    (
                        .invalid,
                        {
                            $0.namespaces = []; $0.hostname = "a"
                        }
                    ),
                    (.unsupported, { $0.namespaces.append(.network) }),
                    (.unsupported, { $0.parentContainerID = "p" }),
                    (.unsupported, { $0.rootfs = "/" }),
                    (.unsupported, { $0.descriptors = 1 }),
                    (.unsupported, { $0.tty = true }),
                    (.unknownUser, { $0.user.name = "no-such-user" }),
                    (.unknownUser, { $0.user.name = "" })
                ]
                for (number, row) in rows.enumerated() {
                    let answer = try rig.ask(rig.request("a", shell: "true", row.1))
                    #expect(answer.error.code == row.0, "row \(number): \(answer.error.message)")
                    #expect(!answer.error.message.isEmpty)
                }
                #expect(try rig.list() == [])
                #expect(try FileManager.default.contentsOfDirectory(atPath: rig.folder).sorted() == ["containers", "launcher.lock"])
                let answer = try rig.ask(rig.request("a", shell: "true") { $0.user.name = "bob-who-is-not" })
                #expect(answer.error.message == "No such user 'bob-who-is-not'")
            }
        }

        @Test(arguments: Program.allCases)
        func `the first request is hello, there is one, and it speaks protocol 1`(program: Program) throws {
            let launcher = try Connection(program)
            #expect(try launcher.ask(.list(Request.List())).error.code == .invalid)
            let good = Request.Hello.with {
                $0.protocol = 1; $0.workFolder = "/tmp"; $0.instance = "i"
            }
            let rows: [(Record.Error.Code, (inout Request.Hello) -> Void)] = [
                (.unsupported, { $0.protocol = 2 }), (.invalid, { $0.workFolder = "tmp" }), (.system, { $0.workFolder = "/no/such" }),
                (.invalid, { $0.instance = "" }), (.invalid, { $0.instance = "a/b" }),
                (.invalid, { $0.instance = String(repeating: "a", count: 65) })
            ]
            for row in rows {
                var hello = good
                row.1(&hello)
                #expect(try launcher.ask(.hello(hello)).error.code == row.0)
            }
            #expect(try launcher.hangUp() == 0)
            try withRig(program) { rig in
                #expect(try rig.launcher.ask(.hello(good)).error.code == .invalid)
                #expect(rig.hello.protocol == 1 && rig.hello.root == Rig.isRoot && rig.hello.pid == UInt32(rig.launcher.pid))
                #expect(rig.hello.controllers.map(\.name) == ["cpu", "cpuacct", "memory", "pids"])
                #expect(rig.hello.namespaces.map(\.name) == ["pid", "ipc", "uts", "mount"])
                #expect((rig.hello.controllers + rig.hello.namespaces).allSatisfy { $0.available != $0.hasReason })
                let boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
                #expect(rig.hello.bootID + "\n" == boot)
            }
        }

        @Test(arguments: Program.allCases)
        func `many launches in flight are all answered`(program: Program) throws {
            try withRig(program) { rig in
                let ids = (0..<100).map { "c\($0)" }
                let requests = try ids.map { id in try rig.launcher.send(.launch(rig.request(id, shell: "sleep 1000"))) }
                for request in requests {
                    guard case .launched = try rig.launcher.answer(to: request).result else { throw Problem("not launched") }
                }
                #expect(try rig.list().map(\.state) == ids.map { _ in .running })
                let ends = try ids.map { id in try rig.launcher.send(.destroy(.with { $0.containerID = id })) }
                for end in ends { #expect(try rig.launcher.answer(to: end).hasError == false) }
                #expect(try ids.allSatisfy { try rig.launcher.exit(of: $0).outcome == .signal(9) })
            }
        }
    }
}
