import JSON
import Testing

@testable import ServicesCore

struct ModelWritingTests {
    @Test func `the smallest app is written as Marathon writes it, byte for byte`() throws {
        var app = try Model.app(["id": "/a", "cmd": "sleep 1000", "cpus": 0.1, "mem": 32])
        app.portDefinitions[0].port = 10000
        var writer = JSONWriter()
        app.write(into: &writer) { writer in
            for name in ["tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy"] {
                writer.key(name)
                writer.int(0)
            }
            writer.key("deployments")
            writer.beginArray()
            writer.beginObject()
            writer.key("id")
            writer.string("8c0b5ab2-0000-4000-8000-000000000000")
            writer.endObject()
            writer.endArray()
        }
        let expected =
            #"{"id":"/a","backoffFactor":1.15,"backoffSeconds":1,"cmd":"sleep 1000","cpus":0.1,"disk":0,"executor":"","#
            + #""instances":1,"labels":{},"maxLaunchDelaySeconds":300,"mem":32,"gpus":0,"networks":[{"mode":"host"}],"#
            + #""portDefinitions":[{"labels":{},"name":"default","port":10000,"protocol":"tcp"}],"requirePorts":false,"#
            + #""upgradeStrategy":{"maximumOverCapacity":1,"minimumHealthCapacity":1},"version":"2021-07-27T10:00:00.123Z","#
            + #""versionInfo":{"lastScalingAt":"2021-07-27T10:00:00.123Z","lastConfigChangeAt":"2021-07-27T10:00:00.123Z"},"#
            + #""killSelection":"YOUNGEST_FIRST","unreachableStrategy":{"inactiveAfterSeconds":0,"expungeAfterSeconds":0},"role":"*","#
            + #""tasksStaged":0,"tasksRunning":0,"tasksHealthy":0,"tasksUnhealthy":0,"#
            + #""deployments":[{"id":"8c0b5ab2-0000-4000-8000-000000000000"}]}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test func `an app with nearly all members in host mode`() throws {
        let app = try Model.app(JSONValue(parsing: ModelSamples.host), rules: Model.generous)
        #expect(Model.text(app) == Self.host)
    }

    @Test func `an app with an image in bridge mode`() throws {
        let app = try Model.app(JSONValue(parsing: ModelSamples.docker), rules: Model.generous)
        #expect(Model.text(app) == Self.docker)
    }

    @Test func `the volumes of all kinds`() throws {
        #expect(try Model.text(Model.app(JSONValue(parsing: ModelSamples.external), rules: Model.generous)).contains(Self.external))
        #expect(try Model.text(Model.app(JSONValue(parsing: ModelSamples.resident), rules: Model.generous)).contains(Self.resident))
    }

    private static let host = """
        {"id":"/g/host","acceptedResourceRoles":["*","dev"],"args":["sh","-c","x"],"backoffFactor":1.5,"backoffSeconds":2,\
        "constraints":[["hostname","UNIQUE"],["rack","GROUP_BY","3"],["@zone","LIKE","eu-[12]"],["disk","IS","ssd"],["rack","MAX_PER",\
        "2"]],"cpus":0.25,"dependencies":["/db","/x"],"disk":10,"env":{"A":"1","B":""},"executor":"//cmd",\
        "executorResources":{"cpus":0.2,"mem":64,"disk":11},"fetch":[{"uri":"http://x/y.tgz","extract":false,"executable":true,\
        "cache":true,"destPath":"y"}],"healthChecks":[{"gracePeriodSeconds":1,"ignoreHttp1xx":true,"intervalSeconds":2,\
        "maxConsecutiveFailures":4,"path":"/h","portIndex":0,"protocol":"HTTP","ipProtocol":"IPv4","timeoutSeconds":3,\
        "delaySeconds":15},{"gracePeriodSeconds":300,"intervalSeconds":60,"maxConsecutiveFailures":3,"port":80,"protocol":"TCP",\
        "ipProtocol":"IPv4","timeoutSeconds":20,"delaySeconds":15},{"command":{"value":"true"},"gracePeriodSeconds":300,\
        "intervalSeconds":60,"maxConsecutiveFailures":3,"protocol":"COMMAND","ipProtocol":"IPv4","timeoutSeconds":20,\
        "delaySeconds":7}],"check":{"http":{"port":81,"path":"/c","scheme":"HTTPS"},"intervalSeconds":5,"timeoutSeconds":6,\
        "delaySeconds":7},"instances":3,"labels":{"MARATHON_SINGLE_INSTANCE_APP":"false","a":"b"},"maxLaunchDelaySeconds":60,\
        "mem":64.5,"gpus":0,"networks":[{"mode":"host"}],"portDefinitions":[{"labels":{"VIP_0":"a:80"},"name":"http-api","port":8080,\
        "protocol":"udp,tcp"},{"labels":{},"port":0,"protocol":"tcp"}],"readinessChecks":[{"name":"r","protocol":"HTTPS","path":"/r",\
        "portName":"http-api","intervalSeconds":9,"timeoutSeconds":8,"httpStatusCodesForReady":[200,204],\
        "preserveLastResponse":true}],"resourceLimits":{"cpus":"unlimited","mem":512},"requirePorts":true,\
        "taskKillGracePeriodSeconds":9,"upgradeStrategy":{"maximumOverCapacity":0.2,"minimumHealthCapacity":0.7},"user":"joe",\
        "version":"2021-07-27T10:00:00.123Z","versionInfo":{"lastScalingAt":"2021-07-27T10:00:00.123Z",\
        "lastConfigChangeAt":"2021-07-27T10:00:00.123Z"},"killSelection":"OLDEST_FIRST",\
        "unreachableStrategy":{"inactiveAfterSeconds":300,"expungeAfterSeconds":600},"tty":false,"role":"dev"}
        """
    private static let docker = """
        {"id":"/docker","backoffFactor":1.15,"backoffSeconds":1,"container":{"type":"DOCKER","docker":{"forcePullImage":true,\
        "image":"nginx:1","parameters":[{"key":"hostname","value":"a"}],"privileged":true},"volumes":[{"containerPath":"/c",\
        "hostPath":"/h","mode":"RO"}],"portMappings":[{"containerPort":80,"hostPort":0,"labels":{"l":"m"},"name":"http",\
        "protocol":"tcp","servicePort":10000},{"containerPort":0,"hostPort":0,"labels":{},"protocol":"udp","servicePort":0}]},\
        "cpus":1,"disk":0,"executor":"","healthChecks":[{"gracePeriodSeconds":300,"intervalSeconds":60,"maxConsecutiveFailures":3,\
        "portIndex":1,"protocol":"MESOS_HTTP","ipProtocol":"IPv6","timeoutSeconds":20,"delaySeconds":15}],"instances":1,"labels":{},\
        "maxLaunchDelaySeconds":300,"mem":128,"gpus":0,"networks":[{"mode":"container/bridge","labels":{"n":"o"}}],\
        "requirePorts":false,"upgradeStrategy":{"maximumOverCapacity":1,"minimumHealthCapacity":1},\
        "version":"2021-07-27T10:00:00.123Z","versionInfo":{"lastScalingAt":"2021-07-27T10:00:00.123Z",\
        "lastConfigChangeAt":"2021-07-27T10:00:00.123Z"},"killSelection":"YOUNGEST_FIRST","unreachableStrategy":"disabled","role":"*"}
        """
    private static let external = """
        "container":{"type":"MESOS","docker":{"pullConfig":{"secret":"s"},"forcePullImage":false,"image":"i","parameters":[],\
        "privileged":false},"volumes":[{"containerPath":"/s","secret":"s"},{"containerPath":"/e","external":{"size":5,"name":"v",\
        "provider":"dvdi","options":{"dvdi/driver":"rexray","dvdi/x":"1"},"shared":true},"mode":"RW"},{"containerPath":"/d",\
        "external":{"name":"w","provider":"csi","options":{"pluginName":"p","capability":{"accessMode":"MULTI_NODE_READER_ONLY",\
        "accessType":"mount","fsType":"xfs","mountFlags":["ro"]},"nodeStageSecret":{"a":"b"},"nodePublishSecret":{"c":"d"},\
        "volumeContext":{"e":"f"}}},"mode":"RO"}],"portMappings":[{"containerPort":0,"hostPort":5,"labels":{},"protocol":"tcp",\
        "servicePort":0,"networkNames":["n1"]}]},"cpus":1,"disk":0,"env":{"S":{"secret":"s"}},"executor":"/opt/x",\
        "check":{"exec":{"command":{"argv":["a","b"]}},"intervalSeconds":60,"timeoutSeconds":20,"delaySeconds":15},
        """
    private static let resident = """
        "container":{"type":"MESOS","linuxInfo":{"seccomp":{"profileName":"p","unconfined":false},"ipcInfo":{"mode":"PRIVATE",\
        "shmSize":64}},"volumes":[{"containerPath":"a","persistent":{"type":"root","size":1,"constraints":[]},"mode":"RW"},\
        {"containerPath":"b","persistent":{"type":"mount","size":1,"maxSize":9,"profileName":"p","constraints":[["path","LIKE",\
        "/d.*"]]},"mode":"RW"}]},
        """
}
