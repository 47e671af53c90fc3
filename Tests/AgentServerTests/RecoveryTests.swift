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
    @Test func `link: an agent's first word is its subscription, however long the line took to come about`() async throws {
        try await Cluster.run { cluster in
            // Heartbeats are due meanwhile.
            cluster.master.state.withLock { $0.answerDelay = .milliseconds(2_500) }
            try await cluster.agent { _ in
                let first = cluster.master.state.withLock { $0.firstRecords.first?.record }
                guard case .subscribe = first else { Issue.record("it said \(String(describing: first))"); return }
            }
        }
    }

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
                // An update whose acknowledgement the first agent never got comes again, with its uuid.
                var uuids: Set<Data> = []
                let distinct = master.statuses(of: "stays").filter { uuids.insert($0.uuid).inserted }
                #expect(distinct.map(\.state) == [.taskStarting, .taskRunning, .taskKilling, .taskKilled])
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
                let monitor = pid_t(master.statuses(of: "t").last?.containerStatus.executorPid ?? 0)
                // Other tests of this process have launchers of their own.
                let launcher = try #require(Self.parent(of: monitor))
                #expect(Glibc.kill(launcher, SIGKILL) == 0)
                try master.launch(FakeMaster.task("u", "sleep 1000"))
                await master.status("u", .taskRunning)
                master.kill("t")
                master.kill("u")
                await master.status("t", .taskKilled)
                await master.status("u", .taskKilled)
            }
        }
    }

    /// The parent of a monitor: the launcher that has started it.
    static func parent(of monitor: pid_t) -> pid_t? {
        guard let stat = try? String(contentsOfFile: "/proc/\(monitor)/stat", encoding: .utf8), stat.contains("(agora-monitor)") else { return nil }
        return stat.split(separator: " ").dropFirst(3).first.flatMap { pid_t($0) }
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
