/// Valid requests, one for each endpoint and call; mutants are made of them. What is in capitals after a `$` is filled in.
struct Seed: Sendable {
    enum Form: Sendable {
        /// JSON, or nothing.
        case json
        /// A call that can also be sent as protobuf: of this message.
        case message(String)
        /// One record of a stream, in JSON.
        case record
        case form
    }

    let method: String
    let path: String
    let body: String
    let form: Form

    init(_ method: String, _ path: String, _ body: String = "", _ form: Form = .json) {
        (self.method, self.path, self.body, self.form) = (method, path, body, form)
    }

    private static func calls(_ path: String, _ message: String, _ bodies: [String]) -> [Seed] {
        bodies.map { Seed("POST", path, $0, .message(message)) }
    }

    private static let resources =
        #"[{"name":"cpus","type":"SCALAR","scalar":{"value":0.1}},{"name":"mem","type":"SCALAR","scalar":{"value":32},"role":"*"},{"name":"ports","type":"RANGES","ranges":{"range":[{"begin":31000,"end":31001}]}}]"#

    private static let task =
        #"{"name":"t","task_id":{"value":"t-1"},"agent_id":{"value":"$AGENT"},"command":{"shell":false,"value":"/bin/true","arguments":["true"],"environment":{"variables":[{"name":"A","value":"b"}]}},"resources":\#(resources),"labels":{"labels":[{"key":"k","value":"v"}]},"kill_policy":{"grace_period":{"nanoseconds":1000000000}},"health_check":{"type":"TCP","tcp":{"port":31000},"delay_seconds":1.5}}"#

    private static let framework =
        #"{"user":"root","name":"f","roles":["a","b"],"failover_timeout":0,"checkpoint":true,"hostname":"h","webui_url":"http://x/","capabilities":[{"type":"MULTI_ROLE"},{"type":"PARTITION_AWARE"}],"labels":{"labels":[{"key":"k","value":"v"}]}}"#

    static let scheduler = calls(
        "/api/v1/scheduler", "mesos.v1.scheduler.Call",
        [
            #"{"type":"SUBSCRIBE","subscribe":{"framework_info":\#(framework),"suppressed_roles":["a"],"offer_constraints":{"role_constraints":{"a":{"groups":[{"attribute_constraints":[{"selector":{"attribute_name":"rack"},"predicate":{"exists":{}}}]}]}}}}}"#
        ]
            + [
                #""type":"ACCEPT","accept":{"offer_ids":[{"value":"$OFFER"}],"operations":[{"type":"LAUNCH","launch":{"task_infos":[\#(task)]}}],"filters":{"refuse_seconds":5.5}}"#,
                #""type":"ACCEPT","accept":{"offer_ids":[{"value":"no-such-offer"}],"operations":[{"type":"RESERVE","reserve":{"resources":\#(resources)}},{"type":"LAUNCH_GROUP","launch_group":{"executor":{"type":"DEFAULT","executor_id":{"value":"e"}},"task_group":{"tasks":[\#(task)]}}}]}"#,
                #""type":"DECLINE","decline":{"offer_ids":[{"value":"no-such-offer"}],"filters":{"refuse_seconds":60}}"#,
                #""type":"REVIVE","revive":{"roles":["fuzz"]}"#, #""type":"SUPPRESS","suppress":{"roles":["fuzz"]}"#,
                #""type":"KILL","kill":{"task_id":{"value":"t-1"},"agent_id":{"value":"$AGENT"},"kill_policy":{"grace_period":{"nanoseconds":5}}}"#,
                #""type":"SHUTDOWN","shutdown":{"executor_id":{"value":"e"},"agent_id":{"value":"$AGENT"}}"#,
                #""type":"ACKNOWLEDGE","acknowledge":{"agent_id":{"value":"$AGENT"},"task_id":{"value":"t-1"},"uuid":"ABEiM0RVZneImaq7zN3u/w=="}"#,
                #""type":"ACKNOWLEDGE_OPERATION_STATUS","acknowledge_operation_status":{"agent_id":{"value":"$AGENT"},"uuid":"ABEiM0RVZneImaq7zN3u/w==","operation_id":{"value":"o"}}"#,
                #""type":"RECONCILE","reconcile":{"tasks":[{"task_id":{"value":"t-1"},"agent_id":{"value":"$AGENT"}},{"task_id":{"value":"t-2"}}]}"#,
                #""type":"RECONCILE_OPERATIONS","reconcile_operations":{"operations":[{"operation_id":{"value":"o"},"agent_id":{"value":"$AGENT"}}]}"#,
                #""type":"MESSAGE","message":{"agent_id":{"value":"$AGENT"},"executor_id":{"value":"e"},"data":"aGVsbG8="}"#,
                #""type":"REQUEST","request":{"requests":[{"agent_id":{"value":"$AGENT"},"resources":\#(resources)}]}"#,
                #""type":"UPDATE_FRAMEWORK","update_framework":{"framework_info":{"id":{"value":"$FRAMEWORK"},"user":"root","name":"fuzz","roles":["fuzz"],"capabilities":[{"type":"MULTI_ROLE"}]}}"#,
                #""type":"ACCEPT_INVERSE_OFFERS","accept_inverse_offers":{"inverse_offer_ids":[{"value":"i"}],"filters":{"refuse_seconds":5}}"#,
                #""type":"DECLINE_INVERSE_OFFERS","decline_inverse_offers":{"inverse_offer_ids":[{"value":"i"}]}"#
            ].map { #"{"framework_id":{"value":"$FRAMEWORK"},\#($0)}"# } + [#"{"type":"TEARDOWN","framework_id":{"value":"no-such-framework"}}"#])

    private static let reads =
        [
            "GET_HEALTH", "GET_FLAGS", "GET_VERSION", "GET_LOGGING_LEVEL", "GET_STATE", "GET_FRAMEWORKS", "GET_EXECUTORS", "GET_OPERATIONS",
            "GET_TASKS"
        ].map { #"{"type":"\#($0)"}"# } + [#"{"type":"GET_METRICS","get_metrics":{"timeout":{"nanoseconds":5000000}}}"#]

    static let operators =
        calls(
            "/api/v1", "mesos.v1.master.Call",
            reads
                + [
                    "GET_AGENTS", "GET_ROLES", "GET_WEIGHTS", "GET_MASTER", "GET_QUOTA", "GET_MAINTENANCE_STATUS", "GET_MAINTENANCE_SCHEDULE",
                    "SUBSCRIBE"
                ]
                .map { #"{"type":"\#($0)"}"# } + [#"{"type":"TEARDOWN","teardown":{"framework_id":{"value":"no-such-framework"}}}"#])
        + [
            "/state", "/state-summary", "/slaves?slave_id=$AGENT", "/frameworks?framework_id=$FRAMEWORK",
            "/tasks?limit=5&offset=0&order=asc&framework_id=$FRAMEWORK&task_id=t", "/roles", "/weights", "/quota", "/maintenance/schedule",
            "/maintenance/status", "/metrics/snapshot?timeout=5secs", "/flags?jsonp=call", "/version", "/health", "/redirect", "/system/stats.json",
            "/agora/v1/explain?framework=$FRAMEWORK"
        ].map { Seed("GET", $0) } + [Seed("POST", "/teardown", "frameworkId=no-such-framework", .form)]

    static let link = [
        Seed(
            "POST", "/agora/v1/agent",
            #"{"subscribe":{"protocol_min":1,"protocol_max":1,"agent":{"id":{"value":"no-such-agent"},"hostname":"h","port":5051,"resources":\#(resources),"attributes":[{"name":"rack","type":"TEXT","text":{"value":"r"}}]},"capabilities":[{"type":"MULTI_ROLE"}],"version":"1","boot_id":"b","epoch":1,"ip":"127.0.0.1","tasks":[{"framework_id":"f","info":"AAEC","task_id":"t","state":"TASK_RUNNING"}]}}"#,
            .record)
    ]

    static let agent =
        calls(
            "/api/v1", "mesos.v1.agent.Call",
            reads
                + [
                    #"{"type":"GET_CONTAINERS","get_containers":{"show_nested":true}}"#, #"{"type":"GET_AGENT"}"#,
                    #"{"type":"GET_RESOURCE_PROVIDERS"}"#,
                    #"{"type":"LIST_FILES","list_files":{"path":"/slave/log"}}"#,
                    #"{"type":"READ_FILE","read_file":{"path":"/slave/log","offset":1,"length":100}}"#,
                    #"{"type":"SET_LOGGING_LEVEL","set_logging_level":{"level":0,"duration":{"nanoseconds":1000000}}}"#
                ])
        + [
            "/state", "/flags", "/version?jsonp=call", "/health", "/metrics/snapshot?timeout=5secs", "/metrics", "/system/stats.json", "/containers",
            "/containers?container_id=c", "/monitor/statistics", "/files/browse?path=/slave/log", "/files/read?path=/slave/log&offset=0&length=100",
            "/files/download?path=/slave/log", "/files/debug", "/slave(1)/state"
        ].map { Seed("GET", $0) }

    private static let app =
        #"{"id":"/fuzz/a","cmd":"sleep 1000","instances":2,"cpus":0.1,"mem":32,"disk":1,"labels":{"k":"v"},"env":{"A":"b"},"constraints":[["hostname","UNIQUE"],["rack","GROUP_BY","2"]],"portDefinitions":[{"port":0,"protocol":"tcp","name":"http","labels":{"VIP_0":"/v:80"}}],"healthChecks":[{"protocol":"MESOS_HTTP","path":"/","portIndex":0,"gracePeriodSeconds":5,"intervalSeconds":10,"timeoutSeconds":2,"maxConsecutiveFailures":3}],"upgradeStrategy":{"minimumHealthCapacity":0.5,"maximumOverCapacity":0.2},"backoffSeconds":1,"backoffFactor":1.15,"maxLaunchDelaySeconds":300,"unreachableStrategy":{"inactiveAfterSeconds":60,"expungeAfterSeconds":120},"killSelection":"YOUNGEST_FIRST","taskKillGracePeriodSeconds":3,"fetch":[{"uri":"http://h/x.tgz","extract":true}],"dependencies":[],"acceptedResourceRoles":["*"],"user":"nobody"}"#

    private static let container =
        #"{"id":"/fuzz/c","args":["a","b"],"instances":1,"networks":[{"mode":"container/bridge"}],"container":{"type":"DOCKER","docker":{"image":"i","forcePullImage":true,"parameters":[{"key":"k","value":"v"}]},"volumes":[{"containerPath":"/d","hostPath":"/h","mode":"RO"}],"portMappings":[{"containerPort":80,"hostPort":0,"servicePort":10000,"protocol":"tcp","name":"p"}]},"readinessChecks":[{"name":"r","protocol":"HTTP","path":"/","portName":"p"}]}"#

    private static let group =
        #"{"id":"/fuzz/g","apps":[{"id":"x","cmd":"a","instances":0},{"id":"y","cmd":"b","instances":1,"dependencies":["x"]}],"groups":[{"id":"h","apps":[]}],"dependencies":[]}"#

    static let services =
        [
            ("POST", "/v2/apps", app), ("POST", "/v2/apps?force=true", container), ("PUT", "/v2/apps/fuzz/a?force=true", app),
            ("PUT", "/v2/apps/fuzz/a?force=true&partialUpdate=false", #"{"cmd":"b","instances":1}"#),
            ("PATCH", "/v2/apps/fuzz/a?force=true", #"{"mem":64}"#),
            ("PUT", "/v2/apps", "[\(app),\(container)]"), ("POST", "/v2/apps/fuzz/a/restart?force=true", ""),
            ("DELETE", "/v2/apps/fuzz/c?force=true", ""),
            ("POST", "/v2/groups", group), ("PUT", "/v2/groups/fuzz/g?force=true", group),
            ("PUT", "/v2/groups/fuzz/g?force=true", #"{"scaleBy":1.5}"#),
            ("PUT", "/v2/groups/fuzz/g?dryRun=true", group), ("DELETE", "/v2/groups/fuzz/g?force=true", ""),
            ("DELETE", "/v2/deployments/no-such?force=true", ""),
            ("POST", "/v2/tasks/delete?scale=true&wipe=false", #"{"ids":["fuzz_a.instance-00000000-0000-0000-0000-000000000000._app.1"]}"#),
            ("DELETE", "/v2/apps/fuzz/a/tasks?host=h&scale=false", ""), ("DELETE", "/v2/queue/fuzz/a/delay", "")
        ].map { Seed($0.0, $0.1, $0.2) }
        + [
            "/v2/apps?cmd=sleep&id=a&label=k==v&embed=apps.tasks&embed=apps.counts", "/v2/apps/fuzz/a?embed=app.failures", "/v2/apps/fuzz/*",
            "/v2/apps/fuzz/a/versions", "/v2/apps/fuzz/a/versions/2020-01-01T00:00:00.000Z", "/v2/apps/fuzz/a/tasks", "/v2/groups?embed=group.apps",
            "/v2/groups/fuzz", "/v2/groups/versions", "/v2/deployments", "/v2/queue?embed=lastUnusedOffers", "/v2/tasks?status=running", "/v2/info",
            "/v2/leader", "/v2/events?event_type=status_update_event", "/v2/plugins", "/metrics", "/metrics/prometheus", "/ping", "/help"
        ].map { Seed("GET", $0) }

    private static let job =
        #"{"name":"fuzz","command":"echo $(x)","shell":true,"arguments":["a"],"retries":2,"owner":"a@b.example","cpus":0.1,"mem":32,"disk":1,"disabled":false,"softError":true,"highPriority":false,"runAsUser":"root","concurrent":false,"maxCompletionTime":60,"environmentVariables":[{"name":"A","value":"b"}],"fetch":[{"uri":"http://x/a.tgz","extract":true,"output_file":"a"}],"constraints":[["rack","LIKE","r[1-9]+"]],\#(schedule)}"#
    private static let schedule =
        #""schedule":"R5/2026-03-28T02:30:00Z/P1DT1H","scheduleTimeZone":"Europe/Berlin","epsilon":"PT5M","concurrencyPolicy":"REPLACE","catchUp":"ALL","retryDelaySeconds":5,"retryFactor":2,"retryOnExitCodes":[1,2],"historyLimit":3"#
    private static let cron = #"{"name":"cron","command":"x","cron":"0 30 2 L,15W * 1#2","scheduleTimeZone":"Asia/Kathmandu","catchUp":"NONE"}"#
    private static let dependent = #"{"name":"child","command":"x","parents":["fuzz","cron"],"cpus":"0.5","disabled":"false"}"#

    private static let metronome =
        #"{"id":"fuzz.m","description":"d","labels":{"k":"v"},"run":{"cmd":"sleep 1","cpus":0.1,"mem":32,"disk":1,"env":{"A":"b"},"user":"root","placement":{"constraints":[{"attribute":"rack","operator":"LIKE","value":"r.*"}]},"artifacts":[{"uri":"http://x/a.tgz","extract":true,"executable":false,"cache":false}],"maxLaunchDelay":60,"restart":{"policy":"ON_FAILURE","activeDeadlineSeconds":120},"taskKillGracePeriodSeconds":5}}"#
    private static let cronSchedule =
        #"{"id":"nightly","cron":"0 0 1 * *","timezone":"America/New_York","startingDeadlineSeconds":60,"concurrencyPolicy":"FORBID","enabled":true}"#
    private static let parallel =
        #"{"name":"parallel","command":"x","schedule":"R1//PT1H","completions":20,"parallelism":3,"requiredSuccesses":15,"retries":1,"parameters":{"required":["A"],"optional":["B"],"payload":"OPTIONAL"}}"#

    static let batch =
        [
            ("POST", "/v1/jobs", metronome), ("PUT", "/v1/jobs/fuzz.m", metronome), ("POST", "/v1/jobs/fuzz.m/schedules", cronSchedule),
            ("PUT", "/v1/jobs/fuzz.m/schedules/nightly", cronSchedule), ("DELETE", "/v1/jobs/fuzz.m/schedules/nightly", ""),
            ("POST", "/v1/jobs/fuzz.m/runs", ""), ("POST", "/v1/jobs/fuzz.m/runs/20260101000000abcde/actions/stop", ""),
            ("POST", "/v0/scheduled-jobs", metronome), ("DELETE", "/v1/jobs/fuzz.m?stopCurrentJobRuns=true", ""),
            ("POST", "/v1/scheduler/iso8601", parallel),
            ("POST", "/agora/v1/jobs/fuzz/runs", #"{"arguments":"a b","environment":{"A":"b"},"payload":"p"}"#),

            ("POST", "/v1/scheduler/iso8601", job), ("PUT", "/scheduler/iso8601", job), ("POST", "/v1/scheduler/iso8601", cron),
            ("POST", "/v1/scheduler/dependency", dependent),
            ("POST", "/v1/scheduler/iso8601", #"{"name":"many","schedules":["R3//PT1H",{"cron":"@daily"}],"command":"x"}"#),
            ("PUT", "/v1/scheduler/job/fuzz?arguments=a%20b", ""), ("PUT", "/v1/scheduler/job/success/fuzz", ""),
            ("DELETE", "/v1/scheduler/job/child", ""), ("DELETE", "/v1/scheduler/task/kill/fuzz", ""), ("DELETE", "/scheduler/task/all", ""),
            ("PUT", "/scheduler/task/ct:1767225600000:0:fuzz:", #"{"statusCode":0}"#),
            ("POST", "/v1/scheduler/job/fuzz/task/ct:1767225600000:0:fuzz:/progress", #"{"numAdditionalElementsProcessed":5}"#),
            ("PUT", "/agora/v1/jobs/fuzz/pause", ""), ("PUT", "/agora/v1/jobs/fuzz/resume", "")
        ].map { Seed($0.0, $0.1, $0.2) }
        + [
            "/v1/scheduler/jobs", "/v1/scheduler/jobs/summary", "/scheduler/jobs/search?name=f&command=x&any=e&limit=5&offset=1",
            "/v1/scheduler/job/fuzz", "/v1/scheduler/job/stat/fuzz", "/v1/scheduler/graph/dot", "/v1/scheduler/graph/csv",
            "/v1/scheduler/stats/99thPercentile", "/v1/scheduler/leader", "/ping", "/metrics", "/agora/v1/jobs/fuzz/runs?limit=5&state=failed",
            "/agora/v1/runs?limit=5", "/agora/v1/jobs/fuzz/explain", "/agora/v1/events?job=fuzz&event_type=run_ended", "/v1/queue", "/v1/metrics",
            "/v1/jobs?embed=activeRuns&embed=schedules&embed=history&embed=historySummary", "/v1/jobs/fuzz.m?embed=history", "/info"
        ].map { Seed("GET", $0) }
}
