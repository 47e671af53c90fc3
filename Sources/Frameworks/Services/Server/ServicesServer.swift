import Foundation
import FrameworkCore
import FrameworkServer
package import Logging
import MesosAPI
import Runtime
import Scheduling
import ServiceLifecycle
import ServicesCore
import Store
import Synchronization
package import Transport

/// A services process: the core in its loop, the master's events, the REST API, the health checks.
package final class ServicesServer: Service {
    private let settings: ServicesSettings
    private let logger: Logger
    private let http: HTTPService
    private let api: API
    private let loop: Loop<Services>
    private let store: any Store
    private let folder: WorkFolder?
    private let client: SchedulerClient
    private let prober: Prober

    /// Opens the state; nothing runs yet.
    /// - Throws: one line that says what is wrong with the settings or the work folder.
    package init(_ settings: ServicesSettings, logger: Logger) throws {
        if let problem = settings.problem { throw SettingsError(description: problem) }
        self.settings = settings
        self.logger = logger
        let folder = try settings.isInMemory ? nil : WorkFolder(path: settings.workDir)
        self.folder = folder
        store = try folder.map { try SQLiteStore(path: $0.path + "/state.db") } ?? MemoryStore()
        let recorder = folder.flatMap { Recorder(folder: $0.path + "/recordings", kind: "services", logger: logger) }
        let hub = EventHub(limit: settings.eventStreamMaxOutstandingMessages)
        let answers = Answers<Services.Answer>()
        client = SchedulerClient(.following(settings.master, principal: settings.principal, secret: settings.secret), logger: logger)
        let target = Target()
        prober = Prober(limit: settings.maxConcurrentMarathonHealthChecks, logger: logger) { await target.post($0) }
        let performer = Performer(client: client, answers: answers, hub: hub, prober: prober, logger: logger)
        loop = Loop(core: Services(), store: store, recorder: recorder, logger: logger) { performer.perform($0) }
        target.set(loop)
        api = API(settings: settings, loop: loop, answers: answers, hub: hub)
        var options = HTTPService.Options()
        options.address = settings.ip
        options.port = settings.port
        options.compressesReplies = settings.httpCompression
        options.renderError = { Failure($0, $1).reply }
        http = HTTPService(options, responder: api, logger: logger)
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
                group.addTask { try await self.prober.run() }
                group.addTask { try await cancelWhenGracefulShutdown { try await self.api.keepStreamsAlive() } }
                try await group.next()
                group.cancelAll()
            }
        } catch is CancellationError {
            // Shutting down is how it is meant to end.
        }
        await loop.stop()
    }

    private func recovered() throws -> Services.Started {
        let entries = try store.entries(of: Services.tables)
        var configuration = settings.configuration
        if settings.port == 0 { configuration.webuiURL = nil }
        return .init(seed: .random(in: .min ... .max), configuration: configuration, entries: entries)
    }

    /// Hands the master's events to the core, at the core's pace.
    private func follow() async throws {
        let loop = loop
        let client = client
        // The core says first what the framework looks like.
        _ = await loop.inspect { $0.hasStarted }
        try await client.follow { event in
            let input: Services.Input
            switch event {
            case .subscribed(let id, let master, let region): input = .subscribed(frameworkID: id, master: master, region: region)
            case .disconnected: input = .disconnected
            case .offered(let offers): input = .offered(offers)
            case .updated(let status): input = .updated(status)
            case .messaged(let executor, let agent, let data): input = .messaged(executorID: executor, agentID: agent, data)
            }
            _ = await loop.postWhenRoom(input)
        }
    }
}

/// Where results go that come before the loop exists: nowhere.
private final class Target: Sendable {
    private let loop = Mutex<Loop<Services>?>(nil)

    func set(_ loop: Loop<Services>) { self.loop.withLock { $0 = loop } }

    func post(_ input: Services.Input) async {
        guard let loop = loop.withLock({ $0 }) else { return }
        _ = await loop.postWhenRoom(input)
    }
}
