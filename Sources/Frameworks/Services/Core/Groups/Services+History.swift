package import FrameworkCore
import Machine

/// A group at some version: its apps and the groups below it, the group itself included.
package struct PastGroup: Sendable {
    /// In the order of their ids.
    package var apps: [Definition] = []
    /// Those that were made as such, or had properties. In the order of their ids.
    package var groups: [(id: PathID, group: Group)] = []
}

/// Earlier versions of the tree of groups. Each change of anything is a version of the root group; as many are kept as
/// `--zk_max_versions` says. Specified by Marathon 1.11 docs/rest-api (groups' `versions`).
extension Services {
    /// The versions at which anything in a group changed, oldest first.
    package func versions(ofGroup id: PathID) -> [Timestamp] { history.changes.filter { $0.concerns(id) }.map(\.version) }

    /// What a group was like.
    /// - Returns: nil if nothing is known of that version, or the group wasn't there.
    package func group(_ id: PathID, at version: Timestamp) -> PastGroup? {
        guard history.changes.contains(where: { $0.version == version }) else { return nil }
        var definitions: [PathID: Definition] = [:]
        for member in members(of: id) { definitions[member] = definition(of: member) }
        var groups: [PathID: Group] = [:]
        for group in groupIDs where group.isWithin(id) { groups[group] = self.groups[group] }
        for change in history.changes.reversed() {
            if change.version <= version { break }
            for before in change.apps where before.id.isWithin(id) && before.id != id { definitions[before.id] = before.definition }
            for before in change.groups.reversed() where before.id.isWithin(id) { groups[before.id] = before.group }
        }
        guard id.isRoot || !definitions.isEmpty || !groups.isEmpty else { return nil }
        return PastGroup(
            apps: definitions.sorted { $0.key < $1.key }.map(\.value),
            groups: groups.sorted { $0.key < $1.key }.map { (id: $0.key, group: $0.value) })
    }

    /// Notes what apps were before a change.
    mutating func note(_ changes: [Deployment.AppChange], at version: Timestamp) {
        for change in changes where change.target !== change.original {
            history.add(.init(id: change.id, definition: change.original), to: version)
            noted()
        }
    }

    mutating func noteGroup(_ id: PathID, at version: Timestamp) {
        history.add(.init(id: id, group: groups[id]), to: version)
        noted()
    }

    private mutating func noted() {
        output.isHistoryChanged = true
        while history.changes.count > max(1, configuration.maxVersions) {
            let (change, unused) = history.dropFirst()
            remove("history", change.version.description)
            for definition in unused where !isKept(definition) { remove("archive", Self.versionKey(definition.app)) }
        }
    }

    /// Whether an app that is there has a definition among its versions.
    private func isKept(_ definition: Definition) -> Bool {
        appHandles[definition.app.id].map { apps[$0].versions.contains { $0 === definition } } ?? false
    }

    /// Keeps of an app that goes what versions of the root group still need.
    mutating func archive(_ versions: [Definition]) {
        for definition in versions where history.refers(to: definition) {
            put("archive", Self.versionKey(definition.app), definition.stored)
        }
    }

    /// Takes over what an earlier process noted. A version that lacks a definition is the oldest one that is still known.
    mutating func recoverHistory(_ entries: [StoredEntry], archive: [StoredEntry]) throws {
        var archived: [String: Definition] = [:]
        for entry in archive { archived[entry.key] = try Definition(stored: entry.value) }
        var changes: [RootChange] = []
        for entry in entries.sorted(by: { $0.key > $1.key }) {
            let (change, isComplete) = try RootChange.read(entry.value) { id, version in
                known(id, version) ?? archived["\(id)@\(version)"]
            }
            changes.append(change)
            lastVersion = max(lastVersion, change.version)
            if !isComplete { break }
        }
        for change in changes.reversed() { history.append(change) }
        // What is older than that, and what only that needed, is of no use any more.
        for entry in entries where !changes.contains(where: { $0.version.description == entry.key }) { remove("history", entry.key) }
        for entry in archive where archived[entry.key].map({ !history.refers(to: $0) }) ?? true { remove("archive", entry.key) }
    }
}
