import Machine

extension Services {
    /// Refuses a change after which an app and a group would have the same id, or an app would stand below another one: in the whole tree,
    /// as it would be then. What is deleted by the same change is in nobody's way. Specified by Marathon 1.11 docs/application-groups.md.
    /// - Parameter described: groups that the change makes or keeps as such.
    func refuseCollisions(_ drafts: [Draft], groups described: [PathID] = []) throws(Refusal) {
        let targets = Set(drafts.lazy.filter { $0.target != nil }.map(\.id))
        let dropped = Set(drafts.lazy.filter { $0.target == nil }.map(\.id))
        func isApp(_ id: PathID) -> Bool { targets.contains(id) || !dropped.contains(id) && definition(of: id) != nil }
        let new = drafts.lazy.filter { $0.target != nil && definition(of: $0.id) == nil }.map(\.id)
        var parents: Set<PathID> = []
        for id in new {
            for group in id.groups {
                if isApp(group) { throw .sameIdentifier }
                parents.insert(group)
            }
        }
        for id in new {
            let isGroup = parents.contains(id) || groupIDs.contains { $0.isWithin(id) }
            if isGroup || members(of: id).contains(where: isApp) { throw .sameIdentifier }
        }
        for id in described where !id.isRoot {
            if isApp(id) || id.groups.contains(where: isApp) { throw .sameIdentifier }
        }
    }
}

extension Refusal {
    fileprivate static var sameIdentifier: Refusal {
        .model(.invalid([Violation("/", "Groups and Applications may not have the same identifier.")]))
    }
}

extension PathID {
    /// The groups in which this stands, innermost first, without the root.
    fileprivate var groups: [PathID] {
        var groups: [PathID] = []
        var group = parent
        while !group.isRoot {
            groups.append(group)
            group = group.parent
        }
        return groups
    }
}
