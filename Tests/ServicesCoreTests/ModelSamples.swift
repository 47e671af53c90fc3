import JSON

/// Apps that together use each member of the model; valid under `Model.generous`.
enum ModelSamples {
    static let texts = [host, docker, resident, external, deprecated, small]

    static func values() throws -> [JSONValue] { try texts.map { try JSONValue(parsing: $0) } }

    static let host = """
        {"id":"/g/host","args":["sh","-c","x"],"user":"joe","env":{"A":"1","B":""},"instances":3,"cpus":0.25,"mem":64.5,"disk":10,
        "executor":"//cmd","executorResources":{"cpus":0.2,"mem":64,"disk":11},"resourceLimits":{"cpus":"unlimited","mem":512},
        "constraints":[["hostname","UNIQUE"],["rack","GROUP_BY","3"],["@zone","LIKE","eu-[12]"],["disk","IS","ssd"],["rack","MAX_PER","2"]],
        "fetch":[{"uri":"http://x/y.tgz","extract":false,"executable":true,"cache":true,"destPath":"y"}],
        "networks":[{"mode":"host"}],"requirePorts":true,
        "portDefinitions":[{"port":8080,"name":"http-api","protocol":"udp,tcp","labels":{"VIP_0":"a:80"}},{"port":0}],
        "healthChecks":[{"protocol":"HTTP","path":"/h","portIndex":0,"gracePeriodSeconds":1,"intervalSeconds":2,"timeoutSeconds":3,
        "maxConsecutiveFailures":4,"ignoreHttp1xx":true},{"protocol":"TCP","port":80},
        {"protocol":"COMMAND","command":{"value":"true"},"delaySeconds":7}],
        "check":{"http":{"path":"/c","port":81,"scheme":"HTTPS"},"intervalSeconds":5,"timeoutSeconds":6,"delaySeconds":7},
        "readinessChecks":[{"name":"r","protocol":"HTTPS","path":"/r","portName":"http-api","intervalSeconds":9,"timeoutSeconds":8,
        "httpStatusCodesForReady":[200,204],"preserveLastResponse":true}],
        "dependencies":["../db","/x"],"labels":{"a":"b","MARATHON_SINGLE_INSTANCE_APP":"false"},"backoffSeconds":2,"backoffFactor":1.5,
        "maxLaunchDelaySeconds":60,"upgradeStrategy":{"minimumHealthCapacity":0.7,"maximumOverCapacity":0.2},
        "taskKillGracePeriodSeconds":9,"killSelection":"OLDEST_FIRST",
        "unreachableStrategy":{"inactiveAfterSeconds":300,"expungeAfterSeconds":600},"acceptedResourceRoles":["*","dev"],"role":"dev","tty":false}
        """
    static let docker = """
        {"id":"/docker","container":{"type":"DOCKER","docker":{"image":"nginx:1","forcePullImage":true,"privileged":true,
        "parameters":[{"key":"hostname","value":"a"}]},"volumes":[{"containerPath":"/c","hostPath":"/h","mode":"RO"}],
        "portMappings":[{"containerPort":80,"hostPort":0,"servicePort":10000,"name":"http","labels":{"l":"m"}},{"containerPort":0,"protocol":"udp"}]},
        "networks":[{"mode":"container/bridge","labels":{"n":"o"}}],
        "healthChecks":[{"protocol":"MESOS_HTTP","portIndex":1,"ipProtocol":"IPv6"}],"unreachableStrategy":"disabled"}
        """
    static let resident = """
        {"id":"/resident","cmd":"x","role":"dev","acceptedResourceRoles":["*"],"residency":{"relaunchEscalationTimeoutSeconds":10,
        "taskLostBehavior":"RELAUNCH_AFTER_TIMEOUT"},"container":{"type":"MESOS","linuxInfo":{"seccomp":{"profileName":"p"},
        "ipcInfo":{"mode":"PRIVATE","shmSize":64}},"volumes":[{"containerPath":"a","mode":"RW","persistent":{"size":1}},
        {"containerPath":"b","mode":"RW","persistent":{
        "size":1,"maxSize":9,"type":"mount","profileName":"p","constraints":[["path","LIKE","/d.*"]]}}]}}
        """
    static let external = """
        {"id":"/external","cmd":"x","env":{"S":{"secret":"s"}},"secrets":{"s":{"source":"/a/b"}},"gpus":1,"tty":true,"executor":"/opt/x",
        "container":{"type":"MESOS","docker":{"image":"i","pullConfig":{"secret":"s"}},"portMappings":[{"hostPort":5,"networkNames":["n1"]}],
        "volumes":[{"containerPath":"/s","secret":"s"},
        {"containerPath":"/e","mode":"RW","external":{"name":"v",
        "provider":"dvdi","size":5,"shared":true,"options":{"dvdi/driver":"rexray","dvdi/x":"1"}}},
        {"containerPath":"/d","mode":"RO","external":{"provider":"csi","name":"w","options":{"pluginName":"p","capability":{
        "accessMode":"MULTI_NODE_READER_ONLY","accessType":"mount","fsType":"xfs","mountFlags":["ro"]},"nodeStageSecret":{"a":"b"},
        "nodePublishSecret":{"c":"d"},"volumeContext":{"e":"f"}}}}]},
        "networks":[{"mode":"container","name":"n1"},{"mode":"container","name":"n2"}],"check":{"exec":{"command":{"argv":["a","b"]}}}}
        """
    private static let deprecated = """
        {"id":"relative/id","cmd":"x","uris":["a.zip","b"],"ipAddress":{"groups":["g"],"labels":{"a":"b"},"networkName":"n",
        "discovery":{"ports":[{"number":80,"name":"web","protocol":"tcp"}]}},"check":{"tcp":{"portIndex":0}}}
        """
    private static let small = #"{"id":"/small","cmd":"sleep 1","ports":[0,80],"healthChecks":[{}],"labels":{},"env":{}}"#
}
