import Machine
import MesosAPI
import OrderedCollections
import Resources

/// How agents come, come back and go.
/// Specified by docs/architecture.md ("The agent link") and, for what frameworks see of it, Mesos 1.11 docs/high-availability-framework-guide.md.
extension Kernel {
    /// The version of the protocol between master and agent.
    package static var linkProtocol: UInt32 { 1 }

    mutating func subscribe(_ link: UInt64, _ subscription: AgentSubscription, _ origin: Origin) {
        if let refusal = refusal(of: subscription) { return reject(link, refusal) }
        let ip = subscription.ip ?? String(origin.peer.prefix { $0 != ":" })
        let address = "\(subscription.info.hostname) \(ip):\(subscription.info.port)"
        let known = subscription.id.flatMap { agentsByID[$0] } ?? (subscription.id == nil ? replaced(at: address) : nil)
        let id = subscription.id ?? known.map { agents[$0].id } ?? newAgentID()
        let spec: AgentSpec
        do throws(ResourceRefusal) {
            spec = try AgentSpec(
                subscription.info, id: id, ip: ip, capabilities: subscription.capabilities, version: subscription.version)
        } catch { return reject(link, .resources(error)) }
        if spec.info.count > FrameworkSpec.limit { return reject(link, .tooLarge(bytes: spec.info.count)) }
        if let known, agents[known].spec.hostname != spec.hostname {
            return reject(link, .hostnameChanged(from: agents[known].spec.hostname, to: spec.hostname))
        }
        let agent = register(known, id, spec, subscription, link)
        agentsByAddress[address] = agent
        let unknown = reconcile(agent, with: subscription, wasGivenUp: known == nil)
        emit(
            .order(
                link: link,
                .subscribed(agentID: id, clusterID: clusterID, epoch: epoch, silence: settings.agentSilence, unknownTasks: unknown)))
        for task in agents[agent].tasks where tasks[task].isKilled && !tasks[task].state.isTerminal {
            order(agent, .kill(frameworkID: frameworks[tasks[task].framework].id, taskID: tasks[task].id, grace: nil))
        }
    }

    private func refusal(of subscription: AgentSubscription) -> AgentRefusal? {
        if !subscription.protocols.contains(Self.linkProtocol) {
            return .protocols(subscription.protocols.lowerBound, subscription.protocols.upperBound)
        }
        if subscription.epoch > epoch { return .outdatedMaster(epoch: epoch, agent: subscription.epoch) }
        guard let id = subscription.id else { return nil }
        if let refusal = IDRefusal(id) { return .badID(refusal) }
        return lostAgents[id]?.state == .gone ? .gone : nil
    }

    private mutating func reject(_ link: UInt64, _ refusal: AgentRefusal) {
        log(.warning, "agent refused", ["reason": refusal.description])
        emit(.order(link: link, .rejected(refusal)))
        emit(.cut(link: link))
    }

    private mutating func newAgentID() -> String {
        defer { nextAgent += 1 }
        return "\(masterID)-S\(nextAgent)"
    }

    /// An agent that asks for an id although one at its address has one: it never got the answer, and gets the id again; or it has
    /// forgotten everything, and the old one is gone.
    private mutating func replaced(at address: String) -> Handle<Agent>? {
        guard let old = agentsByAddress[address], agents.contains(old) else { return nil }
        if agents[old].tasks.isEmpty, agents[old].executors.isEmpty { return old }
        metrics.agentReplacements += 1
        removeAgent(old, "a new agent registered at the same address")
        return nil
    }

    private mutating func register(
        _ known: Handle<Agent>?, _ id: String, _ spec: AgentSpec, _ subscription: AgentSubscription, _ link: UInt64
    ) -> Handle<Agent> {
        let total = spec.resources.applying(checkpointed: subscription.checkpointed)
        let agent: Handle<Agent>
        if let known {
            agent = known
            let wasRecovered = agents[agent].isRecovered
            cancelRemoval(of: agent)
            if let old = agents[agent].link {
                links[old] = nil
                emit(.cut(link: old))
            }
            rescindOffers(of: agent)
            let hasChanged = agents[agent].spec != spec
            agents[agent].spec = spec
            agents[agent].base = spec.resources
            agents[agent].total = total
            agents[agent].reregistered = now.wall
            if wasRecovered {
                allocator.addAgent(agent, total: total, place: spec.place)
            } else {
                allocator.updateAgent(agent.index, total: total, place: spec.place)
            }
            if hasChanged { store(agent) }
            metrics.agentReregistrations += 1
        } else {
            agent = agents.insert(
                Agent(
                    id: id, spec: spec, state: .connected(link: link), base: spec.resources, total: total,
                    checkpointed: subscription.checkpointed, resourcesVersion: subscription.resourcesVersion, registered: now.wall))
            agentsByID[id] = agent
            allocator.addAgent(agent, total: total, place: spec.place)
            if lostAgents.removeValue(forKey: id) != nil {
                agents[agent].reregistered = now.wall
                metrics.agentReregistrations += 1
            } else {
                metrics.agentRegistrations += 1
            }
            store(agent)
        }
        agents[agent].state = .connected(link: link)
        agents[agent].checkpointed = subscription.checkpointed
        agents[agent].resourcesVersion = subscription.resourcesVersion
        links[link] = agent
        allocator.setActive(agents[agent].isActive, agent: agent.index)
        log(.info, "agent registered", ["agent": id, "hostname": spec.hostname, "address": spec.pid, "resources": "\(total)"])
        if known == nil, isObserved { emit(.observe(.agentAdded(view(agent)))) }
        return agent
    }

    // MARK: Going

    mutating func linkEnded(_ link: UInt64, isSilent: Bool) {
        guard let agent = links.removeValue(forKey: link) else { return }
        if isSilent {
            let rest = max(0, settings.agentTimeout - settings.agentSilence)
            agents[agent].state = .silent(until: now.monotonic.saturatingAdd(rest))
        } else {
            agents[agent].state = .disconnected(until: now.monotonic.saturatingAdd(settings.agentReregisterTimeout))
        }
        log(.notice, isSilent ? "agent is silent" : "agent disconnected", ["agent": agents[agent].id])
        allocator.setActive(false, agent: agent.index)
        rescindOffers(of: agent)
        setDeadline(agent)
    }

    /// The agent counts as unreachable: its tasks may run on, but nobody knows.
    mutating func loseAgent(_ agent: Handle<Agent>) {
        let entry = agents[agent]
        log(.warning, "agent is unreachable", ["agent": entry.id, "hostname": entry.spec.hostname])
        metrics.agentsUnreachable += 1
        if entry.isRecovered { metrics.recoveryRemovals += 1 }
        rescindOffers(of: agent)
        for task in entry.tasks {
            if tasks[task].state.isTerminal { complete(task) } else { makeUnreachable(task, entry.spec.hostname) }
        }
        drop(agent)
        lostAgents[entry.id] = LostAgent(state: .unreachable, since: now.wall)
        emit(.store([storedChange(lost: entry.id)]))
        forgetOldestLost()
        tellLoss(of: entry.id)
    }

    private mutating func makeUnreachable(_ task: Handle<TaskEntry>, _ hostname: String) {
        let framework = tasks[task].framework
        let state = lost(framework, as: .taskUnreachable)
        let status = MadeStatus(
            taskID: tasks[task].id, agentID: tasks[task].agentID, executorID: tasks[task].executorID, state: state, reason: .agentRemoved,
            message: "Agent \(hostname) timed out", time: now.wall, unreachableTime: now.wall)
        release(task)
        leaveAgent(task)
        tasks.take(task, from: &frameworks[framework].tasks)
        tasks.append(task, to: &frameworks[framework].unreachable)
        tasks[task].place = .unreachable
        tasks[task].unreachableSince = now.wall
        finish(task, status)
        tell(framework, .update(.made(status)))
        while frameworks[framework].unreachable.count > settings.unreachableTasksPerFramework,
            let oldest = frameworks[framework].unreachable.first
        {
            complete(oldest)
        }
    }

    /// The agent is gone for good, and its tasks with it.
    mutating func removeAgent(_ agent: Handle<Agent>, _ reason: String) {
        let entry = agents[agent]
        log(.notice, "agent removed", ["agent": entry.id, "reason": reason])
        metrics.agentRemovals += 1
        rescindOffers(of: agent)
        for task in entry.tasks {
            if !tasks[task].state.isTerminal {
                let status = MadeStatus(
                    taskID: tasks[task].id, agentID: entry.id, executorID: tasks[task].executorID, state: .taskLost, reason: .agentRemoved,
                    message: "Agent \(entry.spec.hostname) removed: \(reason)", time: now.wall)
                finish(task, status)
                tell(tasks[task].framework, .update(.made(status)))
            }
            complete(task)
        }
        if let link = entry.link {
            links[link] = nil
            emit(.cut(link: link))
        }
        drop(agent)
        emit(.store([.remove(table: StoredTable.agents, key: entry.id)]))
        tellLoss(of: entry.id)
        if isObserved { emit(.observe(.agentRemoved(agentID: entry.id))) }
    }

    /// Takes the agent off the lists. Nothing of it is offered, and no task is there, any more.
    private mutating func drop(_ agent: Handle<Agent>) {
        cancelRemoval(of: agent)
        let entry = agents[agent]
        if !entry.isRecovered { allocator.removeAgent(agent.index) }
        agentsByID[entry.id] = nil
        agentsByAddress["\(entry.spec.hostname) \(entry.spec.ip):\(entry.spec.port)"] = nil
        agents.remove(agent)
    }

    private mutating func tellLoss(of agentID: String) {
        for framework in frameworks.handles { tell(framework, .failure(agentID: agentID, executorID: nil, status: nil)) }
    }

    private mutating func forgetOldestLost() {
        while lostAgents.count > settings.lostAgents, let oldest = lostAgents.keys.first {
            lostAgents.removeFirst()
            emit(.store([.remove(table: StoredTable.agents, key: oldest)]))
        }
    }
}

extension Resources {
    /// An agent's resources with the reservations and volumes that were made since its start: each takes the place of what it was made of.
    func applying(checkpointed: Resources) -> Resources {
        var result = self
        for resource in checkpointed {
            var original = resource
            original.terms.disk?.persistence = nil
            original.terms.disk?.volume = nil
            if let disk = original.terms.disk, disk.source == nil { original.terms.disk = nil }
            original.terms.isShared = false
            original.terms.reservations.removeAll { $0.kind == .dynamic }
            if let converted = result.converting(Resources(original), to: Resources(resource)) { result = converted }
        }
        return result
    }
}
