import AgoraAPI
import Foundation
import Glibc
import SwiftProtobuf
import Testing

extension LauncherTests {
    /// One of the processes of a launch is killed before each system call that it makes, from the container's folder to the container's end
    /// (Tools/crash.c does it, to the program that users get). Whenever that is: the task starts at most once, never runs unseen, and what
    /// became of it is told.
    @Suite(.enabled(if: Rig.isRoot, "other users may not look into launchers"))
    struct CrashPoints {
        enum Victim: String, CaseIterable, Sendable { case launcher, monitor, task }

        static let rows = Victim.allCases.flatMap { victim in Containment.allCases.map { (victim, $0) } }
        static let container = "c"
        /// Each run takes some of the steps, `make soak` all of them.
        static let stride = ProcessInfo.processInfo.environment["AGORA_CRASH_STRIDE"].flatMap { Int($0) } ?? 4

        @Test(arguments: rows)
        func `whenever a process of a launch is killed, the task starts at most once and its end is told`(
            victim: Victim, containment: Containment
        ) throws {
            var step = Int.random(in: 1...Self.stride)
            while try Case(victim, step, containment).run() { step += Self.stride }
            #expect(step > 10, "the victim was never there")
        }

        @Test(arguments: [2, 3, 8])
        func `a monitor that is held up while its launcher dies starts nothing unseen`(step: Int) throws {
            let rig = try Rig(.built) { folder in try [Tool.crash.get(), "held-monitor", "\(step)", Self.container, folder + "/report"] }
            do {
                #expect(throws: Problem.self) { try rig.ask(rig.request(Self.container, shell: "echo started >> ledger; exec sleep 1000")) }
                try rig.restart(prefixed: false)
                let exits = try rig.list().map(\.exit.outcome)
                #expect(exits == [.lost(true)])
                let monitor = try #require(rig.output("report").split(whereSeparator: \.isWhitespace).last.flatMap { pid_t($0) })
                kill(monitor, SIGCONT)
                let _: Bool = try until("end of the monitor") { kill(monitor, 0) == 0 ? nil : true }
                #expect((try? rig.output("ledger")) == nil)
                // It may itself say by now that it has started nothing.
                let end = try rig.list().first?.exit
                if case .failure = end?.outcome {} else { #expect(end?.outcome == .lost(true)) }
                #expect(try rig.remove(Self.container).hasError == false)
                try rig.close()
            } catch {
                rig.abandon()
                throw error
            }
        }

        private struct Case {
            let victim: Victim
            let step: Int
            let containment: Containment
            let rig: Rig

            init(_ victim: Victim, _ step: Int, _ containment: Containment) throws {
                (self.victim, self.step, self.containment) = (victim, step, containment)
                rig = try Rig(.built, cgroups: containment.cgroups) { folder in
                    try [Tool.crash.get(), victim.rawValue, "\(step)", CrashPoints.container, folder + "/report"]
                }
            }

            /// - Returns: whether there was such a step.
            func run() throws -> Bool {
                do {
                    try launch()
                    if victim == .launcher { try rig.restart(prefixed: false) }
                    try settle()
                    let call = try? rig.output("report")
                    for container in try rig.list() { #expect(try rig.remove(container.containerID).hasError == false) }
                    try rig.close()
                    return call != nil
                } catch {
                    rig.abandon()
                    throw Problem("\(victim) killed at step \(step), call \((try? rig.output("report")) ?? "none") (\(containment)): \(error)")
                }
            }

            private func request() -> Request.Launch {
                let shell = "echo started >> ledger; while [ ! -e go ]; do sleep 0.005; done; exit 3"
                return rig.request(CrashPoints.container, shell: shell, containment.apply)
            }

            private func go() throws { try Data().write(to: URL(filePath: rig.folder + "/go")) }

            private var starts: Int { ((try? rig.output("ledger")) ?? "").split(separator: "\n").count }

            /// The launch under fire, and the container's end if it came so far.
            private func launch() throws {
                do {
                    guard case .launched = try rig.ask(request()).result else { return }
                    try rig.awaitOutput("ledger", "started", orEndOf: CrashPoints.container)
                    try go()
                    _ = try rig.launcher.exit(of: CrashPoints.container)
                } catch {
                    guard victim == .launcher, try rig.launcher.reap() == 128 + SIGKILL else { throw error }
                }
            }

            /// Does as an agent whose launcher has gone, or has said that the launch failed.
            private func settle() throws {
                let seen = try rig.list()
                guard let container = seen.first else {
                    guard starts == 0 else { throw Problem("what has started is not seen") }
                    guard case .launched = try rig.ask(request()).result else { throw Problem("the unused id can't be launched") }
                    try go()
                    guard try rig.launcher.exit(of: CrashPoints.container).outcome == .status(3), starts == 1 else {
                        throw Problem("not started once")
                    }
                    return
                }
                guard try rig.ask(request()).error.code == .alreadyExists else { throw Problem("launched a second time") }
                var end = container.exit
                if container.state == .running {
                    try go()
                    end = try rig.launcher.exit(of: CrashPoints.container)
                }
                // Without a container that dies as one, the last process may be dying still.
                let _: Bool = try until("end of all processes of what has ended (\(end))") {
                    Rig.processes(marked: "MARK=" + rig.instance).isEmpty ? true : nil
                }
                switch end.outcome {
                case .status(3): guard starts == 1 else { throw Problem("\(starts) starts, of one that ended by itself") }
                case .failure: guard starts == 0, victim != .monitor else { throw Problem("\(starts) starts, and \(end)") }
                case .signal(9): guard starts == 0, victim == .task else { throw Problem("\(starts) starts, and \(end)") }
                case .lost(true): guard starts <= 1, victim != .task else { throw Problem("\(starts) starts, and \(end)") }
                default: throw Problem("ended by \(end)")
                }
            }
        }
    }
}
