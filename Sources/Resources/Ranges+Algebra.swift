extension Ranges {
    /// Above so many ranges in the other operand, one pass over both beats a search for each.
    private static let few = 8

    package func contains(_ value: UInt64) -> Bool {
        let position = firstRange(endingFrom: value)
        return position < rangeCount && self[range: position].lowerBound <= value
    }

    package func contains(_ range: ClosedRange<UInt64>) -> Bool {
        let position = firstRange(endingFrom: range.upperBound)
        return position < rangeCount && self[range: position].lowerBound <= range.lowerBound
    }

    /// Whether each value of the other is one of these.
    package func contains(_ other: Ranges) -> Bool {
        for index in 0..<other.rangeCount where !contains(other[range: index]) { return false }
        return true
    }

    package func isDisjoint(with other: Ranges) -> Bool {
        let (less, more) = rangeCount < other.rangeCount ? (self, other) : (other, self)
        for index in 0..<less.rangeCount {
            let range = less[range: index]
            let position = more.firstRange(endingFrom: range.lowerBound)
            if position < more.rangeCount, more[range: position].lowerBound <= range.upperBound { return false }
        }
        return true
    }

    /// Adds the values of one range.
    package mutating func insert(_ range: ClosedRange<UInt64>) {
        // Neighbours that only touch melt too, so look one value further on each side.
        let begin = firstRange(endingFrom: range.lowerBound == 0 ? 0 : range.lowerBound - 1)
        let end = firstRange(beginningAfter: range.upperBound == .max ? .max : range.upperBound + 1)
        guard begin < end else { return replace(begin..<begin, with: range) }
        let lower = min(range.lowerBound, self[range: begin].lowerBound)
        replace(begin..<end, with: lower...max(range.upperBound, self[range: end - 1].upperBound))
    }

    /// Takes away the values of one range, as far as they are here.
    package mutating func remove(_ range: ClosedRange<UInt64>) {
        let begin = firstRange(endingFrom: range.lowerBound)
        let end = firstRange(beginningAfter: range.upperBound)
        guard begin < end else { return }
        let lower = self[range: begin].lowerBound
        let upper = self[range: end - 1].upperBound
        replace(
            begin..<end,
            with: lower < range.lowerBound ? lower...range.lowerBound - 1 : nil,
            upper > range.upperBound ? range.upperBound + 1...upper : nil)
    }

    /// Adds the values of the other.
    package mutating func add(_ other: Ranges) {
        if isEmpty {
            self = other
        } else if other.rangeCount <= Ranges.few {
            for index in 0..<other.rangeCount { insert(other[range: index]) }
        } else {
            self = Ranges(ranges + other.ranges)
        }
    }

    /// Takes away the values of the other, as far as they are here.
    package mutating func subtract(_ other: Ranges) {
        if other.rangeCount <= Ranges.few {
            for index in 0..<other.rangeCount { remove(other[range: index]) }
        } else {
            self = intersection(other.complement)
        }
    }

    package static func + (left: Ranges, right: Ranges) -> Ranges {
        var sum = left
        sum.add(right)
        return sum
    }

    package static func - (left: Ranges, right: Ranges) -> Ranges {
        var difference = left
        difference.subtract(right)
        return difference
    }

    /// The values that are in both.
    package func intersection(_ other: Ranges) -> Ranges {
        var common: [ClosedRange<UInt64>] = []
        var (here, there) = (0, 0)
        while here < rangeCount, there < other.rangeCount {
            let (left, right) = (self[range: here], other[range: there])
            let lower = max(left.lowerBound, right.lowerBound)
            let upper = min(left.upperBound, right.upperBound)
            if lower <= upper { common.append(lower...upper) }
            if left.upperBound < right.upperBound { here += 1 } else { there += 1 }
        }
        return Ranges(sorted: common)
    }

    /// All values that aren't here.
    private var complement: Ranges {
        var gaps: [ClosedRange<UInt64>] = []
        var next: UInt64? = 0
        for index in 0..<rangeCount {
            let range = self[range: index]
            if let begin = next, begin < range.lowerBound { gaps.append(begin...range.lowerBound - 1) }
            next = range.upperBound == .max ? nil : range.upperBound + 1
        }
        if let begin = next { gaps.append(begin...UInt64.max) }
        return Ranges(sorted: gaps)
    }
}
