/// A rule on where instances may run: a field of the agent, an operator and mostly a value. Specified by Marathon 1.11
/// docs/constraints.md.
package struct Constraint: Hashable, Sendable {
    package enum Operator: String, Hashable, Sendable, CaseIterable {
        case unique = "UNIQUE"
        case cluster = "CLUSTER"
        case groupBy = "GROUP_BY"
        case like = "LIKE"
        case unlike = "UNLIKE"
        case maxPer = "MAX_PER"
        case isEqual = "IS"
    }

    /// What of an agent a constraint looks at.
    package enum Field: Hashable, Sendable {
        case hostname
        case region
        case zone
        case attribute(String)
    }

    /// As given: `hostname`, `@zone`, `rack`.
    package var fieldName: String
    package var comparison: Operator
    package var value: String?

    package var field: Field {
        switch fieldName {
        case "hostname", "@hostname": .hostname
        case "@region": .region
        case "@zone": .zone
        default: .attribute(fieldName)
        }
    }

    /// The form of the API: field, operator, value if there is one.
    package var words: [String] { [fieldName, comparison.rawValue] + (value.map { [$0] } ?? []) }
}
