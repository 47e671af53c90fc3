indirect enum PatternNode {
    case set(ScalarSet)
    case assertion(Pattern.Assertion)
    case sequence([PatternNode])
    case choice([PatternNode])
    /// `most` nil: without bound.
    case repetition(PatternNode, least: Int, most: Int?)
}

/// Reads the syntax of `Pattern`. Each method returns nil when the pattern can't be taken.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private var ignoresCase = false

    private static let maxDepth = 50

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func parse() -> PatternNode? {
        guard let node = choice(), position == scalars.count else { return nil }
        return node
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take() -> Unicode.Scalar? {
        guard let next else { return nil }
        position += 1
        return next
    }

    private mutating func skip(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private mutating func choice() -> PatternNode? {
        var branches: [PatternNode] = []
        repeat {
            guard let branch = sequence() else { return nil }
            branches.append(branch)
        } while skip("|")
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() -> PatternNode? {
        var nodes: [PatternNode] = []
        while let next, next != "|", next != ")" {
            guard let atom = atom(), let node = quantified(atom) else { return nil }
            nodes.append(node)
        }
        return .sequence(nodes)
    }

    private mutating func atom() -> PatternNode? {
        switch take() {
        case "(": group()
        case "[": characterClass().map(folded)
        case ".": .set(.anyInLine)
        case "^": .assertion(.start)
        case "$": .assertion(.end)
        case "\\": escape()
        case "*", "+", "?", "{", nil: nil
        case .some(let scalar): folded(ScalarSet(scalar))
        }
    }

    private func folded(_ set: ScalarSet) -> PatternNode {
        var set = set
        set.ignoresCase = ignoresCase
        return .set(set)
    }

    /// Behind the opening parenthesis.
    private mutating func group() -> PatternNode? {
        // Flags last until the enclosing group ends.
        if skip("?i)") {
            ignoresCase = true
            return .sequence([])
        }
        let outer = ignoresCase
        if skip("?i:") {
            ignoresCase = true
        } else if !skip("?:"), next == "?" {
            return nil
        }
        depth += 1
        guard depth <= Self.maxDepth, let content = choice(), skip(")") else { return nil }
        depth -= 1
        ignoresCase = outer
        return content
    }

    private mutating func escape() -> PatternNode? {
        switch next {
        case "b":
            position += 1
            return .assertion(.boundary)
        case "B":
            position += 1
            return .assertion(.noBoundary)
        default: return escapedSet().map(folded)
        }
    }

    /// Behind a backslash.
    private mutating func escapedSet() -> ScalarSet? {
        switch take() {
        case "d": return .digit
        case "D": return ScalarSet.digit.inverted
        case "w": return .word
        case "W": return ScalarSet.word.inverted
        case "s": return .space
        case "S": return ScalarSet.space.inverted
        case "t": return ScalarSet("\t")
        case "n": return ScalarSet("\n")
        case "r": return ScalarSet("\r")
        case .some(let scalar) where !scalar.isASCII || !UInt8(ascii: scalar).isAlphanumeric: return ScalarSet(scalar)
        default: return nil
        }
    }
}

// MARK: - Quantifiers and classes

extension PatternParser {
    private mutating func quantified(_ atom: PatternNode) -> PatternNode? {
        let bounds: (least: Int, most: Int?)
        if skip("*") {
            bounds = (0, nil)
        } else if skip("+") {
            bounds = (1, nil)
        } else if skip("?") {
            bounds = (0, 1)
        } else if skip("{") {
            guard let counted = countedBounds() else { return nil }
            bounds = counted
        } else {
            return atom
        }
        // Lazy or not makes no difference to a match of the whole text; a possessive quantifier (and `a**`) does.
        if !skip("?"), next == "+" || next == "*" { return nil }
        return .repetition(atom, least: bounds.least, most: bounds.most)
    }

    /// `n}`, `n,}` or `n,m}`.
    private mutating func countedBounds() -> (least: Int, most: Int?)? {
        guard let least = number() else { return nil }
        if skip("}") { return (least, least) }
        guard skip(",") else { return nil }
        if skip("}") { return (least, nil) }
        guard let most = number(), skip("}"), most >= least else { return nil }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var number = 0
        var digits = 0
        while let scalar = next, ("0"..."9").contains(scalar) {
            number = number * 10 + Int(scalar.value - 0x30)
            digits += 1
            position += 1
            if digits > 4 { return nil }
        }
        return digits > 0 ? number : nil
    }

    /// Behind the opening bracket. A nested class or an intersection, which Java has, is refused.
    private mutating func characterClass() -> ScalarSet? {
        let isNegated = skip("^")
        var set = ScalarSet([])
        var isFirst = true
        while true {
            if next == "]", !isFirst { break }
            isFirst = false
            guard let low = classItem() else { return nil }
            if next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
                position += 1
                guard let high = classItem(), let lowest = low.single, let highest = high.single, lowest <= highest else { return nil }
                set.formUnion(ScalarSet([lowest...highest]))
            } else {
                set.formUnion(low.set)
            }
        }
        position += 1
        return isNegated ? set.inverted : set
    }

    private mutating func classItem() -> (set: ScalarSet, single: UInt32?)? {
        switch take() {
        case "\\":
            guard let set = escapedSet() else { return nil }
            return (set, set.single)
        case "[", "]", nil: return nil
        case "&" where next == "&": return nil
        case .some(let scalar): return (ScalarSet(scalar), scalar.value)
        }
    }
}
