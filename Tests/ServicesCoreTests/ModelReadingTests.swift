import JSON
import Testing

@testable import ServicesCore

struct ModelReadingTests {
    // MARK: Wrong types and ranges

    private static let notString = "error.expected.jsstring"
    private static let notNumber = "error.expected.jsnumber"
    private static let notBool = "error.expected.jsboolean"
    private static let notArray = "error.expected.jsarray"
    private static let notObject = "error.expected.jsobject"
    private static let notWord = "error.unknown.enum.literal"

    @Test(
        arguments: [
            ("id", 1, "/id", notString), ("id", "", "/id", "error.minLength"), ("cmd", 1, "/cmd", notString), ("cmd", ["a"], "/cmd", notString),
            ("args", "a", "/args", notArray), ("args", ["a", 1], "/args(1)", notString), ("user", 0, "/user", notString),
            ("env", "A", "/env", notObject), ("env", ["A": 1], "/env/A", notString),
            ("env", ["A": ["x": "y"]], "/env/A/secret", "error.path.missing"),
            ("env", ["A": .null], "/env/A", notString),
            ("instances", "two", "/instances", notNumber), ("instances", -1, "/instances", "error.min"),
            ("instances", 0.1, "/instances", "error.expected.int"), ("instances", 2_147_483_648, "/instances", "error.max"),
            ("instances", 1e300, "/instances", "error.max"), ("instances", -1e300, "/instances", "error.min"),
            ("instances", .unsigned(.max), "/instances", "error.max"), ("instances", .double(.infinity), "/instances", "error.max"),
            ("instances", .double(.nan), "/instances", "error.expected.int"), ("instances", true, "/instances", notNumber),
            ("cpus", "1", "/cpus", notNumber), ("cpus", 0, "/cpus", "error.min"), ("cpus", -1, "/cpus", "error.min"),
            ("cpus", 1e300, "/cpus", "error.max"), ("cpus", .double(.nan), "/cpus", notNumber), ("cpus", .double(.infinity), "/cpus", notNumber),
            ("mem", -128, "/mem", "error.min"), ("mem", [:], "/mem", notNumber), ("mem", 1e13, "/mem", "error.max"),
            ("disk", -0.5, "/disk", "error.min"), ("gpus", 0.5, "/gpus", "error.expected.int"), ("gpus", -1, "/gpus", "error.min"),
            ("executor", 1, "/executor", notString), ("executor", "a//b", "/executor", "error.pattern"),
            ("executorResources", 1, "/executorResources", notObject), ("executorResources", ["cpus": 0.05], "/executorResources/cpus", "error.min"),
            ("executorResources", ["mem": 31], "/executorResources/mem", "error.min"),
            ("resourceLimits", ["cpus": "x"], "/resourceLimits/cpus", "'x' is an invalid resource limit. It must be 'unlimited' or a number"),
            ("resourceLimits", ["mem": true], "/resourceLimits/mem", notNumber),
            ("constraints", "x", "/constraints", notArray), ("constraints", ["x"], "/constraints(0)", notArray),
            ("constraints", [["rack", "MAX_PER", 2]], "/constraints(0)(2)", notString),
            ("fetch", [[:]], "/fetch(0)/uri", "error.path.missing"), ("fetch", [["uri": ""]], "/fetch(0)/uri", "error.minLength"),
            ("fetch", [["uri": .string(String(repeating: "x", count: 1025))]], "/fetch(0)/uri", "error.maxLength"),
            ("fetch", [["uri": "x", "extract": "yes"]], "/fetch(0)/extract", notBool), ("fetch", ["x"], "/fetch(0)", notObject),
            ("uris", [1], "/uris(0)", notString), ("uris", [""], "/uris(0)", "error.minLength"),
            ("networks", [["mode": "hosts"]], "/networks(0)/mode", notWord), ("networks", [["mode": 1]], "/networks(0)/mode", notWord),
            ("networks", [["mode": "container", "name": "A"]], "/networks(0)/name", "error.pattern"),
            ("networks", [["labels": ["a": 1]]], "/networks(0)/labels/a", notString),
            ("portDefinitions", [["port": 65536]], "/portDefinitions(0)/port", "error.max"),
            ("portDefinitions", [["port": -1]], "/portDefinitions(0)/port", "error.min"),
            ("portDefinitions", [["name": "Http"]], "/portDefinitions(0)/name", "error.pattern"),
            ("portDefinitions", [["protocol": "icmp"]], "/portDefinitions(0)/protocol", notWord),
            ("ports", [70000], "/ports(0)", "error.max"), ("ports", ["80"], "/ports(0)", notNumber), ("requirePorts", 1, "/requirePorts", notBool),
            ("ipAddress", ["discovery": ["ports": [["number": 1]]]], "/ipAddress/discovery/ports(0)/name", "error.path.missing"),
            ("healthChecks", [["protocol": "UDP"]], "/healthChecks(0)/protocol", notWord),
            ("healthChecks", [["intervalSeconds": -1]], "/healthChecks(0)/intervalSeconds", "error.min"),
            ("healthChecks", [["command": [:]]], "/healthChecks(0)/command/value", "error.path.missing"),
            ("healthChecks", [["portIndex": 99999]], "/healthChecks(0)/portIndex", "error.max"), ("healthChecks", [:], "/healthChecks", notArray),
            ("check", [:], "/check", "exactly one of http, tcp and exec must be given"),
            ("check", ["http": [:], "tcp": [:]], "/check", "exactly one of http, tcp and exec must be given"),
            ("check", ["exec": [:]], "/check/exec/command", "error.path.missing"),
            ("check", ["exec": ["command": [:]]], "/check/exec/command", "either shell or argv must be given"),
            ("check", ["http": ["scheme": "FTP"]], "/check/http/scheme", notWord),
            ("readinessChecks", [["timeoutSeconds": 0]], "/readinessChecks(0)/timeoutSeconds", "error.min"),
            ("readinessChecks", [["httpStatusCodesForReady": [99]]], "/readinessChecks(0)/httpStatusCodesForReady(0)", "error.min"),
            ("readinessChecks", [["path": ""]], "/readinessChecks(0)/path", "error.minLength"),
            ("dependencies", "x", "/dependencies", notArray), ("dependencies", [1], "/dependencies(0)", notString),
            ("labels", [], "/labels", notObject), ("labels", ["a": 1], "/labels/a", notString), ("labels", ["a": .null], "/labels/a", notString),
            ("backoffSeconds", -1, "/backoffSeconds", "error.min"), ("backoffFactor", 0.9, "/backoffFactor", "error.min"),
            ("maxLaunchDelaySeconds", 1.5, "/maxLaunchDelaySeconds", "error.expected.int"),
            ("upgradeStrategy", [:], "/upgradeStrategy/maximumOverCapacity", "error.path.missing"),
            ("upgradeStrategy", ["maximumOverCapacity": 1], "/upgradeStrategy/minimumHealthCapacity", "error.path.missing"),
            ("upgradeStrategy", ["maximumOverCapacity": 1, "minimumHealthCapacity": 1.5], "/upgradeStrategy/minimumHealthCapacity", "error.max"),
            ("taskKillGracePeriodSeconds", -1, "/taskKillGracePeriodSeconds", "error.min"),
            ("killSelection", "RANDOM", "/killSelection", notWord), ("unreachableStrategy", "enabled", "/unreachableStrategy", notWord),
            ("unreachableStrategy", ["inactiveAfterSeconds": -1], "/unreachableStrategy/inactiveAfterSeconds", "error.min"),
            ("unreachableStrategy", 1, "/unreachableStrategy", notObject), ("residency", 1, "/residency", notObject),
            ("residency", ["taskLostBehavior": "X"], "/residency/taskLostBehavior", notWord),
            ("acceptedResourceRoles", "*", "/acceptedResourceRoles", notArray), ("role", "", "/role", "error.minLength"),
            ("role", 1, "/role", notString),
            ("secrets", ["a": [:]], "/secrets/a/source", "error.path.missing"), ("secrets", ["a": "b"], "/secrets/a", notObject),
            ("secrets", ["a": ["source": ""]], "/secrets/a/source", "error.minLength"), ("tty", "true", "/tty", notBool),
            ("version", "yesterday", "/version", "Invalid timestamp provided 'yesterday'. Expecting ISO-8601 datetime string."),
            ("version", 1, "/version", notString)
        ] as [(String, JSONValue, String, String)])
    func `a member of a wrong type or out of range is named`(name: String, value: JSONValue, path: String, error: String) {
        guard case .schema(let violations) = Model.rejection(Model.members([(name, value)])) else {
            Issue.record("\(name) = \(value) was taken or refused for another reason")
            return
        }
        #expect(violations.map(\.path) == [path])
        #expect(violations.first?.errors.first == error)
    }

    @Test(
        arguments: [
            (["type": "LXC"], "/container/type", notWord),
            (["docker": [:]], "/container/docker/image", "error.path.missing"),
            (["docker": ["image": ""]], "/container/docker/image", "error.minLength"),
            (["docker": ["image": 1]], "/container/docker/image", notString),
            (["docker": ["image": "x", "network": "OVERLAY"]], "/container/docker/network", notWord),
            (["docker": ["image": "x", "parameters": [["value": "v"]]]], "/container/docker/parameters(0)/key", "error.path.missing"),
            (["docker": ["image": "x", "pullConfig": [:]]], "/container/docker/pullConfig/secret", "error.path.missing"),
            (["docker": ["image": "x", "privileged": 1]], "/container/docker/privileged", notBool),
            (["type": "MESOS", "portMappings": [["hostPort": 65536]]], "/container/portMappings(0)/hostPort", "error.max"),
            (["type": "MESOS", "portMappings": [["networkNames": [""]]]], "/container/portMappings(0)/networkNames(0)", "error.minLength"),
            (["type": "MESOS", "linuxInfo": ["ipcInfo": [:]]], "/container/linuxInfo/ipcInfo/mode", "error.path.missing"),
            (["type": "MESOS", "linuxInfo": ["ipcInfo": ["mode": "X"]]], "/container/linuxInfo/ipcInfo/mode", notWord),
            (["type": "MESOS", "volumes": [["mode": "RW", "hostPath": "/x"]]], "/container/volumes(0)/containerPath", "error.path.missing"),
            (["type": "MESOS", "volumes": [["containerPath": "x", "hostPath": "/x"]]], "/container/volumes(0)/mode", "error.path.missing"),
            (["type": "MESOS", "volumes": [["containerPath": "x", "mode": "RW"]]], "/container/volumes(0)/hostPath", "error.path.missing"),
            (["type": "MESOS", "volumes": [["containerPath": "x", "mode": "WO", "hostPath": "/"]]], "/container/volumes(0)/mode", notWord),
            (
                ["type": "MESOS", "volumes": [["containerPath": "x", "mode": "RW", "persistent": [:]]]],
                "/container/volumes(0)/persistent/size", "error.path.missing"
            ),
            (
                ["type": "MESOS", "volumes": [["containerPath": "x", "mode": "RW", "persistent": ["size": -1]]]],
                "/container/volumes(0)/persistent/size", "error.min"
            ),
            (
                ["type": "MESOS", "volumes": [["containerPath": "x", "mode": "RW", "external": ["provider": "csi", "name": "n"]]]],
                "/container/volumes(0)/external/options", "error.path.missing"
            ),
            (
                ["type": "MESOS", "volumes": [["containerPath": "x", "mode": "RW", "external": ["options": ["a": 1]]]]],
                "/container/volumes(0)/external/options/a", notString
            )
        ] as [(JSONValue, String, String)])
    func `a member of a container of a wrong type or out of range is named`(container: JSONValue, path: String, error: String) {
        guard case .schema(let violations) = Model.rejection(Model.members([("container", container)])) else {
            Issue.record("\(container) was taken or refused for another reason")
            return
        }
        #expect(violations.map(\.path) == [path])
        #expect(violations.first?.errors.first == error)
    }

    @Test func `all errors are listed together, in the body that Marathon sends`() throws {
        let rejection = try #require(Model.rejection(["id": 1, "cmd": "a", "cpus": "x"]))
        #expect(
            Model.text(rejection)
                == #"{"message":"Invalid JSON","details":[{"path":"/id","errors":["error.expected.jsstring"]},"#
                + #"{"path":"/cpus","errors":["error.expected.jsnumber"]}]}"#)
        #expect(Model.rejection([]) == .schema([Violation("/", "error.expected.jsobject")]))
        #expect(Model.rejection(["cmd": "a"]) == .schema([Violation("/id", "error.path.missing")]))
        #expect(ModelRejection.status == 422)
    }

    @Test func `a body full of errors lists a hundred of them`() throws {
        let rejection = try #require(Model.rejection(["id": "/a", "args": .array([JSONValue](repeating: 1, count: 100_000))]))
        #expect(rejection.violations.count == 100)
    }

    // MARK: What is taken

    @Test(arguments: ["cmd", "env", "labels", "instances", "cpus", "networks", "upgradeStrategy", "unreachableStrategy", "tty", "version"])
    func `null is the same as absent`(name: String) throws {
        var members: [(String, JSONValue)] = [(name, .null)]
        if name == "cmd" { members.append(("args", ["x"])) }
        let without: JSONValue = name == "cmd" ? ["id": "/a", "args": ["x"]] : Model.members([])
        #expect(try Model.app(Model.members(members)) == Model.app(without))
    }

    @Test func `unknown members are ignored, of duplicates the last counts, words come in any case`() throws {
        let json = try JSONValue(parsing: #"{"id":"/a","cmd":"x","cmd":"y","nonsense":{"a":[1]},"killSelection":"oldest_first","instances":2.0}"#)
        let app = try Model.app(json)
        #expect(app.cmd == "y" && app.killSelection == .oldestFirst && app.instances == 2)
    }

    @Test func `an app that says nothing more gets the documented defaults`() throws {
        let app = try Model.app(Model.members([]))
        var expected = AppDefinition(id: PathID("/a"), role: "*", versionInfo: VersionInfo(Model.moment))
        expected.cmd = "sleep 1000"
        expected.portDefinitions = [PortDefinition(name: "default")]
        #expect(app == expected)
        #expect(app.cpus == 1 && app.mem == 128 && app.disk == 0 && app.gpus == 0 && app.instances == 1)
        #expect(app.backoffSeconds == 1 && app.backoffFactor == 1.15 && app.maxLaunchDelaySeconds == 300)
    }
}
