import FrameworkCore
import Machine
import MesosAPI
import Resources

/// An offer that has come, with what has been decided of it so far.
struct OpenOffer: Sendable {
    let id: Mesos_V1_OfferID
    let agent: Agent
    let isInMaintenance: Bool
    /// What is left of it.
    var offered: OfferedResources
    var tasks: [Mesos_V1_TaskInfo] = []
}

/// Offers that are being matched: what can be launched on them may be too much for one transaction.
struct OpenOffers: Sendable {
    private(set) var all: [OpenOffer] = []
    /// Some were answered before all that waits had been tried on what is left of them.
    private(set) var wereSplit = false

    mutating func add(_ offers: [OpenOffer]) { all += offers }

    /// Keeps those for which nothing has been found yet.
    /// - Returns: the others.
    mutating func split(_ offers: [OpenOffer]) -> [OpenOffer] {
        (all, wereSplit) = (offers.filter(\.tasks.isEmpty), true)
        return offers.filter { !$0.tasks.isEmpty }
    }

    mutating func forget() { self = OpenOffers() }
}

extension Batch {
    /// Matches offers with the runs that wait.
    ///
    /// Each run is tried on each offer, in the order of the queue, so that one that fits nowhere holds up none behind it. So that it isn't overtaken
    /// for
    /// ever, the first one that has waited for `reserveAfter` gets an agent that is big enough: nothing else is started there until it fits.
    mutating func use(_ offers: [Mesos_V1_Offer]) {
        counters.offersReceived += offers.count
        let isUnderWay = !openOffers.all.isEmpty
        openOffers.add(
            offers.map { offer in
                OpenOffer(id: offer.id, agent: Agent(offer), isInMaintenance: isInMaintenance(offer), offered: OfferedResources(offer.resources))
            })
        if !isUnderWay { matchOn() }
    }

    /// Matches the offers that are open with the runs that wait. When an input's transaction is full, the next one goes on with those that are left:
    /// it follows before anything that is queued, so that updates of what runs already don't hold up what doesn't.
    mutating func matchOn() {
        var open = openOffers.all
        if link.unknown.isEmpty, !open.isEmpty, !match(&open) {
            close(openOffers.split(open))
            if !openOffers.all.isEmpty { return work.append(.match) }
        } else {
            close(open)
        }
        // What is left of those comes back only if it is asked for.
        if openOffers.wereSplit, queue.count > 0 { link.isReviving = true }
        openOffers.forget()
    }

    private var roles: [String] {
        configuration.identity.role == Role.unreserved ? [Role.unreserved] : [configuration.identity.role, Role.unreserved]
    }

    private func isInMaintenance(_ offer: Mesos_V1_Offer) -> Bool {
        guard offer.hasUnavailability else { return false }
        let start = offer.unavailability.start.nanoseconds
        let duration = offer.unavailability.hasDuration ? offer.unavailability.duration.nanoseconds : .max
        return now.wall >= start && now.wall < start.saturatingAdd(duration)
    }

    /// - Returns: whether all that waits has been tried; false: the output is full before.
    private mutating func match(_ open: inout [OpenOffer]) -> Bool {
        renewReservation(open)
        // By the number of the shape. A queue is long, and most of it is refused most of the time: nothing else is looked at then.
        var isRefused = Array(repeating: false, count: queue.shapeCount)
        var starving: Handle<Run>?
        for entry in queue.all {
            let handle = entry.run
            let hasReserved = queue.reservation?.run == handle
            if !hasReserved, isRefused[entry.shape] { continue }
            guard isWaiting(entry) else { continue }
            if output.isFull { return false }
            guard let job = jobHandles[runs[handle].key.job] else { continue }
            let shape = Shape(of: jobs[job].definition)
            if launchAll(handle, job, shape, &open) { continue }
            if output.isFull { return false }
            isRefused[entry.shape] = true
            if starving == nil, now.monotonic - runs[handle].waitsSince >= configuration.reserveAfter { starving = handle }
        }
        queue.compact(isWaiting)
        if queue.reservation == nil, let starving { reserve(for: starving, open) }
        return true
    }

    /// Launches of a run what may be launched.
    /// - Returns: whether all of that is launched; false: some doesn't fit, or the output is full.
    private mutating func launchAll(_ handle: Handle<Run>, _ job: Handle<Job>, _ shape: Shape, _ open: inout [OpenOffer]) -> Bool {
        var next = open.startIndex
        while runs[handle].isQueued, !output.isFull {
            let hasReserved = queue.reservation?.run == handle
            guard let index = open[next...].indices.first(where: { fits(shape, open[$0], hasReserved: hasReserved) }) else { return false }
            // What didn't fit will not fit the next one either.
            next = index
            open[index].tasks.append(launch(handle, job, shape.demand, on: open[index].agent, from: &open[index].offered))
        }
        return !runs[handle].isQueued
    }

    private func fits(_ shape: Shape, _ open: OpenOffer, hasReserved: Bool) -> Bool {
        if open.isInMaintenance { return false }
        if !hasReserved, queue.reservation?.agent == open.agent.id { return false }
        return shape.demand.fits(into: Demand(of: open.offered, roles: roles)) && shape.constraints.allSatisfy { $0.holds(of: open.agent) }
    }

    /// Chooses the agent with the most room among those that would be big enough, were our own tasks there to end.
    private mutating func reserve(for handle: Handle<Run>, _ open: [OpenOffer]) {
        guard let job = jobHandles[runs[handle].key.job] else { return }
        let demand = Demand(of: jobs[job].definition)
        var best: (agent: String, room: Demand)?
        for offer in open where !offer.isInMaintenance && jobs[job].definition.constraints.allSatisfy({ $0.holds(of: offer.agent) }) {
            let room = Demand(of: offer.offered, roles: roles)
            guard demand.fits(into: room + agents.load(of: offer.agent.id)) else { continue }
            if best.map({ $0.room.cpus < room.cpus }) ?? true { best = (offer.agent.id, room) }
        }
        if let best { queue.reservation = .init(run: handle, agent: best.agent, heardAt: now.monotonic) }
    }

    /// An agent that makes no offers any more is not kept for anybody.
    private mutating func renewReservation(_ open: [OpenOffer]) {
        guard let agent = queue.reservation?.agent else { return }
        // Nothing starts there now.
        if open.contains(where: { $0.agent.id == agent && $0.isInMaintenance }) { return endReservation() }
        if open.contains(where: { $0.agent.id == agent }) { queue.reservation?.heardAt = now.monotonic }
        if let heard = queue.reservation?.heardAt, now.monotonic - heard > Self.reservationPatience { endReservation() }
    }

    private static var reservationPatience: Int64 { 300 * .second }

    private mutating func launch(
        _ handle: Handle<Run>, _ job: Handle<Job>, _ demand: Demand, on agent: Agent, from offered: inout OfferedResources
    ) -> Mesos_V1_TaskInfo {
        let resources = demand.parts.filter { $0.amount > .zero }.flatMap { offered.take($0.amount, of: $0.name, roles: roles) }
        // What is queued has something that is ready. No copy of the run is kept, or each launch would copy all of its parts.
        guard let index = runs[handle].takeReady() else { preconditionFailure("a run without anything to launch is queued") }
        let place = Place(run: handle, index: index)
        let (key, parameters, count) = (runs[handle].key, runs[handle].parameters, runs[handle].parts.count)
        let (attempt, isBeginning) = (self[place].attempts, !runs[handle].hasBegun)
        let name = TaskName(
            due: key.due, attempt: attempt, job: key.job, index: count > 1 ? index : nil,
            arguments: parameters.arguments ?? jobs[job].definition.arguments.joined(separator: " "))
        let task = RunTask(
            id: name.text, index: index, attempt: attempt, agentID: agent.id, host: agent.host, launchedAt: wall, demand: demand)
        runs[handle].move(index, to: .active)
        runs[handle].waitsSince = now.monotonic
        self[place].message = ""
        self[place].add(task, limit: count > 1 ? Self.mostTasks.ofMany : Self.mostTasks.alone)
        waitForStart(place)
        taskPlaces[task.id] = place
        if isBeginning { seeParents(job) }
        agents.add(demand, on: agent.id)
        counters.launched += 1
        changed(place)
        tell(.taskChanged, run: handle, task: task)
        output.bytes += parameters.size + jobs[job].size
        if !mayLaunch(handle, of: job) {
            dequeue(handle)
        } else if queue.reservation?.run == handle {
            endReservation()
        }
        return TaskBuilder(definition: jobs[job].definition, key: key, parameters: parameters, count: count, task: task, resources: resources)
            .build()
    }

    /// So many tasks of one part are remembered: fewer if there are many parts, whose entries of the store hold several.
    private static let mostTasks = (alone: 10, ofMany: 3)

    /// A call for each offer that is used, and one for all others: there may be thousands of them.
    private mutating func close(_ all: [OpenOffer]) {
        var unused: [(refuseSeconds: Double, offers: [Mesos_V1_OfferID])] = []
        for open in all {
            let room = Demand(of: open.offered, roles: roles)
            offersSeen.note(.init(agent: open.agent, room: room, isInMaintenance: open.isInMaintenance, at: now.monotonic))
            let seconds = refuseSeconds(open.agent)
            if !open.tasks.isEmpty {
                output.effects.append(.call(Calls.launch(open.tasks, on: open.id, refuseSeconds: seconds)))
            } else if let index = unused.firstIndex(where: { $0.refuseSeconds == seconds }) {
                unused[index].offers.append(open.id)
            } else {
                unused.append((seconds, [open.id]))
            }
        }
        for group in unused {
            counters.offersDeclined += group.offers.count
            output.effects.append(.call(Calls.decline(group.offers, refuseSeconds: group.refuseSeconds)))
        }
    }

    /// What becomes free on an agent that is kept for a run is wanted at once.
    private func refuseSeconds(_ agent: Agent) -> Double {
        queue.reservation?.agent == agent.id ? min(1, configuration.declineSeconds) : configuration.declineSeconds
    }
}
