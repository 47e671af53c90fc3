import Glibc
import Synchronization

/// Tells of Unix signals, whichever of the process's threads the system hands them to. While somebody watches a signal it does nothing else.
///
/// Dispatch's own signal sources read a descriptor that gets a signal only if no thread takes it first: one that a thread with another mask took
/// was lost (about one in ten, measured; docs/decisions/0004-signals.md). Here the handler itself passes the number on, through a pipe, to one
/// thread, which is also there to take what all others have blocked.
package final class SignalWatch: Sendable {
    private let id: UInt64

    /// - Parameter handler: is called once for each of these signals that comes, on a thread of its own; several of one number that come at
    ///   nearly the same time may count as one, as the system has it. Must not wait for long.
    package init(_ numbers: [Int32], handler: @escaping @Sendable (Int32) -> Void) {
        id = Watches.shared.add(numbers, handler)
    }

    deinit { cancel() }

    /// Signals that nobody watches any more do again what they did before.
    package func cancel() { Watches.shared.remove(id) }

    /// Which of the signals that ask a process to end came latest, to those who watch them: "SIGTERM" or "SIGINT"; nil: neither.
    package static var request: String? {
        switch Watches.shared.request {
        case SIGTERM: "SIGTERM"
        case SIGINT: "SIGINT"
        default: nil
        }
    }
}

/// The write end of the pipe; -1 until there is one. A signal handler may touch little else.
private let pipeEnd = Atomic<Int32>(-1)

/// All of the process's watches, and the thread that serves them.
private final class Watches: Sendable {
    struct State {
        var nextID: UInt64 = 0
        var watches: [(id: UInt64, numbers: [Int32], handler: @Sendable (Int32) -> Void)] = []
        /// What each watched signal did before.
        var before: [Int32: sigaction] = [:]
        var request: Int32 = 0
    }

    static let shared = Watches()

    private let state = Mutex(State())

    private init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "no pipe for signals: \(String(cString: strerror(errno)))")
        let (input, output) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A full pipe must not hold up the handler: 65,536 signals wait then.
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
        pipeEnd.store(output, ordering: .releasing)
        startThread("signals") {
            var none = sigset_t()
            sigemptyset(&none)
            pthread_sigmask(SIG_SETMASK, &none, nil)
            var number: UInt8 = 0
            while true {
                let count = read(input, &number, 1)
                if count == 1 { Watches.shared.tell(Int32(number)) } else if count == 0 || errno != EINTR { return }
            }
        }
    }

    var request: Int32 { state.withLock { $0.request } }

    func add(_ numbers: [Int32], _ handler: @escaping @Sendable (Int32) -> Void) -> UInt64 {
        state.withLock { state in
            state.nextID += 1
            state.watches.append((state.nextID, numbers, handler))
            for number in numbers where state.before[number] == nil {
                var action = sigaction()
                action.__sigaction_handler.sa_handler = { number in
                    let saved = errno
                    var byte = UInt8(truncatingIfNeeded: number)
                    _ = write(pipeEnd.load(ordering: .acquiring), &byte, 1)
                    errno = saved
                }
                action.sa_flags = SA_RESTART
                var before = sigaction()
                precondition(sigaction(number, &action, &before) == 0, "signal \(number) can't be watched")
                state.before[number] = before
            }
            return state.nextID
        }
    }

    func remove(_ id: UInt64) {
        state.withLock { state in
            state.watches.removeAll { $0.id == id }
            for number in state.before.keys where !state.watches.contains(where: { $0.numbers.contains(number) }) {
                guard var before = state.before.removeValue(forKey: number) else { continue }
                sigaction(number, &before, nil)
            }
        }
    }

    private func tell(_ number: Int32) {
        let handlers = state.withLock { state in
            if number == SIGTERM || number == SIGINT { state.request = number }
            return state.watches.filter { $0.numbers.contains(number) }.map(\.handler)
        }
        for handler in handlers { handler(number) }
    }
}
