import Foundation
import Glibc
import MesosAPI
import NIOHTTP1
import ServiceLifecycle
import Synchronization
import Testing
import Transport

@testable import AgentServer

@Suite(.serialized, .timeLimit(.minutes(1)))
struct FetchAndCheckTests {
    /// Serves one file, and a page whose status changes.
    final class Site: Responder {
        let status = Mutex(HTTPResponseStatus.ok)

        func respond(to call: Call) async throws -> Reply {
            switch call.path {
            case "/hello.txt": .text(.ok, "hello from the web")
            case "/moved": Reply(status: .found, headers: ["Location": "/hello.txt"])
            case "/health": .text(status.withLock { $0 }, "")
            default: .text(.notFound, "no")
            }
        }
    }

    private func uri(_ value: String, _ change: (inout Mesos_V1_CommandInfo.URI) -> Void = { _ in }) -> Mesos_V1_CommandInfo.URI {
        var uri = Mesos_V1_CommandInfo.URI()
        uri.value = value
        change(&uri)
        return uri
    }

    @Test func `fetch: files come from paths and the web, are unpacked, renamed and made executable`() async throws {
        try await Cluster.run { cluster in
            let site = HTTPService(.init(), responder: Site(), logger: Cluster.logger)
            try await Cluster.running(site) {
                let web = "http://127.0.0.1:\(try await site.address().port)"
                let source = cluster.folder + "/source"
                try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: true)
                try "#!/bin/sh\necho run\n".write(toFile: source + "/tool", atomically: true, encoding: .utf8)
                try "packed".write(toFile: source + "/inner", atomically: true, encoding: .utf8)
                let tar = Process()
                tar.executableURL = URL(filePath: "/usr/bin/env")
                tar.arguments = ["tar", "-czf", source + "/a.tar.gz", "-C", source, "inner"]
                try tar.run()
                tar.waitUntilExit()
                let uris = [
                    uri(web + "/hello.txt?x=1"), uri(web + "/moved") { $0.outputFile = "deep/er/moved.txt" }, uri("file://\(source)/a.tar.gz"),
                    uri(source + "/tool") { $0.executable = true }
                ]
                try await cluster.agent { _ in
                    let master = cluster.master
                    try master.launch(FakeMaster.task("t", "cat hello.txt deep/er/moved.txt inner && ./tool") { $0.command.uris = uris })
                    await master.status("t", .taskFinished)
                    let sandbox =
                        "\(cluster.settings.workFolder)/slaves/\(FakeMaster.agentID)/frameworks/\(FakeMaster.framework)/executors/t/runs/latest"
                    #expect(try String(contentsOfFile: sandbox + "/stdout", encoding: .utf8) == "hello from the webhello from the webpackedrun\n")
                }
            }
        }
    }

    @Test(arguments: ["/no/such/file", "http://127.0.0.1:1/x", "ftp://example.org/x", "relative/path", "file://"])
    func `fetch: what can't be had fails the task with the originals' words`(value: String) async throws {
        try await Cluster.run { cluster in
            try await cluster.agent { _ in
                try cluster.master.launch(FakeMaster.task("t", "true") { $0.command.uris = [uri(value)] })
                let end = await cluster.master.status("t", .taskFailed)
                #expect(end.reason == .containerLaunchFailed && end.source == .agent)
                #expect(end.message.hasPrefix("Failed to fetch all URIs for container '") && end.message.contains("': exited with status 1"))
                let sandbox = "\(cluster.settings.workFolder)/slaves/\(FakeMaster.agentID)/frameworks/\(FakeMaster.framework)/executors/t/runs/latest"
                #expect(FileManager.default.contents(atPath: sandbox + "/stdout") == Data(), "both files are there for people to look into")
                #expect(
                    try String(contentsOfFile: sandbox + "/stderr", encoding: .utf8).hasSuffix(
                        "Failed to fetch '\(value)': "
                            + end.message.suffix(from: end.message.range(of: value + ": ").map(\.upperBound) ?? end.message.endIndex) + "\n"))
            }
        }
    }

    @Test func `health: HTTP, TCP and commands decide, and an unhealthy task is killed`() async throws {
        try await Cluster.run { cluster in
            let page = Site()
            let site = HTTPService(.init(), responder: page, logger: Cluster.logger)
            try await Cluster.running(site) {
                let port = UInt32(try await site.address().port)
                func quick(_ check: inout Mesos_V1_HealthCheck) {
                    check.delaySeconds = 0
                    check.intervalSeconds = 0.1
                    check.timeoutSeconds = 5
                    check.gracePeriodSeconds = 0
                    check.consecutiveFailures = 1
                }
                try await cluster.agent { _ in
                    let master = cluster.master
                    try master.launch(
                        FakeMaster.task("http", "sleep 1000") {
                            $0.healthCheck.type = .http
                            $0.healthCheck.http.port = port
                            $0.healthCheck.http.path = "/health"
                            quick(&$0.healthCheck)
                        })
                    try master.launch(
                        FakeMaster.task("tcp", "sleep 1000") {
                            $0.healthCheck.type = .tcp
                            $0.healthCheck.tcp.port = port
                            quick(&$0.healthCheck)
                        })
                    try master.launch(
                        FakeMaster.task("command", "sleep 1000") {
                            $0.healthCheck.type = .command
                            $0.healthCheck.command.value = "test -n \"$MESOS_SANDBOX\" && test ! -e sick"
                            quick(&$0.healthCheck)
                        })
                    for task in ["http", "tcp", "command"] { await master.status(task, .taskRunning, healthy: true) }
                    page.status.withLock { $0 = .serviceUnavailable }
                    let end = await master.status("http", .taskKilled, healthy: false)
                    #expect(end.message == "Command terminated with signal Terminated")
                    #expect(master.statuses(of: "http").contains { $0.state == .taskRunning && $0.hasHealthy && !$0.healthy })
                    let sandbox =
                        "\(cluster.settings.workFolder)/slaves/\(FakeMaster.agentID)/frameworks/\(FakeMaster.framework)/executors/command/runs/latest"
                    try Data().write(to: URL(filePath: sandbox + "/sick"))
                    await master.status("command", .taskKilled, healthy: false)
                }
            }
        }
    }

    @Test func `memory: a task that takes more than it may is ended by its limit`() async throws {
        try await Cluster.run { cluster in
            try await cluster.agent { server in
                let master = cluster.master
                try master.launch(FakeMaster.task("t", "tail -c 200000000 /dev/zero | tail -c 150000000 > /dev/null"))
                let end = await master.status("t", .taskFailed)
                #expect(end.reason == .containerLimitationMemory, "\(end.message)")
                #expect(end.limitation.resources.first?.name == "mem")
            }
        }
    }

    @Test func `user: tasks run as their framework's user, and an unknown one is refused`() async throws {
        guard geteuid() == 0 else { return }
        try await Cluster.run { cluster in
            try await cluster.agent { _ in
                let master = cluster.master
                try master.launch(FakeMaster.task("t", "id -un > who && touch mine") { $0.command.user = "nobody" })
                await master.status("t", .taskFinished)
                let sandbox = "\(cluster.settings.workFolder)/slaves/\(FakeMaster.agentID)/frameworks/\(FakeMaster.framework)/executors/t/runs/latest"
                #expect(try String(contentsOfFile: sandbox + "/who", encoding: .utf8) == "nobody\n")
                try master.launch(FakeMaster.task("u", "true") { $0.command.user = "no-such-user" })
                #expect(await master.status("u", .taskFailed).message.contains("no-such-user"))
                // What only root may read can't be fetched by another user's task.
                try master.launch(
                    FakeMaster.task("v", "cat shadow") {
                        $0.command.user = "nobody"; $0.command.uris = [uri("/etc/shadow")]
                    })
                #expect(await master.status("v", .taskFailed).reason == .containerLaunchFailed)
            }
        }
    }
}
