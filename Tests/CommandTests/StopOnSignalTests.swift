import Glibc
import Logging
import ServiceLifecycle
import Testing

@testable import agora

struct StopOnSignalTests {
    @Test func `a signal that comes before the services run stops them all the same`() async throws {
        // By itself this signal does nothing, and nothing else of the process uses it.
        let stop = StopOnSignal([SIGURG])
        kill(getpid(), SIGURG)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: stop, successTerminationBehavior: .gracefullyShutdownGroup)], logger: logger))
        let deadline = Task {
            try await Task.sleep(for: .seconds(60))
            Issue.record("the group runs on")
            await group.triggerGracefulShutdown()
        }
        try await group.run()
        deadline.cancel()
    }
}
