import AgoraAPI
import Foundation
import Glibc
import SwiftProtobuf
import Testing

extension LauncherTests {
    @Suite(.enabled(if: Rig.isRoot, "becomes nobody, which takes root"))
    struct Rootless {
        static let prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]

        @Test
        func `without root the launcher says what it can't do, and does the rest`() throws {
            try withRig(.built, prefix: Self.prefix) { rig in
                #expect(!rig.hello.root && rig.hello.cgroupVersion == 0)
                #expect(rig.hello.namespaces.map(\.reason) == Array(repeating: "Operation not permitted", count: 4))
                #expect(rig.hello.controllers.allSatisfy { !$0.available && !$0.reason.isEmpty })
                #expect(try rig.ask(rig.request("n", shell: "true") { $0.namespaces = [.pid, .mount] }).error.code == .unsupported)
                #expect(try rig.ask(rig.request("n", shell: "true") { $0.cgroup.pidsMax = 10 }).error.code == .unsupported)
                #expect(try rig.ask(rig.request("n", shell: "true") { $0.user.name = "root" }).error.code == .unsupported)
                #expect(try rig.run("id -u") { $0.user.name = "nobody" } == "65534")
                try rig.launch("a", "(setsid sleep 1000 &); echo ready; exec sleep 1000")
                try rig.awaitOutput("a.out", "ready")
                #expect(try rig.destroy("a").hasError == false)
                #expect(try rig.launcher.exit(of: "a").outcome == .signal(9))
                #expect(Rig.processes(marked: "MARK=" + rig.instance) == [])
            }
        }

        static let hasUnifiedCgroups = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8))?.contains(" - cgroup2 ") == true

        @Test(.enabled(if: hasUnifiedCgroups, "cgroup v2 is mounted nowhere"), arguments: Program.allCases)
        func `cgroup v2 holds containers, even without controllers`(program: Program) throws {
            try withRig(program, cgroups: .v2) { rig in
                #expect(rig.hello.cgroupVersion == 2)
                for namespaces in [rig.namespaces, []] {
                    let id = "a\(namespaces.count)"
                    try rig.launch(id, "cat /proc/self/cgroup; (setsid sleep 1000 &); exec sleep 1000") { $0.namespaces = namespaces }
                    try rig.awaitOutput(id + ".out", "0::/agora/\(rig.instance)/\(id)\n")
                    #expect(try Exec.exec(rig, id, "cat /proc/self/cgroup").executed.outcome == .status(0))
                    #expect(try rig.output("exec.out").contains("0::/agora/\(rig.instance)/\(id)\n"))
                    #expect(try rig.destroy(id).hasError == false)
                    #expect(rig.cgroupFolders().allSatisfy { !$0.hasSuffix(id) })
                }
                let error = try rig.ask(rig.request("x", shell: "") { $0.command = .with { $0.executable = "/x" } }).error
                #expect(error.step == "execve" && error.error == 2)
            }
        }
    }
}
