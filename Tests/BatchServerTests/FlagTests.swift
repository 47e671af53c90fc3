import BatchCore
import FrameworkServer
import Testing

@testable import BatchServer

/// Chronos's flags and variables.
struct FlagTests {
    private func settings(_ arguments: String..., environment: [String: String] = [:]) throws -> BatchSettings {
        var settings = BatchSettings()
        try BatchSettings.flags.apply(environment: environment, to: &settings)
        try BatchSettings.flags.apply(arguments, to: &settings)
        return settings
    }

    @Test func `flags are taken in snake case and with dashes, and as variables`() throws {
        let taken = try settings(
            "--http_port", "4401", "--mesos-task-cpu=0.5", "--mesos_task_mem", "64", "--failure_retry", "5000", "--disable_after_failures", "3",
            "--mesos_framework_name", "c", "--mesos_role", "jobs", "--user", "nobody", "--zk_hosts", "zk://x", "--disable_mesos_checkpoint",
            "--job_history_limit", "9", "--revive_offers_for_new_jobs", "--task_epsilon", "60",
            environment: ["CHRONOS_USER": "me", "CHRONOS_JOB_NAME": "x"])
        #expect(taken.port == 4401 && taken.taskCPU == 0.5 && taken.taskMem == 64 && taken.failureRetry == 5_000 && taken.user == "nobody")
        #expect(taken.frameworkName == "c" && taken.mesosRole == "jobs" && !taken.checkpoint && taken.jobHistoryLimit == 9)
        #expect(taken.configuration.disableAfterFailures == 3 && taken.configuration.defaults.user == "nobody")
        #expect(try settings(environment: ["CHRONOS_USER": "me"]).user == "me")
    }

    @Test(arguments: [
        (["--nonsense"], "unknown option '--nonsense'"), (["--mesos_task_cpu", "x"], "--mesos_task_cpu must be a number from 0, not 'x'"),
        (["--raven_dsn", "x"], "--raven_dsn: Sentry is not served; --http_notification_url reaches what can be reached by HTTP"),
        (["--cassandra_contact_points", "x"], "--cassandra_contact_points: runs are kept in the store; there is no Cassandra")
    ])
    func `what can't be used is named`(_ arguments: [String], _ text: String) {
        var settings = BatchSettings()
        let error = #expect(throws: SettingsError.self) { try BatchSettings.flags.apply(arguments, to: &settings) }
        #expect(error?.description == text)
    }

    @Test func `the help shows each flag once, in lines that fit`() {
        let lines = BatchSettings.flags.help.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines { #expect(line.utf8.count <= 80, "\(line)") }
        for section in BatchSettings.flags.sections { #expect(lines.contains("\(section.title.uppercased()):")) }
        #expect(Set(BatchSettings.flags.flags.map(\.name)).count == BatchSettings.flags.flags.count)
    }
}
