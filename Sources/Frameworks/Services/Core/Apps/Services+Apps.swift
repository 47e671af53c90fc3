import FrameworkCore
import Machine

/// Where apps stand among each other.
extension Services {
    /// The position of the first app that doesn't come before an id.
    func position(of id: PathID) -> Int {
        var low = 0
        var high = appIDs.count
        while low < high {
            let middle = (low + high) / 2
            if appIDs[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The apps below a group, those included that are being deleted. In order: an id's order puts them together.
    func members(of group: PathID) -> ArraySlice<PathID> {
        var start = position(of: group)
        if start < appIDs.count, appIDs[start] == group { start += 1 }
        var end = start
        while end < appIDs.count, appIDs[end].isWithin(group) { end += 1 }
        return appIDs[start..<end]
    }

    /// Whether an app that exists stands below an id.
    func hasAppsBelow(_ id: PathID) -> Bool {
        var index = position(of: id)
        while index < appIDs.count, appIDs[index].isWithin(id) {
            if appIDs[index] != id, definition(of: appIDs[index]) != nil { return true }
            index += 1
        }
        return false
    }

    mutating func addApp(_ id: PathID) -> Handle<App> {
        let handle = apps.insert(App(id: id))
        appHandles[id] = handle
        appIDs.insert(id, at: position(of: id))
        return handle
    }

    /// Removes all traces of an app whose instances are gone.
    mutating func forget(_ app: Handle<App>) {
        let gone = apps[app]
        for definition in gone.versions { remove("versions", Self.versionKey(definition.app)) }
        archive(gone.versions)
        if gone.lastFailure != nil { remove("failures", gone.id.description) }
        setWanted(app, nil)
        apps.remove(app)
        appHandles[gone.id] = nil
        appIDs.remove(at: position(of: gone.id))
        queue.removeAll { $0 == gone.id }
    }

    /// Makes a definition the present one; nil: the app is deleted.
    mutating func setDefinition(_ definition: Definition?, of app: Handle<App>) {
        let old = apps[app].definition?.app
        if let old { servicePorts.remove(old) }
        if let definition { servicePorts.add(definition.app) }
        for role in [old?.role, definition?.app.role] where role != nil && role != configuration.identity.role { rolesMayHaveChanged = true }
        apps[app].definition = definition
        if let definition {
            apps[app].matchers = definition.app.constraints.map(ConstraintMatcher.init)
            if apps[app].versions.last?.app.version != definition.app.version { apps[app].versions.append(definition) }
            if apps[app].backoff.isOutdated(definition.app) { resetBackoff(app) }
        }
        refreshWanted(app)
        // What was refused to the old definition may suit the new one.
        if apps[app].tally.waiting > 0 { revive(app) }
    }

    static func versionKey(_ app: AppDefinition) -> String { "\(app.id)@\(app.version)" }
}
