import Foundation
package import Testing

/// Runs each test of a suite on a thread of its own: a test that waits for processes by blocking would otherwise hold one of the few threads on which
/// all asynchronous tests of the run take turns, and theirs would miss their deadlines.
package struct OwnThreadTrait: SuiteTrait, TestTrait, TestScoping {
    package var isRecursive: Bool { true }

    package func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        try await withTaskExecutorPreference(NewThreads()) { try await function() }
    }

    /// Each piece of work, up to the next suspension, gets a thread.
    private final class NewThreads: TaskExecutor {
        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            let thread = Thread { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
            thread.name = "test"
            thread.stackSize = 8 << 20
            thread.start()
        }
    }
}

extension Trait where Self == OwnThreadTrait {
    /// For suites whose tests block, or compute for seconds.
    package static var ownThread: Self { Self() }
}
