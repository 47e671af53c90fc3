extension Cron {
    /// The days of a month that both fields for days name together; bit 1 is the first.
    /// - Parameters:
    ///   - weekday: that of the first day; 0 is Sunday.
    ///   - length: how many days the month has.
    func daysOfMonth(weekdayOfFirst weekday: Int, length: Int) -> UInt32 {
        let all = (.max >> UInt32(31 - length)) & ~1 as UInt32
        let byDay = days.mask(weekdayOfFirst: weekday, length: length) & all
        let byWeekday = weekdays.mask(weekdayOfFirst: weekday, length: length) & all
        return stars.isDisjoint(with: [.days, .weekdays]) ? byDay | byWeekday : byDay & byWeekday
    }
}

extension Cron.MonthDays {
    func mask(weekdayOfFirst weekday: Int, length: Int) -> UInt32 {
        var mask = plain
        guard fromLast | working | workingFromLast != 0 else { return mask }
        for distance in fromLast.numbers where distance < length { mask.insert(bit: length - distance) }
        for day in working.numbers where day <= length { mask.insert(bit: Self.workingDay(day, weekday, length)) }
        for distance in workingFromLast.numbers where distance < length { mask.insert(bit: Self.workingDay(length - distance, weekday, length)) }
        return mask
    }

    /// Saturdays become Fridays, Sundays Mondays; a month is not left for that.
    private static func workingDay(_ day: Int, _ weekdayOfFirst: Int, _ length: Int) -> Int {
        switch (weekdayOfFirst + day - 1) % 7 {
        case 6: day == 1 ? 3 : day - 1
        case 0: day == length ? day - 2 : day + 1
        default: day
        }
    }
}

extension Cron.WeekDays {
    func mask(weekdayOfFirst weekday: Int, length: Int) -> UInt32 {
        // The week turned so that its first bit is the weekday of the first, five times in a row.
        let turned = UInt64((plain >> UInt8(weekday) | plain << UInt8(7 - weekday)) & 0x7f)
        var mask = UInt32(truncatingIfNeeded: (turned | turned << 7 | turned << 14 | turned << 21 | turned << 28) << 1)
        for day in last.numbers {
            let first = 1 + (day - weekday + 7) % 7
            mask.insert(bit: first + (length - first) / 7 * 7)
        }
        if numbered != 0 {
            for number in numbered.numbers {
                let day = 1 + (number % 8 - weekday + 7) % 7 + (number / 8 - 1) * 7
                if day <= length { mask.insert(bit: day) }
            }
        }
        return mask
    }
}
