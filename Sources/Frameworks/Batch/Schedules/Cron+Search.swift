extension Cron {
    /// The first instant after this one at which it fires, on whole seconds.
    /// - Parameter instant: milliseconds since 1970.
    /// - Returns: nil when there is none in the next 400 years, after which the calendar repeats, or up to the year 9999.
    package func next(after instant: Int64, in zone: Zone) -> Int64? {
        if instant >= Civil.last { return nil }
        let instant = max(instant, Civil.first - 1)
        let horizon = min(instant + Self.cycle, Civil.last)
        guard isSteady else {
            let wall = zone.latestWall(until: instant) + 1
            return first(from: wall, before: wall + Self.cycle).map(zone.firstInstant).flatMap { $0 <= horizon ? $0 : nil }
        }
        var stretch = zone.stretch(at: instant + 1)
        var from = instant + 1
        while from <= horizon {
            let end = min(stretch.end, horizon + 1)
            if let wall = first(from: from + stretch.offset, before: end + stretch.offset) { return wall - stretch.offset }
            if stretch.end > horizon { return nil }
            from = stretch.end
            stretch = zone.stretch(at: from)
        }
        return nil
    }

    /// The last instant before this one at which it fires.
    /// - Returns: nil when there is none in the 400 years before, or down to the year 1.
    package func previous(before instant: Int64, in zone: Zone) -> Int64? {
        if instant <= Civil.first { return nil }
        let instant = min(instant, Civil.last + 1)
        let horizon = max(instant - Self.cycle, Civil.first)
        guard isSteady else {
            let wall = zone.latestWall(until: instant - 1)
            return last(to: wall, from: wall - Self.cycle).map(zone.firstInstant).flatMap { $0 >= horizon ? $0 : nil }
        }
        var stretch = zone.stretch(at: instant - 1)
        var end = instant
        while end > horizon {
            let start = max(stretch.start, horizon)
            if let wall = last(to: end - 1 + stretch.offset, from: start + stretch.offset) { return wall - stretch.offset }
            if stretch.start <= horizon { return nil }
            end = stretch.start
            stretch = zone.stretch(at: end - 1)
        }
        return nil
    }

    /// The calendar's 400 years, and some days for clocks that change.
    private static let cycle = (Int64(Civil.daysOfCycle) + 4) * Civil.millisecondsOfDay

    // MARK: - Wall times

    /// The first wall time that the fields name, from this one on and before that one.
    private func first(from wall: Int64, before end: Int64) -> Int64? {
        // Up to the next whole second.
        let (day, time) = Civil.split(floorDivide(wall + 999, 1_000) * 1_000)
        let lastDay = Civil.split(end - 1).day
        guard let found = firstDay(from: day, to: lastDay) else { return nil }
        if found > day { return firstTime(from: 0).map { at(found, $0) }.flatMap { $0 < end ? $0 : nil } }
        if let second = firstTime(from: Int(time / 1_000)) { return at(day, second) < end ? at(day, second) : nil }
        guard let later = firstDay(from: day + 1, to: lastDay), let second = firstTime(from: 0) else { return nil }
        return at(later, second) < end ? at(later, second) : nil
    }

    /// The last wall time that the fields name, up to this one and not before that one.
    private func last(to wall: Int64, from start: Int64) -> Int64? {
        let (day, time) = Civil.split(wall)
        let firstDay = Civil.split(start).day
        guard let found = lastDay(to: day, from: firstDay) else { return nil }
        let endOfDay = 86_399
        if found < day { return lastTime(to: endOfDay).map { at(found, $0) }.flatMap { $0 >= start ? $0 : nil } }
        if let second = lastTime(to: Int(time / 1_000)) { return at(day, second) >= start ? at(day, second) : nil }
        guard let earlier = lastDay(to: day - 1, from: firstDay), let second = lastTime(to: endOfDay) else { return nil }
        return at(earlier, second) >= start ? at(earlier, second) : nil
    }

    private func at(_ day: Int, _ second: Int) -> Int64 { Int64(day) * Civil.millisecondsOfDay + Int64(second) * 1_000 }

    // MARK: - Days

    private func firstDay(from day: Int, to last: Int) -> Int? {
        if day > last { return nil }
        let date = Civil.date(ofDay: day)
        var (year, month) = (date.year, date.month)
        var from = date.day
        while true {
            // On to the next month that the fields name.
            if let years, !years.contains(year) {
                guard let later = years.lowest(from: year) else { return nil }
                (year, month, from) = (later, 1, 1)
            }
            guard let named = months.lowest(from: month) else {
                (year, month, from) = (year + 1, 1, 1)
                if Civil.day(CivilDate(year: year, month: 1, day: 1)) > last { return nil }
                continue
            }
            if named > month { (month, from) = (named, 1) }
            let first = Civil.day(CivilDate(year: year, month: month, day: 1))
            if first > last { return nil }
            let mask = daysOfMonth(weekdayOfFirst: Civil.weekday(ofDay: first), length: Civil.length(ofMonth: month, in: year))
            if let found = mask.lowest(from: from) { return first + found - 1 <= last ? first + found - 1 : nil }
            (month, from) = (month + 1, 1)
        }
    }

    private func lastDay(to day: Int, from first: Int) -> Int? {
        if day < first { return nil }
        let date = Civil.date(ofDay: day)
        var (year, month) = (date.year, date.month)
        var to = date.day
        while true {
            if let years, !years.contains(year) {
                guard let earlier = years.highest(to: year) else { return nil }
                (year, month, to) = (earlier, 12, 31)
            }
            guard let named = months.highest(to: month) else {
                (year, month, to) = (year - 1, 12, 31)
                if Civil.day(CivilDate(year: year, month: 12, day: 31)) < first { return nil }
                continue
            }
            if named < month { (month, to) = (named, 31) }
            let start = Civil.day(CivilDate(year: year, month: month, day: 1))
            if start + 31 < first { return nil }
            let mask = daysOfMonth(weekdayOfFirst: Civil.weekday(ofDay: start), length: Civil.length(ofMonth: month, in: year))
            if let found = mask.highest(to: to) { return start + found - 1 >= first ? start + found - 1 : nil }
            (month, to) = (month - 1, 31)
        }
    }

    // MARK: - Times of day

    /// The first second of a day that the fields name, from this one on.
    private func firstTime(from second: Int) -> Int? {
        guard let hour = hours.lowest(from: second / 3_600), let firstMinute = minutes.lowest(from: 0), let firstSecond = seconds.lowest(from: 0)
        else { return nil }
        let earliest = firstMinute * 60 + firstSecond
        if hour > second / 3_600 { return hour * 3_600 + earliest }
        if let minute = minutes.lowest(from: second / 60 % 60) {
            if minute > second / 60 % 60 { return hour * 3_600 + minute * 60 + firstSecond }
            if let exact = seconds.lowest(from: second % 60) { return hour * 3_600 + minute * 60 + exact }
            if let later = minutes.lowest(from: minute + 1) { return hour * 3_600 + later * 60 + firstSecond }
        }
        return hours.lowest(from: hour + 1).map { $0 * 3_600 + earliest }
    }

    /// The last second of a day that the fields name, up to this one.
    private func lastTime(to second: Int) -> Int? {
        guard let hour = hours.highest(to: second / 3_600), let lastMinute = minutes.highest(to: 59), let lastSecond = seconds.highest(to: 59)
        else { return nil }
        let latest = lastMinute * 60 + lastSecond
        if hour < second / 3_600 { return hour * 3_600 + latest }
        if let minute = minutes.highest(to: second / 60 % 60) {
            if minute < second / 60 % 60 { return hour * 3_600 + minute * 60 + lastSecond }
            if let exact = seconds.highest(to: second % 60) { return hour * 3_600 + minute * 60 + exact }
            if let earlier = minutes.highest(to: minute - 1) { return hour * 3_600 + earlier * 60 + lastSecond }
        }
        return hours.highest(to: hour - 1).map { $0 * 3_600 + latest }
    }
}
