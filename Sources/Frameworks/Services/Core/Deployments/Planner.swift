/// Makes the steps of a deployment. Specified by Marathon 1.11 docs/deployments.md.
///
/// First all that goes, then all that is new (without instances), then layer by layer what depends on what.
struct Planner {
    let changes: [Deployment.AppChange]
    /// The apps that an app depends on directly, in the target.
    let dependencies: (PathID) -> [PathID]

    func steps() -> [[Deployment.Action]] {
        var steps = [
            changes.filter { $0.target == nil }.map { Deployment.Action.stop($0.id) },
            changes.filter { $0.original == nil && $0.target != nil }.map { Deployment.Action.start($0.id) }
        ]
        var layers: [[Deployment.Action]] = []
        var depths: [PathID: Int] = [:]
        for change in changes {
            guard let action = action(for: change) else { continue }
            let depth = depth(of: change.id, &depths, below: [])
            while layers.count <= depth { layers.append([]) }
            layers[depth].append(action)
        }
        steps += layers
        return steps.filter { !$0.isEmpty }
    }

    private func action(for change: Deployment.AppChange) -> Deployment.Action? {
        guard let target = change.target else { return nil }
        guard let original = change.original else { return .scale(change.id) }
        let isUpgrade = change.isRestart || original.app.isUpgrade(to: target.app)
        if isUpgrade { return target.app.instances == 0 ? .scale(change.id) : .restart(change.id) }
        return original.app.instances != target.app.instances || !change.kills.isEmpty ? .scale(change.id) : nil
    }

    /// The length of the longest way down; a cycle, which validation refuses, counts as no dependency.
    private func depth(of app: PathID, _ known: inout [PathID: Int], below: [PathID]) -> Int {
        if let depth = known[app] { return depth }
        if below.contains(app) { return 0 }
        let depth = dependencies(app).map { self.depth(of: $0, &known, below: below + [app]) + 1 }.max() ?? 0
        known[app] = depth
        return depth
    }
}

extension Planner {
    /// Whether the dependencies of an app lead back to it.
    func hasCycle(from app: PathID) -> Bool {
        var seen: Set<PathID> = []
        var rest = dependencies(app)
        while let next = rest.popLast() {
            if next == app { return true }
            if seen.insert(next).inserted { rest += dependencies(next) }
        }
        return false
    }
}
