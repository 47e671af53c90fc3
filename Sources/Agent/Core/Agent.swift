internal import AgoraAPI
package import Machine
internal import MesosAPI
internal import OrderedCollections

/// The agent: takes tasks from the master, has the launcher run them, and tells how they fare until the framework has acknowledged it.
///
/// It never starts a task of which its store doesn't know, and never a container twice. It does not know how a process is started,
/// how the master is reached, or what resources the machine has: the shell around it does.
/// Specified by Mesos 1.11 docs/scheduler-http-api.md, docs/agent-recovery.md and docs/health-checks.md.
package struct Agent: StateMachine {
    package static let wake = Input.woken

    struct TaskName: Hashable {
        let framework: String
        let task: String
    }

    enum Timer: Sendable, Hashable {
        case retry(Handle<AgentTask>), force(Handle<AgentTask>), completion(Handle<AgentTask>), probe(Handle<AgentTask>, Probe.Kind)
        case link
        case sandbox(String)
    }

    /// Frameworks without tasks that are remembered, and tasks of each framework (the originals' limits).
    static let completedFrameworkLimit = 50
    static let completedTaskLimit = 150

    package internal(set) var rules = Rules()
    /// Given by the master, for good; nil before the first subscription.
    package internal(set) var agentID: String?
    /// The highest epoch of a master that was obeyed.
    package internal(set) var epoch: UInt64 = 0
    package internal(set) var bootID = ""
    package internal(set) var abilities = Abilities()
    package internal(set) var tasks = Table<AgentTask>()
    package internal(set) var frameworks = Table<Framework>()
    package internal(set) var completedFrameworks: [Framework] = []
    package internal(set) var link = Link()
    package internal(set) var tally = Tally()
    package internal(set) var drain: Drain?
    var random = RandomBits(seed: [])
    var byContainer: [String: Handle<AgentTask>] = [:]
    var byName: [TaskName: Handle<AgentTask>] = [:]
    var byFramework: [String: Handle<Framework>] = [:]
    var sandboxes: OrderedDictionary<String, SavedSandbox> = [:]
    var deadlines = Deadlines<Timer>()
    var orderedWake: Int64?
    /// The launcher is there and has said what runs.
    var isLauncherUp = false
    /// The process is to end once no task is left.
    var isStopping = false
    /// It has been said that the process may end.
    var hasStopped = false
    /// A master wants this agent no more: all tasks are killed, then it begins anew.
    var isForgetting = false

    package init() {}

    package mutating func handle(_ input: Input, at moment: Moment) -> [Effect] {
        var effects: [Effect] = []
        switch input {
        case .started(let started): start(started, moment, &effects)
        case .woken: wake(moment, &effects)
        case .linkOpened(let number): linkOpened(number, moment, &effects)
        case .linkClosed(let number, let reason): linkClosed(number, reason, moment, &effects)
        case .master(let number, let record): take(record, of: number, moment, &effects)
        case .launcherReady(let abilities, let reports): launcherReady(abilities, reports, moment, &effects)
        case .prepared(let container, let failure): prepared(container, failure, moment, &effects)
        case .launched(let container, let outcome): launched(container, outcome, moment, &effects)
        case .signalled(let container): signalled(container)
        case .exited(let container, let end): exited(container, end, moment, &effects)
        case .probed(let container, let kind, let number, let result): probed(container, kind, number, result, moment, &effects)
        case .pruned(let container): pruned(container, &effects)
        case .stopping(let killsTasks): stop(killsTasks: killsTasks, moment, &effects)
        }
        orderWake(&effects)
        return effects
    }

    /// One wake is ordered at a time, for the earliest deadline.
    private mutating func orderWake(_ effects: inout [Effect]) {
        if deadlines.count > 1_024, deadlines.count > 8 * tasks.count + 2 * sandboxes.count { shedDeadlines() }
        guard let earliest = deadlines.earliest, earliest != orderedWake else { return }
        orderedWake = earliest
        effects.append(.wake(at: earliest))
    }

    private mutating func shedDeadlines() {
        let agent = self
        deadlines.keep { agent.time(of: $0.subject) == $0.time }
    }

    /// When this timer is to go off now; nil: not at all.
    func time(of timer: Timer) -> Int64? {
        switch timer {
        case .retry(let handle): tasks.contains(handle) ? tasks[handle].stream.retryAt : nil
        case .force(let handle): tasks.contains(handle) ? tasks[handle].kill?.forceAt : nil
        case .completion(let handle): tasks.contains(handle) ? tasks[handle].completionAt : nil
        case .probe(let handle, let kind): tasks.contains(handle) ? nextProbe(handle, kind) : nil
        case .link: link.timerAt
        // Asked for rarely; a stale one costs nothing.
        case .sandbox: nil
        }
    }

    private func nextProbe(_ handle: Handle<AgentTask>, _ kind: Probe.Kind) -> Int64? {
        switch kind {
        case .health: tasks[handle].health?.schedule.nextAt
        case .check: tasks[handle].check?.schedule.nextAt
        }
    }

    private mutating func wake(_ now: Moment, _ effects: inout [Effect]) {
        orderedWake = nil
        while let entry = deadlines.due(now.monotonic) {
            if case .sandbox(let container) = entry.subject {
                prune(container, &effects)
                continue
            }
            guard time(of: entry.subject) == entry.time else { continue }
            switch entry.subject {
            case .retry(let handle):
                perform(tasks[handle].stream.retry(isLinked: link.isUp, at: now.monotonic), handle, now, &effects)
            case .force(let handle): force(handle, &effects)
            case .completion(let handle): completionTimeReached(handle, now, &effects)
            case .probe(let handle, let kind): startProbe(handle, kind, now, &effects)
            case .link: linkTimer(now, &effects)
            case .sandbox: break
            }
        }
    }

    /// Its tasks, by handle.
    func tasks(of framework: Handle<Framework>) -> [Handle<AgentTask>] {
        var result: [Handle<AgentTask>] = []
        tasks.forEach { handle, task in if task.framework == framework { result.append(handle) } }
        return result
    }
}

/// What an agent has counted since its start.
package struct Tally: Sendable, Hashable {
    /// Terminal states, by the number of the state on the wire.
    package internal(set) var ended = [Int](repeating: 0, count: 16)
    package internal(set) var launchErrors = 0
    package internal(set) var invalidAcknowledgements = 0
    package internal(set) var registrations = 0
    package internal(set) var removedSandboxes = 0
}

/// A master has asked for the agent to be emptied.
package struct Drain: Sendable, Hashable {
    /// DrainConfig as it came.
    package let config: [UInt8]
    /// Nanoseconds; nil: each task's own.
    package let grace: Int64?
}
