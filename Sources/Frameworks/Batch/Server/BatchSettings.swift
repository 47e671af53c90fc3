import BatchCore
import FrameworkServer

/// All configuration of a batch process, with Chronos 3.0's names and defaults where it has them (docs/configuration.md).
package struct BatchSettings: Sendable {
    /// `--master`: `host:port` or `http(s)://host:port`; several are separated by commas.
    package var master = "127.0.0.1:5050"
    package var ip = "127.0.0.1"
    /// `--http_port`; 4400 is what Chronos's packages set, its own default is 8080.
    package var port = 4400
    /// What is advertised: to the master, and by `/leader`.
    package var hostname = "localhost"
    package var workDir = "/var/lib/agora/batch"
    /// State is forgotten with the process.
    package var isInMemory = false
    /// Where the time zone database lies.
    package var zoneInfo = "/usr/share/zoneinfo"
    package var principal: String?
    package var secret: String?
    /// `user:password` that every request must carry.
    package var httpCredentials: String?
    package var frameworkName = "chronos"
    package var mesosRole = "*"
    package var user = "root"
    package var webuiURL: String?
    package var clusterName: String?
    var channels = Channels()
    /// `--notification_age`: seconds for which a notice is tried.
    package var notificationAge = 3_600
    package var checkpoint = true
    /// Seconds.
    package var failoverTimeout = 604_800
    package var taskCPU = 0.1
    /// MB, as is `taskDisk`.
    package var taskMem = 128.0
    package var taskDisk = 256.0
    /// Milliseconds.
    package var failureRetry = 60_000
    package var disableAfterFailures = 0
    /// Seconds.
    package var reconciliationInterval = 600
    /// Milliseconds.
    package var declineOfferDuration = 120_000
    /// `--job_history_limit`: how many tasks `job/stat` shows.
    package var jobHistoryLimit = 5
    /// How many ended runs of a job are kept, and for how many days.
    package var runsKept = 20
    package var runDaysKept = 30

    package init() {}

    /// Why these settings can't be used, in one line; nil if they can.
    package var problem: String? {
        for name in master.split(separator: ",") where name.contains("://") && !name.contains("http://") && !name.contains("https://") {
            return "--master: '\(name)' can't be followed (there is no ZooKeeper); name the masters themselves, host:port"
        }
        for (flag, amount) in [("mesos_task_cpu", taskCPU), ("mesos_task_mem", taskMem), ("mesos_task_disk", taskDisk)] where amount <= 0 {
            return "--\(flag) must be above 0"
        }
        if let httpCredentials, !httpCredentials.contains(":") { return "--http_credentials must be user:password" }
        return channels.problem
    }

    /// What the core needs to know.
    var configuration: Configuration {
        var configuration = Configuration()
        configuration.frameworkName = frameworkName
        configuration.role = mesosRole
        configuration.user = user
        configuration.principal = principal
        configuration.hostname = hostname
        configuration.webuiURL = webuiURL ?? "http://\(hostname):\(port)"
        configuration.checkpoint = checkpoint
        configuration.failoverTimeout = Double(failoverTimeout)
        configuration.defaults.cpus = taskCPU
        configuration.defaults.mem = taskMem
        configuration.defaults.disk = taskDisk
        configuration.defaults.user = user
        configuration.retryDelay = Int64(failureRetry)
        configuration.disableAfterFailures = Int64(disableAfterFailures)
        configuration.declineSeconds = Double(declineOfferDuration) / 1000
        configuration.reconciliationInterval = Int64(reconciliationInterval) * 1_000_000_000
        configuration.history = runsKept
        configuration.historyAge = Int64(runDaysKept) * 86_400_000
        configuration.notices.channels = channels.all
        configuration.notices.clusterName = clusterName
        configuration.notices.age = Int64(notificationAge) * 1_000
        return configuration
    }
}
