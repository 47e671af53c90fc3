import JSON
import Testing

@testable import ServicesCore

struct ModelEnvironmentTests {
    private static let task = TaskID(InstanceID(PathID("/g/a"), uuid: "2b1c8f0e-eec5-11eb-9a03-0242ac130003"), incarnation: 1)

    /// Always draws the lowest number. (Zero would be drawn again and again.)
    private struct Constant: RandomNumberGenerator {
        mutating func next() -> UInt64 { 1 << 48 }
    }

    private func environment(
        _ members: [(String, JSONValue)], hostPorts: [Int?], prefix: String = "", enforces: Bool? = nil
    ) throws -> [(String, String)] {
        let app = try Model.app(Model.members([("id", "/g/a")] + members), rules: Model.generous)
        var generator = Constant()
        let ports = app.taskPorts(hostPorts: hostPorts, using: &generator)
        let environment = TaskEnvironment(
            of: app, taskID: Self.task, host: "node1", ports: ports, prefix: prefix, enforcesGroupRole: enforces)
        return environment.variables.map { ($0.name, $0.value) }
    }

    private func text(_ variables: [(String, String)]) -> [String] { variables.map { "\($0)=\($1)" } }

    private static let context = [
        "MESOS_TASK_ID=g_a.instance-2b1c8f0e-eec5-11eb-9a03-0242ac130003._app.1", "MARATHON_APP_ID=/g/a",
        "MARATHON_APP_VERSION=2021-07-27T10:00:00.123Z", "MARATHON_APP_RESOURCE_CPUS=1.0", "MARATHON_APP_RESOURCE_MEM=128.0",
        "MARATHON_APP_RESOURCE_DISK=0.0", "MARATHON_APP_RESOURCE_GPUS=0"
    ]

    @Test func `a task without ports, labels or variables`() throws {
        #expect(
            text(try environment([("portDefinitions", [])], hostPorts: []))
                == Self.context + ["MARATHON_APP_LABELS=", "HOST=node1"])
    }

    @Test(
        arguments: [
            ([["port": 0]], [31000], ["PORT=31000", "PORT0=31000", "PORTS=31000", "PORT_31000=31000"]),
            (
                [["port": 0, "name": "http"], ["port": 8443, "name": "https-alt"]], [31000, 31001],
                [
                    "PORT=31000", "PORT0=31000", "PORT1=31001", "PORTS=31000,31001", "PORT_31000=31000", "PORT_8443=31001", "PORT_HTTP=31000",
                    "PORT_HTTPS-ALT=31001"
                ]
            )
        ] as [(JSONValue, [Int?], [String])])
    func `the ports of host mode`(definitions: JSONValue, hostPorts: [Int?], expected: [String]) throws {
        let variables = text(try environment([("portDefinitions", definitions)], hostPorts: hostPorts))
        #expect(variables == Self.context + ["MARATHON_APP_LABELS="] + expected + ["HOST=node1"])
    }

    @Test func `the ports of containers: mapped, unmapped, and neither`() throws {
        let mappings: JSONValue = [["containerPort": 80, "hostPort": 0, "name": "web"], ["containerPort": 81], ["containerPort": 0, "name": "any"]]
        let members: [(String, JSONValue)] = [
            ("networks", [["name": "n"]]), ("container", ["type": "MESOS", "portMappings": mappings])
        ]
        #expect(
            text(try environment(members, hostPorts: [31000, nil, nil])) == Self.context + [
                "MARATHON_APP_LABELS=", "PORT=31000", "PORT0=31000", "PORT1=81", "PORT2=1025", "PORTS=31000,1025", "PORT_80=31000", "PORT_81=81",
                "PORT_1025=1025", "PORT_WEB=31000", "PORT_ANY=1025", "HOST=node1"
            ])
    }

    @Test func `generated ports avoid those that are taken`() throws {
        let mappings: JSONValue = [["containerPort": 1025], ["containerPort": 0], ["containerPort": 0]]
        let app = try Model.app(
            Model.members([("networks", [["name": "n"]]), ("container", ["type": "MESOS", "portMappings": mappings])]))
        var generator = Constant()
        #expect(app.taskPorts(hostPorts: [nil, nil, nil], using: &generator).map(\.number) == [1025, 1026, 1027])
        var random = SystemRandomNumberGenerator()
        for port in app.taskPorts(hostPorts: [nil, nil, nil], using: &random) { #expect((1025...65535).contains(port.number)) }
    }

    @Test func `the prefix is for host and ports alone`() throws {
        let variables = text(try environment([], hostPorts: [31000], prefix: "X_"))
        #expect(
            variables == Self.context + [
                "MARATHON_APP_LABELS=", "X_PORT=31000", "X_PORT0=31000", "X_PORTS=31000", "X_PORT_31000=31000", "X_PORT_DEFAULT=31000",
                "X_HOST=node1"
            ])
    }

    @Test func `what the user says wins, in place`() throws {
        let variables = try environment(
            [("env", ["PORT0": "mine", "A": "b", "MESOS_TASK_ID": "x", "S": ["secret": "s"]]), ("secrets", ["s": ["source": "x"]])],
            hostPorts: [31000])
        #expect(variables.map(\.0).filter { $0 == "PORT0" }.count == 1)
        #expect(text(variables).contains("PORT0=mine"))
        #expect(text(variables).first == "MESOS_TASK_ID=x")
        #expect(text(variables).last == "A=b")
        #expect(!variables.contains { $0.0 == "S" })
    }

    @Test func `the group's enforcement of its role and the image are told`() throws {
        #expect(text(try environment([], hostPorts: [1], enforces: true)).contains("MARATHON_APP_ENFORCE_GROUP_ROLE=TRUE"))
        #expect(text(try environment([], hostPorts: [1], enforces: false)).contains("MARATHON_APP_ENFORCE_GROUP_ROLE=FALSE"))
        #expect(
            text(try environment([("container", ["docker": ["image": "redis:6"]])], hostPorts: [1]))
                .contains("MARATHON_APP_DOCKER_IMAGE=redis:6"))
    }

    @Test func `labels are told in capitals unless they are too long`() throws {
        let long = String(repeating: "x", count: 512)
        let labels: JSONValue = .object(
            JSONObject(
                [
                    ("role", "web"), ("a--b.c", "1"), ("ä", "umlaut"), ("X_y1", "2"), (String(long.prefix(493)), "3"),
                    (String(long.prefix(492)), "4"), ("value", .string(long)), ("short", .string(String(long.prefix(511))))
                ] as [(String, JSONValue)]))
        let variables = try environment([("labels", labels)], hostPorts: [])
        let name = String(long.prefix(492)).uppercased()
        #expect(text(variables).contains("MARATHON_APP_LABELS=X_Y1 A_B_C ROLE SHORT \(name) _"))
        #expect(text(variables).contains("MARATHON_APP_LABEL_A_B_C=1"))
        #expect(text(variables).contains("MARATHON_APP_LABEL_X_Y1=2"))
        #expect(text(variables).contains("MARATHON_APP_LABEL__=umlaut"))
        #expect(text(variables).contains("MARATHON_APP_LABEL_\(name)=4"))
        #expect(!variables.contains { $0.0 == "MARATHON_APP_LABEL_VALUE" || $0.1 == "3" })
    }
}
