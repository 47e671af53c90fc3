import DequeModule
import FrameworkCore
import Machine
import MesosAPI
import Resources

extension Services {
    /// Matches offers with what waits, app by app in turns, and takes or declines them.
    mutating func use(_ offers: [Mesos_V1_Offer]) {
        counters.offersReceived += offers.count
        var table = offers.map { offer in
            let agent = Agent(offer)
            return OpenOffer(offer, agent, circumstances(of: offer, agent))
        }
        // What is to be spread needs all offers side by side, the rest fills one after the other.
        spread(over: &table)
        for index in table.indices {
            match(&table[index])
            close(table[index])
        }
    }

    private mutating func close(_ open: OpenOffer) {
        for entry in open.asked {
            if entry.took > 0 { apps[entry.app].funnel.used(agent: open.agent, at: timestamp) }
            if let refusals = entry.refusals {
                apps[entry.app].funnel.refused(by: open.agent, open.summary, refusals, at: timestamp)
            }
        }
        if open.tasks.isEmpty {
            counters.offersDeclined += 1
            output.effects.append(.call(Calls.decline([open.id], refuseSeconds: configuration.declineSeconds)))
        } else {
            counters.offersUsed += 1
            counters.launched += open.tasks.count
            output.effects.append(.call(Calls.launch(open.tasks, on: open.id, refuseSeconds: configuration.declineSeconds)))
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

    private mutating func match(_ open: inout OpenOffer) {
        var isAsked: [(app: Handle<App>, matcher: Matcher, took: Int)] = []
        for id in queue {
            guard let app = appHandles[id], isLaunchable(app), let definition = apps[app].definition, !spreadsEvenly(app) else { continue }
            isAsked.append((app, matcher(of: app, definition), 0))
        }
        var turn = 0
        while !isAsked.isEmpty, open.tasks.count < launchLimit {
            turn %= isAsked.count
            let (app, matcher, took) = isAsked[turn]
            switch launch(app, matcher, from: &open, hasTaken: took > 0) {
            case .success(let task):
                open.tasks.append(task)
                isAsked[turn].took += 1
                if apps[app].tally.waiting == 0 {
                    open.asked.append((app, took + 1, nil))
                    isAsked.remove(at: turn)
                } else {
                    turn += 1
                }
            case .failure(let shortage):
                open.asked.append((app, took, shortage.refusals))
                isAsked.remove(at: turn)
            }
        }
        for (app, _, took) in isAsked { open.asked.append((app, took, nil)) }
    }

    /// How many instances one offer may take.
    var launchLimit: Int { configuration.maxInstancesPerOffer > 0 ? configuration.maxInstancesPerOffer : Int.max }

    func matcher(of app: Handle<App>, _ definition: Definition) -> Matcher {
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
    mutating func launch(
        _ app: Handle<App>, _ matcher: Matcher, from open: inout OpenOffer, hasTaken: Bool, others: Others = Others()
    ) -> Result<Mesos_V1_TaskInfo, Matcher.Shortage> {
        let agent = open.agent
        // Without constraints, an agent that took one instance takes others, as far as its resources go.
        if !hasTaken || !matcher.constraints.isEmpty {
            let refusals = matcher.refusals(
                by: agent, open.circumstances, placed: matcher.constraints.isEmpty ? [] : placed(app), others: others)
            if !refusals.isEmpty { return .failure(Matcher.Shortage(refusals: refusals)) }
        }
        let match: Match
        switch matcher.take(from: &open.offered, using: &random) {
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
            instance.resetChecks()
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
