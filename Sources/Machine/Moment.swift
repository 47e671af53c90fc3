/// A point in time as a core sees it: two readings of two clocks, taken together by the shell.
///
/// Deadlines are computed from `monotonic`, which never jumps; `wall` is for what people read and for what must survive a restart of
/// the machine. A core never reads a clock itself.
package struct Moment: Hashable, Sendable {
    /// Nanoseconds of CLOCK_MONOTONIC: it never jumps, stands still while the machine sleeps, and starts anew with it.
    package var monotonic: Int64
    /// Nanoseconds since 1970-01-01T00:00:00Z; may be set back or forth by an administrator.
    package var wall: Int64

    package init(monotonic: Int64, wall: Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }

    /// The moment that lies `nanoseconds` later on both clocks. Saturates instead of overflowing.
    package func advanced(by nanoseconds: Int64) -> Moment {
        Moment(monotonic: monotonic.saturatingAdd(nanoseconds), wall: wall.saturatingAdd(nanoseconds))
    }

    /// The wall reading in seconds, as the originals' JSON and protobuf messages carry it.
    package var seconds: Double { Double(wall) / 1_000_000_000 }
}

extension Int64 {
    package static let second: Int64 = 1_000_000_000
    package static let millisecond: Int64 = 1_000_000

    /// The sum, clamped to the range of Int64.
    package func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }

    /// The product, clamped to the range of Int64.
    package func saturatingMultiply(_ other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self > 0) == (other > 0) ? .max : .min) : product
    }

    /// Nanoseconds for a number of seconds from outside; nil when it is not finite. Out of range clamps.
    package init?(secondsClamped seconds: Double) {
        guard seconds.isFinite else { return nil }
        let nanoseconds = (seconds * 1_000_000_000).rounded()
        if nanoseconds >= 9_223_372_036_854_774_784 {
            self = .max
        } else if nanoseconds <= -9_223_372_036_854_774_784 {
            self = .min
        } else {
            self = Int64(nanoseconds)
        }
    }
}
