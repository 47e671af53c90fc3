import FrameworkCore

extension Constraint {
    /// Why a list of words is no constraint, in Marathon's words.
    package enum ParsingRefusal: Error, Hashable, Sendable {
        case wordCount
        case noField
        case unknownOperator
        case uniqueWithValue
        case groupByWithoutInteger
        case maxPerWithoutInteger
        case patternMissing
        case invalidPattern
        case isEqualToOther

        package var text: String {
            switch self {
            case .wordCount: "Each constraint must have either 2 or 3 fields"
            case .noField: "missing field for constraint declaration"
            case .unknownOperator: "operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS"
            case .uniqueWithValue: "UNIQUE does not accept a value"
            case .groupByWithoutInteger: "GROUP BY must define an integer value or else no value at all"
            case .maxPerWithoutInteger: "MAX_PER requires an integer value"
            case .patternMissing: "LIKE and UNLIKE require a non-empty, regular expression value"
            case .invalidPattern: "is not a valid regular expression"
            case .isEqualToOther:
                "IS only supports Mesos text and float values (see http://mesos.apache.org/documentation/latest/attributes-resources/)"
            }
        }
    }

    /// Reads `[field, operator, value?]`; the operator in any case.
    package static func parse(_ words: [String]) -> Result<Constraint, ParsingRefusal> {
        guard (2...3).contains(words.count) else { return .failure(.wordCount) }
        if words[0].isEmpty { return .failure(.noField) }
        guard let comparison = Operator(rawValue: words[1].uppercased()) else { return .failure(.unknownOperator) }
        let constraint = Constraint(fieldName: words[0], comparison: comparison, value: words.count == 3 ? words[2] : nil)
        return constraint.refusal.map(Result.failure) ?? .success(constraint)
    }

    private var refusal: ParsingRefusal? {
        switch comparison {
        case .unique: value == nil ? nil : .uniqueWithValue
        case .cluster: nil
        case .groupBy: value == nil || integer != nil ? nil : .groupByWithoutInteger
        case .maxPer: integer == nil ? .maxPerWithoutInteger : nil
        case .like, .unlike:
            if let value, !value.isEmpty { Pattern(value) == nil ? .invalidPattern : nil } else { .patternMissing }
        case .isEqual:
            (value ?? "").utf8.allSatisfy { $0.isAlphanumeric || "_/.-".utf8.contains($0) } ? nil : .isEqualToOther
        }
    }

    /// The value of GROUP_BY and MAX_PER.
    /// Whether it wants instances spread over all values there are, however many these be: GROUP_BY without a number.
    var spreadsEvenly: Bool { comparison == .groupBy && integer ?? 0 <= 0 }

    var integer: Int? { value.flatMap { Int32($0) }.map { Int($0) } }
}
