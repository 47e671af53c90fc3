import FrameworkCore
import Machine

/// Chooses which instances to give up: those that even out the groups of GROUP_BY constraints, then by condition, then by age.
struct Victims {
    private struct Candidate {
        let handle: Handle<Instance>
        let rank: Int
        /// When it began; what never did counts as youngest.
        let start: Timestamp
        let position: Int
        let groups: [String?]
    }

    /// In the order in which they would go, groups left aside.
    private var candidates: [Candidate]
    private let groupCount: Int

    init(_ app: AppDefinition, all: [(Handle<Instance>, Instance)]) {
        let fields = app.constraints.filter { $0.comparison == .groupBy }.map(\.field)
        groupCount = fields.count
        candidates = all.enumerated().map { position, entry in
            let (handle, instance) = entry
            return Candidate(
                handle: handle, rank: Self.rank(instance.condition), start: instance.activeSince ?? instance.since, position: position,
                groups: fields.map { field in instance.agent.flatMap { $0.value(of: field) } })
        }
        let isYoungestFirst = app.killSelection == .youngestFirst
        candidates.sort { left, right in
            if left.rank != right.rank { return left.rank < right.rank }
            if left.start != right.start { return isYoungestFirst ? left.start > right.start : left.start < right.start }
            return isYoungestFirst ? left.position > right.position : left.position < right.position
        }
    }

    private static func rank(_ condition: Condition) -> Int {
        switch condition {
        case .scheduled: 0
        case .unreachable, .unreachableInactive: 1
        case .provisioned, .staging: 2
        case .starting: 3
        case .running: 4
        default: 5
        }
    }

    mutating func choose(_ count: Int) -> [Handle<Instance>] {
        guard groupCount > 0 else { return candidates.prefix(count).map(\.handle) }
        var chosen: [Handle<Instance>] = []
        while chosen.count < count, let index = next() { chosen.append(candidates.remove(at: index).handle) }
        return chosen
    }

    /// The first candidate in the largest group of each constraint or, if there is none, of the first constraint.
    private func next() -> Int? {
        guard !candidates.isEmpty else { return nil }
        let largest = (0..<groupCount).map { constraint -> Int in
            // A dictionary may be used here: only the maximum is taken.
            var counts: [String?: Int] = [:]
            for candidate in candidates { counts[candidate.groups[constraint], default: 0] += 1 }
            return counts.values.max() ?? 0
        }
        func isInLargest(_ candidate: Candidate, _ constraint: Int) -> Bool {
            candidates.count { $0.groups[constraint] == candidate.groups[constraint] } == largest[constraint]
        }
        return candidates.firstIndex { candidate in (0..<groupCount).allSatisfy { isInLargest(candidate, $0) } }
            ?? candidates.firstIndex { isInLargest($0, 0) }
    }
}
