import AgoraAPI
import Foundation
import Glibc
import Logging
import MesosAPI
import ServiceLifecycle
import Synchronization
import Testing
import Transport

@testable import AgentServer

/// A master of our own and real agents with the real launcher, in a folder that is gone afterwards.
struct Cluster: Sendable {
    let master: FakeMaster
    let folder: String
    var settings: AgentSettings

    static var logger: Logger {
        var logger = Logger(label: "test") { label in StreamLogHandler.standardError(label: label) }
        logger.logLevel = ProcessInfo.processInfo.environment["AGORA_TEST_LOG"].flatMap { Logger.Level(rawValue: $0) } ?? .critical
        return logger
    }

    /// Runs `body` beside a master; `agent` starts agents in it.
    static func run(_ body: @Sendable (Cluster) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/agora-agent-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        chmod(folder, 0o755)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let master = FakeMaster()
        let service = HTTPService(.init(), responder: master, logger: logger)
        try await running(service) {
            let address = try await service.address()
            var settings = AgentSettings()
            settings.masters = ["127.0.0.1:\(address.port)"]
            settings.port = 0
            settings.workFolder = folder + "/work"
            settings.resources = "cpus:2;mem:1024;disk:1024"
            settings.launcher = try buildFolder() + "/agora-launcher"
            settings.stopsTasks = true
            try await body(Cluster(master: master, folder: folder, settings: settings))
        }
    }

    /// Runs `body` beside an agent, and then shuts that down.
    func agent(_ change: (inout AgentSettings) -> Void = { _ in }, _ body: (AgentServer) async throws -> Void) async throws {
        var settings = settings
        change(&settings)
        let server = AgentServer(settings, logger: Self.logger)
        let count = master.state.withLock { $0.subscriptions.count }
        try await Self.running(server) {
            await master.wait { $0.subscriptions.count > count }
            try await body(server)
        }
    }

    /// Runs `body` beside a service; one that fails ends both.
    static func running(_ service: any Service, _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], gracefulShutdownSignals: [], logger: logger))
        try await withoutActuallyEscaping(body) { body in
            let box = UncheckedBody(run: body)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                tasks.addTask {
                    let result: Result<Void, any Error>
                    do {
                        result = .success(try await box.run())
                    } catch {
                        result = .failure(error)
                    }
                    await group.triggerGracefulShutdown()
                    try result.get()
                }
                // Not `waitForAll`: a service that can't start must end the wait of the other at once, and be heard.
                do {
                    while try await tasks.next() != nil {}
                } catch {
                    tasks.cancelAll()
                    throw error
                }
            }
        }
    }

    /// Sendable: the caller waits for it, and runs nothing beside it.
    private struct UncheckedBody: @unchecked Sendable { let run: () async throws -> Void }

    /// The folder of the test program, which is also that of all others.
    static func buildFolder() throws -> String {
        try URL(filePath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")).deletingLastPathComponent().path
    }
}
