/// All that can be said to an agent when it is started. Names as Mesos 1.11 docs/configuration/agent.md has them, where it has them.
package struct AgentSettings: Sendable {
    /// `host:port` of the masters; tried in turn.
    package var masters: [String] = ["127.0.0.1:5050"]
    /// The numeric address to listen on.
    package var ip = "127.0.0.1"
    /// 0 lets the system choose.
    package var port = 5_051
    /// What masters and tasks are told instead of `ip`; needed where `ip` is 0.0.0.0 and the host's name doesn't resolve.
    package var advertisedIP: String?
    /// The host's own name if nil. Several agents of one machine may each be given their own.
    package var hostname: String?
    /// Absolute; locked while the agent runs.
    package var workFolder = "/var/lib/agora/agent"
    /// `cpus:4;mem:1024`, or a JSON array of Resource; what is missing is found out. nil: all is found out.
    package var resources: String?
    /// `rack:abc;zone:west`.
    package var attributes: String?
    /// The role of resources that name none (`--default_role`).
    package var defaultRole = "*"
    /// The launcher's program; nil: `agora-launcher` beside our own executable.
    package var launcher: String?
    /// The cgroup root is `agora/<instance>`; [A-Za-z0-9_-]{1,64}. nil: made from the work folder.
    package var instance: String?
    /// Which cgroups the launcher uses.
    package var cgroups = Cgroups.automatic
    package var switchesUser = true
    /// CPU is limited to what tasks asked for (`--cgroups_enable_cfs`).
    package var limitsCPU = false
    /// Processes and threads of one task; nil: no limit.
    package var processLimit: UInt64?
    /// Namespaces of each container, as far as the machine has them.
    package var namespaces = ["pid", "ipc", "uts", "mount"]
    /// Given to each task, in order (`--executor_environment_variables`).
    package var environment: [(name: String, value: String)] = []
    /// Sandboxes go this long after their task, in seconds (`--gc_delay`).
    package var sandboxDelay = 7 * 86_400.0
    /// Seconds that executors have to end when their framework is removed.
    package var shutdownGrace = 5.0
    /// When told to stop, the agent kills its tasks first and removes its cgroups, instead of leaving them running.
    package var stopsTasks = false
    /// How long `stopsTasks` may take, in seconds.
    package var stopLimit = 30.0
    /// Inputs are recorded for `agora replay`.
    package var recordsInputs = true
    /// Facts and reads that may wait for the core; facts of the launcher and the master beyond it wait beside it, reads get 503.
    package var inboxCapacity = 65_536
    /// How long the master may be silent before the agent dials again, in seconds.
    package var masterSilence = 5.0
    /// For one download of the fetcher without a byte, in seconds (`--fetcher_stall_timeout`).
    package var fetcherStallTimeout = 60.0

    package enum Cgroups: String, Sendable, CaseIterable { case automatic, none, v1, v2 }

    package init() {}
}
