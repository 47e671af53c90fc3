import JSON

extension Services {
    /// What a client asks to be changed.
    package enum Request: Sendable {
        case createApp(AppBody, force: Bool, uri: String)
        case updateApp(PathID, AppBody, UpdateOptions, uri: String)
        /// All in one deployment.
        case updateApps(AppBodies, UpdateOptions)
        case deleteApp(PathID, force: Bool)
        case restartApp(PathID, force: Bool)
        case killTasks(KillSelection, KillOptions)
        /// - force: it stops where it is; else a new deployment brings back what was before.
        case cancelDeployment(String, force: Bool)
        case resetDelay(PathID)
        case createGroup(PathID, GroupBody, force: Bool)
        /// - isDry: nothing is to change; the answer says what would be done.
        case updateGroup(PathID, GroupBody, force: Bool, isDry: Bool)
        case enforceRole(PathID, GroupBody)
        case deleteGroup(PathID, force: Bool)
    }

    package struct UpdateOptions: Hashable, Sendable {
        package var force = false
        /// Members that are absent keep their value.
        package var isPartial = true
        /// An app that doesn't exist is an error.
        package var mustExist = false

        package init(force: Bool = false, isPartial: Bool = true, mustExist: Bool = false) {
            self.force = force
            self.isPartial = isPartial
            self.mustExist = mustExist
        }
    }

    package enum KillSelection: Hashable, Sendable {
        /// All tasks of an app, or those on one host.
        case app(PathID, host: String?)
        case task(String, of: PathID, host: String?)
        /// Of any apps; unknown ones are left out.
        case tasks([String])
    }

    package struct KillOptions: Hashable, Sendable {
        /// Lowers the number of instances by the number killed, in a deployment.
        package var scale = false
        /// Forgets the instances with all that belongs to them.
        package var wipe = false
        package var force = false

        package init(scale: Bool = false, wipe: Bool = false, force: Bool = false) {
            self.scale = scale
            self.wipe = wipe
            self.force = force
        }
    }
}

/// The body of a request, read outside of the core's thread; a recording holds its bytes.
package struct AppBody: Sendable {
    package let json: [UInt8]
    package let update: AppUpdate

    package init(json: [UInt8]) throws {
        self.json = json
        update = try AppUpdate(JSONValue(parsing: json))
    }
}

/// The body of a request for several apps: a JSON array.
package struct AppBodies: Sendable {
    package let json: [UInt8]
    package let updates: [AppUpdate]

    /// - Throws: `JSONError`, or `ModelRejection` with paths such as `(0)/id`.
    package init(json: [UInt8]) throws {
        self.json = json
        guard let values = try JSONValue(parsing: json).array else {
            throw ModelRejection.schema([Violation("/", "error.expected.jsarray")])
        }
        var violations: [Violation] = []
        var updates: [AppUpdate] = []
        for (index, value) in values.enumerated() {
            do throws(ModelRejection) {
                let update = try AppUpdate(value)
                if update.id == nil { violations.add("/(\(index))/id", "error.path.missing") }
                updates.append(update)
            } catch {
                violations.add(error.violations, below: "/(\(index))")
            }
        }
        guard violations.isEmpty else { throw ModelRejection.schema(violations) }
        self.updates = updates
    }
}
