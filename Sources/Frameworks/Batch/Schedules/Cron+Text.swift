extension Cron {
    /// The shortest common form of what it means: numbers, five fields where seconds and years say nothing, else six with seconds or seven. The text
    /// reads
    /// back as an equal schedule, and equal schedules have equal texts.
    package var text: String {
        var fields = [
            text(.minute, minutes.numbers), text(.hour, hours.numbers), text(.day, days.plain.numbers, days.items),
            text(.month, months.numbers), text(.weekday, weekdays.plain.numbers, weekdays.items)
        ]
        if seconds != 1 || stars.contains(.seconds) || hasYears { fields.insert(text(.second, seconds.numbers), at: 0) }
        if hasYears { fields.append(text(.year, years?.numbers ?? Array(Self.yearRange))) }
        return fields.joined(separator: " ")
    }

    private var hasYears: Bool { years != nil }

    private func text(_ field: CronField, _ numbers: [Int], _ special: [String] = []) -> String {
        var items: [String] = []
        var rest = numbers
        if stars.contains(field.star) {
            // What began with a star began with a step: the smallest one that fits.
            let set = Set(numbers)
            let first = field.range.lowerBound
            let step = (1...field.range.count).first { stride(from: first, through: field.range.upperBound, by: $0).allSatisfy(set.contains) } ?? 1
            items.append(step == 1 ? "*" : "*/\(step)")
            rest.removeAll { ($0 - first) % step == 0 }
        }
        return (items + Self.ranges(rest) + special).joined(separator: ",")
    }

    /// Runs of three and more numbers as ranges, and of four and more in equal steps.
    private static func ranges(_ numbers: [Int]) -> [String] {
        var items: [String] = []
        var rest = numbers[...]
        while let first = rest.first {
            let step = (rest.dropFirst().first ?? first + 1) - first
            var count = 1
            while count < rest.count, rest[rest.startIndex + count] == first + count * step { count += 1 }
            if count >= (step == 1 ? 3 : 4) {
                items.append("\(first)-\(first + (count - 1) * step)" + (step == 1 ? "" : "/\(step)"))
            } else {
                count = 1
                items.append("\(first)")
            }
            rest = rest.dropFirst(count)
        }
        return items
    }
}

extension Cron.MonthDays {
    fileprivate var items: [String] {
        func fromLast(_ distance: Int) -> String { distance == 0 ? "L" : "L-\(distance)" }
        return working.numbers.map { "\($0)W" } + self.fromLast.numbers.map(fromLast) + workingFromLast.numbers.map { fromLast($0) + "W" }
    }
}

extension Cron.WeekDays {
    fileprivate var items: [String] { last.numbers.map { "\($0)L" } + numbered.numbers.map { "\($0 % 8)#\($0 / 8)" } }
}
