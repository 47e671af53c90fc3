import FrameworkCore
import Machine

/// What clients ask for. Each request is answered once; a refused one has changed nothing.
extension Services {
    mutating func answer(_ number: UInt64, _ origin: Origin, _ request: Request) {
        let answer: Answer
        // Ids and versions that a refused request has drawn are as if they had not been.
        let before = (random, lastVersion)
        do throws(Refusal) {
            answer = try carryOut(request, origin)
        } catch {
            (random, lastVersion) = before
            answer = .refused(error)
            if let group = request.group { emit(.groupChangeFailed(group, version: timestamp, reason: error.reason)) }
        }
        output.effects.append(.answer(number, answer))
    }

    private mutating func carryOut(_ request: Request, _ origin: Origin) throws(Refusal) -> Answer {
        switch request {
        case .createApp(let body, let force, let uri):
            return try create(body, force: force, clientIP: origin.host, uri: uri)
        case .updateApp(let id, let body, let options, let uri):
            return try update(id, body, options, clientIP: origin.host, uri: uri)
        case .updateApps(let bodies, let options):
            return try update(bodies, options)
        case .deleteApp(let id, let force):
            guard definition(of: id) != nil else { throw .noApp(id) }
            return try deployed([Draft(id: id, target: nil)], force: force, group: id.parent)
        case .restartApp(let id, let force):
            guard let known = definition(of: id) else { throw .noApp(id) }
            return try deployed([Draft(id: id, target: known.app, isRestart: true)], force: force, group: id.parent)
        case .killTasks(let selection, let options):
            return try kill(selection, options)
        case .cancelDeployment(let id, let force):
            return try cancel(id, force: force)
        case .resetDelay(let id):
            guard let app = appHandles[id], isQueued(app) || apps[app].backoff != Backoff() else { throw .notQueued(id) }
            resetBackoff(app)
            return .delayReset
        case .createGroup(let id, let body, let force): return try createGroup(id, body, force: force)
        case .updateGroup(let id, let body, let force, let isDry): return try updateGroup(id, body, force: force, isDry: isDry)
        case .enforceRole(let id, let body): return try enforceRole(id, body)
        case .deleteGroup(let id, let force): return try deleteGroup(id, force: force)
        }
    }

    mutating func deployed(
        _ drafts: [Draft], force: Bool, group: PathID, created: PathID? = nil
    ) throws(Refusal) -> Answer {
        let version = newVersion()
        let plan = try deploy(drafts, version: version, force: force)
        emit(.groupChanged(group, version: version))
        return .deployed(version: version, id: plan.id, created: created)
    }

    // MARK: Apps

    private func made(_ update: AppUpdate, id: PathID?) throws(Refusal) -> AppDefinition {
        let path = id ?? update.id.map { PathID($0) } ?? .root
        do throws(ModelRejection) {
            let made = try AppDefinition(
                update, id: id, rules: rules(for: path), versionInfo: VersionInfo(timestamp))
            return try checked(made)
        } catch {
            throw .model(error)
        }
    }

    /// What this version can't run is refused with a clear text.
    private func checked(_ app: AppDefinition) throws(ModelRejection) -> AppDefinition {
        let violations = app.unsupported
        guard violations.isEmpty else { throw .invalid(violations) }
        return app
    }

    private mutating func create(_ body: AppBody, force: Bool, clientIP: String, uri: String) throws(Refusal) -> Answer {
        let app = try made(body.update, id: nil)
        if definition(of: app.id) != nil { throw .appExists(app.id) }
        try refuseCycles([app])
        let version = newVersion()
        let plan = try deploy([Draft(id: app.id, target: app)], version: version, force: force)
        emit(.groupChanged(app.id.parent, version: version))
        guard let created = definition(of: app.id) else { preconditionFailure("a deployed app exists") }
        emit(.apiPost(clientIP: clientIP, uri: uri, created.app))
        return .created(created.app, deployment: plan.id)
    }

    private mutating func update(
        _ id: PathID, _ body: AppBody, _ options: UpdateOptions, clientIP: String, uri: String
    ) throws(Refusal) -> Answer {
        let isNew = definition(of: id) == nil
        let target = try changed(id, body.update, options)
        try refuseCycles([target])
        let answer = try deployed([Draft(id: id, target: target)], force: options.force, group: id.parent, created: isNew ? id : nil)
        emit(.apiPost(clientIP: clientIP, uri: uri, definition(of: id)?.app ?? target))
        return answer
    }

    private mutating func update(_ bodies: AppBodies, _ options: UpdateOptions) throws(Refusal) -> Answer {
        var drafts: [Draft] = []
        for update in bodies.updates {
            let id = PathID(update.id ?? "")
            let target = try changed(id, update, options)
            drafts.removeAll { $0.id == id }
            drafts.append(Draft(id: id, target: target))
        }
        try refuseCycles(drafts.compactMap(\.target))
        return try deployed(drafts, force: options.force, group: .root)
    }

    /// The definition that an update asks for.
    private func changed(_ id: PathID, _ update: AppUpdate, _ options: UpdateOptions) throws(Refusal) -> AppDefinition {
        guard let app = appHandles[id], let known = apps[app].definition?.app else {
            if options.mustExist { throw .noApp(id) }
            return try made(update, id: id)
        }
        let version: Timestamp?
        do throws(ModelRejection) {
            version = try update.rollbackVersion()
        } catch {
            throw .model(error)
        }
        if let version { return try restored(app, version) }
        let rules = rules(for: id, previousRole: known.role, isForced: options.force)
        do throws(ModelRejection) {
            var target: AppDefinition
            if options.isPartial {
                target = try known.changed(by: update, rules: rules)
            } else {
                target = try AppDefinition(update, id: id, rules: rules, versionInfo: known.versionInfo)
            }
            target = try checked(target)
            let violations = known.residentUpdateViolations(to: target)
            guard violations.isEmpty else { throw ModelRejection.invalid(violations) }
            return target
        } catch {
            throw .model(error)
        }
    }

    private func restored(_ app: Handle<App>, _ version: Timestamp) throws(Refusal) -> AppDefinition {
        guard let old = apps[app].versions.last(where: { $0.app.version == version }) else { throw .noVersion(apps[app].id, version) }
        do throws(ModelRejection) {
            return try checked(old.app)
        } catch {
            throw .model(error)
        }
    }

    /// Refuses dependencies that lead back to where they began.
    func refuseCycles(_ targets: [AppDefinition], groups: [PathID: Group]? = nil) throws(Refusal) {
        let hasGroups = !groupIDs.isEmpty || groups != nil
        guard hasGroups || targets.contains(where: { !$0.dependencies.isEmpty }) else { return }
        let changes = targets.map { Deployment.AppChange(id: $0.id, original: nil, target: Definition($0)) }
        let planner = planner(changes, groups: groups ?? [:])
        for target in targets where planner.hasCycle(from: target.id) {
            throw .model(.invalid([Violation("/", "Dependency graph has cyclic dependencies.")]))
        }
    }

    // MARK: Deployments

    private mutating func cancel(_ id: String, force: Bool) throws(Refusal) -> Answer {
        guard let deployment = deployments.first(where: { $0.id == id }) else { throw .noDeployment(id) }
        if force {
            cancel(id)
            return .stopped
        }
        let drafts = deployment.changes.map { Draft(id: $0.id, target: $0.original?.app) }
        return try deployed(drafts, force: true, group: .root)
    }
}

extension Services.Request {
    /// The group whose change a refusal is told of; nil if nothing was to be deployed.
    fileprivate var group: PathID? {
        switch self {
        case .createApp(let body, _, _): body.update.id.map { PathID($0).parent }
        case .updateApp(let id, _, _, _), .deleteApp(let id, _), .restartApp(let id, _): id.parent
        case .updateApps: .root
        case .createGroup(let id, _, _), .updateGroup(let id, _, _, false), .deleteGroup(let id, _): id
        case .killTasks, .cancelDeployment, .resetDelay, .updateGroup, .enforceRole: nil
        }
    }
}

extension Origin {
    /// The peer without its port.
    fileprivate var host: String {
        guard let colon = peer.utf8.lastIndex(of: UInt8(ascii: ":")) else { return peer }
        return String(peer[..<colon])
    }
}
