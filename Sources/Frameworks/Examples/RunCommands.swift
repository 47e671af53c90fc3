import ArgumentParser
import Logging
import MesosAPI
import Scheduling
import Synchronization

/// A whole framework: runs a command so many times, as fast as the cluster's offers allow, and says how long that took.
@main
struct RunCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agora-example", abstract: "Runs a command a number of times and prints the throughput.")

    @Option(help: "Where a master listens; several are separated by commas.")
    var master = "127.0.0.1:5050"
    @Option(help: "The shell command of each task.")
    var command = "true"
    @Option(help: "How many tasks to run.")
    var count = 10
    @Option(help: "CPUs of a task.")
    var cpus = 0.01
    @Option(help: "Memory of a task in MB.")
    var mem = 8.0
    @Option(help: "The role whose resources are used.")
    var role = "*"

    func run() async throws {
        var framework = Mesos_V1_FrameworkInfo()
        framework.user = "root"
        framework.name = "example: \(command)"
        framework.roles = [role]
        framework.capabilities = [.of(.multiRole), .of(.partitionAware)]
        let masters = master.split(separator: ",").map(String.init)
        var logger = Logger(label: "example")
        logger.logLevel = .warning
        let client = SchedulerClient(SchedulerSettings(masters: masters, framework: framework), logger: logger)
        let tasks = Tasks(command: command, count: count, cpus: cpus, mem: mem)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (done, finish) = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                try await client.run { event in
                    if tasks.handle(event, client) { finish.finish() }
                }
            }
            group.addTask { for await _ in done {} }
            try await group.next()
            client.teardown()
            group.cancelAll()
        }
        tasks.report()
    }
}

/// The list of tasks, as one event after the other changes it.
private final class Tasks: Sendable {
    private let list: Mutex<TaskList>

    init(command: String, count: Int, cpus: Double, mem: Double) {
        list = Mutex(TaskList(command: command, count: count, cpus: cpus, mem: mem))
    }

    func handle(_ event: SchedulerEvent, _ client: SchedulerClient) -> Bool { list.withLock { $0.handle(event, client) } }
    func report() { list.withLock { $0.report() } }
}

/// Which tasks have been launched and which have ended.
private struct TaskList: Sendable {
    let command: String
    let count: Int
    let cpus: Double
    let mem: Double
    private var launched = 0
    private var isRunning: Set<String> = []
    private var ends: [Mesos_V1_TaskState: Int] = [:]
    private let clock = ContinuousClock()
    private var first: ContinuousClock.Instant?
    private var last: ContinuousClock.Instant?

    init(command: String, count: Int, cpus: Double, mem: Double) {
        (self.command, self.count, self.cpus, self.mem) = (command, count, cpus, mem)
    }

    /// - Returns: whether all tasks have ended.
    mutating func handle(_ event: SchedulerEvent, _ client: SchedulerClient) -> Bool {
        switch event {
        case .subscribed(let id, _): print("subscribed as \(id.value)")
        case .offers(let offers): for offer in offers { use(offer, client) }
        case .update(let status):
            client.acknowledge(status)
            if status.state.isTerminal, isRunning.remove(status.taskID.value) != nil { ended(status) }
        case .disconnected(let reason): print("disconnected: \(reason)")
        default: break
        }
        return launched == count && isRunning.isEmpty
    }

    private mutating func use(_ offer: Mesos_V1_Offer, _ client: SchedulerClient) {
        let room = min(offer.amount(of: "cpus") / cpus, offer.amount(of: "mem") / mem) + 1e-6
        let tasks = (0..<min(count - launched, Int(min(room, 1e6)))).map { task(launched + $0, on: offer.agentID) }
        guard !tasks.isEmpty else {
            client.decline([offer.id], refuseSeconds: launched == count ? 3600 : 1)
            return
        }
        if first == nil { first = clock.now }
        launched += tasks.count
        isRunning.formUnion(tasks.map(\.taskID.value))
        client.launch(tasks, on: offer.id, refuseSeconds: launched == count ? 3600 : 0)
    }

    private func task(_ number: Int, on agent: Mesos_V1_AgentID) -> Mesos_V1_TaskInfo {
        var task = Mesos_V1_TaskInfo()
        task.name = "example"
        task.taskID = Mesos_V1_TaskID("example-\(number)")
        task.agentID = agent
        task.resources = [.scalar("cpus", cpus), .scalar("mem", mem)]
        task.command.value = command
        return task
    }

    private mutating func ended(_ status: Mesos_V1_TaskStatus) {
        ends[status.state, default: 0] += 1
        last = clock.now
        if status.state != .taskFinished { print("\(status.taskID.value): \(status.state) \(status.message)") }
    }

    func report() {
        guard let first, let last else { return }
        let seconds = first.duration(to: last) / .seconds(1)
        print("\(count) tasks in \(seconds) s: \(Double(count) / seconds) a second")
        for (state, number) in ends.sorted(by: { $0.key.rawValue < $1.key.rawValue }) { print("\(state): \(number)") }
    }
}
