import Machine
import MesosAPI
import OrderedCollections
import SwiftProtobuf

/// Someone else's framework: runs short tasks, holds offers, changes its mind, kills, acknowledges late, crashes and comes back with its id.
/// What it knows of its tasks it writes down before it acts.
final class ForeignFramework {
    struct Entry {
        let agent: String
        /// The world's time.
        let launched: Int64
        var state: Mesos_V1_TaskState?

        var isOver: Bool { state?.isOver ?? false }
    }

    let world: World
    let network: Network
    let computer: Computer
    let name: String
    let isPartitionAware: Bool
    private(set) var client: MasterClient!
    // On its disk:
    private(set) var frameworkID: String?
    private(set) var book: OrderedDictionary<String, Entry> = [:]
    private var nextTask = 0
    // In memory:
    private(set) var offers: OrderedDictionary<String, Mesos_V1_Offer> = [:]
    private(set) var isUp = false
    private(set) var isFrozen = false
    private var life = 0
    private var deferred: [() -> Void] = []
    private var lateOffers: OrderedDictionary<String, Mesos_V1_Offer> = [:]
    /// How many tasks it wants to launch now.
    private var wanted = 0
    /// No new work, and no more nonsense.
    var isCalm = false
    private var ticks = 0

    init(world: World, network: Network, computer: Computer, master: MasterHost, isPartitionAware: Bool) {
        (self.world, self.network, self.computer, self.isPartitionAware) = (world, network, computer, isPartitionAware)
        name = computer.name
        client = MasterClient(
            world: world, network: network, place: computer.place, peer: computer.name, master: master, manner: .scattered,
            heard: { [unowned self] body in heard(body) })
        client.subscription = { [unowned self] in subscribe() }
        client.onEvent = { [unowned self] event in take(event) }
        client.onDisconnected = { [unowned self] in (offers, lateOffers) = ([:], [:]) }
    }

    // MARK: Life

    func start() {
        guard !isUp else { return }
        isUp = true
        life += 1
        (offers, lateOffers) = ([:], [:])
        client.start()
        later(1 * .second) { [self] in tick() }
    }

    func crash(withMachine: Bool = false) {
        guard isUp else { return }
        world.count(.crashes)
        world.note(name, 2, text: "crashes")
        life += 1
        isUp = false
        isFrozen = false
        deferred = []
        (offers, lateOffers) = ([:], [:])
        client.stop(withMachine: withMachine)
    }

    func takeOver() {
        guard isUp, !isFrozen else { return }
        world.note(name, 7, text: "is taken over by another instance")
        world.count(.failovers)
        client.takeOver()
    }

    func freeze() {
        guard isUp, !isFrozen else { return }
        isFrozen = true
        for end in client.ends { end.isFrozen = true }
    }

    func thaw() {
        guard isFrozen else { return }
        isFrozen = false
        for end in client.ends { end.isFrozen = false }
        let bodies = deferred
        deferred = []
        for body in bodies { body() }
    }

    private func heard(_ body: @escaping () -> Void) {
        let life = life
        guard isUp else { return }
        if isFrozen { deferred.append { [self] in if self.life == life { heard(body) } } } else { body() }
    }

    private func later(_ delay: Int64, _ body: @escaping () -> Void) {
        let life = life
        world.after(delay) { [self] in if self.life == life { heard(body) } }
    }

    /// Once a second.
    private func tick() {
        ticks += 1
        if isCalm {
            for id in offers.keys { later(0) { [self] in decline(id) } }
        } else {
            wanted = min(12, wanted + 1)
            if world.oneIn(8), let id = book.keys.last(where: { book[$0]?.isOver == false && book[$0]?.state != nil && world.oneIn(3) }) { kill(id) }
        }
        if ticks % 30 == 0 { reconcile(implicitly: world.oneIn(2) && !isCalm) }
        later(1 * .second) { [self] in tick() }
    }

    // MARK: Calls

    private func subscribe() -> Mesos_V1_Scheduler_Call {
        var call = Mesos_V1_Scheduler_Call()
        call.type = .subscribe
        var info = Mesos_V1_FrameworkInfo()
        info.name = name
        info.user = "root"
        info.failoverTimeout = 86_400
        info.checkpoint = true
        info.roles = ["batch"]
        let types: [Mesos_V1_FrameworkInfo.Capability.TypeEnum] = isPartitionAware ? [.multiRole, .partitionAware] : [.multiRole]
        info.capabilities = types.map { type in
            var capability = Mesos_V1_FrameworkInfo.Capability()
            capability.type = type
            return capability
        }
        if let frameworkID {
            info.id.value = frameworkID
            call.frameworkID.value = frameworkID
        }
        call.subscribe.frameworkInfo = info
        return call
    }

    private func send(_ type: Mesos_V1_Scheduler_Call.TypeEnum, _ fill: (inout Mesos_V1_Scheduler_Call) -> Void = { _ in }) {
        var call = Mesos_V1_Scheduler_Call()
        call.type = type
        call.frameworkID.value = frameworkID ?? ""
        fill(&call)
        client.send(call)
    }

    private func kill(_ id: String) {
        let agent = book[id]?.agent ?? ""
        let namesAgent = world.oneIn(2)
        send(.kill) {
            $0.kill.taskID.value = id
            if namesAgent { $0.kill.agentID.value = agent }
        }
    }

    /// - Parameter age: tasks that were launched less than so long ago are left out: the ACCEPT may still be under way, and be overtaken.
    private func reconcile(implicitly: Bool, age: Int64 = 15 * .second) {
        world.count(.reconciliations)
        let open = book.filter { !$0.value.isOver && world.now - $0.value.launched >= age }
        send(.reconcile) { call in
            call.reconcile = .init()
            guard !implicitly else { return }
            call.reconcile.tasks = open.map { entry in
                var task = Mesos_V1_Scheduler_Call.Reconcile.Task()
                task.taskID.value = entry.key
                task.agentID.value = entry.value.agent
                return task
            }
        }
    }

    private func decline(_ id: String) {
        guard offers.removeValue(forKey: id) != nil else { return }
        world.count(.declines)
        let seconds = Double(world.draw(1...10))
        send(.decline) {
            $0.decline.offerIds = [Mesos_V1_OfferID.with { $0.value = id }]
            $0.decline.filters.refuseSeconds = seconds
        }
    }

    // MARK: Events

    private func take(_ event: Mesos_V1_Scheduler_Event) {
        switch event.type {
        case .subscribed:
            if let frameworkID, frameworkID != event.subscribed.frameworkID.value { world.fail("framework", "\(name) is given another id") }
            frameworkID = event.subscribed.frameworkID.value
            (offers, lateOffers) = ([:], [:])
            // What was called on earlier streams is refused from now on.
            reconcile(implicitly: false, age: 0)
            reconcile(implicitly: true)
        case .offers: for offer in event.offers.offers { take(offer) }
        case .rescind:
            world.count(.rescinds)
            let id = event.rescind.offerID.value
            if let offer = offers.removeValue(forKey: id) { lateOffers[id] = offer }
        case .update: take(event.update.status)
        case .error: world.fail("framework", "the master refuses \(name): \(event.error.message)")
        default: break
        }
    }

    private func take(_ offer: Mesos_V1_Offer) {
        let id = offer.id.value
        offers[id] = offer
        // Some are held for long, some for ever.
        if !isCalm, world.oneIn(60) { return }
        let think = !isCalm && world.oneIn(25) ? world.draw(5 * .second...25 * .second) : world.draw(1 * .millisecond...200 * .millisecond)
        later(think) { [self] in decide(id) }
    }

    private func decide(_ id: String) {
        if let offer = offers[id] {
            let tasks = isCalm ? [] : tasks(for: offer)
            guard !tasks.isEmpty else { return decline(id) }
            offers[id] = nil
            accept(id, tasks)
        } else if let offer = lateOffers.removeValue(forKey: id), !isCalm, world.oneIn(2) {
            // It has not heard in time that the offer is over.
            let tasks = tasks(for: offer)
            guard !tasks.isEmpty else { return }
            world.count(.staleAccepts)
            accept(id, tasks)
        }
    }

    private func tasks(for offer: Mesos_V1_Offer) -> [Mesos_V1_TaskInfo] {
        func amount(_ name: String) -> Double { offer.resources.filter { $0.name == name }.reduce(0) { $0 + $1.scalar.value } }
        let fit = min(Int(amount("cpus") / 0.5), Int(amount("mem") / 64), wanted, 3)
        guard fit > 0 else { return [] }
        wanted -= fit
        return (0..<fit).map { _ in
            nextTask += 1
            let id = "\(name)-\(nextTask)"
            book[id] = Entry(agent: offer.agentID.value, launched: world.now)
            var task = Mesos_V1_TaskInfo()
            task.name = id
            task.taskID.value = id
            task.agentID = offer.agentID
            task.command.shell = true
            task.command.value = "sleep \(world.draw(1...25)); exit \(world.oneIn(6) ? 1 : 0)"
            task.resources = [("cpus", 0.5), ("mem", 64)].map { name, value in
                var resource = Mesos_V1_Resource()
                resource.name = name
                resource.type = .scalar
                resource.scalar.value = value
                resource.allocationInfo.role = "batch"
                return resource
            }
            return task
        }
    }

    private func accept(_ id: String, _ tasks: [Mesos_V1_TaskInfo]) {
        send(.accept) {
            $0.accept.offerIds = [Mesos_V1_OfferID.with { $0.value = id }]
            var operation = Mesos_V1_Offer.Operation()
            operation.type = .launch
            operation.launch.taskInfos = tasks
            $0.accept.operations = [operation]
            $0.accept.filters.refuseSeconds = 0
        }
    }

    private func take(_ status: Mesos_V1_TaskStatus) {
        let id = status.taskID.value
        if book[id] == nil { world.fail("framework", "\(name) hears of task \(id), which it has never launched") }
        let wasUnreachable = book[id]?.state == .taskUnreachable
        if !(book[id]?.isOver ?? true) || !status.state.isOver || !isPartitionAware {
            // A status that is older than what is known, as a reconciliation may bring, doesn't bring the task back.
            if !(book[id]?.isOver ?? false) || !isPartitionAware { book[id]?.state = status.state }
        }
        if wasUnreachable, status.state == .taskRunning { world.count(.returned) }
        guard status.hasUuid, !status.uuid.isEmpty else { return }
        acknowledge(status)
    }

    private func acknowledge(_ status: Mesos_V1_TaskStatus) {
        if !isCalm, world.oneIn(50) { return world.count(.missedAcknowledgements) }
        let isLate = !isCalm && world.oneIn(25)
        if isLate { world.count(.lateAcknowledgements) }
        later(isLate ? world.draw(1 * .second...15 * .second) : world.draw(0...20 * .millisecond)) { [self] in
            send(.acknowledge) {
                $0.acknowledge.agentID = status.agentID
                $0.acknowledge.taskID = status.taskID
                $0.acknowledge.uuid = status.uuid
            }
        }
    }
}

extension Mesos_V1_TaskState {
    /// No other state follows. For a framework that isn't partition-aware LOST may be followed by RUNNING all the same.
    var isOver: Bool {
        switch self {
        case .taskFinished, .taskFailed, .taskKilled, .taskError, .taskLost, .taskDropped, .taskGone, .taskGoneByOperator: true
        default: false
        }
    }
}
