import AgoraAPI
import Foundation
import Glibc
import MesosAPI
import Synchronization
import Testing
import Transport

@testable import AgentServer

@Suite(.serialized, .timeLimit(.minutes(1)))
struct RecoveryTests {
    @Test func `restart: tasks run on, and what ended meanwhile is told`() async throws {
        try await Cluster.run { cluster in
            let master = cluster.master
            let stop = cluster.folder + "/stop"
            try await cluster.agent({ $0.stopsTasks = false }) { _ in
                try master.launch(FakeMaster.task("stays", "sleep 1000"))
                try master.launch(FakeMaster.task("ends", "while [ ! -e \(stop) ]; do sleep 0.02; done; exit 3"))
                await master.status("stays", .taskRunning)
                await master.status("ends", .taskRunning)
            }
            await master.wait { $0.goodbyes.contains { $0.tasksStay } }
            try Data().write(to: URL(filePath: stop))
            try await cluster.agent { server in
                let subscribe = master.state.withLock { $0.subscriptions.last }
                #expect(subscribe?.agent.id.value == FakeMaster.agentID && subscribe?.epoch == 1)
                #expect(subscribe?.tasks.contains { $0.taskID == "stays" && $0.state == .taskRunning } == true)
                #expect(await master.status("ends", .taskFailed).message == "Command exited with status 3")
                master.kill("stays")
                await master.status("stays", .taskKilled)
                #expect(master.statuses(of: "stays").map(\.state) == [.taskStarting, .taskRunning, .taskKilling, .taskKilled])
            }
        }
    }

    @Test func `restart: unacknowledged updates come again with the same uuid`() async throws {
        try await Cluster.run { cluster in
            let master = cluster.master
            master.state.withLock { $0.acknowledges = false }
            try await cluster.agent({ $0.stopsTasks = false }) { _ in
                try master.launch(FakeMaster.task("t", "true"))
                await master.status("t", .taskStarting)
            }
            master.state.withLock { $0.acknowledges = true }
            try await cluster.agent { _ in
                await master.status("t", .taskFinished)
                let statuses = master.statuses(of: "t")
                #expect(statuses.map(\.state).prefix(2) == [.taskStarting, .taskStarting] && statuses[0].uuid == statuses[1].uuid)
            }
        }
    }

    @Test func `launcher: one that is killed is replaced, and tasks don't notice`() async throws {
        try await Cluster.run { cluster in
            try await cluster.agent { _ in
                let master = cluster.master
                try master.launch(FakeMaster.task("t", "sleep 1000"))
                await master.status("t", .taskRunning)
                let launchers = try Self.children("agora-launcher")
                let monitor = pid_t(master.statuses(of: "t").last?.containerStatus.executorPid ?? 0)
                for pid in launchers where pid != monitor { Glibc.kill(pid, SIGKILL) }
                try master.launch(FakeMaster.task("u", "sleep 1000"))
                await master.status("u", .taskRunning)
                master.kill("t")
                master.kill("u")
                await master.status("t", .taskKilled)
                await master.status("u", .taskKilled)
            }
        }
    }

    /// Our own children that run this program.
    static func children(_ name: String) throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { pid in
            guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let end = stat.lastIndex(of: ")") else {
                return false
            }
            let fields = stat[end...].split(separator: " ")
            return stat.contains("(\(name)") && fields.count > 2 && fields[2] == "\(getpid())"
        }
    }

    @Test func `link: a master that goes and comes back finds the agent as it was`() async throws {
        try await Cluster.run { cluster in
            try await cluster.agent { _ in
                let master = cluster.master
                try master.launch(FakeMaster.task("t", "sleep 1000"))
                await master.status("t", .taskRunning)
                master.state.withLock { $0.outbox }?.close(.now)
                await master.wait { $0.subscriptions.count == 2 }
                #expect(master.state.withLock { $0.subscriptions.last?.tasks.map(\.taskID) } == ["t"])
                master.kill("t")
                await master.status("t", .taskKilled)
            }
        }
    }

    @Test func `stop: tasks are killed, the master is told, and no cgroup stays`() async throws {
        try await Cluster.run { cluster in
            let master = cluster.master
            try await cluster.agent({ $0.instance = "stop-\(getpid())" }) { _ in
                try master.launch(FakeMaster.task("t", "trap 'exit 0' TERM; while :; do sleep 0.05; done"))
                await master.status("t", .taskRunning)
            }
            #expect(master.statuses(of: "t").last?.state == .taskKilled)
            #expect(master.state.withLock { $0.goodbyes.map(\.tasksStay) } == [false])
            let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup")) ?? []
            for folder in folders { #expect(!FileManager.default.fileExists(atPath: "/sys/fs/cgroup/\(folder)/agora/stop-\(getpid())"), "\(folder)") }
            #expect(try FileManager.default.contentsOfDirectory(atPath: cluster.settings.workFolder + "/containers").isEmpty)
        }
    }

    @Test func `work folder: a second agent on it is refused with one line`() async throws {
        try await Cluster.run { cluster in
            try await cluster.agent { _ in
                let second = AgentServer(cluster.settings, logger: Cluster.logger)
                await #expect { try await second.run() } throws: { "\($0)".contains("in use by another process") }
            }
        }
    }

    @Test(arguments: [("cpus:x", "--resources"), ("[{\"name\":1}]", "--resources")])
    func `settings: nonsense is refused with the flag's name`(resources: String, text: String) async throws {
        try await Cluster.run { cluster in
            var settings = cluster.settings
            settings.resources = resources
            let server = AgentServer(settings, logger: Cluster.logger)
            await #expect { try await server.run() } throws: { "\($0)".contains(text) }
        }
    }
}
