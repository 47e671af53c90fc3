import FrameworkCore
import Machine

extension Services {
    var timestamp: Timestamp { Timestamp(wall: now.wall) }

    mutating func touch(_ app: PathID) {
        guard let handle = appHandles[app], !apps[handle].isTouched else { return }
        apps[handle].isTouched = true
        touched.append(app)
    }

    /// Changes an instance, and with it the counts of its app; stores it, tells of a new condition, and touches the app.
    mutating func change(_ handle: Handle<Instance>, _ body: (inout Instance) -> Void) {
        let before = Standing(instances[handle])
        let condition = instances[handle].condition
        body(&instances[handle])
        let after = Standing(instances[handle])
        let id = instances[handle].app
        if before != after { move(handle, of: id, from: before, to: after) }
        if instances[handle].condition != condition {
            instances[handle].since = timestamp
            emitChange(of: instances[handle])
        }
        if output.isChanged.insert(handle).inserted { output.changed.append(handle) }
        touch(id)
    }

    func emitted(_ instance: Instance) -> Event {
        .instanceChanged(
            .init(
                instance: instance.id, condition: instance.condition, agentID: instance.agent?.id, host: instance.agent?.host,
                version: instance.definition.app.version))
    }

    private mutating func emitChange(of instance: Instance) { emit(emitted(instance)) }

    /// What an instance counts as.
    struct Standing: Hashable {
        let isCounted: Bool
        let isWaiting: Bool
        let isAwaited: Bool

        init(_ instance: Instance) {
            isCounted = instance.isCounted
            isWaiting = instance.condition == .scheduled && instance.goal == .running
            isAwaited = instance.isAwaited && instance.goal == .running && !instance.isUp
        }

        init() { (isCounted, isWaiting, isAwaited) = (false, false, false) }
    }

    mutating func move(_ handle: Handle<Instance>, of id: PathID, from before: Standing, to after: Standing) {
        guard let app = appHandles[id] else { return }
        apps[app].tally.counted += (after.isCounted ? 1 : 0) - (before.isCounted ? 1 : 0)
        apps[app].tally.awaited += (after.isAwaited ? 1 : 0) - (before.isAwaited ? 1 : 0)
        guard before.isWaiting != after.isWaiting else { return }
        if after.isWaiting {
            apps[app].waiting.append(handle)
            apps[app].tally.waiting += 1
            waits(app)
        } else {
            apps[app].tally.waiting -= 1
            if apps[app].tally.waiting == 0 { waitsNoLonger(app) }
        }
    }

    // MARK: Coming and going

    /// Makes one more instance of an app's present definition; it waits for an offer.
    @discardableResult
    mutating func schedule(_ app: Handle<App>, isAwaited: Bool = false) -> Handle<Instance> {
        guard let definition = apps[app].definition else { preconditionFailure("nothing is scheduled of a deleted app") }
        let id = InstanceID(apps[app].id, uuid: random.uuid())
        var instance = Instance(id: id, definition: definition, since: timestamp)
        instance.isAwaited = isAwaited
        let handle = adopt(instance)
        emitChange(of: instance)
        if output.isChanged.insert(handle).inserted { output.changed.append(handle) }
        return handle
    }

    /// Takes in a new or recovered instance.
    @discardableResult
    mutating func adopt(_ instance: Instance) -> Handle<Instance> {
        let handle = instances.insert(instance)
        instanceHandles[instance.id.uuid] = handle
        if let app = appHandles[instance.app] {
            apps[app].instances.append(handle)
            move(handle, of: instance.app, from: Standing(), to: Standing(instance))
        }
        return handle
    }

    /// Forgets an instance for good.
    mutating func expunge(_ handle: Handle<Instance>) {
        let instance = instances[handle]
        move(handle, of: instance.app, from: Standing(instance), to: Standing())
        instances.remove(handle)
        instanceHandles[instance.id.uuid] = nil
        remove("instances", instance.id.description)
        guard let app = appHandles[instance.app] else { return }
        if let index = apps[app].instances.firstIndex(of: handle) { apps[app].instances.remove(at: index) }
        if apps[app].tally.waiting > 0 { revive(app) }
        touch(instance.app)
    }

    /// Has an instance end for good.
    mutating func decommission(_ handle: Handle<Instance>, reason: String? = nil) {
        let instance = instances[handle]
        switch instance.condition {
        case .scheduled, .unreachable, .unreachableInactive:
            // There is no task, or nobody can reach it: whatever turns up later is unknown, and killed.
            expunge(handle)
        default:
            change(handle) { $0.goal = .decommissioned }
            kill(handle, reason: reason)
        }
    }

    /// The instances of an app that satisfy a condition, oldest first.
    func handles(of app: Handle<App>, where isIncluded: (Instance) -> Bool) -> [Handle<Instance>] {
        apps[app].instances.filter { isIncluded(instances[$0]) }
    }

    // MARK: Keeping the count

    /// Has as many instances as the definition says, where no deployment is at work.
    mutating func keepCount(_ app: Handle<App>) {
        // The deployment that was to stop it may have been stopped itself.
        guard let definition = apps[app].definition else { return windUp(app) }
        let difference = definition.app.instances - apps[app].tally.counted
        if difference > 0 {
            for _ in 0..<difference { schedule(app) }
        } else if difference < 0 {
            for victim in victims(of: app, count: -difference) { decommission(victim) }
        }
    }

    /// Ends what is left of a deleted app, and forgets it when nothing is.
    mutating func windUp(_ app: Handle<App>) {
        for handle in apps[app].instances where instances[handle].goal == .running { decommission(handle) }
        guard apps[app].instances.isEmpty else { return }
        let gone = apps[app]
        if let checked = gone.versions.last?.app, !checked.healthChecks.isEmpty { emit(.healthCheckRemoved(gone.id)) }
        forget(app)
        emit(.appTerminated(gone.id))
    }

    /// Which instances to give up, in order. Specified by Marathon 1.11 docs/constraints.md and docs/configure-task-handling.md.
    func victims(of app: Handle<App>, count: Int, first: [InstanceID] = []) -> [Handle<Instance>] {
        guard let definition = apps[app].definition else { return [] }
        let candidates = handles(of: app) { $0.isCounted }
        let named = candidates.filter { first.contains(instances[$0].id) }
        let others = candidates.filter { !first.contains(instances[$0].id) }
        var chooser = Victims(definition.app, all: others.map { ($0, instances[$0]) })
        return Array(named.prefix(count)) + chooser.choose(count - min(count, named.count))
    }
}
