package import FrameworkCore
package import Logging
package import Machine
package import Runtime
package import Scheduling
import ServiceLifecycle
import Store
import Synchronization

/// What every scheduler's process has beside its API: state and recordings in a work folder, the core in its loop, the way to the master.
package final class FrameworkProcess<Core: StateMachine>: Sendable {
    package let loop: Loop<Core>
    private let client: SchedulerClient
    private let store: any Store
    private let folder: WorkFolder?
    private let logger: Logger

    /// Opens the state; nothing runs yet.
    /// - Parameters:
    ///   - kind: of its recordings.
    ///   - inlet: where results of the core's orders come in.
    ///   - perform: makes what carries out the core's orders, with the client that speaks to the master.
    /// - Throws: one line that says what is wrong with the work folder.
    package init(
        _ core: Core, kind: String, settings: FrameworkSettings, inlet: Inlet<Core>, logger: Logger,
        perform: (SchedulerClient) -> @Sendable (Core.Effect) -> Void
    ) throws {
        self.logger = logger
        folder = try settings.isInMemory ? nil : WorkFolder(path: settings.workDir)
        store = try folder.map { try SQLiteStore(path: $0.path + "/state.db") } ?? MemoryStore()
        let recorder = folder.flatMap { Recorder(folder: $0.path + "/recordings", kind: kind, logger: logger) }
        client = SchedulerClient(.following(settings.master, principal: settings.principal, secret: settings.secret), logger: logger)
        loop = Loop(core: core, store: store, recorder: recorder, logger: logger, perform: perform(client))
        inlet.open(loop)
    }

    /// Runs until graceful shutdown; tasks run on.
    /// - Parameters:
    ///   - tables: of the store that the core begins with.
    ///   - others: run beside it; when one of them ends, all do.
    ///   - start: makes its first input of what is stored.
    ///   - told: makes an input of what the master says.
    package func run(
        tables: [String], beside others: [@Sendable () async throws -> Void], start: ([StoredEntry]) throws -> Core.Input,
        told: @escaping @Sendable (MasterEvent) -> Core.Input
    ) async throws {
        loop.start()
        guard await loop.postWhenRoom(try start(try store.entries(of: tables))) else { return }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await cancelWhenGracefulShutdown { try await self.follow(told) } }
                for other in others { group.addTask { try await other() } }
                try await group.next()
                group.cancelAll()
            }
        } catch is CancellationError {
            // Shutting down is how it is meant to end.
        }
        await loop.stop()
    }

    /// Hands the master's events to the core, at the core's pace.
    private func follow(_ told: @escaping @Sendable (MasterEvent) -> Core.Input) async throws {
        let loop = loop
        // The core says first what the framework looks like; what is seen of it comes after that.
        _ = await loop.inspect { _ in }
        while true {
            do {
                return try await client.follow { _ = await loop.postWhenRoom(told($0)) }
            } catch SchedulerError.removed {
                logger.warning("the master has removed the framework; it subscribes as a new one")
                client.forgetFrameworkID()
                guard await loop.postWhenRoom(told(.removed)) else { return }
                _ = await loop.inspect { _ in }
            }
        }
    }
}

/// Hands in results of a core's orders. Until the core's loop exists there are none.
package final class Inlet<Core: StateMachine>: Sendable {
    private let loop = Mutex<Loop<Core>?>(nil)

    package init() {}

    fileprivate func open(_ loop: Loop<Core>) { self.loop.withLock { $0 = loop } }

    package func post(_ input: Core.Input) async {
        guard let loop = loop.withLock({ $0 }) else { return }
        _ = await loop.postWhenRoom(input)
    }
}
