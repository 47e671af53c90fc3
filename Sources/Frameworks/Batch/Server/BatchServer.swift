import BatchCore
import FrameworkCore
import FrameworkServer
package import Logging
import Runtime
import Scheduling
import ServiceLifecycle
import Store
import Synchronization
package import Transport

/// A batch process: the core in its loop, the master's events, the REST API.
package final class BatchServer: Service {
    private let settings: BatchSettings
    private let http: HTTPService
    private let loop: Loop<Batch>
    private let store: any Store
    private let folder: WorkFolder?
    private let client: SchedulerClient
    private let zones: ZoneFiles
    private let feed: EventFeed
    private let notifier: Notifier

    /// Opens the state; nothing runs yet.
    /// - Throws: one line that says what is wrong with the settings or the work folder.
    package init(_ settings: BatchSettings, logger: Logger) throws {
        if let problem = settings.problem { throw SettingsError(description: problem) }
        self.settings = settings
        zones = ZoneFiles(folder: settings.zoneInfo)
        let folder = try settings.isInMemory ? nil : WorkFolder(path: settings.workDir)
        self.folder = folder
        store = try folder.map { try SQLiteStore(path: $0.path + "/state.db") } ?? MemoryStore()
        let recorder = folder.flatMap { Recorder(folder: $0.path + "/recordings", kind: "batch", logger: logger) }
        let answers = Answers<Batch.Answer>()
        client = SchedulerClient(.following(settings.master, principal: settings.principal, secret: settings.secret), logger: logger)
        feed = EventFeed()
        let target = Target()
        notifier = Notifier(settings.channels, host: settings.hostname, logger: logger) { await target.post(.notified($0, failure: $1)) }
        let performer = Performer(client: client, answers: answers, feed: feed, notifier: notifier, logger: logger)
        loop = Loop(core: Batch(), store: store, recorder: recorder, logger: logger) { performer.perform($0) }
        target.set(loop)
        var options = HTTPService.Options()
        options.address = settings.ip
        options.port = settings.port
        options.renderError = { Failure($0, $1).reply }
        http = HTTPService(options, responder: API(settings: settings, loop: loop, answers: answers, zones: zones, feed: feed), logger: logger)
    }

    /// Where the API listens, once it does.
    package func address() async throws -> HTTPService.Address { try await http.address() }

    /// Serves until graceful shutdown. Tasks run on.
    package func run() async throws {
        loop.start()
        guard await loop.postWhenRoom(.started(try recovered())) else { return }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.http.run() }
                group.addTask { try await cancelWhenGracefulShutdown { try await self.follow() } }
                group.addTask { try await cancelWhenGracefulShutdown { try await self.feed.run() } }
                group.addTask { try await cancelWhenGracefulShutdown { try await self.feed.keepAlive() } }
                group.addTask { try await cancelWhenGracefulShutdown { try await self.notifier.run() } }
                try await group.next()
                group.cancelAll()
            }
        } catch is CancellationError {
            // Shutting down is how it is meant to end.
        }
        await loop.stop()
    }

    private func recovered() throws -> Batch.Started {
        let entries = try store.entries(of: Batch.tables)
        var configuration = settings.configuration
        if settings.port == 0 { configuration.webuiURL = nil }
        return .init(
            seed: .random(in: .min ... .max), configuration: configuration, entries: entries, zones: Batch.zones(in: entries).compactMap(zones.find))
    }

    /// Hands the master's events to the core, at the core's pace.
    private func follow() async throws {
        let loop = loop
        // The core says first what the framework looks like.
        _ = await loop.inspect { $0.hasStarted }
        try await client.follow { _ = await loop.postWhenRoom(.told($0)) }
    }
}

/// Where results go that come before the loop exists: nowhere.
private final class Target: Sendable {
    private let loop = Mutex<Loop<Batch>?>(nil)

    func set(_ loop: Loop<Batch>) { self.loop.withLock { $0 = loop } }

    func post(_ input: Batch.Input) async {
        guard let loop = loop.withLock({ $0 }) else { return }
        _ = await loop.postWhenRoom(input)
    }
}
