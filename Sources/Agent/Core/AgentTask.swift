package import Machine
package import MesosAPI

/// A task in the agent's books.
///
/// preparing (sandbox, files) → launching (the launcher was asked) → running → ended (terminal update not acknowledged) → gone.
/// After a start of the agent: recovering, until the launcher has said what is there; from there to any of the others.
package struct AgentTask: Sendable {
    package enum Phase: UInt8, Sendable, Hashable { case preparing, launching, running, ended, recovering }

    package let framework: Handle<Framework>
    package let plan: TaskPlan
    package let container: String
    /// TaskInfo as the framework sent it; empty for a task that we only know by name.
    package let info: [UInt8]
    package internal(set) var phase: Phase
    package internal(set) var stream = UpdateStream()
    /// Why the task is being killed.
    package internal(set) var kill: Kill?
    /// The monitor's process id; 0 before the launch.
    package internal(set) var pid: UInt32 = 0
    /// When it was launched; nanoseconds since 1970, 0 before that.
    package internal(set) var started: Int64 = 0
    package internal(set) var health: HealthMonitor?
    package internal(set) var check: CheckMonitor?
    package internal(set) var isHealthy: Bool?
    /// On the monotonic clock.
    var completionAt: Int64?

    package var id: String { plan.taskID }
    package var state: Mesos_V1_TaskState { stream.latest?.state ?? .taskStaging }
    /// Named by the master only: nothing of it has ever been here.
    package var isGhost: Bool { info.isEmpty }

    init(framework: Handle<Framework>, plan: TaskPlan, container: String, info: [UInt8], phase: Phase) {
        self.framework = framework
        self.plan = plan
        self.container = container
        self.info = info
        self.phase = phase
        health = plan.health
        check = plan.check
    }
}

/// A kill on its way: TERM, then after the grace period KILL of all of the container.
package struct Kill: Sendable, Hashable {
    package enum Reason: UInt8, Sendable, Hashable {
        /// The framework's KILL, or SHUTDOWN of the task's executor.
        case order
        case unhealthy
        case completionTime
        /// The framework is gone; nobody waits for updates.
        case frameworkGone
        case draining
        /// The agent itself ends, with its tasks.
        case agentStops
    }

    package var reason: Reason
    /// When it began, nanoseconds since 1970: a later, shorter grace counts from there.
    package let began: Int64
    /// Nanoseconds.
    package var grace: Int64
    /// On the monotonic clock; nil: KILL has been ordered.
    package var forceAt: Int64?
    /// The launcher has confirmed TERM.
    package var isSignalled = false
}

/// A framework with tasks here, or that had some.
package struct Framework: Sendable, Hashable {
    package let id: String
    /// FrameworkInfo as the master sent it last.
    package internal(set) var info: [UInt8]
    package internal(set) var name: String
    package internal(set) var user: String
    /// Wants TASK_DROPPED, TASK_GONE and so on instead of TASK_LOST.
    package internal(set) var isPartitionAware: Bool
    package internal(set) var wantsKilling: Bool
    /// As its tasks are told (MESOS_CHECKPOINT); all tasks survive the agent's restart, whether or not.
    package internal(set) var checkpoints: Bool
    package internal(set) var taskCount = 0
    /// Being shut down; gone with its last task.
    package internal(set) var isTerminating = false
    /// The newest ones last.
    package internal(set) var completed: [CompletedTask] = []

    init(id: String, info: Mesos_V1_FrameworkInfo, bytes: [UInt8]) {
        self.id = id
        self.info = bytes
        name = info.name
        user = info.user
        isPartitionAware = info.capabilities.contains { $0.type == .partitionAware }
        checkpoints = info.checkpoint
        wantsKilling = info.capabilities.contains { $0.type == .taskKillingState }
    }
}

/// What stays of a task for those who look.
package struct CompletedTask: Sendable, Hashable {
    package let taskID: String
    package let container: String
    package let info: [UInt8]
    package let status: [UInt8]
    package let state: Mesos_V1_TaskState
}
