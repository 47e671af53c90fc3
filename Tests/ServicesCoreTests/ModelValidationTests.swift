import JSON
import Testing

@testable import ServicesCore

struct ModelValidationTests {
    private static let features = "Feature secrets is not enabled. Enable with --enable_features secrets)"

    /// Expects exactly these violations, in this order.
    private func expect(_ json: JSONValue, rules: AppRules, _ violations: [Violation]) {
        #expect(Model.rejection(json, rules: rules) == (violations.isEmpty ? nil : .invalid(violations)), "\(json)")
    }

    // MARK: Process and resources

    private static let cmdOrArgs = "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."

    @Test(
        arguments: [
            (["id": "/a"], "/", cmdOrArgs),
            (["id": "/a", "cmd": "x", "args": ["x"]], "/", cmdOrArgs),
            (["id": "/a", "cmd": "x", "args": ["x"], "container": ["type": "MESOS"]], "/", cmdOrArgs),
            (["id": "/a", "cmd": ""], "/cmd", "must not be an empty string"),
            (["id": "/A", "cmd": "x"], "/id", ModelPathIDTests.syntax),
            (["id": "/a/tasks", "cmd": "x"], "/id", ModelPathIDTests.reserved),
            (["id": "/a", "cmd": "x", "dependencies": ["b", "/C"]], "/dependencies(1)", ModelPathIDTests.syntax),
            (["id": "/a", "cmd": "x", "fetch": [["uri": "http://x/a b"]]], "/fetch(0)/uri", "URI has invalid syntax."),
            (["id": "/a", "cmd": "x", "fetch": [["uri": "http://x/%2"]]], "/fetch(0)/uri", "URI has invalid syntax."),
            (["id": "/a", "cmd": "x", "uris": ["a|b"]], "/uris(0)", "URI has invalid syntax."),
            (
                ["id": "/a", "cmd": "x", "cpus": 2, "resourceLimits": ["cpus": 1]], "/resourceLimits/cpus",
                "resource limit must be greater than or equal to requested resource (2.0)"
            ),
            (
                ["id": "/a", "cmd": "x", "resourceLimits": ["mem": 127.5]], "/resourceLimits/mem",
                "resource limit must be greater than or equal to requested resource (128.0)"
            ),
            (["id": "/a", "cmd": "x", "gpus": 1], "/", "Feature gpu_resources is not enabled. Enable with --enable_features gpu_resources)"),
            (["id": "/a", "cmd": "x", "secrets": ["s": ["source": "/s"]]], "/secrets", features)
        ] as [(JSONValue, String, String)])
    func `what a process can't be is refused`(json: JSONValue, path: String, error: String) {
        expect(json, rules: Model.rules, [Violation(path, error)])
    }

    @Test(
        arguments: [
            ["id": "/a", "cmd": "x"], ["id": "/a", "args": ["x"]], ["id": "/a", "container": ["type": "MESOS"]],
            ["id": "/a", "container": ["docker": ["image": "i"]]], ["id": "/a", "args": ["x"], "container": ["docker": ["image": "i"]]],
            ["id": "/a", "cmd": "x", "resourceLimits": ["cpus": "unlimited", "mem": 128]], ["id": "/a", "cmd": "x", "fetch": [["uri": "a%20b?c#d"]]],
            ["id": "/a", "cmd": "x", "executor": "//cmd"], ["id": "/a", "cmd": "x", "executor": "/opt/x"], ["id": "/a", "cmd": "x", "cpus": 0.001]
        ] as [JSONValue])
    func `what a process can be is taken`(json: JSONValue) {
        expect(json, rules: Model.rules, [])
    }

    @Test func `GPUs and Docker images exclude each other`() {
        expect(
            ["id": "/a", "gpus": 1, "container": ["docker": ["image": "i"]]], rules: Model.generous,
            [Violation("/", "GPU resources only work with the Mesos containerizer")])
        expect(Model.members([("gpus", 1)]), rules: Model.generous, [])
    }

    @Test func `secrets must be switched on, and be defined where they are used`() {
        let json = Model.members([("env", ["P": ["secret": "x"]])])
        expect(
            json, rules: Model.rules,
            [
                Violation("/env", "use of secret-references in the environment requires the secrets feature to be enabled"),
                Violation("/env/P/secret", "references an undefined secret")
            ])
        expect(json, rules: Model.generous, [Violation("/env/P/secret", "references an undefined secret")])
        expect(Model.members([("env", ["P": ["secret": "x"]]), ("secrets", ["x": ["source": "/x"]])]), rules: Model.generous, [])
        expect(Model.members([("env", ["": "x"])]), rules: Model.rules, [Violation("/env", "must not be empty")])
    }

    // MARK: Checks

    private static let portIndex = "Health check port indices must address an element of the ports array or container port mappings."

    @Test(
        arguments: [
            (["healthChecks": [["portIndex": 1]]], "/healthChecks(0)", portIndex),
            (["healthChecks": [[:]], "portDefinitions": []], "/healthChecks(0)", portIndex),
            (["healthChecks": [["port": 80], ["protocol": "TCP", "portIndex": 7]]], "/healthChecks(1)", portIndex),
            (
                ["healthChecks": [["ipProtocol": "IPv6"]]], "/healthChecks(0)",
                "IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks"
            ),
            (["healthChecks": [["protocol": "COMMAND"]]], "/healthChecks(0)", "protocol COMMAND and a command require each other"),
            (
                ["healthChecks": [["command": ["value": "x"], "portIndex": 0]]], "/healthChecks(0)",
                "protocol COMMAND and a command require each other"
            ),
            (
                ["healthChecks": [["protocol": "COMMAND", "command": ["value": "x"], "path": "/"]]], "/healthChecks(0)",
                "a check with protocol COMMAND has neither path nor port"
            ),
            (
                ["healthChecks": [["protocol": "MESOS_HTTP"], ["protocol": "MESOS_TCP"]]], "/",
                "AppDefinition can contain at most one Mesos health check"
            ),
            (
                ["check": ["tcp": ["portIndex": 3]]], "/check",
                "check port index must address an element of the ports array or container port mappings."
            ),
            (
                ["check": ["http": [:]], "portDefinitions": []], "/check",
                "check port index must address an element of the ports array or container port mappings."
            ),
            (
                ["container": ["docker": ["image": "i"]], "check": ["tcp": [:]]], "/",
                "AppDefinition must not use 'checks' if using docker"
            ),
            (["readinessChecks": [[:]]], "/readinessChecks(0)/portName", "No port definition reference for portName http-api"),
            (
                ["readinessChecks": [["portName": "default", "timeoutSeconds": 30]]], "/readinessChecks(0)/timeoutSeconds",
                "got 30, expected less than 30"
            ),
            (
                ["readinessChecks": [["portName": "default"], ["portName": "default"]]], "/readinessChecks",
                "has size 2, expected 1 or less"
            )
        ] as [(JSONValue, String, String)])
    func `a check that can't work is refused`(members: JSONValue, path: String, error: String) throws {
        let members = try #require(members.object)
        expect(Model.members(members.map { ($0.name, $0.value) }), rules: Model.rules, [Violation(path, error)])
    }

    @Test(
        arguments: [
            ["healthChecks": [[:]]], ["healthChecks": [["port": 0]], "portDefinitions": []], ["healthChecks": [["protocol": "MESOS_TCP"]]],
            ["healthChecks": [["protocol": "COMMAND", "command": ["value": "x"], "portIndex": 9]]],
            ["healthChecks": [["protocol": "COMMAND", "command": ["value": "x"]], ["protocol": "COMMAND", "command": ["value": "y"]]]],
            ["check": ["exec": ["command": ["argv": ["a", "b"]]]]], ["check": ["http": ["portIndex": 0]]], ["check": ["tcp": ["port": 80]]],
            ["readinessChecks": [["portName": "default", "timeoutSeconds": 29]]],
            ["container": ["docker": ["image": "i"]], "healthChecks": [["protocol": "MESOS_HTTP", "ipProtocol": "IPv6"]]]
        ] as [JSONValue])
    func `a check that can work is taken`(members: JSONValue) throws {
        let members = try #require(members.object)
        expect(Model.members(members.map { ($0.name, $0.value) }), rules: Model.rules, [])
    }

    // MARK: Strategies, labels, roles

    private static let single: JSONValue = ["MARATHON_SINGLE_INSTANCE_APP": "true"]

    @Test(
        arguments: [
            (
                ["labels": single, "instances": 2, "upgradeStrategy": ["maximumOverCapacity": 0, "minimumHealthCapacity": 0]],
                ["/": "Single instance app may only have one instance"]
            ),
            (
                ["labels": single],
                [
                    "/upgradeStrategy/minimumHealthCapacity": "got 1.0, expected 0.0",
                    "/upgradeStrategy/maximumOverCapacity": "got 1.0, expected 0.0"
                ]
            ),
            (
                ["unreachableStrategy": ["inactiveAfterSeconds": 2, "expungeAfterSeconds": 1]],
                [
                    "/unreachableStrategy/inactiveAfterSeconds":
                        "inactiveAfterSeconds (2) must be less or equal to expungeAfterSeconds, which is 1"
                ]
            ),
            (
                ["labels": ["DCOS_MIGRATION_API_VERSION": "v1", "DCOS_MIGRATION_API_PATH": "/x"]],
                ["/": "DCOS_PACKAGE_FRAMEWORK_NAME and DCOS_MIGRATION_API_PATH must be defined when using DCOS_MIGRATION_API_VERSION"]
            ),
            (["role": "prod"], ["/role": "got prod, expected one of: *, dev"]),
            (["acceptedResourceRoles": []], ["/acceptedResourceRoles": "must not be empty"]),
            (["acceptedResourceRoles": ["prod"]], ["/acceptedResourceRoles": "acceptedResourceRoles can only contain *"]),
            (
                ["role": "dev", "acceptedResourceRoles": ["*", "prod"]],
                ["/acceptedResourceRoles": "acceptedResourceRoles can only contain * and dev"]
            )
        ] as [(JSONValue, KeyValuePairs<String, String>)])
    func `strategies, labels and roles that contradict each other are refused`(
        members: JSONValue, violations: KeyValuePairs<String, String>
    ) throws {
        let members = try #require(members.object)
        expect(Model.members(members.map { ($0.name, $0.value) }), rules: Model.generous, violations.map { Violation($0, $1) })
    }

    @Test(
        arguments: [
            ["labels": single, "upgradeStrategy": ["maximumOverCapacity": 0, "minimumHealthCapacity": 0]],
            ["labels": ["MARATHON_SINGLE_INSTANCE_APP": "false"], "instances": 2],
            ["unreachableStrategy": ["inactiveAfterSeconds": 1, "expungeAfterSeconds": 1]], ["unreachableStrategy": "disabled"],
            [
                "labels": ["DCOS_MIGRATION_API_VERSION": "v1", "DCOS_MIGRATION_API_PATH": "/x", "DCOS_PACKAGE_FRAMEWORK_NAME": "f"]
            ],
            ["role": "dev", "acceptedResourceRoles": ["*", "dev"]]
        ] as [JSONValue])
    func `strategies, labels and roles that fit are taken`(members: JSONValue) throws {
        let members = try #require(members.object)
        expect(Model.members(members.map { ($0.name, $0.value) }), rules: Model.generous, [])
    }

    // MARK: The whole

    @Test func `several violations make one body, those of one place together`() throws {
        let json = Model.members([
            ("constraints", [["hostname", "NEAR"]]), ("portDefinitions", [["name": "a"], ["name": "a", "port": 80], ["port": 80]])
        ])
        let rejection = try #require(Model.rejection(json))
        #expect(
            Model.text(rejection) == #"{"message":"Object is not valid","details":[{"path":"/constraints(0)","errors":["#
                + #""operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS"]},"#
                + #"{"path":"/portDefinitions","errors":["Port names must be unique.","Ports must be unique."]}]}"#)
    }

    @Test func `the root can't be an app`() {
        expect(
            ["id": "/", "cmd": "x"], rules: Model.rules,
            [Violation("/id", "Path must contain at least one path element"), Violation("/", "must not be root")])
    }

    @Test(
        arguments: [
            ([["rack"]], "Each constraint must have either 2 or 3 fields"),
            ([["rack", "IS", "a", "b"]], "Each constraint must have either 2 or 3 fields"),
            ([["", "UNIQUE"]], "missing field for constraint declaration"),
            ([["rack", "EQUALS", "a"]], "operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS"),
            ([["rack", "UNIQUE", "a"]], "UNIQUE does not accept a value"),
            ([["rack", "GROUP_BY", "many"]], "GROUP BY must define an integer value or else no value at all"),
            ([["rack", "MAX_PER"]], "MAX_PER requires an integer value"),
            ([["rack", "MAX_PER", "99999999999"]], "MAX_PER requires an integer value"),
            ([["rack", "LIKE"]], "LIKE and UNLIKE require a non-empty, regular expression value"),
            ([["rack", "UNLIKE", ""]], "LIKE and UNLIKE require a non-empty, regular expression value"),
            ([["rack", "LIKE", "a("]], "is not a valid regular expression"),
            (
                [["rack", "IS", "{a,b}"]],
                "IS only supports Mesos text and float values (see http://mesos.apache.org/documentation/latest/attributes-resources/)"
            )
        ] as [(JSONValue, String)])
    func `a malformed constraint is refused`(constraints: JSONValue, error: String) {
        expect(Model.members([("constraints", constraints)]), rules: Model.rules, [Violation("/constraints(0)", error)])
    }

    @Test func `constraints are taken with the operator in any case`() throws {
        let app = try Model.app(
            Model.members([("constraints", [["hostname", "unique"], ["rack", "group_by", "3"], ["rack", "Is", "a-1/b.c"], ["zone", "CLUSTER"]])]))
        #expect(app.constraints.map(\.words) == [["hostname", "UNIQUE"], ["rack", "GROUP_BY", "3"], ["rack", "IS", "a-1/b.c"], ["zone", "CLUSTER"]])
    }
}
