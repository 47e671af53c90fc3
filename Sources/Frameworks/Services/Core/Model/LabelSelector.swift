import FrameworkCore

/// A filter of apps by label: `env`, `env==prod`, `env!=prod`, `env in (a,b)`, `env notin (a,b)`; commas mean AND.
///
/// Each form demands that the label exists. Specified by Marathon 1.11 docs/rest-api (label selector queries).
package struct LabelSelector: Hashable, Sendable {
    package enum Condition: Hashable, Sendable {
        case exists
        case isIn([String])
        case isNotIn([String])
    }

    package struct Term: Hashable, Sendable {
        package var label: String
        package var condition: Condition
    }

    package let terms: [Term]

    package func matches(_ labels: Labels) -> Bool {
        terms.allSatisfy { term in
            guard let value = labels[term.label] else { return false }
            return switch term.condition {
            case .exists: true
            case .isIn(let values): values.contains(value)
            case .isNotIn(let values): !values.contains(value)
            }
        }
    }

    /// - Throws: `.message` if the text is no selector.
    package init(_ text: String) throws(ModelRejection) {
        var parser = Parser(scalars: Array(text.unicodeScalars))
        guard let terms = parser.terms() else {
            throw .message("Can not parse label selector \(text). Reason: unexpected text at character \(parser.position + 1)")
        }
        self.terms = terms
    }
}

extension LabelSelector {
    private struct Parser {
        let scalars: [Unicode.Scalar]
        var position = 0

        mutating func terms() -> [Term]? {
            var terms: [Term] = []
            skipSpace()
            if position == scalars.count { return terms }
            repeat {
                guard let term = term() else { return nil }
                terms.append(term)
            } while skip(",")
            return position == scalars.count ? terms : nil
        }

        private mutating func term() -> Term? {
            guard let label = word() else { return nil }
            if skip("==") { return word().map { Term(label: label, condition: .isIn([$0])) } }
            if skip("!=") { return word().map { Term(label: label, condition: .isNotIn([$0])) } }
            if skip("notin") { return words().map { Term(label: label, condition: .isNotIn($0)) } }
            if skip("in") { return words().map { Term(label: label, condition: .isIn($0)) } }
            return Term(label: label, condition: .exists)
        }

        private mutating func words() -> [String]? {
            guard skip("(") else { return nil }
            var words: [String] = []
            if skip(")") { return words }
            repeat {
                guard let word = word() else { return nil }
                words.append(word)
            } while skip(",")
            return skip(")") ? words : nil
        }

        /// Letters, digits, `-`, `_`, `.`, and anything else behind a backslash.
        private mutating func word() -> String? {
            var word = String.UnicodeScalarView()
            while position < scalars.count {
                let scalar = scalars[position]
                if scalar == "\\", position + 1 < scalars.count {
                    word.append(scalars[position + 1])
                    position += 2
                } else if scalar.isASCII, UInt8(ascii: scalar).isAlphanumeric || "-_.".unicodeScalars.contains(scalar) {
                    word.append(scalar)
                    position += 1
                } else {
                    break
                }
            }
            skipSpace()
            return word.isEmpty ? nil : String(word)
        }

        private mutating func skip(_ text: String) -> Bool {
            let wanted = text.unicodeScalars
            guard scalars[position...].starts(with: wanted) else { return false }
            position += wanted.count
            skipSpace()
            return true
        }

        private mutating func skipSpace() {
            while position < scalars.count, scalars[position].properties.isWhitespace { position += 1 }
        }
    }
}
