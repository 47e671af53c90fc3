import FrameworkCore
import Machine

extension Services {
    /// What a request wants to become of some apps, before it is known whether that can be.
    struct Draft {
        var id: PathID
        /// nil: the app goes.
        var target: AppDefinition?
        var kills: [InstanceID] = []
        var isRestart = false
    }

    func definition(of id: PathID) -> Definition? { appHandles[id].flatMap { apps[$0].definition } }

    /// A version later than all others.
    mutating func newVersion() -> Timestamp {
        lastVersion = max(timestamp, Timestamp(milliseconds: lastVersion.milliseconds + 1))
        return lastVersion
    }

    /// Turns drafts into a deployment and starts it. When this throws, nothing has changed.
    /// - Parameter version: of the deployment, and of all definitions that change.
    mutating func deploy(_ drafts: [Draft], version: Timestamp, force: Bool) throws(Refusal) -> Deployment.Plan {
        if deployments.count >= configuration.maxRunningDeployments, !force {
            throw .tooManyDeployments(limit: configuration.maxRunningDeployments)
        }
        try refuseCollisions(drafts)
        let changes = try changes(drafts, version)
        let affected = changes.filter { $0.target == nil || $0.target !== $0.original || !$0.kills.isEmpty || $0.isRestart }
        var locking: [String] = []
        for change in affected {
            if let lock = appHandles[change.id].flatMap({ apps[$0].lock }), !locking.contains(lock) { locking.append(lock) }
        }
        if !locking.isEmpty, !force { throw .locked(locking) }
        let steps = planner(affected).steps()
        let plan = Deployment.Plan(id: random.uuid(), version: version, steps: steps, affected: affected.map(\.id).sorted())
        // From here on nothing can fail.
        for id in locking { cancel(id) }
        note(affected, at: version)
        for change in affected { install(change) }
        begin(Deployment(plan: plan, changes: affected))
        return plan
    }

    private func changes(_ drafts: [Draft], _ version: Timestamp) throws(Refusal) -> [Deployment.AppChange] {
        let before = drafts.compactMap { definition(of: $0.id)?.app }
        var targets = drafts.compactMap(\.target)
        do throws(ModelRejection) {
            targets = try assignedPorts(targets, before: before)
        } catch {
            throw .model(error)
        }
        var assigned = targets[...]
        var changes: [Deployment.AppChange] = []
        for draft in drafts {
            let original = definition(of: draft.id)
            guard draft.target != nil, var target = assigned.popFirst() else {
                changes.append(.init(id: draft.id, original: original, target: nil))
                continue
            }
            target.versionInfo = .changing(from: original?.app, to: target, isRestart: draft.isRestart, at: version)
            let isSame = original.map { $0.app.version == target.version } ?? false
            let definition = isSame ? original : Definition(target)
            if let definition, !isSame {
                let size = definition.stored.count
                guard size <= Self.largestDefinition else { throw .tooLarge(draft.id, bytes: size, limit: Self.largestDefinition) }
            }
            changes.append(
                .init(id: draft.id, original: original, target: definition, kills: draft.kills, isRestart: draft.isRestart))
        }
        return changes
    }

    /// Bytes of a stored definition. Most of it goes into each task, and an agent takes 4 MB.
    private static let largestDefinition = 1 << 20

    private func assignedPorts(_ targets: [AppDefinition], before: [AppDefinition]) throws(ModelRejection) -> [AppDefinition] {
        guard targets.contains(where: { $0.servicePorts.contains(0) }) else { return targets }
        let old = Dictionary(before.map { ($0.id, $0) }) { first, _ in first }
        var ports = servicePorts.free
        for target in targets { ports.reserve(target) }
        var assigned = targets
        for index in assigned.indices { try ports.assign(to: &assigned[index], old: old[assigned[index].id]) }
        return assigned
    }

    /// - Parameter groups: what is to become of groups, where that differs from what they are.
    func planner(_ changes: [Deployment.AppChange], groups: [PathID: Group] = [:]) -> Planner {
        let targets = Dictionary(changes.compactMap { change in change.target.map { (change.id, $0.app) } }) { first, _ in first }
        let new = targets.keys.filter { appHandles[$0] == nil }.sorted()
        return Planner(changes: changes) { id in
            guard let app = targets[id] ?? definition(of: id)?.app else { return [] }
            var dependencies = app.dependencies
            // What a group depends on, all of its apps do.
            var group = id
            while !group.isRoot {
                group = group.parent
                dependencies += groups[group]?.dependencies ?? self.groups[group]?.dependencies ?? []
            }
            return dependencies.flatMap { dependency -> [PathID] in
                if appHandles[dependency] != nil || targets[dependency] != nil { return [dependency] }
                // A group stands for all apps below it.
                return (members(of: dependency) + new.filter { $0.isWithin(dependency) }).filter { $0 != id }
            }
        }
    }

    /// What a deployment of these drafts would do.
    func steps(_ drafts: [Draft], _ version: Timestamp) throws(Refusal) -> [[Deployment.Action]] {
        planner(try changes(drafts, version).filter { $0.target == nil || $0.target !== $0.original }).steps()
    }

    // MARK: Starting

    /// Makes a changed definition the present one.
    private mutating func install(_ change: Deployment.AppChange) {
        let app: Handle<App>
        if let known = appHandles[change.id] {
            app = known
        } else {
            app = addApp(change.id)
        }
        guard let target = change.target else {
            setDefinition(nil, of: app)
            remove("apps", change.id.description)
            return
        }
        guard target != apps[app].definition || apps[app].versions.isEmpty else { return }
        setDefinition(target, of: app)
        put("versions", Self.versionKey(target.app), target.stored)
        put("apps", change.id.description, Array(target.app.version.description.utf8))
        dropOldVersions(of: app)
    }

    /// Keeps the newest versions, and those that instances or deployments still use.
    private mutating func dropOldVersions(of app: Handle<App>) {
        let excess = apps[app].versions.count - configuration.maxVersions
        guard excess > 0 else { return }
        var used = Set(apps[app].instances.map { instances[$0].definition.app.version })
        for deployment in deployments {
            if let version = deployment.change(of: apps[app].id)?.original?.app.version { used.insert(version) }
        }
        let dropped = apps[app].versions.prefix(excess).filter { !used.contains($0.app.version) }
        for definition in dropped { remove("versions", Self.versionKey(definition.app)) }
        apps[app].versions.removeAll { definition in dropped.contains { $0 === definition } }
    }

    private mutating func begin(_ deployment: Deployment) {
        counters.deployments += 1
        for change in deployment.changes {
            if let app = appHandles[change.id] { apps[app].lock = deployment.id }
        }
        deployments.append(deployment)
        put("deployments", deployment.id, deployment.stored)
        enterStep(deployments.count - 1)
        if deployment.plan.steps.isEmpty { advance(deployments.count - 1) }
    }

    func resumeStep(_ index: Int) -> [Deployment.Progress] { deployments[index].currentActions.map { _ in .pending } }

    private mutating func enterStep(_ index: Int) {
        deployments[index].progress = resumeStep(index)
        let deployment = deployments[index]
        guard deployment.step < deployment.plan.steps.count else { return }
        emit(.deploymentInfo(deployment.plan, step: deployment.step))
        for action in deployment.currentActions { touch(action.app) }
    }

    // MARK: Going on

    /// Does what can be done now for the present step; goes to the next step when it is done.
    mutating func advance(_ index: Int) {
        let id = deployments[index].id
        while deployments.indices.contains(index), deployments[index].id == id, deployments[index].step < deployments[index].plan.steps.count {
            for position in deployments[index].currentActions.indices where !deployments[index].progress[position].isDone {
                work(index, position)
            }
            guard deployments[index].progress.allSatisfy(\.isDone) else { return }
            emit(.deploymentStepSucceeded(deployments[index].plan, step: deployments[index].step))
            deployments[index].step += 1
            enterStep(index)
        }
        if deployments.indices.contains(index), deployments[index].id == id { finish(index) }
    }

    private mutating func finish(_ index: Int) {
        let deployment = deployments.remove(at: index)
        release(deployment)
        emit(.deploymentSucceeded(deployment.plan))
    }

    private mutating func release(_ deployment: Deployment) {
        remove("deployments", deployment.id)
        for change in deployment.changes {
            guard let app = appHandles[change.id], apps[app].lock == deployment.id else { continue }
            apps[app].lock = nil
            for handle in apps[app].instances where instances[handle].isAwaited {
                self.change(handle) { $0.isAwaited = false }
            }
            touch(change.id)
        }
    }

    /// Stops a deployment where it is.
    mutating func cancel(_ id: String) {
        guard let index = deployments.firstIndex(where: { $0.id == id }) else { return }
        counters.deploymentsDismissed += 1
        let deployment = deployments.remove(at: index)
        release(deployment)
        emit(.deploymentFailed(deployment.plan, reason: "The upgrade has been cancelled"))
    }
}
