package import FrameworkServer

extension ServicesSettings {
    /// Marathon 1.11's (docs/command-line-flags.md). Variables that begin with `MARATHON_APP_` are of an app of another Marathon.
    package static let flags = FlagTable(
        MarathonFlags.all, prefix: "MARATHON_", otherVariables: ["http_credentials": "MESOSPHERE_HTTP_CREDENTIALS"])
}

extension FlagSection {
    fileprivate static let api = Self("REST API")
    fileprivate static let mesos = Self("Mesos")
    fileprivate static let apps = Self("Apps")
    fileprivate static let launching = Self("Launching")
    fileprivate static let storage = Self("Storage")
}

private enum MarathonFlags {
    /// All flags beside those that every server has, in the order of the help.
    static let all: [Flag<ServicesSettings>] = api + mesos + apps + launching + storage + withoutEffect + notServed

    private static let api: [Flag<ServicesSettings>] = [
        .text("http_address", "address", .api, "the same as --ip") { $0.ip = $1 },
        .number("http_port", .api, "the same as --port") { $0.port = $1 },
        .toggle("http_compression", .api, "compress answers (default: on)") { $0.httpCompression = $1 },
        .number("http_max_concurrent_requests", .api, "more are answered with 503 (default: any)") { $0.httpMaxConcurrentRequests = $1 },
        .text("http_credentials", "user:password", .api, "what every request must carry") { $0.httpCredentials = $1 },
        .text("http_realm", "name", .api, "the realm of these (default: Mesosphere)") { $0.httpRealm = $1 },
        .list("access_control_allow_origin", "origins", .api, "for CORS, separated by commas") { $0.accessControlAllowOrigin = $1 },
        .number("event_stream_max_outstanding_messages", .api, "for one listener (default: 1024)") {
            $0.eventStreamMaxOutstandingMessages = $1
        },
        .text("webui_url", "url", .api, "what the master links to") { $0.webuiURL = $1 },
        .text("mesos_leader_ui_url", "url", .api, "shown by /v2/info") { $0.mesosLeaderUIURL = $1 }
    ]

    private static let mesos: [Flag<ServicesSettings>] = [
        .text("framework_name", "name", .mesos, "(default: marathon)") { $0.frameworkName = $1 },
        .text("mesos_role", "role", .mesos, "of apps that name none (default: *)") { $0.mesosRole = $1 },
        .text("mesos_user", "user", .mesos, "of tasks that name none (default: root)") { $0.user = $1 },
        .text("mesos_authentication_principal", "name", .mesos, "for HTTP Basic authentication") { $0.principal = $1 },
        .text("mesos_authentication_secret", "secret", .mesos, "its password") { $0.secret = $1 },
        .file("mesos_authentication_secret_file", .mesos, "a file that holds it") { $0.secret = $1 },
        .number("failover_timeout", .mesos, "s that tasks wait for it (default: 604800)") { $0.failoverTimeout = $1 },
        .toggle("checkpoint", .mesos, "tasks outlive their agent (default: on)") { $0.checkpoint = $1 },
        .number("reconciliation_interval", .mesos, "milliseconds (default: 600000)") { $0.reconciliationInterval = $1 },
        .number("decline_offer_duration", .mesos, "milliseconds (default: 120000)") { $0.declineOfferDuration = $1 }
    ]

    private static let apps: [Flag<ServicesSettings>] = [
        .list("enable_features", "names", .apps, "of Marathon, such as vips or task_killing") { $0.features = $1 },
        .number("local_port_min", .apps, "the least service port (default: 10000)") { $0.localPortMin = $1 },
        .number("local_port_max", .apps, "the greatest service port (default: 20000)") { $0.localPortMax = $1 },
        .text("env_vars_prefix", "text", .apps, "before the variables of ports") { $0.envVarsPrefix = $1 },
        .text("default_network_name", "name", .apps, "of networks that are not named") { $0.defaultNetworkName = $1 },
        .text("mesos_bridge_name", "name", .apps, "(default: mesos-bridge)") { $0.mesosBridgeName = $1 },
        .text("accepted_resource_roles_default_behavior", "which", .apps, "any, unreserved or reserved (default: any)") {
            $0.acceptedResourceRolesDefaultBehavior = $1
        },
        .number("max_running_deployments", .apps, "more are answered with 403 (default: 100)") { $0.maxRunningDeployments = $1 },
        .number("max_concurrent_marathon_health_checks", .apps, "(default: 256)") { $0.maxConcurrentMarathonHealthChecks = $1 }
    ]

    private static let launching: [Flag<ServicesSettings>] = [
        .number("max_instances_per_offer", .launching, "0: as many as fit (default: 0)") { $0.maxInstancesPerOffer = $1 },
        .number("task_launch_timeout", .launching, "ms until TASK_RUNNING (default: 300000)") { $0.taskLaunchTimeout = $1 },
        .number("task_launch_confirm_timeout", .launching, "ms until any news (default: 300000)") { $0.taskLaunchConfirmTimeout = $1 },
        .number("kill_retry_timeout", .launching, "milliseconds (default: 30000)") { $0.killRetryTimeout = $1 }
    ]

    private static let storage: [Flag<ServicesSettings>] = [
        .toggle("in_memory", .storage, "forget everything at the end (default: off)") { $0.isInMemory = $1 },
        .number("zk_max_versions", .storage, "of apps and of the root group (default: 50)") { $0.maxVersions = $1 }
    ]

    /// Old command lines go on to work: what these tune isn't there, or needs no tuning.
    private static let withoutEffect: [Flag<ServicesSettings>] =
        [
            .number("launch_tokens", .launching, "") { $0.launchTokens = $1 }.hidden,
            .number("launch_token_refresh_interval", .launching, "") { $0.launchTokenRefreshInterval = $1 }.hidden,
            .number("min_revive_offers_interval", .launching, "") { $0.minReviveOffersInterval = $1 }.hidden,
            .ignored("ha", takesValue: false), .ignored("store_cache", takesValue: false), .ignored("suppress_offers", takesValue: false),
            .ignored("mesos_offer_constraints", takesValue: false), .ignored("mesos_authentication", takesValue: false),
            .ignored("zk_compression", takesValue: false), .ignored("maintenance_mode", takesValue: false),
            .ignored("metrics_prometheus", takesValue: false), .ignored("leader_proxy_ssl_ignore_hostname", takesValue: false)
        ]
        + [
            "zk", "zk_timeout", "zk_session_timeout", "zk_connection_timeout", "zk_compression_threshold", "zk_max_node_size",
            "storage_compaction_interval", "storage_compaction_scan_batch_size", "group_versions_cache_size", "executor",
            "reconciliation_initial_delay", "scale_apps_initial_delay", "scale_apps_interval", "task_lost_expunge_initial_delay",
            "task_lost_expunge_interval", "task_reservation_timeout", "offer_matching_timeout", "min_mesos_offer_constraints_update_interval",
            "on_elected_prepare_timeout", "graceful_shutdown_timeout", "leader_proxy_connection_timeout", "leader_proxy_read_timeout",
            "leader_proxy_max_open_connections", "https_address", "https_port", "draining_seconds", "gpu_scheduling_behavior",
            "deprecated_features", "kill_chunk_size", "mesos_heartbeat_interval", "mesos_heartbeat_failure_threshold", "logging_level"
        ].map { .ignored($0) }

    private static let notServed: [Flag<ServicesSettings>] = [
        .refused("disable_http", "there is nothing else than HTTP"), .refused("ssl_keystore_path", "TLS is not served yet"),
        .refused("ssl_keystore_password", "TLS is not served yet"), .refused("plugin_dir", "plugins are not served"),
        .refused("plugin_conf", "plugins are not served"), .refused("logstash", "logs go to standard error alone"),
        .refused("sentry_url", "logs go to standard error alone"),
        Flag<ServicesSettings>(
            name: "new_group_enforce_role", section: nil, help: "",
            kind: .value("which") { _, text throws(SettingsError) in
                if text != "off" { throw SettingsError(description: "--new_group_enforce_role \(text) is not served yet: only off is") }
            })
    ]
}
