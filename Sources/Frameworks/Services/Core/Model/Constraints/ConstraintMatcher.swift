import FrameworkCore

/// Why a constraint keeps an instance from an offer.
package enum ConstraintRefusal: Hashable, Sendable {
    /// The agent has no such attribute; only UNLIKE takes that.
    case noValue(Constraint)
    /// UNIQUE: an instance runs there already.
    case notUnique(Constraint, value: String)
    /// CLUSTER and IS: another value is wanted.
    case differs(Constraint, value: String, wanted: String)
    /// LIKE and UNLIKE.
    case pattern(Constraint, value: String)
    /// GROUP_BY: the group has its share, or a new one is too many.
    case groupFull(Constraint, value: String, count: Int)
    case tooManyGroups(Constraint, value: String, groups: Int)
    /// MAX_PER.
    case tooMany(Constraint, value: String, count: Int)

    /// For people: `rack GROUP_BY 3: r1 has its share of 2`.
    package var description: String {
        switch self {
        case .noValue(let constraint): "\(constraint): the agent has no \(constraint.fieldName)"
        case .notUnique(let constraint, let value): "\(constraint): an instance runs on \(value) already"
        case .differs(let constraint, let value, let wanted): "\(constraint): \(value) is not \(wanted)"
        case .pattern(let constraint, let value):
            "\(constraint): \(value) \(constraint.comparison == .like ? "doesn't match" : "matches")"
        case .groupFull(let constraint, let value, let count): "\(constraint): \(value) has its share of \(count)"
        case .tooManyGroups(let constraint, let value, let groups): "\(constraint): \(value) would be one more than \(groups) groups"
        case .tooMany(let constraint, let value, let count): "\(constraint): \(count) run on \(value)"
        }
    }
}

extension Constraint: CustomStringConvertible {
    package var description: String { words.joined(separator: " ") }
}

/// Evaluates one constraint against offers. Specified by Marathon 1.11 docs/constraints.md.
package struct ConstraintMatcher: Hashable, Sendable {
    package let constraint: Constraint
    private let pattern: Pattern?

    /// - Parameter constraint: from `Constraint.parse`.
    package init(_ constraint: Constraint) {
        self.constraint = constraint
        let hasPattern = constraint.comparison == .like || constraint.comparison == .unlike
        pattern = hasPattern ? constraint.value.flatMap { Pattern($0) } : nil
    }

    /// Why an instance may not go to an agent; nil if it may.
    /// - Parameters:
    ///   - offered: the agent's value of the constraint's field; nil: it has none.
    ///   - placed: that of each instance that counts as placed: active and not older than the last change of configuration.
    ///   - instances: how many instances the app is to have.
    ///   - rivals: the values of agents that could take the instance, `offered` included or not.
    ///   - full: the values of agents that can't, as far as is known.
    package func refusal(
        offered: String?, placed: [String?], instances: Int, rivals: [String?] = [], full: [String?] = []
    ) -> ConstraintRefusal? {
        guard let offered else { return constraint.comparison == .unlike ? nil : .noValue(constraint) }
        switch constraint.comparison {
        case .unique: return placed.contains(offered) ? .notUnique(constraint, value: offered) : nil
        case .cluster: return clusterRefusal(offered, placed)
        case .groupBy: return constraint.spreadsEvenly ? evenRefusal(offered, placed, rivals, full) : groupRefusal(offered, placed, instances)
        case .like: return pattern?.matches(offered) == true ? nil : .pattern(constraint, value: offered)
        case .unlike: return pattern?.matches(offered) == false ? nil : .pattern(constraint, value: offered)
        case .maxPer:
            let count = placed.count { $0 == offered }
            return count < constraint.integer ?? 0 ? nil : .tooMany(constraint, value: offered, count: count)
        case .isEqual: return equalityRefusal(offered)
        }
    }

    private func clusterRefusal(_ offered: String, _ placed: [String?]) -> ConstraintRefusal? {
        if let value = constraint.value, !value.isEmpty {
            return offered == value ? nil : .differs(constraint, value: offered, wanted: value)
        }
        guard let first = placed.first, first != offered else { return nil }
        return .differs(constraint, value: offered, wanted: first ?? "none")
    }

    private func equalityRefusal(_ offered: String) -> ConstraintRefusal? {
        let value = constraint.value ?? ""
        let wanted = Self.isScalar(value) ? Double(value).map(AttributeValue.text(of:)) ?? value : value
        return offered == wanted ? nil : .differs(constraint, value: offered, wanted: wanted)
    }

    /// `[0-9]+(\.[0-9]+)?`
    private static func isScalar(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return (1...2).contains(parts.count) && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isDigit) }
    }

    private func groupRefusal(_ offered: String, _ placed: [String?], _ instances: Int) -> ConstraintRefusal? {
        let groups = max(1, constraint.integer ?? 1)
        let counts = Self.counts(placed)
        let (share, rest) = instances.quotientAndRemainder(dividingBy: groups)
        guard let count = counts[offered] else {
            return counts.count < groups ? nil : .tooManyGroups(constraint, value: offered, groups: groups)
        }
        let restTaken = counts.values.reduce(0) { $0 + max(0, $1 - share) }
        if count < share || (count == share && restTaken < rest) { return nil }
        return .groupFull(constraint, value: offered, count: count)
    }

    /// Without a number of groups: a new one is always welcome, a known one while no other that has room has fewer instances.
    private func evenRefusal(_ offered: String, _ placed: [String?], _ rivals: [String?], _ full: [String?]) -> ConstraintRefusal? {
        var counts = Self.counts(placed)
        guard let count = counts[offered] else { return nil }
        for case let value? in full where value != offered && !rivals.contains(value) { counts[value] = nil }
        for case let value? in rivals where counts[value] == nil { counts[value] = 0 }
        guard let least = counts.values.min(), count > least else { return nil }
        return .groupFull(constraint, value: offered, count: count)
    }

    /// A dictionary may be used here: nothing depends on its order.
    private static func counts(_ values: [String?]) -> [String: Int] {
        var counts: [String: Int] = [:]
        for value in values { if let value { counts[value, default: 0] += 1 } }
        return counts
    }
}

extension [Constraint] {
    /// Whether an app may run outside of the master's own region: only with a constraint on regions or zones.
    package var allowsRemoteRegions: Bool { contains { $0.field == .region || $0.field == .zone } }
}
