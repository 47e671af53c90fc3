import Logging
import ServiceLifecycle
import Synchronization
import Testing
import Transport

@testable import MasterServer

struct StopTests {
    @Test func `a master that is told to stop says so in one line`() async throws {
        let lines = Lines()
        var settings = MasterSettings()
        settings.port = 0
        settings.isInMemory = true
        let server = try MasterServer(settings: settings, logger: Logger(label: "test") { _ in LineHandler(lines: lines) })
        let group = ServiceGroup(services: [server], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        async let run: Void = group.run()
        _ = try await server.address()
        #expect(!lines.all.contains { $0.hasPrefix("master stops") })
        await group.triggerGracefulShutdown()
        try await run
        #expect(lines.all.filter { $0.hasPrefix("master stops") } == ["master stops: the program that runs it ends"])
    }
}

/// What was logged, with its reason.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

private struct LineHandler: LogHandler {
    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(lines: Lines) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.add("\(event.message)" + (event.metadata?["reason"].map { ": \($0)" } ?? "")) }
}
