/// A set of unsigned integers as inclusive ranges, always sorted and coalesced, such as the ports of an agent.
///
/// One range, by far the most common case, lies inside the value itself: no heap is touched to copy or change it.
/// Specified by Mesos 1.11 docs/attributes-resources.md ("Value.Ranges").
package struct Ranges: Hashable, Sendable {
    /// The first range; empty (lower above upper) only if there is none at all.
    private var lower: UInt64 = 1
    private var upper: UInt64 = 0
    /// The other ranges in order; at least one value lies between neighbours.
    private var tail: [ClosedRange<UInt64>] = []

    package init() {}

    package init(_ range: ClosedRange<UInt64>) {
        lower = range.lowerBound
        upper = range.upperBound
    }

    /// The union of ranges in any order, which may overlap.
    package init(_ ranges: some Sequence<ClosedRange<UInt64>>) {
        self.init(sorted: ranges.sorted { $0.lowerBound < $1.lowerBound })
    }

    /// The union of ranges in the order of their lower ends, which may overlap.
    init(sorted ranges: [ClosedRange<UInt64>]) {
        for range in ranges {
            if isEmpty {
                (lower, upper) = (range.lowerBound, range.upperBound)
            } else if tail.isEmpty, Ranges.touches(upper, range) {
                upper = max(upper, range.upperBound)
            } else if let last = tail.last, Ranges.touches(last.upperBound, range) {
                tail[tail.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                tail.append(range)
            }
        }
    }

    /// Whether a range that begins no earlier goes on where one ends, or before.
    private static func touches(_ end: UInt64, _ range: ClosedRange<UInt64>) -> Bool {
        range.lowerBound <= end || range.lowerBound - 1 == end
    }

    package var isEmpty: Bool { lower > upper }

    /// How many ranges there are.
    package var rangeCount: Int { isEmpty ? 0 : tail.count + 1 }

    /// The range at a position in `0..<rangeCount`.
    package subscript(range index: Int) -> ClosedRange<UInt64> {
        if index > 0 { return tail[index - 1] }
        precondition(!isEmpty, "no range")
        return lower...upper
    }

    /// All ranges in order.
    package var ranges: [ClosedRange<UInt64>] { isEmpty ? [] : [lower...upper] + tail }

    /// How many values there are; all 2^64 of them count as one less.
    package var count: UInt64 {
        guard !isEmpty else { return 0 }
        return tail.reduce(Ranges.size(of: lower...upper)) { sum, range in
            let (total, overflow) = sum.addingReportingOverflow(Ranges.size(of: range))
            return overflow ? .max : total
        }
    }

    private static func size(of range: ClosedRange<UInt64>) -> UInt64 {
        let distance = range.upperBound - range.lowerBound
        return distance == .max ? .max : distance + 1
    }

    /// The value at a position in ascending order, from 0; nil past the end.
    package func value(at position: UInt64) -> UInt64? {
        var rest = position
        for index in 0..<rangeCount {
            let range = self[range: index]
            if rest <= range.upperBound - range.lowerBound { return range.lowerBound + rest }
            rest -= range.upperBound - range.lowerBound + 1
        }
        return nil
    }

    /// The least `limit` values in ascending order, or all if they are fewer.
    package func first(_ limit: Int) -> [UInt64] {
        var values: [UInt64] = []
        for index in 0..<rangeCount {
            for value in self[range: index] {
                if values.count >= limit { return values }
                values.append(value)
            }
        }
        return values
    }

    // MARK: Storage, as the algebra sees it

    /// The position of the first range that ends at or after `value`; `rangeCount` if there is none.
    func firstRange(endingFrom value: UInt64) -> Int {
        if isEmpty || value <= upper { return 0 }
        var low = 0
        var high = tail.count
        while low < high {
            let middle = (low + high) / 2
            if tail[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low + 1
    }

    /// The position of the first range that begins after `value`; `rangeCount` if there is none.
    func firstRange(beginningAfter value: UInt64) -> Int {
        if isEmpty || value < lower { return 0 }
        var low = 0
        var high = tail.count
        while low < high {
            let middle = (low + high) / 2
            if tail[middle].lowerBound <= value { low = middle + 1 } else { high = middle }
        }
        return low + 1
    }

    /// Puts up to two ranges in the place of those at `positions`, which must keep the order and the gaps.
    mutating func replace(_ positions: Range<Int>, with first: ClosedRange<UInt64>?, _ second: ClosedRange<UInt64>? = nil) {
        if positions.lowerBound > 0 {
            let slots = positions.lowerBound - 1..<positions.upperBound - 1
            switch (first, second) {
            case (let first?, let second?): tail.replaceSubrange(slots, with: [first, second])
            case (let range?, nil), (nil, let range?): tail.replaceSubrange(slots, with: CollectionOfOne(range))
            case (nil, nil): tail.removeSubrange(slots)
            }
            return
        }
        if positions.isEmpty {
            if !isEmpty { tail.insert(lower...upper, at: 0) }
        } else if positions.count > 1 {
            tail.removeSubrange(0..<positions.count - 1)
        }
        if let second, first != nil { tail.insert(second, at: 0) }
        let head = first ?? second ?? (tail.isEmpty ? nil : tail.removeFirst())
        (lower, upper) = head.map { ($0.lowerBound, $0.upperBound) } ?? (1, 0)
    }
}

extension Ranges: CustomStringConvertible {
    /// The text of the wire: "[31000-32000, 33000-33000]".
    package var description: String {
        "[" + ranges.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ", ") + "]"
    }
}
