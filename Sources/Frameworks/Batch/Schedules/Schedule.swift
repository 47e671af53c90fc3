/// When a job is due: a repeating interval, or a line of cron on the clocks of a zone. Pure: it knows no clock, and the same question has the same
/// answer.
///
/// All times are milliseconds since 1970 in UTC. `next` and `previous` take a few microseconds, and at most some milliseconds for a text that names
/// no
/// day at all (30 February); what they return always lies beyond what they were asked about.
package enum Schedule: Hashable, Sendable {
    case interval(Interval)
    case cron(Cron, Zone)

    /// Reads either kind: what begins with `R` is an interval.
    /// - Parameters:
    ///   - zone: on whose clocks it is meant; nil: that of the offset in an interval's start, and UTC.
    ///   - now: milliseconds since 1970, for an interval without start.
    /// - Throws: Where the text goes wrong.
    package init(_ text: String, zone: Zone? = nil, now: Int64, sixthField: Cron.SixthField = .seconds) throws(ScheduleError) {
        if text.utf8.first == UInt8(ascii: "R") {
            self = .interval(try Interval(text, zone: zone, now: now))
        } else {
            self = .cron(try Cron(text, sixthField: sixthField), zone ?? .utc)
        }
    }

    /// The clocks on which it is meant.
    package var zone: Zone {
        switch self {
        case .interval(let interval): interval.zone
        case .cron(_, let zone): zone
        }
    }

    /// Reads back, with the same zone, as a schedule that fires at the same times.
    package var text: String {
        switch self {
        case .interval(let interval): interval.text
        case .cron(let cron, _): cron.text
        }
    }

    /// The first time after this instant; nil: never again.
    package func next(after instant: Int64) -> Int64? {
        switch self {
        case .interval(let interval): interval.next(after: instant)
        case .cron(let cron, let zone): cron.next(after: instant, in: zone)
        }
    }

    /// The last time before this instant; nil: there was none.
    package func previous(before instant: Int64) -> Int64? {
        switch self {
        case .interval(let interval): interval.previous(before: instant)
        case .cron(let cron, let zone): cron.previous(before: instant, in: zone)
        }
    }

    /// All times after this instant, one by one as they are asked for: there may be no end to them.
    package func times(after instant: Int64) -> some Sequence<Int64> & LazySequenceProtocol {
        sequence(state: instant) { last in
            guard let next = next(after: last) else { return nil }
            last = next
            return next
        }.lazy
    }

    /// All times from the first instant on and before the last one.
    package func times(in range: Range<Int64>) -> some Sequence<Int64> & LazySequenceProtocol {
        times(after: range.lowerBound == .min ? .min : range.lowerBound - 1).prefix { $0 < range.upperBound }
    }
}
