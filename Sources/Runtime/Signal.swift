import Foundation
import Glibc

/// A lock with a condition, for the two places where threads must wait: the inbox and the pipeline between deciding and releasing.
/// Waiting goes by CLOCK_MONOTONIC, so a step of the wall clock neither hastens nor delays it.
final class Signal: @unchecked Sendable {
    // Sendable: the two pthread objects are made for being shared; they live at fixed addresses until deinit.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init() {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        var attributes = pthread_condattr_t()
        precondition(pthread_mutex_init(mutex, nil) == 0, "no mutex can be made")
        precondition(pthread_condattr_init(&attributes) == 0, "no condition can be made")
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        precondition(pthread_cond_init(condition, &attributes) == 0, "no condition can be made")
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func withLock<Value>(_ body: () throws -> Value) rethrows -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Only with the lock held. Returns when told so, at the deadline, or for no reason.
    func wait(until deadline: Int64?) {
        guard let deadline else {
            pthread_cond_wait(condition, mutex)
            return
        }
        var time = timespec(tv_sec: Int(max(0, deadline) / 1_000_000_000), tv_nsec: Int(max(0, deadline) % 1_000_000_000))
        pthread_cond_timedwait(condition, mutex, &time)
    }

    func broadcast() { pthread_cond_broadcast(condition) }
}

/// Starts a thread that runs `body` to its end. The kernel shows the first 15 bytes of `name`.
func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) {
    let thread = Thread(block: body)
    thread.name = name
    thread.start()
}
