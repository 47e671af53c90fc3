import FrameworkCore
import Machine
import MesosAPI
import Resources

/// An offer that has come, with what has been decided of it so far.
private struct OpenOffer {
    let id: Mesos_V1_OfferID
    let agent: Agent
    let isInMaintenance: Bool
    /// What is left of it.
    var offered: OfferedResources
    var tasks: [Mesos_V1_TaskInfo] = []
}

extension Batch {
    /// Matches offers with the runs that wait.
    ///
    /// Each run is tried on each offer, in the order of the queue, so that one that fits nowhere holds up none behind it. So that it isn't overtaken
    /// for
    /// ever, the first one that has waited for `reserveAfter` gets an agent that is big enough: nothing else is started there until it fits.
    mutating func use(_ offers: [Mesos_V1_Offer]) {
        counters.offersReceived += offers.count
        var open = offers.map { offer in
            OpenOffer(id: offer.id, agent: Agent(offer), isInMaintenance: isInMaintenance(offer), offered: OfferedResources(offer.resources))
        }
        if link.unknown.isEmpty { match(&open) }
        for offer in open { close(offer) }
    }

    private var roles: [String] { configuration.role == Role.unreserved ? [Role.unreserved] : [configuration.role, Role.unreserved] }

    private func isInMaintenance(_ offer: Mesos_V1_Offer) -> Bool {
        guard offer.hasUnavailability else { return false }
        let start = offer.unavailability.start.nanoseconds
        let duration = offer.unavailability.hasDuration ? offer.unavailability.duration.nanoseconds : .max
        return now.wall >= start && now.wall < start.saturatingAdd(duration)
    }

    private mutating func match(_ open: inout [OpenOffer]) {
        renewReservation(open)
        // By the number of the shape. A queue is long, and most of it is refused most of the time: nothing else is looked at then.
        var isRefused = Array(repeating: false, count: queue.shapeCount)
        var starving: Handle<Run>?
        for entry in queue.all {
            let handle = entry.run
            let hasReserved = queue.reservation?.run == handle
            if !hasReserved, isRefused[entry.shape] { continue }
            guard runs.contains(handle), runs[handle].isQueued else { continue }
            if output.isFull {
                // The rest follows with the next offers, which are asked for at once.
                link.isReviving = true
                break
            }
            guard let job = jobHandles[runs[handle].key.job] else { continue }
            let shape = Shape(of: jobs[job].definition)
            // Of another definition: the run stands in the queue once more, as what it is now.
            guard queue.number(of: shape) == entry.shape else { continue }
            if let index = open.indices.first(where: { fits(shape, open[$0], hasReserved: hasReserved) }) {
                open[index].tasks.append(launch(handle, job, shape.demand, on: open[index].agent, from: &open[index].offered))
            } else {
                isRefused[entry.shape] = true
                if starving == nil, now.monotonic - runs[handle].waitsSince >= configuration.reserveAfter { starving = handle }
            }
        }
        queue.compact { runs.contains($0) && runs[$0].isQueued }
        if queue.reservation == nil, let starving { reserve(for: starving, open) }
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
        if open.contains(where: { $0.agent.id == agent }) { queue.reservation?.heardAt = now.monotonic }
        if let heard = queue.reservation?.heardAt, now.monotonic - heard > Self.reservationPatience { endReservation() }
    }

    private static var reservationPatience: Int64 { 300 * .second }

    private mutating func launch(
        _ handle: Handle<Run>, _ job: Handle<Job>, _ demand: Demand, on agent: Agent, from offered: inout OfferedResources
    ) -> Mesos_V1_TaskInfo {
        let resources = demand.parts.filter { $0.amount > .zero }.flatMap { offered.take($0.amount, of: $0.name, roles: roles) }
        let run = runs[handle]
        let name = TaskName(
            due: run.key.due, attempt: run.attempts, job: run.key.job,
            arguments: run.arguments ?? jobs[job].definition.arguments.joined(separator: " "))
        let task = RunTask(id: name.text, attempt: run.attempts, agentID: agent.id, host: agent.host, launchedAt: wall, demand: demand)
        dequeue(handle)
        let deadline = now.monotonic.saturatingAdd(configuration.launchConfirmTimeout)
        runs[handle].phase = .active
        runs[handle].message = ""
        runs[handle].add(task)
        runs[handle].launchDeadline = deadline
        timers.set(.launch(handle), at: deadline)
        if task.attempt == 0 { seeParents(job) }
        taskRuns[task.id] = handle
        agents.add(demand, on: agent.id)
        counters.launched += 1
        changed(handle)
        return TaskBuilder(definition: jobs[job].definition, run: run, task: task, resources: resources).build()
    }

    private mutating func close(_ open: OpenOffer) {
        if open.tasks.isEmpty {
            counters.offersDeclined += 1
            output.effects.append(.call(Calls.decline(open.id, refuseSeconds: refuseSeconds(open.agent))))
        } else {
            output.effects.append(.call(Calls.launch(open.tasks, on: open.id, refuseSeconds: refuseSeconds(open.agent))))
        }
    }

    /// What becomes free on an agent that is kept for a run is wanted at once.
    private func refuseSeconds(_ agent: Agent) -> Double {
        queue.reservation?.agent == agent.id ? min(1, configuration.declineSeconds) : configuration.declineSeconds
    }
}

extension Run {
    /// So many tasks of one run are remembered.
    private static let mostTasks = 10

    mutating func add(_ task: RunTask) {
        tasks.append(task)
        // The first one says when the run began.
        if tasks.count > Self.mostTasks { tasks.remove(at: 1) }
    }
}
