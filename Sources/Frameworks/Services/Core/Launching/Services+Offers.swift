import DequeModule
import Machine
import MesosAPI
import Resources

extension Services {
    /// What of an offer's launches has been decided.
    private struct Launches {
        var tasks: [Mesos_V1_TaskInfo] = []
        /// The apps that were asked, with why they took no (more) instance; nil: they took all they wanted.
        var asked: [(app: Handle<App>, took: Int, refusals: [OfferRefusal]?)] = []
    }

    /// Matches an offer with what waits, app by app in turns, and takes or declines it.
    mutating func use(_ offer: Mesos_V1_Offer) {
        counters.offersReceived += 1
        let agent = Agent(offer)
        let launches = match(offer, agent, circumstances(of: offer, agent))
        let summary = OfferSummary(offer)
        for entry in launches.asked {
            if entry.took > 0 { apps[entry.app].funnel.used(agent: agent, at: timestamp) }
            if let refusals = entry.refusals {
                apps[entry.app].funnel.refused(by: agent, summary, refusals, at: timestamp)
            }
        }
        if launches.tasks.isEmpty {
            counters.offersDeclined += 1
            output.effects.append(.call(Calls.decline(offer.id, refuseSeconds: configuration.declineSeconds)))
        } else {
            counters.offersUsed += 1
            counters.launched += launches.tasks.count
            output.effects.append(.call(Calls.launch(launches.tasks, on: offer.id, refuseSeconds: configuration.declineSeconds)))
        }
    }

    private func circumstances(of offer: Mesos_V1_Offer, _ agent: Agent) -> Circumstances {
        var result = Circumstances(
            role: offer.hasAllocationInfo && offer.allocationInfo.hasRole ? offer.allocationInfo.role : Role.unreserved)
        if let region = agent.region, region != link.region { result.foreignRegion = region }
        if offer.hasUnavailability {
            let start = offer.unavailability.start.nanoseconds
            let duration = offer.unavailability.hasDuration ? offer.unavailability.duration.nanoseconds : .max
            result.isInMaintenance = now.wall >= start && now.wall < start.saturatingAdd(duration)
        }
        result.keepsGPUs = offer.resources.contains { $0.name == "gpus" && $0.scalar.value > 0 }
        return result
    }

    private mutating func match(_ offer: Mesos_V1_Offer, _ agent: Agent, _ circumstances: Circumstances) -> Launches {
        var launches = Launches()
        var offered = OfferedResources(offer.resources)
        var isAsked: [(app: Handle<App>, matcher: Matcher, took: Int)] = []
        for id in queue {
            guard let app = appHandles[id], isLaunchable(app), let definition = apps[app].definition else { continue }
            isAsked.append((app, matcher(of: app, definition), 0))
        }
        let limit = configuration.maxInstancesPerOffer > 0 ? configuration.maxInstancesPerOffer : Int.max
        var turn = 0
        while !isAsked.isEmpty, launches.tasks.count < limit {
            turn %= isAsked.count
            let (app, matcher, took) = isAsked[turn]
            switch launch(app, matcher, from: &offered, agent, circumstances, hasTaken: took > 0) {
            case .success(let task):
                launches.tasks.append(task)
                isAsked[turn].took += 1
                if apps[app].tally.waiting == 0 {
                    launches.asked.append((app, took + 1, nil))
                    isAsked.remove(at: turn)
                } else {
                    turn += 1
                }
            case .failure(let shortage):
                launches.asked.append((app, took, shortage.refusals))
                isAsked.remove(at: turn)
            }
        }
        for (app, _, took) in isAsked { launches.asked.append((app, took, nil)) }
        return launches
    }

    private func matcher(of app: Handle<App>, _ definition: Definition) -> Matcher {
        let roles: [String]
        if let accepted = definition.app.acceptedResourceRoles, !accepted.isEmpty {
            roles = accepted
        } else {
            switch configuration.acceptedRoles {
            case .any: roles = [definition.app.role, Role.unreserved]
            case .unreserved: roles = [Role.unreserved]
            case .reserved: roles = [definition.app.role]
            }
        }
        return Matcher(definition, constraints: apps[app].matchers, roles: roles)
    }

    /// Puts one instance of an app on an agent.
    private mutating func launch(
        _ app: Handle<App>, _ matcher: Matcher, from offered: inout OfferedResources, _ agent: Agent, _ circumstances: Circumstances,
        hasTaken: Bool
    ) -> Result<Mesos_V1_TaskInfo, Matcher.Shortage> {
        // Without constraints, an agent that took one instance takes others, as far as its resources go.
        if !hasTaken || !matcher.constraints.isEmpty {
            let refusals = matcher.refusals(by: agent, circumstances, placed: matcher.constraints.isEmpty ? [] : placed(app))
            if !refusals.isEmpty { return .failure(Matcher.Shortage(refusals: refusals)) }
        }
        let match: Match
        switch matcher.take(from: &offered, using: &random) {
        case .success(let taken): match = taken
        case .failure(let shortage): return .failure(shortage)
        }
        guard let handle = nextWaiting(app), let definition = apps[app].definition else {
            preconditionFailure("a launchable app has an instance that waits")
        }
        let instance = instances[handle]
        let id = TaskID(instance.id, incarnation: instance.incarnation + 1)
        let ports = matcher.app.taskPorts(hostPorts: match.hostPorts, using: &random)
        let time = timestamp
        let deadline = now.monotonic.saturatingAdd(configuration.launchConfirmTimeout)
        change(handle) { instance in
            instance.definition = definition
            instance.condition = .provisioned
            instance.incarnation += 1
            instance.agent = agent
            instance.activeSince = time
            instance.task = LaunchedTask(
                id: id, hostPorts: match.hostPorts, ports: ports.map { $0.hostPort ?? $0.number }, stagedAt: time)
            instance.checks = Array(repeating: nil, count: definition.app.healthChecks.count)
            instance.probing = Array(repeating: false, count: definition.app.healthChecks.count)
            instance.isReady = false
            instance.readiness = nil
            instance.launchDeadline = deadline
        }
        timers.set(.launch(handle), at: deadline)
        advanceBackoff(app)
        let builder = TaskBuilder(
            app: definition.app, taskID: id, agent: agent, ports: ports, resources: match.resources, configuration: configuration,
            enforcesGroupRole: groups[definition.app.id.topLevel]?.enforcesRole ?? false)
        return .success(builder.build())
    }

    private mutating func nextWaiting(_ app: Handle<App>) -> Handle<Instance>? {
        while let handle = apps[app].waiting.popFirst() {
            if instances.contains(handle), instances[handle].condition == .scheduled, instances[handle].goal == .running { return handle }
        }
        return nil
    }

    /// The agents of the instances that count for constraints: active ones of the present configuration.
    private func placed(_ app: Handle<App>) -> [Agent] {
        guard let definition = apps[app].definition else { return [] }
        let since = definition.app.versionInfo.lastConfigChangeAt
        return apps[app].instances.compactMap { handle in
            let instance = instances[handle]
            return instance.condition.isActive && instance.definition.app.version >= since ? instance.agent : nil
        }
    }
}

extension Agent {
    convenience init(_ offer: Mesos_V1_Offer) {
        let domain = offer.domain.faultDomain
        self.init(
            id: offer.agentID.value, host: offer.hostname, region: offer.hasDomain ? domain.region.name : nil,
            zone: offer.hasDomain ? domain.zone.name : nil, attributes: offer.attributes.compactMap(Attribute.init))
    }
}

extension Agent.Attribute {
    init?(_ attribute: Mesos_V1_Attribute) {
        let value: AttributeValue
        switch attribute.type {
        case .text: value = .text(attribute.text.value)
        case .scalar: value = .scalar(attribute.scalar.value)
        case .ranges: value = .ranges(attribute.ranges.range.compactMap { $0.begin <= $0.end ? $0.begin...$0.end : nil })
        case .set: value = .set(attribute.set.item)
        }
        self.init(name: attribute.name, value: value)
    }
}

extension OfferSummary {
    init(_ offer: Mesos_V1_Offer) {
        id = offer.id.value
        resources = offer.resources.compactMap { resource in
            let amount: Amount
            switch resource.type {
            case .scalar: amount = .scalar(resource.scalar.value)
            case .ranges: amount = .ranges(resource.ranges.range.compactMap { $0.begin <= $0.end ? $0.begin...$0.end : nil })
            case .set: amount = .set(resource.set.item)
            case .text: return nil
            }
            let role = resource.reservations.last?.role ?? (resource.hasRole ? resource.role : Role.unreserved)
            return Resource(name: resource.name, role: role, amount: amount)
        }
    }
}
