import Machine
import MesosAPI

/// Apps that are to be spread evenly over whatever there is (GROUP_BY without a number): their instances are dealt out to the offers in
/// turns, one at a time. Specified by Marathon 1.11 docs/constraints.md.
extension Services {
    func spreadsEvenly(_ app: Handle<App>) -> Bool { apps[app].matchers.contains { $0.constraint.spreadsEvenly } }

    mutating func spread(over table: inout [OpenOffer]) {
        for id in queue {
            guard let app = appHandles[id], spreadsEvenly(app), isLaunchable(app), let definition = apps[app].definition else { continue }
            let matcher = matcher(of: app, definition)
            let hasTaken = deal(app, matcher, over: &table)
            // Agents that had their share may take more now, and their offers are declined.
            let isHeldBack = apps[app].funnel.lastRefused.contains { $0.refusals.contains(where: \.isOfEvenness) }
            if hasTaken, isHeldBack, apps[app].tally.waiting > 0 { revive(app) }
        }
    }

    /// - Returns: whether any instance has found its place.
    private mutating func deal(_ app: Handle<App>, _ matcher: Matcher, over table: inout [OpenOffer]) -> Bool {
        var took = Array(repeating: 0, count: table.count)
        var refusals: [[OfferRefusal]?] = Array(repeating: nil, count: table.count)
        var isOpen = Array(repeating: true, count: table.count)
        var others = Others(rivals: table.map(\.agent))
        var isMoving = true
        func leave(_ index: Int) {
            isOpen[index] = false
            isMoving = true
            others.full.append(table[index].agent)
            others.rivals = table.indices.filter { isOpen[$0] }.map { table[$0].agent }
        }
        while isMoving, apps[app].tally.waiting > 0 {
            isMoving = false
            for index in table.indices where isOpen[index] && apps[app].tally.waiting > 0 {
                guard table[index].tasks.count < launchLimit else {
                    leave(index)
                    continue
                }
                switch launch(app, matcher, from: &table[index], hasTaken: false, others: others) {
                case .success(let task):
                    table[index].tasks.append(task)
                    took[index] += 1
                    refusals[index] = nil
                    isMoving = true
                case .failure(let shortage):
                    refusals[index] = shortage.refusals
                    // What has another reason is out of the game, which may let others take more.
                    if !shortage.refusals.allSatisfy(\.isOfEvenness) { leave(index) }
                }
            }
        }
        for index in table.indices { table[index].asked.append((app, took[index], refusals[index])) }
        return took.contains { $0 > 0 }
    }
}

extension OfferRefusal {
    /// Whether it is only for the sake of others that have fewer instances.
    fileprivate var isOfEvenness: Bool {
        if case .constraint(.groupFull(let constraint, _, _)) = self { constraint.spreadsEvenly } else { false }
    }
}
