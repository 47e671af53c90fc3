import AgoraAPI
import Foundation
import Glibc
import SwiftProtobuf
import Testing

extension LauncherTests {
    /// Signals, destroying, removing; each with and without namespaces and cgroups, where the way to the processes is another.
    struct Ending {
        static let rows = Program.allCases.flatMap { program in Containment.allCases.map { (program, $0) } }

        @Test(arguments: rows)
        func `a signal reaches the main process alone or the whole tree`(program: Program, containment: Containment) throws {
            try withRig(program, cgroups: containment.cgroups) { rig in
                let child = "(trap 'echo child > heard; exit' TERM; echo ready; while :; do sleep 0.02; done)"
                for (id, whole) in [("a", false), ("b", true)] {
                    let trap = whole ? "while [ ! -s heard ]; do sleep 0.01; done; exit 7" : "exit 7"
                    try rig.launch(id, "trap '\(trap)' TERM; \(child) & while :; do sleep 0.02; done", containment.apply)
                    try rig.awaitOutput(id + ".out", "ready")
                    #expect(try rig.signal(id, SIGTERM, tree: whole).hasError == false)
                    #expect(try rig.launcher.exit(of: id).outcome == .status(7))
                    #expect(FileManager.default.fileExists(atPath: rig.folder + "/heard") == whole)
                }
                #expect(try rig.signal("a", SIGTERM).error.code == .notRunning)
                #expect(try rig.signal("c", SIGTERM).error.code == .notFound)
                #expect(try rig.signal("a", 0).error.code == .invalid)
                #expect(try rig.signal("a", 65).error.code == .invalid)
            }
        }

        @Test(arguments: rows)
        func `a task that ignores SIGTERM ends by destroy, with all that it has made`(program: Program, containment: Containment) throws {
            try withRig(program, cgroups: containment.cgroups) { rig in
                let daemon = "(setsid sh -c 'trap : TERM HUP; echo daemon; while :; do sleep 1; done' &)"
                try rig.launch("a", "trap : TERM; \(daemon); while :; do sleep 1; echo alive; done", containment.apply)
                try rig.awaitOutput("a.out", "daemon")
                #expect(try rig.signal("a", SIGTERM, tree: true).hasError == false)
                try rig.awaitOutput("a.out", "alive")
                let destroyed = try (0..<3).map { _ in try rig.launcher.send(.destroy(.with { $0.containerID = "a" })) }
                for request in destroyed { #expect(try rig.launcher.answer(to: request).hasError == false) }
                #expect(rig.launcher.exits.map(\.containerID) == ["a"])
                #expect(try rig.launcher.exit(of: "a").outcome == .signal(9))
                #expect(Rig.processes(marked: "MARK=" + rig.instance) == [])
                #expect(try rig.destroy("a").hasError == false)
                #expect(try rig.destroy("b").error.code == .notFound)
            }
        }

        @Test(arguments: rows)
        func `what a task has left behind ends with it`(program: Program, containment: Containment) throws {
            try withRig(program, cgroups: containment.cgroups) { rig in
                try rig.launch("a", "(setsid sleep 1000 &); (setsid sh -c 'sleep 1000 & sleep 1000' &); sleep 0.05; exit 3", containment.apply)
                #expect(try rig.launcher.exit(of: "a").outcome == .status(3))
                #expect(Rig.processes(marked: "MARK=" + rig.instance) == [])
            }
        }

        @Test(arguments: rows)
        func `a container is removed once it has ended`(program: Program, containment: Containment) throws {
            try withRig(program, cgroups: containment.cgroups) { rig in
                try rig.launch("a", "exec sleep 1000", containment.apply)
                #expect(try rig.remove("a").error.code == .running)
                #expect(try rig.signal("a", SIGKILL).hasError == false)
                #expect(try rig.launcher.exit(of: "a").outcome == .signal(9))
                #expect(try rig.remove("a").hasError == false)
                #expect(try rig.remove("a").error.code == .notFound)
                #expect(try rig.list() == [])
                #expect(try FileManager.default.contentsOfDirectory(atPath: rig.folder + "/containers") == [])
            }
        }

        @Test(arguments: rows)
        func `a monitor that is killed takes all of its container with it, and it is lost`(program: Program, containment: Containment) throws {
            try withRig(program, cgroups: containment.cgroups) { rig in
                let monitor = try rig.launch("a", "(setsid sleep 1000 &); sleep 1000 & echo ready; sleep 1000", containment.apply)
                try rig.awaitOutput("a.out", "ready")
                kill(monitor, SIGKILL)
                #expect(try rig.launcher.exit(of: "a").outcome == .lost(true))
                if containment != .none { #expect(Rig.processes(marked: "MARK=" + rig.instance) == []) }
                #expect(try rig.list().map(\.exit.outcome) == [.lost(true)])
                let _: Bool = try until("end of what nothing holds") {
                    let left = Rig.processes(marked: "MARK=" + rig.instance)
                    left.forEach { kill(pid_t($0), SIGKILL) }
                    return left.isEmpty ? true : nil
                }
            }
        }

        @Test(.enabled(if: Rig.isRoot, "a monitor can be stopped from outside only"), arguments: Program.allCases)
        func `a monitor that doesn't follow the order to destroy is killed itself`(program: Program) throws {
            try withRig(program) { rig in
                let monitor = try rig.launch("a", "exec sleep 1000")
                kill(monitor, SIGSTOP)
                #expect(try rig.destroy("a").hasError == false)
                #expect(try rig.launcher.exit(of: "a").outcome == .signal(9))
                #expect(try rig.list().map(\.exit.outcome) == [.signal(9)])
            }
        }
    }
}

/// How much holds a container's processes together.
enum Containment: String, CaseIterable, Sendable {
    case full, cgroups, none

    var cgroups: Request.Hello.Cgroups { self == .none ? .none : .automatic }

    func apply(_ launch: inout Request.Launch) {
        if self == .full { return }
        launch.namespaces = []
        if self == .none { launch.clearCgroup() }
    }
}
