import Glibc
package import Machine

/// Where moments come from.
package protocol Clock: Sendable {
    func now() -> Moment
}

/// The machine's own clocks.
package struct SystemClock: Clock {
    package init() {}

    package func now() -> Moment { Moment(monotonic: Self.read(CLOCK_MONOTONIC), wall: Self.read(CLOCK_REALTIME)) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * .second + Int64(time.tv_nsec)
    }
}
