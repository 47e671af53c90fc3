import FrameworkCore
import FrameworkServer
import JSON
import NIOHTTP1
import ServicesCore
import Transport

extension API {
    static let version = "1.11.0"

    func ping(_ call: Call) throws -> Reply {
        try require(call, [.GET])
        if Negotiation.accepts("text/plain", call.headers) { return .text(.ok, "pong") }
        if Negotiation.accepts("application/json", call.headers) { return .json(.ok, Array("\"pong\"".utf8)) }
        return Reply(status: .noContent)
    }

    func leader(_ call: Call) throws -> Reply {
        try require(call, [.GET, .DELETE])
        if call.method == .DELETE { throw Failure(.notFound, "There is no leader to abdicate: this server stands alone") }
        return .json { writer in
            writer.beginObject()
            writer.member("leader", "\(settings.hostname):\(settings.port)")
            writer.endObject()
        }
    }

    /// What the server is and how it was started. The names of `marathon_config` are those that clients know; none may be added.
    func info(_ call: Call) async throws -> Reply {
        try require(call, [.GET])
        let link = try await snapshot().link
        return .json { writer in
            writer.beginObject()
            writer.member("name", settings.frameworkName)
            writer.member("version", Self.version)
            writer.member("buildref", "agora")
            writer.member("elected", true)
            writer.member("leader", "\(settings.hostname):\(settings.port)")
            if let id = link.frameworkID { writer.member("frameworkId", id) }
            writer.key(verbatim: "marathon_config")
            writer.value(.object(configuration))
            writer.key(verbatim: "zookeeper_config")
            writer.value(.object(store))
            writer.key(verbatim: "http_config")
            writer.beginObject()
            writer.member("http_port", settings.port)
            writer.key(verbatim: "https_port")
            writer.null()
            writer.endObject()
            writer.endObject()
        }
    }

    /// There is no ZooKeeper; the number of versions applies to the store that is there instead.
    private var store: JSONObject {
        JSONObject([
            ("zk", .null), ("zk_compression", .null), ("zk_compression_threshold", .null), ("zk_connection_timeout", .null),
            ("zk_max_node_size", .null), ("zk_max_versions", .integer(Int64(settings.maxVersions))), ("zk_session_timeout", .null),
            ("zk_timeout", .null)
        ])
    }

    private var configuration: JSONObject {
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }
        return JSONObject([
            ("access_control_allow_origin", text(settings.accessControlAllowOrigin.first)),
            ("checkpoint", .bool(settings.checkpoint)),
            ("decline_offer_duration", number(settings.declineOfferDuration)),
            ("default_network_name", text(settings.defaultNetworkName)),
            ("env_vars_prefix", text(settings.envVarsPrefix)),
            ("executor", "//cmd"),
            ("failover_timeout", number(settings.failoverTimeout)),
            ("features", .array(settings.features.map(JSONValue.string))),
            ("framework_name", text(settings.frameworkName)),
            ("ha", false),
            ("hostname", text(settings.hostname)),
            ("launch_token", number(settings.launchTokens)),
            ("launch_token_refresh_interval", number(settings.launchTokenRefreshInterval)),
            ("leader_proxy_connection_timeout_ms", 5000),
            ("leader_proxy_read_timeout_ms", 10000),
            ("local_port_max", number(settings.localPortMax)),
            ("local_port_min", number(settings.localPortMin)),
            ("master", text(settings.master)),
            ("max_instances_per_offer", number(settings.maxInstancesPerOffer)),
            ("mesos_bridge_name", text(settings.mesosBridgeName)),
            ("mesos_heartbeat_failure_threshold", 5),
            ("mesos_heartbeat_interval", 15000),
            ("mesos_leader_ui_url", text(settings.mesosLeaderUIURL)),
            ("mesos_role", text(settings.mesosRole)),
            ("mesos_user", text(settings.user)),
            ("min_revive_offers_interval", number(settings.minReviveOffersInterval)),
            ("new_group_enforce_role", "off"),
            ("offer_matching_timeout", 3000),
            ("on_elected_prepare_timeout", 180000),
            ("reconciliation_initial_delay", 0),
            ("reconciliation_interval", number(settings.reconciliationInterval)),
            ("scale_apps_initial_delay", 0),
            ("scale_apps_interval", 0),
            ("store_cache", true),
            ("task_launch_confirm_timeout", number(settings.taskLaunchConfirmTimeout)),
            ("task_launch_timeout", number(settings.taskLaunchTimeout)),
            ("task_lost_expunge_initial_delay", 0),
            ("task_lost_expunge_interval", 0),
            ("task_reservation_timeout", 20000),
            ("webui_url", text(settings.webuiURL)),
            ("maintenance_mode", true)
        ])
    }
}
