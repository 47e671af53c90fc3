@testable import Schedules

/// The clocks of a zone, asked only for their offset at an instant (which is held against the system's own elsewhere); all else by trying.
struct SlowClock {
    let zone: Zone
    /// All offsets that the zone ever had, the largest first.
    private let offsets: [Int64]

    /// Between an instant and what clocks show then.
    var least: Int64 { offsets[offsets.count - 1] }
    var most: Int64 { offsets[0] }

    init(_ zone: Zone) {
        self.zone = zone
        var offsets: Set<Int64> = []
        let months = SlowCalendar.months
        for day in months[0].firstDay...months[months.count - 1].firstDay { offsets.insert(zone.offset(at: Int64(day) * 86_400_000)) }
        self.offsets = offsets.sorted(by: >)
    }

    /// The instants at which the clocks show this time, the earlier one first.
    func instants(showing wall: Int64) -> [Int64] { offsets.map { wall - $0 }.filter { zone.offset(at: $0) == wall - $0 } }

    /// The first instant at which they show a later time, having skipped this one: looked for hour by hour, then by minutes and seconds.
    func firstInstant(past wall: Int64) -> Int64 {
        var at = (wall - most) / 1_000 * 1_000 - 3_600_000
        for step in [3_600_000, 60_000, 1_000] as [Int64] {
            while at + zone.offset(at: at) < wall { at += step }
            if step > 1_000 { at -= step }
        }
        return at
    }
}
