package import FrameworkCore

/// A demand on the agent that a job runs on. Specified by Chronos 3.0 docs/api.md ("Constraints").
package struct JobConstraint: Hashable, Sendable {
    package enum Comparison: String, Hashable, Sendable, CaseIterable {
        case equals = "EQUALS"
        case like = "LIKE"
        case unlike = "UNLIKE"
    }

    package let attribute: String
    package let comparison: Comparison
    package let value: String
    /// nil for EQUALS.
    private let pattern: Pattern?

    /// - Returns: nil if the value is no pattern and should be one.
    package init?(_ attribute: String, _ comparison: Comparison, _ value: String) {
        self.attribute = attribute
        self.comparison = comparison
        self.value = value
        guard comparison != .equals else {
            pattern = nil
            return
        }
        guard let pattern = Pattern(value) else { return nil }
        self.pattern = pattern
    }

    /// Whether an agent will do: one without the attribute never does, not even for UNLIKE. The host name counts as an attribute of that name. Of a
    /// set,
    /// one item is enough for LIKE, and none may match for UNLIKE; ranges can't be compared.
    package func holds(of agent: Agent) -> Bool {
        var texts: [String] = []
        if attribute == "hostname" { texts.append(agent.host) }
        for other in agent.attributes where other.name == attribute {
            switch other.value {
            case .text, .scalar: texts.append(other.value.text)
            case .set(let items): if comparison != .equals { texts += items }
            case .ranges: break
            }
        }
        guard !texts.isEmpty else { return false }
        switch comparison {
        case .equals: return texts.contains(value)
        case .like: return texts.contains { pattern?.matches($0) == true }
        case .unlike: return !texts.contains { pattern?.matches($0) == true }
        }
    }

    package var text: String { "\(attribute) \(comparison.rawValue) \(value)" }
}
