import JSON
import Testing

@testable import ServicesCore

struct ModelNetworkTests {
    private static let bridge: JSONValue = [["mode": "container/bridge"]]

    // MARK: Defaults and translation

    @Test(
        arguments: [
            ([:], "host", ["default": 0], nil),
            (["networks": []], "host", ["default": 0], nil),
            (["portDefinitions": []], "host", [:], nil),
            (["ports": [80, 0]], "host", ["#0": 80, "#1": 0], nil),
            (["networks": bridge], "container/bridge", [:], ["default:0"]),
            (["networks": bridge, "portDefinitions": [["port": 80]], "requirePorts": true], "container/bridge", [:], ["default:0"]),
            (["networks": bridge, "container": ["type": "MESOS", "portMappings": []]], "container/bridge", [:], []),
            (
                ["networks": bridge, "container": ["type": "MESOS", "portMappings": [["containerPort": 8080], ["hostPort": 31000]]]],
                "container/bridge", [:], ["-:0", "-:31000"]
            ),
            (["networks": bridge, "ports": [0, 0, 0]], "container/bridge", [:], ["default:0", "-:0", "-:0"]),
            (["networks": [["name": "n"]]], "container", [:], ["default:-"]),
            (["networks": [[:]]], "container", [:], ["default:-"]),
            (["container": ["type": "MESOS", "portMappings": [["name": "x"]]]], "host", ["default": 0], nil),
            (["container": ["docker": ["image": "i", "network": "HOST"]]], "host", ["default": 0], nil),
            (["container": ["docker": ["image": "i", "network": "BRIDGE"]]], "container/bridge", [:], ["default:0"]),
            (
                ["container": ["docker": ["image": "i", "network": "BRIDGE", "portMappings": [["name": "web"]]]]], "container/bridge", [:],
                ["web:0"]
            ),
            (["container": ["docker": ["image": "i", "network": "USER"]], "ipAddress": ["networkName": "n"]], "container", [:], ["default:-"]),
            (["ipAddress": [:]], "container", [:], ["default:-"]),
            (["ipAddress": ["networkName": "mesos-bridge"]], "container/bridge", [:], ["default:0"]),
            (["ipAddress": ["discovery": ["ports": [["number": 80, "name": "web"]]]]], "container", [:], ["web:-"])
        ] as [(JSONValue, String, KeyValuePairs<String, Int>, [String]?)])
    func `networks and ports are normalised`(
        members: JSONValue, mode: String, definitions: KeyValuePairs<String, Int>, mappings: [String]?
    ) throws {
        let members = try #require(members.object).map { ($0.name, $0.value) }
        let app = try Model.app(Model.members(members), rules: Model.generous)
        #expect(app.networks.map(\.mode.rawValue) == [mode])
        #expect(app.portDefinitions.enumerated().map { "\($1.name ?? "#\($0)")=\($1.port)" } == definitions.map { "\($0)=\($1)" })
        #expect(app.container?.portMappings?.map { "\($0.name ?? "-"):\($0.hostPort.map(String.init) ?? "-")" } == mappings)
        if mode != "host" { #expect(!app.requirePorts && app.container != nil) }
        if mode == "container" { #expect(app.networks[0].name == (app.networks[0].name == "n" ? "n" : "dcos")) }
    }

    @Test func `an app with an IP address of its own keeps labels, and a container of its own`() throws {
        let app = try Model.app(Model.members([("ipAddress", ["labels": ["a": "b"], "networkName": "n"])]))
        #expect(app.networks == [Network(mode: .container, name: "n", labels: ["a": "b"])])
        #expect(app.container == Container(type: .mesos, portMappings: [PortMapping(name: "default")]))
    }

    @Test func `URIs become artifacts that are unpacked if they look like archives`() throws {
        let uris: JSONValue = ["http://x/a.tgz", "a.tar.gz", "b.zip?v=1", "c.txt", "d.tar.xz#x", "e.gz", "f.tar.bz2", "g.tar", "h.txz", "tgz"]
        let app = try Model.app(Model.members([("uris", uris)]))
        #expect(app.fetch.map(\.extract) == [true, true, true, false, true, true, true, true, true, false])
        #expect(app.fetch.map(\.uri) == uris.array?.compactMap(\.string))
        #expect(try Model.app(Model.members([("uris", []), ("fetch", [["uri": "x"]])])).fetch == [Artifact(uri: "x")])
    }

    @Test func `health checks without a port mean the first one, except for commands`() throws {
        let checks: JSONValue = [[:], ["port": 80], ["portIndex": 0, "protocol": "TCP"], ["protocol": "COMMAND", "command": ["value": "x"]]]
        let app = try Model.app(Model.members([("healthChecks", checks)]))
        #expect(app.healthChecks.map(\.portIndex) == [0, nil, 0, nil])
        #expect(app.healthChecks.map(\.port) == [nil, 80, nil, nil])
        #expect(app.healthChecks[0].effectivePath == "/" && app.healthChecks[0].path == nil)
    }

    @Test func `ids and dependencies are resolved against the group`() throws {
        let json: JSONValue = ["id": "web", "cmd": "x", "dependencies": ["db", "../other", "/x", "db"]]
        let app = try AppDefinition(AppUpdate(json), in: PathID("/g"), rules: Model.rules, versionInfo: VersionInfo(Model.moment))
        #expect(app.id == PathID("/g/web"))
        #expect(app.dependencies.map(\.description) == ["/g/db", "/other", "/x"])
        let given = try AppDefinition(AppUpdate(json), id: PathID("/h/y"), rules: Model.rules, versionInfo: VersionInfo(Model.moment))
        #expect(given.id == PathID("/h/y"))
    }

    @Test func `inside a group update the id must be the group's child`() {
        let json: JSONValue = ["id": "/h/web", "cmd": "x"]
        #expect(throws: ModelRejection.invalid([Violation("/id", "Identifier is not child of '/g'")])) {
            _ = try AppDefinition(
                AppUpdate(json), in: PathID("/g"), mustBeChild: true, rules: Model.rules, versionInfo: VersionInfo(Model.moment))
        }
    }

    // MARK: Refusals

    @Test(
        arguments: [
            (["uris": ["a"], "fetch": [["uri": "b"]]], "/uris", "may not be set in conjunction with fetch"),
            (
                ["networks": bridge, "container": ["docker": ["image": "i", "network": "BRIDGE"]]], "/",
                "must not specify both container.docker.network and networks"
            ),
            (["networks": bridge, "ipAddress": [:]], "/", "must not specify both networks and ipAddress"),
            (["ports": [80, 80]], "/", "ports must be unique"),
            (["ipAddress": [:], "ports": [80]], "/", "cannot specify both an IP address and port"),
            (["ipAddress": [:], "portDefinitions": [[:]]], "/", "cannot specify both an IP address and port"),
            (["ports": [80], "portDefinitions": [["port": 81]]], "/", "cannot specify both ports and port definitions"),
            (
                ["container": ["docker": ["image": "i"]], "ipAddress": ["discovery": [:]]], "/ipAddress",
                "ipAddress/discovery is not allowed for Docker containers"
            ),
            (
                ["container": ["docker": ["image": "i", "network": "BRIDGE", "portMappings": [["name": "a"], ["name": "a"]]]]],
                "/container/docker/portMappings", "Port names must be unique."
            ),
            (["networks": [["mode": "host", "name": "x"]]], "/networks", "Host networks may not have names or labels"),
            (["networks": [["mode": "host", "labels": ["a": "b"]]]], "/networks", "Host networks may not have names or labels"),
            (["networks": [["mode": "container/bridge", "name": "x"]]], "/networks", "Bridge networks may not have names"),
            (["networks": [["name": "x"], ["name": "x"]]], "/networks", "Duplicate networks are not allowed"),
            (
                ["networks": [["mode": "host"], ["mode": "host"]]], "/networks",
                "May specify a single host network, single bridge network, or else 1-to-n container networks"
            ),
            (
                ["networks": [["mode": "container/bridge"], ["name": "x"]]], "/networks",
                "May specify a single host network, single bridge network, or else 1-to-n container networks"
            ),
            (["networks": [[:]]], "/networks", "Network name must be specified when container network is selected."),
            (
                ["networks": [["name": "x"], ["name": "y"]], "container": ["docker": ["image": "i"]]], "/",
                "may only specify a single container network when using the Docker container engine"
            ),
            (
                ["networks": bridge, "container": ["type": "MESOS", "portMappings": [["name": "a"], ["name": "a"]]]],
                "/container/portMappings", "Port names must be unique."
            ),
            (
                ["networks": [["name": "x"], ["name": "y"]], "container": ["type": "MESOS", "portMappings": [["hostPort": 0]]]],
                "/container/portMappings(0)",
                "networkNames must be a single item list when hostPort is specified and more than 1 container network is defined"
            ),
            (
                ["networks": [["name": "x"]], "container": ["type": "MESOS", "portMappings": [["networkNames": ["y"]]]]],
                "/container/portMappings(0)/networkNames(0)", "is not one of (x)"
            ),
            (["portDefinitions": [["name": "a"], ["name": "a"]]], "/portDefinitions", "Port names must be unique."),
            (["portDefinitions": [["port": 80], ["port": 80]]], "/portDefinitions", "Ports must be unique.")
        ] as [(JSONValue, String, String)])
    func `networks and ports that contradict each other are refused`(members: JSONValue, path: String, error: String) throws {
        let members = try #require(members.object).map { ($0.name, $0.value) }
        #expect(Model.rejection(Model.members(members)) == .invalid([Violation(path, error)]))
    }

    @Test(
        arguments: [
            (["container": ["docker": ["image": "i", "network": "NONE"]]], "unsupported docker network type NONE"),
            (
                ["container": ["docker": ["image": "i", "network": "BRIDGE", "portMappings": [[:]]], "portMappings": [[:]]]],
                "cannot specify both portMappings and docker.portMappings"
            ),
            (
                ["container": ["type": "MESOS", "portMappings": [[:]]], "ipAddress": ["discovery": ["ports": [["name": "a"]]]]],
                "container.portMappings and ipAddress.discovery.ports must not both be set"
            )
        ] as [(JSONValue, String)])
    func `what has no translation is refused as a whole`(members: JSONValue, message: String) throws {
        let members = try #require(members.object).map { ($0.name, $0.value) }
        #expect(Model.rejection(Model.members(members)) == .message(message))
    }

    @Test func `updates are refused as a whole where new apps have violations`() throws {
        let app = try Model.app(Model.members([]))
        let rows: [(JSONValue, String)] = [
            (["uris": ["a"], "fetch": [["uri": "b"]]], "cannot specify both uris and fetch fields"),
            (["networks": [["mode": "host"]], "ipAddress": [:]], "cannot mix deprecated and canonical network APIs"),
            (["networks": [[:]]], "container network name is not defined"),
            (
                ["container": ["docker": ["image": "i"]], "ipAddress": ["discovery": ["ports": [["name": "a"]]]]],
                "ipAddress.discovery.ports do not apply for container type DOCKER"
            )
        ]
        for (json, message) in rows {
            #expect(throws: ModelRejection.message(message)) { _ = try app.changed(by: Model.update(json), rules: Model.rules) }
        }
    }

    @Test func `a definition whose ports don't fit its networks has violations`() throws {
        var host = try Model.app(Model.members([]))
        host.container = Container(type: .mesos, portMappings: [PortMapping()])
        #expect(host.violations(rules: Model.rules) == [Violation("/", "portMappings are not allowed with host-networking")])
        var bridge = try Model.app(Model.members([("networks", Self.bridge)]))
        bridge.portDefinitions = [PortDefinition()]
        #expect(bridge.violations(rules: Model.rules) == [Violation("/", "portDefinitions are only allowed with host-networking")])
    }
}
