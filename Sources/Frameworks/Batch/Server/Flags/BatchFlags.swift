package import FrameworkServer

extension BatchSettings {
    /// Chronos 3.0's (docs/configuration.md).
    package static let flags = FlagTable(ChronosFlags.all, prefix: "CHRONOS_")
}

extension FlagSection {
    fileprivate static let api = Self("REST API")
    fileprivate static let mesos = Self("Mesos")
    fileprivate static let jobs = Self("Jobs")
    fileprivate static let notices = Self("Notifications")
    fileprivate static let storage = Self("Storage")
}

private enum ChronosFlags {
    /// All flags beside those that every server has, in the order of the help.
    static let all: [Flag<BatchSettings>] = api + mesos + jobs + notices + storage + withoutEffect + notServed

    private static let api: [Flag<BatchSettings>] = [
        .text("http_address", "address", .api, "the same as --ip") { $0.ip = $1 },
        .number("http_port", .api, "the same as --port") { $0.port = $1 },
        .text("http_credentials", "user:password", .api, "what every request must carry") { $0.httpCredentials = $1 },
        .text("webui_url", "url", .api, "what the master links to") { $0.webuiURL = $1 },
        .text("cluster_name", "name", .api, "what people call the cluster") { $0.clusterName = $1 },
        .number("job_history_limit", .api, "tasks that job/stat shows (default: 5)") { $0.jobHistoryLimit = $1 }
    ]

    private static let mesos: [Flag<BatchSettings>] = [
        .text("mesos_framework_name", "name", .mesos, "(default: chronos)") { $0.frameworkName = $1 },
        .text("mesos_role", "role", .mesos, "(default: *)") { $0.mesosRole = $1 },
        .text("mesos_authentication_principal", "name", .mesos, "for HTTP Basic authentication") { $0.principal = $1 },
        .file("mesos_authentication_secret_file", .mesos, "a file that holds its password") { $0.secret = $1 },
        .number("failover_timeout", .mesos, "s that tasks wait for it (default: 604800)") { $0.failoverTimeout = $1 },
        .toggle("mesos_checkpoint", .mesos, "tasks outlive their agent (default: on)") { $0.checkpoint = $1 },
        .number("reconciliation_interval", .mesos, "seconds (default: 600)") { $0.reconciliationInterval = $1 },
        .number("decline_offer_duration", .mesos, "milliseconds (default: 120000)") { $0.declineOfferDuration = $1 }
    ]

    private static let jobs: [Flag<BatchSettings>] = [
        .text("user", "name", .jobs, "of jobs that name none (default: root)") { $0.user = $1 },
        .decimal("mesos_task_cpu", .jobs, "of jobs that name none (default: 0.1)") { $0.taskCPU = $1 },
        .decimal("mesos_task_mem", .jobs, "MB (default: 128)") { $0.taskMem = $1 },
        .decimal("mesos_task_disk", .jobs, "MB (default: 256)") { $0.taskDisk = $1 },
        .number("failure_retry", .jobs, "ms until the next attempt (default: 60000)") { $0.failureRetry = $1 },
        .number("disable_after_failures", .jobs, "in a row; 0: never (default: 0)") { $0.disableAfterFailures = $1 }
    ]

    private static let notices: [Flag<BatchSettings>] = [
        .text("mail_server", "host:port", .notices, "sends mail to jobs' owners") { $0.channels.mailServer = $1 },
        .text("mail_from", "address", .notices, "the sender's address") { $0.channels.mailFrom = $1 },
        .text("mail_user", "name", .notices, "for the mail server") { $0.channels.mailUser = $1 },
        .text("mail_password", "text", .notices, "its password") { $0.channels.mailPassword = $1 },
        .file("mail_password_file", .notices, "a file that holds it") { $0.channels.mailPassword = $1 },
        .toggle("mail_ssl", .notices, "TLS from the first byte (default: off)") { $0.channels.isMailSecure = $1 },
        .text("slack_url", "url", .notices, "an incoming webhook") { $0.channels.slackURL = $1 },
        .text("mattermost_url", "url", .notices, "an incoming webhook") { $0.channels.mattermostURL = $1 },
        .text("http_notification_url", "url", .notices, "gets each notice as JSON") { $0.channels.callbackURL = $1 },
        .text("http_notification_credentials", "user:password", .notices, "for that address") { $0.channels.callbackCredentials = $1 },
        .number("notification_age", .notices, "s until one is given up (default: 3600)") { $0.notificationAge = $1 }
    ]

    private static let storage: [Flag<BatchSettings>] = [
        .toggle("in_memory", .storage, "forget everything at the end (default: off)") { $0.isInMemory = $1 },
        .number("runs_kept", .storage, "ended runs of a job (default: 20)") { $0.runsKept = $1 },
        .number("run_days_kept", .storage, "days that they are kept (default: 30)") { $0.runDaysKept = $1 },
        .text("zone_info", "path", .storage, "the time zone database") { $0.zoneInfo = $1 }
    ]

    /// Old command lines go on to work: what these tune isn't there, or needs no tuning.
    private static let withoutEffect: [Flag<BatchSettings>] =
        [.ignored("revive_offers_for_new_jobs", takesValue: false), .ignored("mesos_authentication", takesValue: false)]
        + [
            "zk_hosts", "zk_path", "zk_timeout", "zk_auth", "leader_max_idle_time", "task_epsilon", "schedule_horizon",
            "min_revive_offers_interval", "graphite_host_port", "graphite_reporting_interval", "graphite_group_prefix", "logging_level",
            "cassandra_port", "cassandra_keyspace", "cassandra_table", "cassandra_stat_count_table", "cassandra_consistency", "cassandra_ttl"
        ].map { .ignored($0) }

    private static let notServed: [Flag<BatchSettings>] =
        [
            .refused("ssl_keystore_path", "TLS is not served yet"), .refused("ssl_keystore_password", "TLS is not served yet"),
            .refused("cassandra_contact_points", "runs are kept in the store; there is no Cassandra"),
            .refused("raven_dsn", "Sentry is not served; --http_notification_url reaches what can be reached by HTTP")
        ]
}
