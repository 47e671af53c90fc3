import FrameworkCore
import Machine

/// Groups as requests see them: trees of apps that are changed at once. Specified by Marathon 1.11 docs/application-groups.md.
extension Services {
    /// What a request makes of the groups and apps below some group.
    private struct Tree {
        var drafts: [Draft] = []
        /// Explicit groups of the target, by id.
        var groups: [PathID: Group] = [:]
        /// In the order of the request.
        var groupIDs: [PathID] = []
        /// Of those, the ones that are said to hold no other groups than these.
        var closed: Set<PathID> = []
        /// Groups that go.
        var removed: [PathID] = []
        var violations: [Violation] = []

        /// An app as it was, or with another count: it may be one that can't be served.
        mutating func add(_ app: AppDefinition) {
            violations.add(app.unsupported, below: app.id.description)
            drafts.append(Draft(id: app.id, target: app))
        }
    }

    /// Whether a group exists: made as such, or because an app stands in it.
    package func hasGroup(_ id: PathID) -> Bool {
        id.isRoot || groups[id] != nil || groupIDs.contains { $0.isWithin(id) } || hasAppsBelow(id)
    }

    // MARK: Requests

    mutating func createGroup(_ base: PathID, _ body: GroupBody, force: Bool) throws(Refusal) -> Answer {
        let id = Self.id(body.update, in: base)
        if definition(of: id) != nil { throw .groupIsApp(id) }
        // The root always does.
        if hasGroup(id) { throw .groupExists(id) }
        return try change(id, body.update, force: force, isDry: false, created: id)
    }

    mutating func updateGroup(_ base: PathID, _ body: GroupBody, force: Bool, isDry: Bool) throws(Refusal) -> Answer {
        let id = Self.id(body.update, in: base)
        if !id.isRoot, definition(of: id) != nil { throw .groupIsApp(id) }
        return try change(id, body.update, force: force, isDry: isDry, created: nil)
    }

    /// Whether the apps of a top-level group are to run in its role: from their next launch on, and only of apps that name none.
    mutating func enforceRole(_ id: PathID, _ body: GroupBody) throws(Refusal) -> Answer {
        guard let enforces = body.update.enforceRole else {
            throw .model(.schema([Violation("/enforceRole", "error.path.missing")]))
        }
        guard id.isTopLevel else { throw .model(.invalid([Violation("/", "Path needs to be top-level")])) }
        guard hasGroup(id) else { throw .noGroup(id) }
        let version = newVersion()
        var group = groups[id] ?? Group(version: version)
        group.enforcesRole = enforces
        setGroup(id, group, at: version)
        return .done
    }

    mutating func deleteGroup(_ id: PathID, force: Bool) throws(Refusal) -> Answer {
        guard hasGroup(id) else { throw .noGroup(id) }
        let members = self.members(of: id).filter { definition(of: $0) != nil }
        let answer = try deployed(members.map { Draft(id: $0, target: nil) }, force: force, group: id)
        guard case .deployed(let version, _, _) = answer else { preconditionFailure("a deployment is answered as such") }
        for group in groupIDs where group.isWithin(id) && !group.isRoot { removeGroup(group, at: version) }
        return answer
    }

    private static func id(_ update: GroupUpdate, in base: PathID) -> PathID { update.id.map { PathID($0, in: base) } ?? base }

    // MARK: The change

    private mutating func change(
        _ id: PathID, _ update: GroupUpdate, force: Bool, isDry: Bool, created: PathID?
    ) throws(Refusal) -> Answer {
        let lone = update.loneMemberViolations
        guard lone.isEmpty else { throw .model(.invalid(lone)) }
        let tree: Tree
        if let version = update.version {
            tree = try restored(id, version)
        } else if let factor = update.scaleBy {
            tree = try scaled(id, by: factor)
        } else {
            tree = structured(id, update)
        }
        guard tree.violations.isEmpty else { throw .model(.invalid(tree.violations)) }
        try refuseCycles(tree.drafts.compactMap(\.target), groups: tree.groups)
        let version = isDry ? timestamp : newVersion()
        // The groups are changed first: the plan depends on them, and so does what may not share an id with them.
        let before = (groups, groupIDs, history, output.changes)
        install(tree, version)
        do throws(Refusal) {
            try refuseCollisions(tree.drafts, groups: tree.groupIDs)
            if isDry {
                let steps = try steps(tree.drafts, version)
                undo(before)
                return .steps(steps)
            }
            let plan = try deploy(tree.drafts, version: version, force: force)
            emit(.groupChanged(id, version: version))
            return .deployed(version: version, id: plan.id, created: created)
        } catch {
            undo(before)
            throw error
        }
    }

    private mutating func undo(_ before: (groups: [PathID: Group], ids: [PathID], history: History, changes: [Change])) {
        (groups, groupIDs, history, output.changes) = before
        output.isHistoryChanged = false
    }

    private func scaled(_ id: PathID, by factor: Double) throws(Refusal) -> Tree {
        guard hasGroup(id) else { throw .noGroup(id) }
        var tree = Tree()
        for member in members(of: id) {
            guard var app = definition(of: member)?.app else { continue }
            app.instances = Int(clamping: Int64((Double(app.instances) * factor).rounded(.up)))
            tree.add(app)
        }
        return tree
    }

    /// All that is below the group as it was at some version: what was made since goes, what was deleted comes back.
    private func restored(_ id: PathID, _ version: Timestamp) throws(Refusal) -> Tree {
        guard let past = group(id, at: version) else { throw .noGroupVersion(id, version) }
        var tree = Tree()
        for definition in past.apps { tree.add(definition.app) }
        let kept = Set(past.apps.map(\.app.id))
        for member in members(of: id) where definition(of: member) != nil && !kept.contains(member) {
            tree.drafts.append(Draft(id: member, target: nil))
        }
        for (id, group) in past.groups where groups[id] != group {
            tree.groups[id] = group
            tree.groupIDs.append(id)
        }
        tree.removed = groupIDs.filter { group in group.isWithin(id) && !past.groups.contains { $0.id == group } }
        return tree
    }

    private func structured(_ id: PathID, _ update: GroupUpdate) -> Tree {
        var tree = Tree()
        describe(id, update, at: "", &tree)
        tree.removed = groupIDs.filter { $0.isWithin(id) && isDropped($0, tree) }
        // What isn't mentioned any more goes.
        let kept = Set(tree.drafts.map(\.id))
        for member in members(of: id) where !kept.contains(member) && definition(of: member) != nil {
            if isDropped(member, id, update) { tree.drafts.append(Draft(id: member, target: nil)) }
        }
        return tree
    }

    private func describe(_ id: PathID, _ update: GroupUpdate, at path: String, _ tree: inout Tree) {
        if !id.isRoot { tree.violations.add("\(path)/id", id.syntaxViolations) }
        var group = groups[id] ?? Group(version: timestamp)
        if let dependencies = update.dependencies { group.dependencies = dependencies.map { PathID($0, in: id) } }
        if let enforces = update.enforceRole {
            let hasServices = !(update.apps ?? []).isEmpty || !(update.groups ?? []).isEmpty
            if !id.isTopLevel {
                tree.violations.add("\(path)/enforceRole", "Path needs to be top-level")
            } else if hasServices, groups[id].map({ $0.enforcesRole != enforces }) ?? false {
                tree.violations.add(
                    "\(path)/enforceRole",
                    "enforceRole cannot be modified in a request that adds, removes or modifies services; "
                        + "change it in a request of its own")
            }
            group.enforcesRole = enforces
        }
        tree.groups[id] = group
        tree.groupIDs.append(id)
        if update.groups != nil { tree.closed.insert(id) }
        for (index, app) in (update.apps ?? []).enumerated() { describe(app, in: id, group, at: "\(path)/apps(\(index))", &tree) }
        for (index, child) in (update.groups ?? []).enumerated() {
            let childID = PathID(child.id ?? "", in: id)
            if child.id == nil {
                tree.violations.add("\(path)/groups(\(index))/id", "error.path.missing")
            } else if childID.parent != id {
                tree.violations.add("\(path)/groups(\(index))/id", "Identifier is not child of '\(id)'")
            } else {
                describe(childID, child, at: "\(path)/groups(\(index))", &tree)
            }
        }
    }

    private func describe(_ update: AppUpdate, in group: PathID, _ parent: Group, at path: String, _ tree: inout Tree) {
        let id = update.id.map { PathID($0, in: group) }
        let known = id.flatMap { definition(of: $0)?.app }
        do throws(ModelRejection) {
            let target = try AppDefinition(
                update, in: group, mustBeChild: true, rules: rules(for: id ?? group, group: parent, previousRole: known?.role),
                versionInfo: known?.versionInfo ?? VersionInfo(timestamp))
            var violations = target.unsupported
            if let known { violations.add(known.residentUpdateViolations(to: target)) }
            if tree.drafts.contains(where: { $0.id == target.id }) { violations.add("/id", "Application ids must be unique") }
            guard violations.isEmpty else { throw ModelRejection.invalid(violations) }
            tree.drafts.append(Draft(id: target.id, target: target))
        } catch {
            tree.violations.add(error.violations.isEmpty ? [Violation("/", error.message)] : error.violations, below: path)
        }
    }

    /// Whether an update of a group leaves out an app that is there: its group is described without it, or some group above is described
    /// without that group.
    private func isDropped(_ app: PathID, _ id: PathID, _ update: GroupUpdate) -> Bool {
        if app.parent == id { return update.apps != nil }
        guard let children = update.groups else { return false }
        let next = PathID("/" + app.segments.prefix(id.segments.count + 1).joined(separator: "/"))
        guard let child = children.first(where: { PathID($0.id ?? "", in: id) == next }) else { return true }
        return isDropped(app, next, child)
    }

    // MARK: Keeping groups

    private mutating func install(_ tree: Tree, _ version: Timestamp) {
        for group in tree.removed { removeGroup(group, at: version) }
        for group in tree.groupIDs {
            guard var entry = tree.groups[group] else { continue }
            entry.version = version
            setGroup(group, entry, at: version)
        }
    }

    /// Whether a group that was made as such isn't described any more, nor kept by silence about what stands in the groups above it.
    private func isDropped(_ id: PathID, _ tree: Tree) -> Bool {
        guard tree.groups[id] == nil else { return false }
        var group = id.parent
        while tree.groups[group] == nil, !group.isRoot { group = group.parent }
        return tree.closed.contains(group)
    }

    mutating func setGroup(_ id: PathID, _ group: Group, at version: Timestamp) {
        noteGroup(id, at: version)
        if groups.updateValue(group, forKey: id) == nil {
            groupIDs.insert(id, at: groupIDs.firstIndex { $0 > id } ?? groupIDs.endIndex)
        }
        put("groups", id.description, group.stored)
    }

    private mutating func removeGroup(_ id: PathID, at version: Timestamp) {
        noteGroup(id, at: version)
        groups[id] = nil
        groupIDs.removeAll { $0 == id }
        remove("groups", id.description)
    }

    // MARK: Rules

    /// What definitions of apps must obey; a group may say in which role its apps run.
    func rules(for id: PathID, group: Group? = nil, previousRole: String? = nil, isForced: Bool = false) -> AppRules {
        var rules = configuration.rules(for: id, previousRole: previousRole, isForced: isForced)
        let top = id.topLevel
        let enforces = id.isTopLevel ? false : (groups[top]?.enforcesRole ?? false) || (group?.enforcesRole ?? false)
        if enforces, let role = top.segments.first {
            rules.roles.standard = role
            rules.roles.valid = [role] + (previousRole.map { [$0] } ?? [])
        }
        return rules
    }
}
