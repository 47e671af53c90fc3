import Machine

/// What the actions of a deployment do. Each is called again whenever anything has happened to its app, and finds out by itself what is
/// done already: so a new process goes on where the last one stood.
extension Services {
    mutating func work(_ index: Int, _ position: Int) {
        let action = deployments[index].currentActions[position]
        guard let app = appHandles[action.app] else {
            deployments[index].progress[position] = .done
            return
        }
        switch action {
        case .start: started(app, index, position)
        case .stop: stop(app, index, position)
        case .scale: scale(app, index, position)
        case .restart: replace(app, index, position)
        }
    }

    private mutating func started(_ app: Handle<App>, _ index: Int, _ position: Int) {
        deployments[index].progress[position] = .done
        guard let definition = apps[app].definition?.app else { return }
        for check in definition.healthChecks { emit(.healthCheckAdded(definition.id, version: definition.version, check)) }
    }

    // MARK: Stop

    private mutating func stop(_ app: Handle<App>, _ index: Int, _ position: Int) {
        windUp(app)
        deployments[index].progress[position] = apps.contains(app) ? .stopping : .done
    }

    // MARK: Scale

    private mutating func scale(_ app: Handle<App>, _ index: Int, _ position: Int) {
        guard let definition = apps[app].definition else {
            deployments[index].progress[position] = .done
            return
        }
        if case .pending = deployments[index].progress[position] {
            deployments[index].progress[position] = .scaling
            let kills = deployments[index].change(of: apps[app].id)?.kills ?? []
            let surplus = apps[app].tally.counted - definition.app.instances
            if surplus > 0 { for victim in victims(of: app, count: surplus, first: kills) { decommission(victim) } }
            // What is under way already is waited for as well: it may be what an earlier process started.
            for handle in handles(of: app, where: { $0.isCounted && !$0.isUp && $0.condition != .unreachable && $0.condition != .running }) {
                change(handle) { $0.isAwaited = true }
            }
        }
        for _ in 0..<max(0, definition.app.instances - apps[app].tally.counted) { schedule(app, isAwaited: true) }
        let tally = apps[app].tally
        if tally.counted > definition.app.instances {
            for victim in victims(of: app, count: tally.counted - definition.app.instances) { decommission(victim) }
        }
        let isEnding = apps[app].instances.contains { instances[$0].goal != .running }
        if apps[app].tally.awaited == 0, !isEnding { deployments[index].progress[position] = .done }
    }

    // MARK: Replace

    private mutating func replace(_ app: Handle<App>, _ index: Int, _ position: Int) {
        guard let definition = apps[app].definition, definition.app.instances > 0 else { return scale(app, index, position) }
        var replacement: Replacement
        if case .replacing(let known) = deployments[index].progress[position] {
            replacement = known
        } else {
            resetBackoff(app)
            adoptWaiting(app, definition)
            for check in definition.app.healthChecks { emit(.healthCheckAdded(definition.app.id, version: definition.app.version, check)) }
            replacement = Replacement(
                target: definition.app.instances, strategy: definition.app.upgradeStrategy, isResident: definition.app.isResident,
                current: apps[app].instances.count, view: view(of: app, definition))
            startReadiness(app)
        }
        let step = replacement.next(view(of: app, definition))
        carryOut(step, app, definition)
        // The old ones must be gone, too: whoever counts the tasks afterwards finds as many as are wanted.
        let now = view(of: app, definition)
        let isDone = replacement.isDone(now) && now.ending == 0
        deployments[index].progress[position] = isDone ? .done : .replacing(replacement)
    }

    /// What waits for an offer has no version yet: it is launched with the new one.
    private mutating func adoptWaiting(_ app: Handle<App>, _ definition: Definition) {
        for handle in handles(of: app, where: { $0.condition == .scheduled && $0.goal == .running && $0.definition != definition }) {
            change(handle) { $0.definition = definition }
        }
    }

    private func view(of app: Handle<App>, _ definition: Definition) -> Replacement.View {
        var view = Replacement.View()
        for handle in apps[app].instances {
            let instance = instances[handle]
            if isNew(instance, definition) {
                guard instance.isCounted else { continue }
                view.new += 1
                if instance.isUp { view.newUp += 1 }
            } else if instance.goal == .running {
                view.old += 1
                if instance.isConsideredHealthy { view.oldHealthy += 1 }
            } else {
                view.ending += 1
            }
        }
        return view
    }

    private func isNew(_ instance: Instance, _ definition: Definition) -> Bool {
        instance.definition.app.version == definition.app.version
    }

    private mutating func carryOut(_ step: Replacement.Step, _ app: Handle<App>, _ definition: Definition) {
        let old = handles(of: app) { $0.goal == .running && !isNew($0, definition) }
        let unhealthy = old.filter { !instances[$0].isConsideredHealthy }.prefix(step.killUnhealthy)
        let healthy = old.filter { instances[$0].isConsideredHealthy }.prefix(step.killHealthy)
        for handle in unhealthy + healthy { decommission(handle) }
        if step.surplus > 0 {
            let new = handles(of: app) { $0.isCounted && isNew($0, definition) }
            var chooser = Victims(definition.app, all: new.map { ($0, instances[$0]) })
            for handle in chooser.choose(step.surplus) { decommission(handle) }
        }
        for _ in 0..<step.start { schedule(app) }
    }
}
