import ArgumentParser
import Foundation
import Glibc
import Logging
import Runtime
import ServiceLifecycle

/// What all servers are told.
struct ServerOptions: ParsableArguments {
    @Option(help: "The address on which to listen.")
    var ip = Environment.text("IP", "127.0.0.1")

    @Option(name: Spelling.mesos("log_level"), help: "Least severe level that is logged: trace, debug, info, notice, warning, error, critical.")
    var logLevel = Environment.text("LOG_LEVEL", "info")

    @Flag(help: ArgumentHelp("End when standard input does.", visibility: .hidden))
    var exitWithParent = false

    func logger(_ label: String) -> Logger {
        guard let level = Logger.Level(rawValue: logLevel.lowercased()) else {
            fail("--log-level must be one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")), not '\(logLevel)'")
        }
        var logger = Logger(label: label) { label in StreamLogHandler.standardError(label: label) }
        logger.logLevel = level
        return logger
    }

    /// Runs a server until a signal comes, or the parent is gone.
    func run(_ services: [any Service], _ logger: Logger) async throws {
        let stops: [any Service] = exitWithParent ? [StopOnSignal(), ParentWatch()] : [StopOnSignal()]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: (services + stops).map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
                gracefulShutdownSignals: [], logger: logger))
        do {
            try await group.run()
        } catch {
            fail("\(error)")
        }
    }
}

/// Ends when a signal asks for it, also one that came before the other services ran: a group that is told to stop before it runs takes no notice.
struct StopOnSignal: Service {
    private let stream: AsyncStream<Int32>
    private let continuation: AsyncStream<Int32>.Continuation
    private let watch: SignalWatch

    init(_ numbers: [Int32] = [SIGTERM, SIGINT]) {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        (self.stream, self.continuation) = (stream, continuation)
        watch = SignalWatch(numbers) { continuation.yield($0) }
    }

    func run() async throws {
        await withGracefulShutdownHandler {
            for await _ in stream { return }
        } onGracefulShutdown: {
            continuation.finish()
        }
    }
}

/// Ends when standard input does: it is a pipe whose other end `agora up` holds, so no server outlives it.
struct ParentWatch: Service {
    func run() async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let thread = Thread {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            continuation.finish()
        }
        thread.name = "parent-watch"
        thread.start()
        await withGracefulShutdownHandler {
            for await _ in stream {}
        } onGracefulShutdown: {
            continuation.finish()
        }
    }
}
