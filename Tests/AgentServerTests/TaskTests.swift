import Foundation
import MesosAPI
import Testing

@testable import AgentServer

@Suite(.serialized, .timeLimit(.minutes(1)))
struct TaskTests {
    @Test func `a task runs, with its files in its sandbox, and finishes`() async throws {
        try await Cluster.run { cluster in
            try await cluster.agent { _ in
                let master = cluster.master
                try master.launch(FakeMaster.task("t1", "echo hello; echo $MESOS_TASK_ID >&2; pwd"))
                let end = await master.status("t1", .taskFinished)
                #expect(end.message == "Command exited with status 0")
                #expect(master.statuses(of: "t1").map(\.state) == [.taskStarting, .taskRunning, .taskFinished])
                let running = master.statuses(of: "t1")[1]
                #expect(running.containerStatus.networkInfos.first?.ipAddresses.first?.ipAddress == "127.0.0.1")
                #expect(running.containerStatus.executorPid > 0)
                #expect(running.source == .executor && running.executorID.value == "t1" && running.uuid.count == 16)
                let sandbox =
                    "\(cluster.settings.workFolder)/slaves/\(FakeMaster.agentID)/frameworks/\(FakeMaster.framework)/executors/t1/runs/latest"
                let real = URL(filePath: sandbox).resolvingSymlinksInPath().path
                let latest = "\(cluster.settings.workFolder)/slaves/latest"
                #expect(try FileManager.default.destinationOfSymbolicLink(atPath: latest) == FakeMaster.agentID)
                #expect(try String(contentsOfFile: sandbox + "/stdout", encoding: .utf8) == "hello\n\(real)\n")
                #expect(try String(contentsOfFile: sandbox + "/stderr", encoding: .utf8) == "t1\n")
            }
        }
    }

    @Test func `a task that fails says with which status, one that can't be started says why`() async throws {
        try await Cluster.run { cluster in
            try await cluster.agent { _ in
                let master = cluster.master
                try master.launch(FakeMaster.task("status", "exit 7"))
                try master.launch(FakeMaster.task("signal", "kill -SEGV $$"))
                try master.launch(FakeMaster.task("none", "/no/such/program") { $0.command.shell = false })
                #expect(await master.status("status", .taskFailed).message == "Command exited with status 7")
                #expect(await master.status("signal", .taskFailed).message == "Command terminated with signal Segmentation fault")
                let none = await master.status("none", .taskFailed)
                #expect(none.message.contains("/no/such/program") && none.message.contains("No such file"))
                #expect(none.reason == .containerLaunchFailed && none.source == .agent)
            }
        }
    }

    @Test func `a kill gives a task its grace, then ends all of it`() async throws {
        try await Cluster.run { cluster in
            try await cluster.agent { _ in
                let master = cluster.master
                try master.launch(FakeMaster.task("polite", "trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done"))
                try master.launch(FakeMaster.task("stubborn", "trap '' TERM; sleep 1000 & while :; do sleep 0.05; done"))
                await master.status("polite", .taskRunning)
                await master.status("stubborn", .taskRunning)
                master.kill("polite", grace: .seconds(20))
                master.kill("stubborn", grace: .milliseconds(300))
                #expect(await master.status("polite", .taskKilled).message == "Command exited with status 0")
                #expect(await master.status("stubborn", .taskKilled).message == "Command terminated with signal Killed")
                #expect(master.statuses(of: "polite").map(\.state) == [.taskStarting, .taskRunning, .taskKilling, .taskKilled])
            }
        }
    }
}
