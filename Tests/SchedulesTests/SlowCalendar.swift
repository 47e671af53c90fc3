/// A calendar that was counted out on the fingers: all months from 1890 to 2310 with the number of their first day since 1970. The brute force stands on
/// this one, so that no arithmetic of the product judges itself.
enum SlowCalendar {
    struct Month {
        let year, month, length, firstDay: Int
        /// 0 is Sunday.
        let weekdayOfFirst: Int
    }

    static let months: [Month] = {
        var months: [Month] = []
        // 1 January 1890 was a Wednesday, 29,219 days before 1970: 80 years, 19 of them leap years.
        var (day, weekday) = (-29_219, 3)
        for year in 1890...2310 {
            for month in 1...12 {
                let length =
                    switch month {
                    case 4, 6, 9, 11: 30
                    case 2 where year % 400 == 0 || year % 4 == 0 && year % 100 != 0: 29
                    case 2: 28
                    default: 31
                    }
                months.append(Month(year: year, month: month, length: length, firstDay: day, weekdayOfFirst: weekday))
                day += length
                weekday = (weekday + length) % 7
            }
        }
        return months
    }()

    /// The index of the month with this day in it: guessed by the mean length, and then looked for.
    static func index(ofDay day: Int) -> Int {
        var index = min(max((day + 29_219) / 31, 0), months.count - 1)
        while months[index].firstDay + months[index].length <= day { index += 1 }
        return index
    }
}
