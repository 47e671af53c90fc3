import DequeModule
import Machine
import MesosAPI
import Resources

/// How frameworks come, come back and go.
extension Kernel {
    mutating func subscribe(_ stream: UInt64, _ streamID: String, _ call: SchedulerCall, _ origin: Origin) {
        guard case .subscribe(let subscription) = call.content else { return emit(.end(stream: stream)) }
        metrics.subscribes += 1
        let spec = subscription.framework
        let (suppressed, constraints) = (subscription.suppressed, subscription.constraints)
        if let refusal = spec.refusal(suppressed: suppressed, constraints: constraints, settings: settings) { return refuse(stream, refusal) }
        if let id = spec.id, let known = frameworksByID[id] {
            if frameworks[known].isCompleted { return refuse(stream, .removed) }
            if frameworks[known].spec.principal != spec.principal { return refuse(stream, .principalChanged) }
            reconnect(known, spec)
            connect(known, stream, streamID, subscription)
        } else {
            connect(add(spec, isRecovered: false), stream, streamID, subscription)
        }
    }

    private mutating func refuse(_ stream: UInt64, _ refusal: FrameworkRefusal) {
        log(.info, "framework refused", ["reason": refusal.description])
        emit(.send(stream: stream, .error(refusal.description)))
        emit(.end(stream: stream))
    }

    private func frameworkID(_ number: UInt64) -> String {
        let digits = String(number)
        return "\(masterID)-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Enters a framework, disconnected at first.
    mutating func add(_ spec: FrameworkSpec, isRecovered: Bool) -> Handle<Framework> {
        let id: String
        if let given = spec.id {
            id = given
        } else {
            id = frameworkID(nextFramework)
            nextFramework += 1
        }
        let grace = max(spec.failoverTimeout, settings.agentReregisterTimeout)
        var entry = Framework(
            id: id, spec: spec.withID(id), state: .disconnected(until: now.monotonic.saturatingAdd(grace)), registered: now.wall,
            reregistered: now.wall)
        entry.isRecovered = isRecovered
        let framework = frameworks.insert(entry)
        frameworksByID[id] = framework
        allocator.addFramework(framework, name: id)
        updateAllocator(framework)
        if isRecovered { deadlines.insert(.framework(framework), at: now.monotonic.saturatingAdd(grace)) }
        return framework
    }

    /// Tells the allocator what the framework says about itself now.
    mutating func updateAllocator(_ framework: Handle<Framework>) {
        let entry = frameworks[framework]
        var traits = entry.spec.traits
        traits.constraints = entry.constraints
        allocator.updateFramework(framework.index, roles: entry.spec.roles, suppressed: entry.suppressed, traits: traits)
    }

    /// A framework that is known has come back, or another instance of it takes over.
    private mutating func reconnect(_ framework: Handle<Framework>, _ spec: FrameworkSpec) {
        if case .connected(let old) = frameworks[framework].state {
            log(.notice, "framework failed over", ["framework": frameworks[framework].id])
            tell(framework, .error("Framework failed over"))
            emit(.end(stream: old))
            streams[old] = nil
        }
        withdrawOffers(of: framework)
        change(framework, to: spec)
        frameworks[framework].reregistered = now.wall
        metrics.resubscribes += 1
    }

    /// Replaces what the framework says about itself.
    mutating func change(_ framework: Handle<Framework>, to spec: FrameworkSpec) {
        let old = frameworks[framework].spec
        if old.user != spec.user || old.checkpoint != spec.checkpoint {
            log(.warning, "a framework can't change its user or checkpoint flag; the old ones stay", ["framework": frameworks[framework].id])
        }
        frameworks[framework].spec = spec.withID(frameworks[framework].id).keepingFixedFields(of: old)
        let id = frameworks[framework].id
        let info = frameworks[framework].spec.info
        for agent in agentsWithTasks(of: framework) { order(agent, .framework(frameworkID: id, info: info)) }
    }

    private mutating func connect(
        _ framework: Handle<Framework>, _ stream: UInt64, _ streamID: String, _ subscription: SchedulerCall.Subscription
    ) {
        let wasRecovered = frameworks[framework].isRecovered
        let isNew = !wasRecovered && frameworks[framework].streamID.isEmpty
        frameworks[framework].state = .connected(stream: stream)
        frameworks[framework].streamID = streamID
        frameworks[framework].isRecovered = false
        frameworks[framework].suppressed = subscription.suppressed
        frameworks[framework].constraints = subscription.constraints
        streams[stream] = framework
        let spec = frameworks[framework].spec
        updateAllocator(framework)
        allocator.setActive(true, framework: framework.index)
        store(framework)
        log(.info, "framework subscribed", ["framework": frameworks[framework].id, "name": spec.name, "roles": spec.roles.joined(separator: ",")])
        tell(framework, .subscribed(frameworkID: frameworks[framework].id))
        tell(framework, .heartbeat)
        setHeartbeat(framework)
        if isObserved { emit(.observe(isNew ? .frameworkAdded(view(framework)) : .frameworkUpdated(view(framework)))) }
    }

    mutating func streamEnded(_ stream: UInt64) {
        guard let framework = streams.removeValue(forKey: stream) else { return }
        disconnect(framework)
    }

    private mutating func disconnect(_ framework: Handle<Framework>) {
        let timeout = frameworks[framework].spec.failoverTimeout
        log(.info, "framework disconnected", ["framework": frameworks[framework].id, "failover timeout": "\(max(0, timeout) / .second) s"])
        let until = now.monotonic.saturatingAdd(max(0, timeout))
        frameworks[framework].state = .disconnected(until: until)
        allocator.setActive(false, framework: framework.index)
        withdrawOffers(of: framework)
        guard timeout > 0 else { return remove(framework) }
        store(framework)
        deadlines.insert(.framework(framework), at: until)
        if isObserved { emit(.observe(.frameworkUpdated(view(framework)))) }
    }

    /// The framework is over: its tasks are killed, nothing is kept but what the lists of what is completed show.
    mutating func remove(_ framework: Handle<Framework>) {
        let id = frameworks[framework].id
        log(.notice, "framework removed", ["framework": id])
        allocator.setActive(false, framework: framework.index)
        withdrawOffers(of: framework)
        for agent in agentsWithTasks(of: framework) {
            order(agent, .shutdownFramework(frameworkID: id))
            releaseExecutors(of: framework, on: agent)
        }
        for task in tasks.handles(in: frameworks[framework].tasks) + tasks.handles(in: frameworks[framework].unreachable) {
            let status = MadeStatus(
                taskID: tasks[task].id, agentID: tasks[task].agentID, executorID: tasks[task].executorID, state: .taskKilled,
                reason: .frameworkRemoved, message: "Framework \(id) removed", time: now.wall)
            finish(task, status)
            complete(task)
        }
        if case .connected(let stream) = frameworks[framework].state {
            streams[stream] = nil
            emit(.end(stream: stream))
        }
        frameworks[framework].state = .completed
        frameworks[framework].unregistered = now.wall
        allocator.removeFramework(framework.index)
        if isObserved { emit(.observe(.frameworkRemoved(info: frameworks[framework].spec.info))) }
        store(framework)
        completedFrameworks.append(framework)
        while completedFrameworks.count > settings.completedFrameworks, let oldest = completedFrameworks.popFirst() { forget(oldest) }
    }

    private mutating func forget(_ framework: Handle<Framework>) {
        let id = frameworks[framework].id
        for task in tasks.handles(in: frameworks[framework].completed) { tasks.remove(task) }
        frameworks.remove(framework)
        frameworksByID[id] = nil
        emit(.store([.remove(table: StoredTable.frameworks, key: id)]))
    }

    /// The agents that run something of a framework, by their place in the table.
    func agentsWithTasks(of framework: Handle<Framework>) -> [Handle<Agent>] {
        var found: [Handle<Agent>] = []
        tasks.forEach(in: frameworks[framework].tasks) { _, task in
            if let agent = task.agent { found.append(agent) }
        }
        agents.forEach { handle, agent in
            if agent.executors.contains(where: { $0.framework == framework }) { found.append(handle) }
        }
        found.sort()
        return found.indices.filter { $0 == 0 || found[$0] != found[$0 - 1] }.map { found[$0] }
    }
}
