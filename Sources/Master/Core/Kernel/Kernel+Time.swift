import Machine

extension Kernel {
    /// The time of the order to be woken has come, or any other: all that is due is done.
    mutating func wakeUp() {
        forgiveLateness()
        orderedWake = nil
        while let deadline = deadlines.popDue(now.monotonic) {
            switch deadline {
            case .heartbeat(let framework): heartbeat(framework)
            case .framework(let framework): frameworkTimeout(framework)
            case .agent(let agent): agentTimeout(agent)
            case .removal: removeOverdue()
            case .oldOffers: reviewOldOffers()
            }
        }
        allocator.expireFilters(now.monotonic)
        allocate()
    }

    /// A process that was held up has heard nobody meanwhile, which is not the agents' fault: their deadlines move.
    private mutating func forgiveLateness() {
        guard let orderedWake else { return }
        let lateness = now.monotonic.saturatingAdd(-orderedWake)
        guard lateness > 500 * .millisecond else { return }
        // What came in meanwhile must be read before anyone is given up.
        let earliest = now.monotonic.saturatingAdd(max(.second, settings.agentTimeout - settings.agentSilence))
        for agent in agents.handles {
            switch agents[agent].state {
            case .connected: continue
            case .disconnected(let until):
                agents[agent].state = .disconnected(until: max(until.saturatingAdd(lateness), earliest))
            case .silent(let until): agents[agent].state = .silent(until: max(until.saturatingAdd(lateness), earliest))
            case .recovered(let until): agents[agent].state = .recovered(until: max(until.saturatingAdd(lateness), earliest))
            }
            cancelRemoval(of: agent)
            setDeadline(agent)
        }
        log(.warning, "woken too late: agents get more time", ["milliseconds": "\(lateness / .millisecond)"])
    }

    /// Asks to be woken for what comes next, if that has changed. What is to be allocated is, as soon as the inputs that are queued
    /// have been handled: so they share one run.
    mutating func orderWake() {
        var next = deadlines.first
        if let expiry = allocator.nextExpiry { next = min(next ?? expiry, expiry) }
        if allocator.isPending { next = min(next ?? now.monotonic, now.monotonic) }
        guard let next, next != orderedWake else { return }
        orderedWake = next
        emit(.wake(at: next))
    }

    private mutating func heartbeat(_ framework: Handle<Framework>) {
        guard frameworks.contains(framework), frameworks[framework].isConnected, frameworks[framework].heartbeatAt <= now.monotonic else {
            return
        }
        tell(framework, .heartbeat)
        setHeartbeat(framework)
    }

    mutating func setHeartbeat(_ framework: Handle<Framework>) {
        let next = now.monotonic.saturatingAdd(settings.heartbeatInterval)
        frameworks[framework].heartbeatAt = next
        deadlines.insert(.heartbeat(framework), at: next)
    }

    private mutating func frameworkTimeout(_ framework: Handle<Framework>) {
        guard frameworks.contains(framework), case .disconnected(let until) = frameworks[framework].state, until <= now.monotonic else {
            return
        }
        log(.notice, "framework did not come back in time", ["framework": frameworks[framework].id])
        remove(framework)
    }

    mutating func setDeadline(_ agent: Handle<Agent>) {
        if let until = agents[agent].deadline { deadlines.insert(.agent(agent), at: until) }
    }
}

extension Agent {
    /// When it counts as unreachable if it does not come back, on the monotonic clock.
    var deadline: Int64? {
        switch state {
        case .connected: nil
        case .disconnected(let until), .silent(let until), .recovered(let until): until
        }
    }
}
