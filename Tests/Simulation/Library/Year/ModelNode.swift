import Machine
import MesosAPI

/// A machine with an agent, as a scheduler gets to know it through its master.
final class ModelNode {
    let id: String
    let host: String
    let cpus: Double
    let mem: Double
    /// Its agent runs; it doesn't while the machine is off.
    var isUp = true
    /// Nothing goes between it and the master.
    var isCut = false
    /// The master has heard of it since its own start.
    var isRegistered = true
    /// The master has said that its tasks can't be reached.
    var isGivenUp = false
    /// It will never come back, and an operator has said so.
    var isRetired = false
    /// Launches take long here.
    var isSlow = false
    /// Counts when it is switched on.
    var boot = 1
    /// Since when the master has heard nothing of it; world's time.
    var silentSince: Int64?
    /// By id, as they were launched. What is over stays until its last update is acknowledged.
    var tasks: [String: ModelTask] = [:]
    /// Until when what is free isn't offered, unless it is more than it was then; world's time.
    var refused: (until: Int64, cpus: Double)?
    var hasOffer = false

    init(id: String, host: String, cpus: Double, mem: Double) {
        (self.id, self.host, self.cpus, self.mem) = (id, host, cpus, mem)
    }

    var isReachable: Bool { isUp && !isCut && isRegistered }

    /// What the master takes to be free.
    var free: (cpus: Double, mem: Double) {
        tasks.values.reduce((cpus, mem)) { $1.isOver ? $0 : ($0.0 - $1.cpus, $0.1 - $1.mem) }
    }
}

/// A task on a node.
final class ModelTask {
    let id: String
    let cpus: Double
    let mem: Double
    /// It has begun to run.
    var isStarted = false
    var isOver = false
    /// The launch was lost on its way to the agent.
    var isLost = false
    /// The master has heard of it since its own start.
    var isKnown = true
    var state = Mesos_V1_TaskState.taskStaging
    /// What the scheduler has not acknowledged, the oldest first.
    var updates: [Mesos_V1_TaskStatus] = []
    /// An update is on its way, or will be sent again.
    var isSending = false

    init(_ info: Mesos_V1_TaskInfo) {
        id = info.taskID.value
        func amount(_ name: String) -> Double { info.resources.reduce(0) { $1.name == name ? $0 + $1.scalar.value : $0 } }
        (cpus, mem) = (amount("cpus"), amount("mem"))
    }
}
