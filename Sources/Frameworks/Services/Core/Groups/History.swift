import FrameworkCore

/// The last versions of the root group, oldest first. Bounded: what a version needs of apps that are gone is kept as long as it is.
struct History: Sendable {
    private(set) var changes: [RootChange] = []
    /// How many versions refer to a definition. Never iterated.
    private var uses: [ObjectIdentifier: Int] = [:]

    var last: RootChange? { changes.last }

    func refers(to definition: Definition) -> Bool { uses[ObjectIdentifier(definition)] != nil }

    mutating func append(_ change: RootChange) {
        changes.append(change)
        for definition in change.apps.compactMap(\.definition) { uses[ObjectIdentifier(definition), default: 0] += 1 }
    }

    /// Notes what an app was before a version.
    mutating func add(_ before: RootChange.AppBefore, to version: Timestamp) {
        changes[position(of: version)].apps.append(before)
        if let definition = before.definition { uses[ObjectIdentifier(definition), default: 0] += 1 }
    }

    mutating func add(_ before: RootChange.GroupBefore, to version: Timestamp) { changes[position(of: version)].groups.append(before) }

    /// The last version, which is made if it isn't there.
    private mutating func position(of version: Timestamp) -> Int {
        if changes.last?.version != version { changes.append(RootChange(version: version)) }
        return changes.count - 1
    }

    /// - Returns: the oldest version, and those of its definitions that no other one refers to.
    mutating func dropFirst() -> (change: RootChange, unused: [Definition]) {
        let change = changes.removeFirst()
        var unused: [Definition] = []
        for definition in change.apps.compactMap(\.definition) {
            let count = (uses[ObjectIdentifier(definition)] ?? 1) - 1
            uses[ObjectIdentifier(definition)] = count == 0 ? nil : count
            if count == 0 { unused.append(definition) }
        }
        return (change, unused)
    }
}
