import AgoraAPI
import Foundation
import Glibc
import SwiftProtobuf
import Testing

extension LauncherTests {
    /// Launchers die; containers go on, and the next launcher learns all from files.
    struct Adoption {
        static let rows = Ending.rows

        @Test(arguments: rows)
        func `a container outlives its launcher, and the next one sees its end`(program: Program, containment: Containment) throws {
            try withRig(program, cgroups: containment.cgroups) { rig in
                let monitor = try rig.launch("a", "trap 'exit 5' TERM; echo ready; while :; do sleep 0.02; done", containment.apply)
                try rig.awaitOutput("a.out", "ready")
                try rig.launcher.kill9()
                try rig.restart()
                let listed = try rig.list()
                #expect(listed.map(\.containerID) == ["a"] && listed.map(\.state) == [.running] && listed.map(\.monitorPid) == [UInt32(monitor)])
                #expect(listed.allSatisfy { $0.startedUs > 1_600_000_000_000_000 })
                #expect(try rig.signal("a", SIGTERM).hasError == false)
                #expect(try rig.launcher.exit(of: "a").outcome == .status(5))
                #expect(try rig.list().map(\.exit.outcome) == [.status(5)])
            }
        }

        @Test(arguments: rows)
        func `what ends while there is no launcher is listed with its exit, and then cleaned up`(program: Program, containment: Containment) throws {
            try withRig(program, cgroups: containment.cgroups) { rig in
                let monitor = try rig.launch("a", "while [ ! -e go ]; do sleep 0.01; done; exit 9", containment.apply)
                #expect(try rig.launcher.hangUp() == 0)
                #expect(FileManager.default.createFile(atPath: rig.folder + "/go", contents: nil))
                let _: Bool = try until("end of the monitor") { Rig.isAlive(monitor) ? nil : true }
                try rig.restart()
                #expect(try rig.list().map(\.exit.outcome) == [.status(9)])
                #expect(rig.cgroupFolders().allSatisfy { !$0.hasSuffix("/a") })
                #expect(rig.launcher.exits.isEmpty)
            }
        }

        @Test(arguments: rows)
        func `a monitor that was killed while no launcher was there is lost, and nothing lives`(program: Program, containment: Containment) throws {
            try withRig(program, cgroups: containment.cgroups) { rig in
                let monitor = try rig.launch("a", "sleep 1000 & echo ready; exec sleep 1000", containment.apply)
                try rig.awaitOutput("a.out", "ready")
                try rig.launcher.kill9()
                kill(monitor, SIGKILL)
                let _: Bool = try until("end of the monitor") { Rig.isAlive(monitor) ? nil : true }
                try rig.restart()
                // Where something is left to be killed it counts as running until that is done.
                let listed = try rig.list()
                if listed.first?.state == .running { #expect(try rig.launcher.exit(of: "a").outcome == .lost(true)) }
                #expect(try rig.list().map(\.exit.outcome) == [.lost(true)])
                #expect(Rig.processes(marked: "MARK=" + rig.instance) == [])
            }
        }

        @Test(arguments: Program.allCases)
        func `what a launcher still does after its agent's death is seen by the next one`(program: Program) throws {
            try withRig(program) { rig in
                let old = rig.launcher
                kill(old.pid, SIGSTOP)
                try old.send(.launch(rig.request("a", shell: "exec sleep 1000")))
                old.shutDown()
                let next = try Connection(program)
                let hello = try next.send(.hello(rig.greeting)), list = try next.send(.list(Request.List()))
                #expect(!next.hasRecord(within: 200), "the first one may still start something")
                kill(old.pid, SIGCONT)
                guard case .hello = try next.answer(to: hello).result else { throw Problem("no hello") }
                // It runs, or has ended with the launcher that has just forked it; in either case it is known.
                #expect(try next.answer(to: list).listed.containers.map(\.containerID) == ["a"])
                #expect(try old.reap() == 0)
                #expect(try next.hangUp() == 0)
                try rig.restart()
            }
        }

        @Test(arguments: Program.allCases)
        func `folders that no monitor has finished are lost`(program: Program) throws {
            try withRig(program) { rig in
                let rows: [(String, [String: String])] = [
                    ("empty", [:]), ("half", ["monitor": ""]), ("old", ["monitor": "agora-monitor 1\nboot x\npid 1\nstart 1\nbegan 5\nrunning 1\n"]),
                    ("garbage", ["monitor": "\u{1}\u{2}", "exit": "what?"]), ("unfinished", ["exit.new": "agora-exit 1\nstatus 0\n"]),
                    ("newer", ["exit": "agora-exit 2\nsomething else\nstatus 4\nfield\n"])
                ]
                for row in rows {
                    let folder = rig.folder + "/containers/" + row.0
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
                    for file in row.1 { try file.value.write(toFile: folder + "/" + file.key, atomically: false, encoding: .utf8) }
                }
                let outcomes = try rig.list().map { ($0.containerID, $0.exit.outcome) }
                #expect(outcomes.filter { $0.0 != "newer" }.map(\.1) == rows.dropLast().map { _ in .lost(true) })
                #expect(outcomes.filter { $0.0 == "newer" }.map(\.1) == [.status(4)])
                for row in rows { #expect(try rig.remove(row.0).hasError == false) }
                #expect(try rig.list() == [])
            }
        }

        @Test(arguments: Program.allCases)
        func `a launcher ends when its agent does, by the socket or by the signal of its death`(program: Program) throws {
            try withRig(program) { rig in
                try rig.launch("a", "exec sleep 1000")
                // The signal alone is no reason: it also comes when only a thread of the agent ends.
                kill(rig.launcher.pid, SIGUSR1)
                #expect(try rig.list().count == 1)
                #expect(try rig.launcher.hangUp() == 0)
                try rig.restart()
                #expect(try rig.list().map(\.state) == [.running])
                kill(rig.launcher.pid, SIGTERM)
                #expect(try rig.launcher.reap() == 0)
                try rig.restart()
                #expect(try rig.list().map(\.state) == [.running])
            }
        }
    }
}
