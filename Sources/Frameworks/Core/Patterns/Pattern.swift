/// A regular expression of a LIKE or UNLIKE constraint, matched in time linear in the text.
///
/// Marathon takes java.util.regex patterns and matches them by backtracking, so `(a+)+b` can stop its scheduler. This one follows all
/// alternatives at once (Thompson's construction) and takes the part of that syntax which can be matched so: literals, `.`, classes,
/// `\d \w \s \b` and their opposites, groups, alternation, greedy and lazy quantifiers, `^`, `$` and `(?i)`. Back references, look-around and
/// possessive quantifiers are refused, as is a pattern that is too long.
package struct Pattern: Hashable, Sendable {
    /// In UTF-8 bytes.
    package static let maxLength = 1024
    /// A longer text, in Unicode scalars, doesn't match.
    package static let maxTextLength = 1024
    enum Instruction: Hashable, Sendable {
        case consume(ScalarSet)
        case assert(Assertion)
        case fork(Int, Int)
        case jump(Int)
        case accept
    }

    enum Assertion: Hashable, Sendable { case start, end, boundary, noBoundary }

    private let program: [Instruction]

    /// - Returns: nil if this is no pattern, or one beyond the limits.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maxLength else { return nil }
        var parser = PatternParser(text)
        var compiler = PatternCompiler()
        guard let node = parser.parse(), compiler.compile(node) else { return nil }
        program = compiler.program + [.accept]
    }

    /// Whether the whole text matches.
    package func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars.prefix(Self.maxTextLength + 1))
        guard scalars.count <= Self.maxTextLength else { return false }
        var current = States(count: program.count)
        var next = States(count: program.count)
        follow(0, &current, scalars, at: 0)
        for (position, scalar) in scalars.enumerated() {
            for state in current.list {
                guard case .consume(let set) = program[state], set.contains(scalar) else { continue }
                follow(state + 1, &next, scalars, at: position + 1)
            }
            if next.list.isEmpty { return false }
            swap(&current, &next)
            next.clear()
        }
        return current.list.contains { program[$0] == .accept }
    }

    /// The instructions that wait for the next scalar, each once.
    private struct States {
        var list: [Int] = []
        private var isVisited: [Bool]

        init(count: Int) { isVisited = [Bool](repeating: false, count: count) }

        mutating func visit(_ state: Int) -> Bool {
            if isVisited[state] { return false }
            isVisited[state] = true
            return true
        }

        mutating func clear() {
            list.removeAll(keepingCapacity: true)
            for index in isVisited.indices { isVisited[index] = false }
        }
    }

    /// Adds what can be reached without consuming anything.
    private func follow(_ start: Int, _ states: inout States, _ text: [Unicode.Scalar], at position: Int) {
        var pending = [start]
        while let state = pending.popLast() {
            guard states.visit(state) else { continue }
            switch program[state] {
            case .consume, .accept: states.list.append(state)
            case .jump(let target): pending.append(target)
            case .fork(let first, let second): pending += [second, first]
            case .assert(let assertion):
                if Self.holds(assertion, text, at: position) { pending.append(state + 1) }
            }
        }
    }

    private static func holds(_ assertion: Assertion, _ text: [Unicode.Scalar], at position: Int) -> Bool {
        switch assertion {
        case .start: position == 0
        case .end: position == text.count
        case .boundary, .noBoundary:
            (isWord(text, position - 1) != isWord(text, position)) == (assertion == .boundary)
        }
    }

    private static func isWord(_ text: [Unicode.Scalar], _ position: Int) -> Bool {
        text.indices.contains(position) && ScalarSet.word.contains(text[position])
    }
}
