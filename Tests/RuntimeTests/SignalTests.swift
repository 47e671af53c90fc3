import Glibc
import Synchronization
import Testing

@testable import Runtime

/// The test's own signals, which nothing else of the process uses.
@Suite(.serialized)
struct SignalTests {
    private final class Seen: Sendable {
        let count = Atomic<Int>(0)
    }

    /// One at a time, each waited for: none may be lost, whatever the other threads' masks are.
    @Test(arguments: [false, true])
    func `each signal is seen, whether other threads block it or not`(isBlocked: Bool) throws {
        let seen = Seen()
        let watch = SignalWatch([SIGUSR2]) { _ in seen.count.add(1, ordering: .relaxed) }
        defer { watch.cancel() }
        let isDone = Seen()
        defer { isDone.count.store(1, ordering: .relaxed) }
        for _ in 0..<4 {
            startThread("bystander") {
                var set = sigset_t()
                sigemptyset(&set)
                if isBlocked { sigaddset(&set, SIGUSR2) }
                pthread_sigmask(SIG_SETMASK, &set, nil)
                while isDone.count.load(ordering: .relaxed) == 0 { usleep(500) }
            }
        }
        for number in 1...300 {
            kill(getpid(), SIGUSR2)
            let deadline = ContinuousClock.now + .seconds(60)
            while seen.count.load(ordering: .relaxed) < number, ContinuousClock.now < deadline { usleep(50) }
            try #require(seen.count.load(ordering: .relaxed) == number)
        }
    }

    @Test func `all who watch a signal are told, and after the last of them it does what it did before`() throws {
        let (one, other) = (Seen(), Seen())
        let first = SignalWatch([SIGUSR2]) { _ in one.count.add(1, ordering: .relaxed) }
        let second = SignalWatch([SIGUSR2, SIGHUP]) { _ in other.count.add(1, ordering: .relaxed) }
        kill(getpid(), SIGUSR2)
        try wait { one.count.load(ordering: .relaxed) == 1 && other.count.load(ordering: .relaxed) == 1 }
        first.cancel()
        kill(getpid(), SIGHUP)
        try wait { other.count.load(ordering: .relaxed) == 2 }
        #expect(one.count.load(ordering: .relaxed) == 1)
        second.cancel()
        var action = sigaction()
        sigaction(SIGUSR2, nil, &action)
        #expect(unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_DFL, to: Int.self))
    }

    private func wait(_ condition: () -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition(), ContinuousClock.now < deadline { usleep(50) }
        try #require(condition())
    }
}
