import FrameworkCore
import Machine

extension Services {
    /// Takes over what an earlier process left.
    mutating func start(_ started: Started) {
        guard !hasStarted else { return }
        configuration = started.configuration
        random = SplitMix(seed: started.seed)
        servicePorts = PortUse(range: configuration.localPorts)
        do {
            try recover(started.entries)
        } catch {
            output.effects.append(.fail("the stored state can't be read: \(error)"))
            return
        }
        hasStarted = true
        rolesMayHaveChanged = true
        for index in deployments.indices {
            deployments[index].progress = resumeStep(index)
            for change in deployments[index].changes {
                if let app = appHandles[change.id] { apps[app].lock = deployments[index].id }
            }
        }
        for id in appIDs { touch(id) }
        resumeInstances()
        adviseMaster()
    }

    private mutating func recover(_ entries: [StoredEntry]) throws {
        func all(_ table: String) -> [StoredEntry] { entries.filter { $0.table == table } }
        if let id = all("framework").first(where: { $0.key == "id" }) { link.frameworkID = String(decoding: id.value, as: UTF8.self) }
        for entry in all("groups") {
            groups[PathID(entry.key)] = try Group(stored: entry.value)
            groupIDs.append(PathID(entry.key))
        }
        groupIDs.sort()
        var versions: [PathID: [Definition]] = [:]
        for entry in all("versions") {
            let definition = try Definition(stored: entry.value)
            versions[definition.app.id, default: []].append(definition)
            lastVersion = max(lastVersion, definition.app.version)
        }
        // Apps that were being deleted have versions, but no entry of their own.
        for id in versions.keys.sorted() {
            let app = addApp(id)
            apps[app].versions = (versions[id] ?? []).sorted { $0.app.version < $1.app.version }
        }
        for entry in all("apps") {
            guard let app = appHandles[PathID(entry.key)],
                let definition = apps[app].versions.last(where: { $0.app.version.description == String(decoding: entry.value, as: UTF8.self) })
            else { throw RecordingError.invalid("the app \(entry.key) without its definition") }
            setDefinition(definition, of: app)
        }
        for entry in all("failures") {
            guard let app = appHandles[PathID(entry.key)] else { continue }
            apps[app].lastFailure = try TaskFailure(app: apps[app].id, stored: entry.value)
        }
        var recovered = try all("instances").map { entry in
            guard let id = InstanceID(entry.key) else { throw RecordingError.invalid("the instance id \(entry.key)") }
            return try Instance(id: id, stored: entry.value) { version in known(id.runSpec, version) }
        }
        // Oldest first again, as they were made.
        recovered.sort { ($0.activeSince ?? $0.since, $0.id.uuid) < ($1.activeSince ?? $1.since, $1.id.uuid) }
        for instance in recovered { adopt(instance) }
        try recoverHistory(all("history"), archive: all("archive"))
        for entry in all("deployments") {
            deployments.append(try Deployment(id: entry.key, stored: entry.value) { known($0, $1) })
        }
        deployments.sort { $0.plan.version < $1.plan.version }
    }

    func known(_ app: PathID, _ version: Timestamp) -> Definition? {
        appHandles[app].flatMap { handle in apps[handle].versions.last { $0.app.version == version } }
    }

    /// Sets the timers that the earlier process had, and remembers what it wanted to end.
    private mutating func resumeInstances() {
        for handle in instances.handles {
            let instance = instances[handle]
            instances[handle].probing = Array(repeating: false, count: instance.definition.app.healthChecks.count)
            if instance.goal != .running { instances[handle].killAgainAt = now.monotonic }
            switch instance.condition {
            case .provisioned, .staging, .starting:
                let deadline = now.monotonic.saturatingAdd(configuration.launchTimeout)
                instances[handle].launchDeadline = deadline
                timers.set(.launch(handle), at: deadline)
            case .running: beganToRun(handle)
            case .unreachable, .unreachableInactive: unreachableIsDue(handle)
            default: break
            }
        }
    }
}
