import BatchCore
import FrameworkServer
package import Logging
import Runtime
import ServiceLifecycle
package import Transport

/// A batch process: the core in its loop, the master's events, the REST API, events and notices.
package final class BatchServer: Service {
    private let settings: BatchSettings
    private let http: HTTPService
    private let process: FrameworkProcess<Batch>
    private let zones: ZoneFiles
    private let feed: EventFeed
    private let notifier: Notifier

    /// Opens the state; nothing runs yet.
    /// - Throws: one line that says what is wrong with the settings or the work folder.
    package init(_ settings: BatchSettings, logger: Logger) throws {
        if let problem = settings.problem { throw SettingsError(description: problem) }
        self.settings = settings
        let zones = ZoneFiles(folder: settings.zoneInfo)
        let answers = Answers<Batch.Answer>()
        let feed = EventFeed()
        let inlet = Inlet<Batch>()
        let notifier = Notifier(settings.channels, host: settings.hostname, logger: logger) { await inlet.post(.notified($0, failure: $1)) }
        process = try FrameworkProcess(Batch(), kind: BatchSettings.name, settings: settings.framework, inlet: inlet, logger: logger) { client in
            let performer = Performer(client: client, answers: answers, feed: feed, notifier: notifier, logger: logger)
            return { performer.perform($0) }
        }
        (self.zones, self.feed, self.notifier) = (zones, feed, notifier)
        var options = HTTPService.Options()
        options.address = settings.ip
        options.port = settings.port
        options.renderError = { Failure($0, $1).reply }
        http = HTTPService(
            options, responder: API(settings: settings, loop: process.loop, answers: answers, zones: zones, feed: feed), logger: logger)
    }

    /// Where the API listens, once it does.
    package func address() async throws -> HTTPService.Address { try await http.address() }

    /// Serves until graceful shutdown. Tasks run on.
    package func run() async throws {
        let (http, feed, notifier) = (http, feed, notifier)
        let others: [@Sendable () async throws -> Void] = [
            { try await http.run() }, { try await cancelWhenGracefulShutdown { try await feed.run() } },
            { try await cancelWhenGracefulShutdown { try await feed.keepAlive() } },
            { try await cancelWhenGracefulShutdown { try await notifier.run() } }
        ]
        try await process.run(tables: Batch.tables, beside: others) { entries in
            .started(
                .init(
                    seed: .random(in: .min ... .max), configuration: settings.configuration, entries: entries,
                    zones: Batch.zones(in: entries).compactMap(zones.find)))
        } told: {
            .told($0)
        }
    }
}
