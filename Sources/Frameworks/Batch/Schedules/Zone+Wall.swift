/// From wall times back to instants: where clocks jump forward some wall times don't exist, where they fall back some come twice.
extension Zone {
    package enum Meaning: Hashable, Sendable {
        /// The usual case.
        case once(Int64)
        /// Clocks were put back over this time.
        case twice(earlier: Int64, later: Int64)
        /// Clocks were put forward over this time: at which instant, and by how many milliseconds.
        case skipped(at: Int64, by: Int64)
    }

    /// No clock is further from UTC than this.
    private static let reach = 26 * 3_600_000 as Int64

    /// All instants at which the zone's clocks show this wall time.
    package func meaning(of wall: Int64) -> Meaning {
        let wall = wall.clampedToCalendar
        var found: (earlier: Int64, later: Int64)?
        var gap: Meaning?
        var stretch = self.stretch(at: wall - Self.reach)
        while true {
            let instant = wall - stretch.offset
            if instant >= stretch.start, instant < stretch.end { found = (found?.earlier ?? instant, instant) }
            guard stretch.end <= wall + Self.reach else { break }
            let next = self.stretch(at: stretch.end)
            if instant >= stretch.end, wall - next.offset < stretch.end, gap == nil {
                gap = .skipped(at: stretch.end, by: next.offset - stretch.offset)
            }
            stretch = next
        }
        guard let found else { return gap ?? .once(wall - stretch.offset) }
        return found.earlier == found.later ? .once(found.earlier) : .twice(earlier: found.earlier, later: found.later)
    }

    /// The first instant at which the zone's clocks show this wall time or a later one: the earlier of two, and the end of a gap. A later wall time
    /// never has an earlier instant.
    package func firstInstant(showing wall: Int64) -> Int64 {
        let wall = wall.clampedToCalendar
        var stretch = self.stretch(at: wall - Self.reach)
        while stretch.endOfWall <= wall { stretch = self.stretch(at: stretch.end) }
        return max(stretch.start, wall - stretch.offset)
    }

    /// The latest wall time that the zone's clocks have shown up to this instant: more than they show now when they were put back a short while ago.
    /// Just these wall times have their first instant by then.
    func latestWall(until instant: Int64) -> Int64 {
        let instant = instant.clampedToCalendar
        var stretch = self.stretch(at: instant)
        var latest = instant + stretch.offset
        while stretch.start > instant - 2 * Self.reach {
            let start = stretch.start
            stretch = self.stretch(at: start - 1)
            latest = max(latest, start + stretch.offset - 1)
        }
        return latest
    }
}
