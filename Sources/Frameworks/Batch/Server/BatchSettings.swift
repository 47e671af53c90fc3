import BatchCore
package import FrameworkServer

/// All configuration of a batch process, with Chronos 3.0's names and defaults where it has them (docs/configuration.md).
package struct BatchSettings: FrameworkServerSettings {
    package static let name = "batch"

    /// Port 4400 is what Chronos's packages set, its own default is 8080.
    package var framework = FrameworkSettings(frameworkName: "chronos", port: 4400, workDir: "/var/lib/agora/batch")
    /// Where the time zone database lies.
    package var zoneInfo = "/usr/share/zoneinfo"
    package var clusterName: String?
    var channels = Channels()
    /// `--notification_age`: seconds for which a notice is tried.
    package var notificationAge = 3_600
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
        if let problem = framework.problem { return problem }
        for (flag, amount) in [("mesos_task_cpu", taskCPU), ("mesos_task_mem", taskMem), ("mesos_task_disk", taskDisk)] where amount <= 0 {
            return "--\(flag) must be above 0"
        }
        return channels.problem
    }

    /// What the core needs to know.
    var configuration: Configuration {
        var configuration = Configuration()
        configuration.identity = framework.identity
        configuration.defaults.cpus = taskCPU
        configuration.defaults.mem = taskMem
        configuration.defaults.disk = taskDisk
        configuration.defaults.user = framework.user
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
