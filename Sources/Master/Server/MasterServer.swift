import Foundation
package import Logging
import Machine
import MasterCore
import NIOHTTP1
import Runtime
import ServiceLifecycle
import Store
package import Transport

/// A master: its store, its core and its HTTP listener, from start to graceful shutdown.
package final class MasterServer: Service {
    private let settings: MasterSettings
    private let logger: Logger
    private let folder: WorkFolder?
    private let master: Master
    private let http: HTTPService
    private let start: Kernel.Start
    private let stopReason: @Sendable () -> String?

    /// Locks the work folder and reads the store.
    /// - Parameter stopReason: who asked for the graceful shutdown, for the log; nil if nobody knows.
    /// - Throws: `WorkFolderError` or `StoreError`, each with one line for who started it.
    package init(settings: MasterSettings, logger: Logger, stopReason: @escaping @Sendable () -> String? = { nil }) throws {
        self.settings = settings
        self.stopReason = stopReason
        self.logger = logger
        folder = settings.isInMemory ? nil : try WorkFolder(path: settings.workFolder)
        let store: any Store = settings.isInMemory ? MemoryStore() : try SQLiteStore(path: settings.workFolder + "/state.db")
        var stored: [Kernel.StoredEntry] = []
        for table in StoredTable.all {
            stored += try store.scan(table: table).map { Kernel.StoredEntry(table: table, key: $0.key, value: $0.value) }
        }
        let masterID = UUID().uuidString.lowercased()
        start = Kernel.Start(masterID: masterID, newClusterID: UUID().uuidString.lowercased(), settings: settings.kernel, stored: stored)
        let recorder =
            settings.isInMemory || !settings.records
            ? nil : Recorder(folder: settings.workFolder + "/recordings", kind: "master", logger: logger)
        let performer = Performer(logger: logger)
        var loopSettings = Loop<Kernel>.Settings()
        loopSettings.name = "master"
        loopSettings.capacity = settings.inboxCapacity
        let loop = Loop(core: Kernel(), store: store, recorder: recorder, settings: loopSettings, logger: logger) { performer.perform($0) }
        var options = HTTPService.Options()
        options.address = settings.ip
        options.port = settings.port
        options.maximumConnections = settings.maximumConnections
        let responder = MasterResponder()
        let http = HTTPService(options, responder: responder, logger: logger)
        self.http = http
        master = Master(
            settings: settings, masterID: masterID, loop: loop, performer: performer, logger: logger,
            address: { try await http.address() })
        responder.serve(master)
    }

    /// Where it listens, once it does.
    package func address() async throws -> HTTPService.Address { try await http.address() }

    /// Runs until graceful shutdown.
    package func run() async throws {
        master.loop.start()
        _ = master.loop.post(.started(start))
        do {
            try await withGracefulShutdownHandler {
                try await self.serve()
            } onGracefulShutdown: {
                self.logger.notice("master stops", metadata: ["reason": "\(self.stopReason() ?? "the program that runs it ends")"])
            }
        } catch {
            logger.error("master stops", metadata: ["reason": "\(error)"])
            await master.loop.stop()
            throw error
        }
        await master.loop.stop()
    }

    private func serve() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.http.run() }
            group.addTask { await self.beat() }
            try await group.next()
            group.cancelAll()
        }
    }

    /// Tells each agent once a second that the master lives, a tenth of them at a time; operators' streams as often as frameworks.
    private func beat() async {
        let slots = 10
        let observerSlots = max(1, Int(settings.kernel.heartbeatInterval / (100 * .millisecond)))
        var slot = 0
        while !Task.isCancelled {
            master.links.beat(slot: slot % slots, of: slots)
            slot += 1
            if slot % observerSlots == 0 { master.observers.beat() }
            do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
        }
    }
}
