extension Interval {
    /// The same occurrences, and no end to them: for whoever counts by himself how many are left.
    package var endless: Interval { Interval(count: nil, wall: wall, isLater: isLater, period: period, zone: zone) }
}
