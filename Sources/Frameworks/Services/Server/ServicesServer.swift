import FrameworkServer
package import Logging
import Runtime
import ServiceLifecycle
import ServicesCore
package import Transport

/// A services process: the core in its loop, the master's events, the REST API, the health checks.
package final class ServicesServer: Service {
    private let settings: ServicesSettings
    private let http: HTTPService
    private let api: API
    private let process: FrameworkProcess<Services>
    private let prober: Prober

    /// Opens the state; nothing runs yet.
    /// - Throws: one line that says what is wrong with the settings or the work folder.
    package init(_ settings: ServicesSettings, logger: Logger) throws {
        if let problem = settings.problem { throw SettingsError(description: problem) }
        self.settings = settings
        let hub = EventHub(limit: settings.eventStreamMaxOutstandingMessages)
        let answers = Answers<Services.Answer>()
        let inlet = Inlet<Services>()
        let prober = Prober(limit: settings.maxConcurrentMarathonHealthChecks, logger: logger) { await inlet.post($0) }
        process = try FrameworkProcess(Services(), kind: ServicesSettings.name, settings: settings.framework, inlet: inlet, logger: logger) {
            client in
            let performer = Performer(client: client, answers: answers, hub: hub, prober: prober, logger: logger)
            return { performer.perform($0) }
        }
        self.prober = prober
        api = API(settings: settings, loop: process.loop, answers: answers, hub: hub)
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
        let (http, api, prober) = (http, api, prober)
        let others: [@Sendable () async throws -> Void] = [
            { try await http.run() }, { try await prober.run() },
            { try await cancelWhenGracefulShutdown { try await api.keepStreamsAlive() } }
        ]
        try await process.run(tables: Services.tables, beside: others) { entries in
            .started(.init(seed: .random(in: .min ... .max), configuration: settings.configuration, entries: entries))
        } told: {
            .told($0)
        }
    }
}
