/// What one field of cron may hold.
struct CronField {
    let name: String
    let range: ClosedRange<Int>
    /// How many values follow each other before they begin again; nil: they don't.
    var cycle: Int?
    /// Three letters each, the first for the lowest value.
    var names: [String] = []
    let star: Cron.Stars

    static let second = CronField(name: "second", range: 0...59, cycle: 60, star: .seconds)
    static let minute = CronField(name: "minute", range: 0...59, cycle: 60, star: .minutes)
    static let hour = CronField(name: "hour", range: 0...23, cycle: 24, star: .hours)
    static let day = CronField(name: "day of the month", range: 1...31, cycle: 31, star: .days)
    static let month = CronField(
        name: "month", range: 1...12, cycle: 12,
        names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], star: .months)
    /// 7 is Sunday as 0 is; what begins to count somewhere goes on to Saturday.
    static let weekday = CronField(
        name: "day of the week", range: 0...6, cycle: 7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], star: .weekdays)
    static let year = CronField(name: "year", range: Cron.yearRange, star: .years)

    var expected: String {
        let names = names.first.map { first in " or a name from \(first) to \(self.names[self.names.count - 1])" } ?? ""
        return "\(name == "hour" ? "an" : "a") \(name) from \(range.lowerBound) to \(highest)\(names)"
    }

    /// The highest number that may be written.
    var highest: Int { star == .weekdays ? 7 : range.upperBound }

    /// Reads a value by number or name.
    func value(_ reader: inout TextReader) throws(ScheduleError) -> Int {
        let start = reader.offset
        if let number = reader.number() {
            guard number.value >= Int64(range.lowerBound), number.value <= Int64(highest) else { throw reader.error(expected, at: start) }
            return Int(number.value)
        }
        let letters = (0..<3).compactMap { reader.peek(at: $0) }.map { $0 & ~0x20 }
        guard let index = names.firstIndex(where: { letters.elementsEqual($0.utf8) }) else { throw reader.error(expected, at: start) }
        reader.skip(3)
        return range.lowerBound + index
    }

    /// The values from the first to the last in steps, where a last one below the first is that of the next round: `FRI-MON`, `22-2`.
    func values(_ first: Int, _ last: Int, step: Int) -> [Int] {
        guard let cycle else { return Array(stride(from: first, through: last, by: step)) }
        let end = last < first ? last + cycle : last
        return stride(from: first, through: end, by: step).map { ($0 - range.lowerBound) % cycle + range.lowerBound }
    }
}
