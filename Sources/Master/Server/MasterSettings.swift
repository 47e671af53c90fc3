package import MasterCore

/// All that a master is configured with. The names of the flags that set it are Command's business; `flags` is what `/flags` shows.
/// Specified by Mesos 1.11 docs/configuration/master.md.
package struct MasterSettings: Sendable {
    /// The numeric address to listen on.
    package var ip = "127.0.0.1"
    /// 0 lets the system choose.
    package var port = 5050
    /// How others call this machine; nil: by the address.
    package var hostname: String?
    /// Where others reach it; nil: where it listens.
    package var advertisedIP: String?
    package var advertisedPort: Int?
    /// Holds `state.db`, `recordings/` and `lock`.
    package var workFolder = "/var/lib/agora/master"
    /// Nothing is kept across restarts; no work folder is used.
    package var isInMemory = false
    package var cluster: String?
    /// Inputs are recorded for `agora replay`.
    package var records = true
    /// What decides.
    package var kernel = Kernel.Settings()
    /// Further flags and their values, as `/flags` and `/state` show them.
    package var flags: [String: String] = [:]
    package var maximumConnections = 65_536
    /// Calls and reports that may wait for the core; further calls are answered with 503.
    package var inboxCapacity = 65_536

    package init() {}
}
