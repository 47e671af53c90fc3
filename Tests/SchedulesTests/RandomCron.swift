import Machine

@testable import Schedules

/// A schedule drawn at random: the text that is read by the product, and its meaning as sets, which never were a text.
struct RandomCron {
    enum Item {
        /// `*`, or `?`, and with a step `*/n`.
        case all(step: Int)
        case range(Int, Int, step: Int)
        case one(Int)
        case from(Int, step: Int)
        case last(Int), lastWorking(Int), working(Int)
        case lastWeekday(Int), numbered(Int, Int)
    }

    struct Field {
        let low, high: Int
        var names: [String] = []
        var items: [Item] = []
    }

    /// Second, minute, hour, day, month, weekday, year.
    private(set) var fields: [Field] = []
    private(set) var text = ""
    private let hasSeconds, hasYears: Bool

    private static let monthNames = ["Jan", "FEB", "mar", "APR", "May", "JUN", "jul", "AUG", "SEP", "oct", "NOV", "DEC"]
    private static let dayNames = ["SUN", "Mon", "TUE", "wed", "THU", "FRI", "sat"]

    init(_ random: inout SplitMix) {
        hasSeconds = random.draw(below: 4) == 0
        hasYears = hasSeconds && random.draw(below: 3) == 0
        let ranges: [(Int, Int, [String])] = [
            (0, 59, []), (0, 59, []), (0, 23, []), (1, 31, []), (1, 12, Self.monthNames), (0, 6, Self.dayNames), (1970, 2299, [])
        ]
        // Each field is a star more often than not where that makes a schedule that fires now and then.
        let stars: [UInt64] = [10, 35, 40, 60, 75, 60, 60]
        for (index, (low, high, names)) in ranges.enumerated() {
            var field = Field(low: low, high: high, names: names)
            if index == 0, !hasSeconds {
                field.items = [.one(0)]
            } else if index == 6, !hasYears || random.draw(below: 100) < stars[index] {
                field.items = [.all(step: 1)]
            } else if random.draw(below: 100) < stars[index] {
                field.items = [.all(step: random.draw(below: 3) > 0 ? 1 : Self.draw(1, high - low + 1, &random))]
            } else {
                for _ in 0...(random.draw(below: 3) == 0 ? random.draw(below: 4) : 0) { field.items.append(Self.item(index, field, &random)) }
            }
            fields.append(field)
        }
        render(&random)
    }

    private static func draw(_ low: Int, _ high: Int, _ random: inout SplitMix) -> Int { low + Int(random.draw(below: UInt64(high - low + 1))) }

    private static func item(_ index: Int, _ field: Field, _ random: inout SplitMix) -> Item {
        let (low, high) = index == 6 ? (1995, 2060) : (field.low, field.high)
        let value = draw(low, high, &random)
        switch (index, random.draw(below: 10)) {
        case (3, 0): return .last(random.draw(below: 2) == 0 ? 0 : draw(0, 30, &random))
        case (3, 1): return .lastWorking(random.draw(below: 2) == 0 ? 0 : draw(0, 30, &random))
        case (3, 2): return .working(value)
        case (5, 0), (5, 1): return .lastWeekday(value)
        case (5, 2), (5, 3): return .numbered(value, draw(1, 5, &random))
        case (_, 4), (_, 5):
            let other = draw(low, high, &random)
            let (first, last) = index == 6 ? (min(value, other), max(value, other)) : (value, other)
            return .range(first, last, step: random.draw(below: 2) == 0 ? 1 : draw(1, min(high - low + 1, 7), &random))
        case (_, 6): return .from(value, step: draw(1, high - low + 1, &random))
        default: return .one(value)
        }
    }

    // MARK: - As a text

    private mutating func render(_ random: inout SplitMix) {
        var parts: [String] = []
        for (index, field) in fields.enumerated() where (index > 0 || hasSeconds) && (index < 6 || hasYears) {
            var items: [String] = []
            for item in field.items { items.append(Self.text(item, field, isDay: index == 3 || index == 5, &random)) }
            parts.append(items.joined(separator: ","))
        }
        text = parts.joined(separator: random.draw(below: 8) == 0 ? " \t " : " ")
    }

    private static func text(_ item: Item, _ field: Field, isDay: Bool, _ random: inout SplitMix) -> String {
        let (namesOne, zeros, sunday) = (random.draw(below: 3) == 0, random.draw(below: 10) == 0, random.draw(below: 2) == 0)
        func value(_ number: Int) -> String {
            if namesOne, !field.names.isEmpty { return field.names[number - field.low] }
            if field.high == 6, number == 0, sunday { return "7" }
            return (zeros ? "0" : "") + "\(number)"
        }
        func distance(_ number: Int) -> String { number == 0 ? "" : "-\(number)" }
        switch item {
        case .all(let step): return step > 1 ? "*/\(step)" : isDay && namesOne ? "?" : "*"
        case .range(let first, let last, let step): return "\(value(first))-\(value(last))" + (step > 1 || zeros ? "/\(step)" : "")
        case .one(let one): return value(one)
        case .from(let first, let step): return "\(value(first))/\(step)"
        case .last(let back): return "L" + distance(back)
        case .lastWorking(let back): return "L" + distance(back) + "W"
        case .working(let day): return "\(day)\(sunday ? "W" : "w")"
        case .lastWeekday(let day): return value(day) + (zeros ? "l" : "L")
        case .numbered(let day, let number): return "\(value(day))#\(number)"
        }
    }
}
