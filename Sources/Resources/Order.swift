/// Which of two values comes first; nil where they are equal, so that `??` goes on to the next part of a composite order.
enum Precedence {
    case before, after
}

func compare<Value: Comparable>(_ left: Value, _ right: Value) -> Precedence? {
    left == right ? nil : left < right ? .before : .after
}

func compare(_ left: Bool, _ right: Bool) -> Precedence? { left == right ? nil : right ? .before : .after }

/// A missing value comes before each present one.
func compare<Value: Comparable>(_ left: Value?, _ right: Value?) -> Precedence? { compare(left, right) { compare($0, $1) } }

func compare<Value>(_ left: Value?, _ right: Value?, by rule: (Value, Value) -> Precedence?) -> Precedence? {
    switch (left, right) {
    case (nil, nil): nil
    case (nil, _): .before
    case (_, nil): .after
    case (let left?, let right?): rule(left, right)
    }
}

func compare<Value>(_ left: [Value], _ right: [Value], by rule: (Value, Value) -> Precedence?) -> Precedence? {
    for index in 0..<min(left.count, right.count) {
        if let result = rule(left[index], right[index]) { return result }
    }
    return compare(left.count, right.count)
}

extension Array {
    /// The position of the first element that doesn't come before something sought; the array is sorted by the same order.
    func position(where order: (Element) -> Precedence?) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if order(self[middle]) == .before { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
