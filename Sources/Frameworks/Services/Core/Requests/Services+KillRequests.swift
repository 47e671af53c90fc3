import FrameworkCore
package import Machine

extension Services {
    mutating func kill(_ selection: KillSelection, _ options: KillOptions) throws(Refusal) -> Answer {
        if options.scale, options.wipe { throw .scaleAndWipe }
        let handles = try handles(of: selection)
        let killed = handles.map { instances[$0] }
        if options.scale { return try scaleDown(killed, force: options.force) }
        for handle in handles {
            if options.wipe { decommission(handle) } else { kill(handle) }
        }
        return .killed(killed)
    }

    private func handles(of selection: KillSelection) throws(Refusal) -> [Handle<Instance>] {
        switch selection {
        case .app(let id, let host):
            guard let app = appHandles[id], apps[app].definition != nil else { throw .noApp(id) }
            return handles(of: app) { instance in
                instance.task != nil && (host == nil || host == "*" || instance.agent?.host == host)
            }
        case .task(let text, let id, let host):
            guard let app = appHandles[id], apps[app].definition != nil else { throw .noApp(id) }
            guard let handle = handle(ofTask: text), instances[handle].app == id,
                host == nil || host == "*" || instances[handle].agent?.host == host
            else { throw .noTask(text) }
            return [handle]
        case .tasks(let texts):
            var found: [Handle<Instance>] = []
            for text in texts {
                guard TaskID(text) != nil || InstanceID(text) != nil else { throw .malformedTaskID(text) }
                if let handle = handle(ofTask: text), !found.contains(handle) { found.append(handle) }
            }
            return found
        }
    }

    /// A task by its own id, or by that of its instance.
    package func handle(ofTask text: String) -> Handle<Instance>? {
        guard let instance = TaskID(text)?.instance ?? InstanceID(text), let handle = instanceHandles[instance.uuid],
            instances[handle].id == instance, instances[handle].task != nil
        else { return nil }
        if let id = TaskID(text), id.instance != nil, instances[handle].task?.id != id { return nil }
        return handle
    }

    private mutating func scaleDown(_ killed: [Instance], force: Bool) throws(Refusal) -> Answer {
        var drafts: [Draft] = []
        for instance in killed {
            guard let known = definition(of: instance.app)?.app else { continue }
            if let index = drafts.firstIndex(where: { $0.id == instance.app }) {
                drafts[index].kills.append(instance.id)
            } else {
                drafts.append(Draft(id: instance.app, target: known, kills: [instance.id]))
            }
        }
        for index in drafts.indices {
            let rest = (drafts[index].target?.instances ?? 0) - drafts[index].kills.count
            drafts[index].target?.instances = max(0, rest)
        }
        let version = newVersion()
        let plan = try deploy(drafts, version: version, force: force)
        for draft in drafts { emit(.groupChanged(draft.id.parent, version: version)) }
        return .deployed(version: version, id: plan.id, created: nil)
    }
}
