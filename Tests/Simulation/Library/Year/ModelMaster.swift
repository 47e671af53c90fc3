import FrameworkCore
import Machine
import MesosAPI

/// A master with its nodes as a scheduler sees them, in far fewer events than real cores need, so that a year of them can be played.
///
/// It keeps to what Mesos promises a framework and to nothing more: what is on its way is lost with its connection; updates are repeated until they are
/// acknowledged; a master that has just started knows only what its agents have told it.
final class ModelMaster {
    let world: World
    private(set) var nodes: [ModelNode] = []
    private(set) var isUp = true
    var onEvent: (MasterEvent) -> Void = { _ in }
    /// Hear of what tasks do.
    var onStart: (_ task: String, _ node: ModelNode) -> Void = { _, _ in }
    var onEnd: (_ task: String, _ node: ModelNode, Mesos_V1_TaskState) -> Void = { _, _, _ in }
    /// What became of a task will never be known: its node is gone, and nobody has heard of its end.
    var onForgotten: (_ task: String, Mesos_V1_TaskState) -> Void = { _, _ in }
    var onAcknowledged: (_ task: String, Mesos_V1_TaskState) -> Void = { _, _ in }
    /// How long a task runs, in nanoseconds, and how it ends.
    var fate: (_ task: String) -> (length: Int64, state: Mesos_V1_TaskState) = { _ in (1 * .second, .taskFinished) }
    /// One of so many updates is lost on its way from the agent, and comes when it is sent again; 0: none is.
    var lossOfUpdates: UInt64 = 0
    /// A plant: an update is sent once, and then taken for acknowledged.
    var neverRepeats = false
    private(set) var counts: [String: Int] = [:]
    /// Counts the subscriptions; nil: there is none now.
    private var session: Int?
    private var sessions = 0
    private var wantsOffers = false
    private var offers: [String: ModelNode] = [:]
    private var nextOffer = 1
    private var nextUpdate: UInt64 = 1
    /// When what was said last arrives, each way.
    private var arrivalAtScheduler: Int64 = 0
    private var arrivalAtMaster: Int64 = 0
    private var isAllocating = false

    init(world: World, nodes: Int) {
        self.world = world
        for index in 0..<nodes { add(index) }
    }

    private func add(_ index: Int) {
        nodes.append(ModelNode(id: "node-\(nodes.count)", host: "host-\(index)", cpus: 8, mem: 16_384))
    }

    func count(_ what: String) { counts[what, default: 0] += 1 }

    private func latency() -> Int64 { world.oneIn(200) ? world.draw(10 * .millisecond...2 * .second) : world.draw(100_000...10 * .millisecond) }

    // MARK: The line to the scheduler

    func subscribe() {
        hangUp()
        guard isUp else { return }
        count("subscriptions")
        sessions += 1
        session = sessions
        wantsOffers = false
        tell(.subscribed(frameworkID: "framework", master: "master:5050", region: nil))
        for node in nodes where node.isReachable { for task in tasks(of: node) { deliver(task, node) } }
    }

    func hangUp() {
        session = nil
        for node in offers.values { node.hasOffer = false }
        offers = [:]
        for node in nodes { node.refused = nil }
    }

    private func tell(_ event: MasterEvent) {
        guard let session else { return }
        arrivalAtScheduler = max(arrivalAtScheduler, world.now + latency())
        world.after(arrivalAtScheduler - world.now) { [self] in
            guard self.session == session else { return }
            note(event)
            onEvent(event)
        }
    }

    private func note(_ event: MasterEvent) {
        switch event {
        case .updated(let status):
            world.note(status.taskID.value, Int64(status.state.rawValue), text: "is \(status.state)\(status.hasUuid ? "" : ", the master says")")
        case .subscribed: world.note("master", 1, text: "has batch subscribed")
        default: break
        }
    }

    func take(_ call: Mesos_V1_Scheduler_Call) {
        guard let session else { return }
        arrivalAtMaster = max(arrivalAtMaster, world.now + latency())
        world.after(arrivalAtMaster - world.now) { [self] in if self.session == session { carryOut(call) } }
    }

    private func carryOut(_ call: Mesos_V1_Scheduler_Call) {
        switch call.type {
        case .accept: accept(call.accept)
        case .decline: for id in call.decline.offerIds { close(id.value, seconds: call.decline.filters.refuseSeconds) }
        case .revive:
            wantsOffers = true
            for node in nodes { node.refused = nil }
        case .suppress: wantsOffers = false
        case .kill: kill(call.kill.taskID.value)
        case .acknowledge: acknowledge(call.acknowledge)
        case .reconcile: reconcile(call.reconcile)
        default: world.fail("calls", "the scheduler makes the call \(call.type)")
        }
        allocate()
    }

    // MARK: Offers

    private func close(_ id: String, seconds: Double) {
        guard let node = offers.removeValue(forKey: id) else { return }
        node.hasOffer = false
        let length = Int64(seconds * 1e9)
        node.refused = (world.now + length, node.free.cpus)
        world.after(length) { [self] in allocate() }
    }

    private func allocate() {
        guard !isAllocating else { return }
        isAllocating = true
        world.after(1 * .millisecond) { [self] in
            isAllocating = false
            offer()
        }
    }

    private func offer() {
        guard isUp, session != nil, wantsOffers else { return }
        var made: [Mesos_V1_Offer] = []
        for node in nodes where node.isReachable && !node.isRetired && !node.hasOffer {
            let free = node.free
            if let refused = node.refused, refused.until > world.now, free.cpus <= refused.cpus + 1e-9 { continue }
            guard free.cpus > 0.01, free.mem > 1 else { continue }
            let id = "offer-\(nextOffer)"
            nextOffer += 1
            node.hasOffer = true
            offers[id] = node
            made.append(Mesos_V1_Offer(id: id, node, cpus: free.cpus, mem: free.mem))
        }
        if !made.isEmpty { tell(.offered(made)) }
    }

    private func accept(_ accept: Mesos_V1_Scheduler_Call.Accept) {
        let node = accept.offerIds.first.flatMap { offers[$0.value] }
        for task in accept.operations.flatMap(\.launch.taskInfos) {
            guard let node, node.isReachable else {
                tell(.updated(status(task.taskID.value, task.agentID.value, .taskDropped, "the offer is no longer valid")))
                continue
            }
            launch(ModelTask(task), on: node)
        }
        for id in accept.offerIds { close(id.value, seconds: accept.filters.refuseSeconds) }
    }

    // MARK: Tasks

    private func launch(_ task: ModelTask, on node: ModelNode) {
        count("launches")
        world.note(task.id, 20, text: "is launched on \(node.id)")
        if nodes.contains(where: { $0.tasks[task.id] != nil }) { return world.fail("one-task", "\(task.id) is launched twice") }
        node.tasks[task.id] = task
        let free = node.free
        if free.cpus < -1e-6 || free.mem < -1e-6 { world.fail("resources", "\(node.id) has been given more than it has by \(task.id)") }
        let boot = node.boot
        world.after(node.isSlow ? world.draw(1 * .second...30 * .second) : world.draw(1 * .millisecond...200 * .millisecond)) { [self] in
            guard node.isUp, node.boot == boot, !node.isCut else {
                count("launches lost on their way")
                task.isLost = true
                if node.isReachable { drop(task, node) }
                return
            }
            guard !task.isOver else { return }
            task.isStarted = true
            world.note(task.id, 21, text: "starts on \(node.id)")
            onStart(task.id, node)
            update(task, node, .taskRunning, "")
            let (length, state) = fate(task.id)
            world.after(length) { [self] in
                guard node.isUp, node.boot == boot, !task.isOver else { return }
                end(task, node, state, state == .taskFinished ? "Command exited with status 0" : "Command exited with status 1")
            }
        }
    }

    private func end(_ task: ModelTask, _ node: ModelNode, _ state: Mesos_V1_TaskState, _ message: String) {
        task.isOver = true
        world.note(task.id, 22, text: "ends as \(state) on \(node.id)")
        onEnd(task.id, node, state)
        update(task, node, state, message)
        allocate()
    }

    private func kill(_ id: String) {
        guard let node = nodes.first(where: { $0.tasks[id] != nil }), let task = node.tasks[id], node.isReachable, !task.isOver, !task.isLost else {
            return
        }
        count("kills")
        end(task, node, .taskKilled, "killed")
    }

    // MARK: Updates

    private func status(_ task: String, _ node: String, _ state: Mesos_V1_TaskState, _ message: String) -> Mesos_V1_TaskStatus {
        var status = Mesos_V1_TaskStatus()
        status.taskID.value = task
        status.agentID.value = node
        status.state = state
        status.message = message
        return status
    }

    private func update(_ task: ModelTask, _ node: ModelNode, _ state: Mesos_V1_TaskState, _ message: String) {
        var status = status(task.id, node.id, state, message)
        withUnsafeBytes(of: (nextUpdate, nextUpdate)) { status.uuid.append(contentsOf: $0) }
        nextUpdate += 1
        task.state = state
        task.updates.append(status)
        deliver(task, node)
    }

    /// Sends a task's oldest update, again and again.
    private func deliver(_ task: ModelTask, _ node: ModelNode) {
        guard !task.isSending, let first = task.updates.first, node.isReachable, session != nil else { return }
        task.isSending = true
        count("updates sent")
        if lossOfUpdates > 0, world.oneIn(lossOfUpdates) { count("updates lost") } else { tell(.updated(first)) }
        if neverRepeats {
            task.updates.removeFirst()
            task.isSending = false
            if task.updates.isEmpty, task.isOver { node.tasks[task.id] = nil } else { deliver(task, node) }
            return
        }
        world.after(world.draw(5 * .second...15 * .second)) { [self] in
            guard task.updates.first?.uuid == first.uuid else { return }
            task.isSending = false
            deliver(task, node)
        }
    }

    private func acknowledge(_ call: Mesos_V1_Scheduler_Call.Acknowledge) {
        guard let node = nodes.first(where: { $0.id == call.agentID.value }), let task = node.tasks[call.taskID.value], node.isReachable,
            let first = task.updates.first, first.uuid == call.uuid
        else { return count("late acknowledgements") }
        task.updates.removeFirst()
        task.isSending = false
        onAcknowledged(task.id, first.state)
        if task.updates.isEmpty, task.isOver { node.tasks[task.id] = nil } else { deliver(task, node) }
    }

    private func tasks(of node: ModelNode) -> [ModelTask] { node.tasks.values.sorted { $0.id < $1.id } }

    /// Whether a task is over in this state.
    static func isTerminal(_ state: Mesos_V1_TaskState) -> Bool {
        switch state {
        case .taskFinished, .taskFailed, .taskKilled, .taskError, .taskLost, .taskDropped, .taskGone, .taskGoneByOperator: true
        default: false
        }
    }

    // MARK: Reconciliation

    private func reconcile(_ call: Mesos_V1_Scheduler_Call.Reconcile) {
        count("reconciliations")
        guard !call.tasks.isEmpty else {
            for node in nodes { for task in tasks(of: node) where task.isKnown { tell(.updated(answer(task, node))) } }
            return
        }
        for asked in call.tasks {
            let id = asked.taskID.value
            guard let node = nodes.first(where: { $0.id == asked.agentID.value }) else {
                tell(.updated(status(id, asked.agentID.value, .taskUnknown, "")))
                continue
            }
            if let task = node.tasks[id], task.isKnown {
                tell(.updated(answer(task, node)))
            } else if node.isRetired {
                tell(.updated(status(id, node.id, .taskGoneByOperator, "")))
            } else if node.isRegistered {
                tell(.updated(status(id, node.id, .taskGone, "the agent doesn't have it")))
            }
            // Of an agent that isn't back yet nothing is said.
        }
    }

    private func answer(_ task: ModelTask, _ node: ModelNode) -> Mesos_V1_TaskStatus {
        var status = status(task.id, node.id, node.isGivenUp ? .taskUnreachable : task.state, "")
        status.reason = .reconciliation
        return status
    }

    // MARK: What may befall it

    /// The master dies; the next one knows of no task until its agents are back.
    func fail(for length: Int64) {
        guard isUp else { return }
        count("ends of masters")
        world.note("master", 25, text: "ends")
        hangUp()
        isUp = false
        for node in nodes {
            node.isRegistered = false
            for task in node.tasks.values { task.isKnown = false }
        }
        world.after(length) { [self] in
            isUp = true
            for node in nodes { world.after(world.draw(50 * .millisecond...20 * .second)) { [self] in returned(node) } }
        }
    }

    func cut(_ node: ModelNode, for length: Int64) {
        guard node.isUp, !node.isCut else { return }
        count("nodes cut off")
        world.note(node.id, 23, text: "is cut off for \(length / .second) s")
        node.isCut = true
        silent(node)
        world.after(length) { [self] in
            node.isCut = false
            returned(node)
        }
    }

    /// The machine is switched off, with all that runs on it.
    func powerOff(_ node: ModelNode, for length: Int64) {
        guard node.isUp, !node.isRetired else { return }
        count("nodes switched off")
        world.note(node.id, 24, text: "is switched off for \(length / .second) s")
        node.isUp = false
        silent(node)
        let isLast = length > 3_600 * .second && nodes.count(where: { !$0.isRetired }) > 1
        world.after(isLast ? 3_600 * .second : length) { [self] in
            if isLast { return retire(node) }
            node.isUp = true
            node.boot += 1
            // Its agent finds in its books what ran before, and that nothing does now.
            for task in tasks(of: node) where !task.isOver && task.isStarted { end(task, node, .taskFailed, "the machine was restarted") }
            returned(node)
        }
    }

    private func silent(_ node: ModelNode) {
        node.silentSince = world.now
        let since = world.now
        for (id, other) in offers where other === node { offers[id] = nil }
        node.hasOffer = false
        world.after(5 * .second) { [self] in
            guard node.silentSince == since, isUp, node.isRegistered else { return }
            count("nodes given up")
            node.isGivenUp = true
            for task in tasks(of: node) where task.isKnown { tell(.updated(status(task.id, node.id, .taskUnreachable, ""))) }
        }
    }

    private func returned(_ node: ModelNode) {
        guard isUp, node.isUp, !node.isCut, !node.isRetired else { return }
        let wasGivenUp = node.isGivenUp
        (node.silentSince, node.isGivenUp, node.isRegistered) = (nil, false, true)
        for task in tasks(of: node) {
            if task.isLost, !task.isOver {
                drop(task, node)
                continue
            }
            task.isKnown = true
            if wasGivenUp, !task.isOver { tell(.updated(status(task.id, node.id, .taskRunning, ""))) }
            task.isSending = false
            deliver(task, node)
        }
        allocate()
    }

    private func drop(_ task: ModelTask, _ node: ModelNode) {
        node.tasks[task.id] = nil
        if task.isKnown { tell(.updated(status(task.id, node.id, .taskDropped, "the agent never heard of it"))) }
        allocate()
    }

    private func retire(_ node: ModelNode) {
        count("nodes retired")
        node.isRetired = true
        for task in tasks(of: node) where task.isKnown { tell(.updated(status(task.id, node.id, .taskGoneByOperator, ""))) }
        for task in tasks(of: node) { task.isOver ? onForgotten(task.id, task.state) : onEnd(task.id, node, .taskGoneByOperator) }
        node.tasks = [:]
        add(nodes.count)
    }
}

extension Mesos_V1_Offer {
    fileprivate init(id: String, _ node: ModelNode, cpus: Double, mem: Double) {
        self.init()
        self.id.value = id
        agentID.value = node.id
        hostname = node.host
        frameworkID.value = "framework"
        allocationInfo.role = "*"
        resources = [("cpus", cpus), ("mem", mem), ("disk", 1_000_000)].map { name, amount in
            var resource = Mesos_V1_Resource()
            resource.name = name
            resource.type = .scalar
            resource.scalar.value = amount
            return resource
        }
    }
}
