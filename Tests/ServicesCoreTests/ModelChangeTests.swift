import FrameworkCore
import JSON
import Testing

@testable import ServicesCore

struct ModelChangeTests {
    private func app(_ members: [(String, JSONValue)] = [], rules: AppRules = Model.generous) throws(ModelRejection) -> AppDefinition {
        try Model.app(Model.members(members), rules: rules)
    }

    private func change(_ app: AppDefinition, _ json: JSONValue) throws(ModelRejection) -> AppDefinition {
        try app.changed(by: Model.update(json), rules: Model.generous)
    }

    // MARK: Merging

    @Test func `a member that is present replaces the stored one as a whole`() throws {
        let before = try app([("labels", ["a": "1", "b": "2"]), ("env", ["A": "1"]), ("instances", 3), ("args", []), ("user", "joe")])
        let after = try change(before, ["labels": ["c": "3"], "instances": 5])
        var expected = before
        expected.labels = ["c": "3"]
        expected.instances = 5
        #expect(after == expected)
        #expect(try change(before, [:]) == before)
        #expect(try change(before, ["labels": .null, "user": .null]) == before)
        #expect(try change(before, ["labels": [:]]).labels.isEmpty)
    }

    @Test func `the body's id is ignored, relative and absolute`() throws {
        let before = try app()
        #expect(try change(before, ["id": "/other"]) == before)
    }

    @Test func `resourceLimits and executorResources are taken from the request alone`() throws {
        let before = try app([("resourceLimits", ["cpus": "unlimited"]), ("executorResources", ["cpus": 1])])
        let after = try change(before, ["instances": 2])
        #expect(after.resourceLimits == nil && after.executorResources == nil)
        #expect(try change(before, ["resourceLimits": ["mem": 256]]).resourceLimits == ResourceLimits(cpus: nil, mem: .number(256)))
    }

    @Test func `the merged definition is validated`() throws {
        let before = try app([("cpus", 1)])
        #expect(
            throws: ModelRejection.invalid([
                Violation("/", "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.")
            ])
        ) { _ = try change(before, ["args": ["x"]]) }
        #expect(throws: ModelRejection.invalid([Violation("/container/docker/credential", "must be empty")])) {
            _ = try change(before, ["container": ["docker": ["image": "i", "credential": ["principal": "p"]]]])
        }
    }

    @Test func `leaving host mode drops its ports, and coming back drops the mappings`() throws {
        let host = try app([("portDefinitions", [["port": 80], ["port": 81]]), ("requirePorts", true)])
        let bridge = try change(host, ["networks": [["mode": "container/bridge"]], "container": ["type": "MESOS"]])
        #expect(bridge.portDefinitions.isEmpty && !bridge.requirePorts)
        #expect(bridge.portMappings == [PortMapping(hostPort: 0, name: "default")])
        let back = try change(bridge, ["networks": [["mode": "host"]]])
        #expect(back.portMappings.isEmpty && back.container?.portMappings == nil)
        #expect(back.portDefinitions == [PortDefinition(name: "default")])
    }

    @Test func `ports keep their order in an update, and deprecated ones are translated`() throws {
        let before = try app()
        let after = try change(before, ["ports": [9, 3, 7]])
        #expect(after.portDefinitions.map(\.port) == [9, 3, 7])
        #expect(try change(before, ["uris": ["x.zip"]]).fetch == [Artifact(uri: "x.zip", extract: true)])
        let docker = try change(before, ["container": ["docker": ["image": "i", "network": "BRIDGE", "portMappings": [["containerPort": 80]]]]])
        #expect(docker.networks == [Network(mode: .bridge)])
        #expect(docker.portMappings == [PortMapping(containerPort: 80, hostPort: 0)])
    }

    @Test func `a container without an image gains none`() throws {
        let before = try app([("container", ["type": "MESOS", "volumes": [["containerPath": "x", "hostPath": "/x", "mode": "RO"]]])])
        let after = try change(before, ["cmd": "other"])
        #expect(after.container == before.container && after.container?.docker == nil)
    }

    @Test func `a complete definition puts defaults in the place of what it omits`() throws {
        let update = try Model.update(["cmd": "y"])
        let after = try AppDefinition(update, id: PathID("/a"), rules: Model.rules, versionInfo: VersionInfo(Model.moment))
        #expect(after.instances == 1 && after.labels.isEmpty && after.cmd == "y")
    }

    // MARK: Rollback

    @Test func `a version stands alone or with the id`() throws {
        let version = "2020-01-01T00:00:00.000Z"
        #expect(try Model.update(["version": .string(version)]).rollbackVersion() == Timestamp(version))
        #expect(try Model.update(["id": "/a", "version": .string(version), "unknown": 1]).rollbackVersion() == Timestamp(version))
        #expect(try Model.update(["cmd": "x"]).rollbackVersion() == nil)
        let rejection = ModelRejection.invalid([Violation("/", "The 'version' field may only be combined with the 'id' field.")])
        for other: (String, JSONValue) in [("cmd", "x"), ("instances", 1), ("labels", [:]), ("uris", []), ("container", ["type": "MESOS"])] {
            #expect(throws: rejection) { _ = try Model.update(.object(JSONObject([("version", .string(version)), other]))).rollbackVersion() }
        }
        let before = try app()
        #expect(throws: rejection) { _ = try change(before, ["version": .string(version), "cmd": "x"]) }
    }

    // MARK: Upgrade or scaling

    @Test(
        arguments: [
            ("cmd", "y"), ("user", "u"), ("env", ["A": "b"]), ("cpus", 2), ("mem", 1), ("disk", 1), ("gpus", 1), ("executor", "/x"),
            ("constraints", [["rack", "UNIQUE"]]), ("fetch", [["uri": "x"]]), ("container", ["type": "MESOS"]), ("networks", [["name": "x"]]),
            ("portDefinitions", [["port": 1]]), ("requirePorts", true), ("healthChecks", [[:]]), ("check", ["tcp": [:]]),
            ("readinessChecks", [["portName": "default"]]), ("dependencies", ["/b"]), ("labels", ["a": "b"]), ("backoffSeconds", 2),
            ("backoffFactor", 2), ("maxLaunchDelaySeconds", 2), ("upgradeStrategy", ["maximumOverCapacity": 0, "minimumHealthCapacity": 0]),
            ("taskKillGracePeriodSeconds", 1), ("killSelection", "OLDEST_FIRST"), ("unreachableStrategy", "disabled"),
            ("acceptedResourceRoles", ["*"]), ("role", "dev"), ("secrets", ["s": ["source": "x"]]), ("tty", true),
            ("resourceLimits", ["cpus": "unlimited"]), ("executorResources", [:])
        ] as [(String, JSONValue)])
    func `every change but that of instances is an upgrade`(name: String, value: JSONValue) throws {
        let before = try app([("instances", 2)])
        let after = try change(before, .object(JSONObject([(name, value), ("instances", 3)])))
        #expect(before.isUpgrade(to: after))
        #expect(!before.isScalingOnly(to: after))
    }

    @Test func `what has no order makes no difference by its order`() throws {
        let constraints: [JSONValue] = [["rack", "UNIQUE"], ["zone", "UNIQUE"], ["rack", "UNIQUE"]]
        let checks: [JSONValue] = [["path": "/a"], ["path": "/b"]]
        let before = try app([
            ("constraints", .array(constraints)), ("healthChecks", .array(checks)), ("dependencies", ["/b", "/c"]), ("role", "dev"),
            ("acceptedResourceRoles", ["*", "dev"]), ("labels", ["a": "1", "b": "2"])
        ])
        let after = try app([
            ("constraints", .array(constraints.reversed())), ("healthChecks", .array(checks.reversed())), ("dependencies", ["/c", "/b"]),
            ("role", "dev"), ("acceptedResourceRoles", ["dev", "*"]), ("labels", ["b": "2", "a": "1"])
        ])
        #expect(!before.isUpgrade(to: after))
        #expect(before.constraints.count == 2)
        #expect(before.isUpgrade(to: try app()))
    }

    // MARK: Versions

    @Test func `versions follow what changed`() throws {
        let later = Timestamp(milliseconds: Model.moment.milliseconds + 1000)
        let old = try app([("instances", 2)])
        let scaled = try change(old, ["instances": 3])
        let upgraded = try change(old, ["instances": 3, "cmd": "y"])
        let moment = Model.moment
        #expect(VersionInfo.changing(from: nil, to: old, at: later) == VersionInfo(later))
        #expect(VersionInfo.changing(from: old, to: upgraded, at: later) == VersionInfo(later))
        #expect(
            VersionInfo.changing(from: old, to: scaled, at: later)
                == VersionInfo(version: later, lastScalingAt: later, lastConfigChangeAt: moment))
        #expect(
            VersionInfo.changing(from: old, to: old, isRestart: true, at: later)
                == VersionInfo(version: later, lastScalingAt: moment, lastConfigChangeAt: later))
        #expect(VersionInfo.changing(from: old, to: old, at: later) == VersionInfo(moment))
        #expect(old.isScalingOnly(to: scaled) && !old.isUpgrade(to: scaled) && !old.isScalingOnly(to: old))
    }

    // MARK: Residents

    @Test func `residents can't change what their volumes and reservations hold`() throws {
        func resident(_ members: [(String, JSONValue)] = [], size: Int64 = 1) throws -> AppDefinition {
            let volume: JSONValue = ["containerPath": "data", "mode": "RW", "persistent": ["size": .integer(size)]]
            return try app([("container", ["type": "MESOS", "volumes": [volume]]), ("role", "dev")] + members)
        }
        let resources =
            "Services with persistent volumes configured may not change resource requirements. "
            + "If you need to make this change, please create a new service."
        let hostPorts =
            "Services with persistent volumes configured may not change host ports. "
            + "If you need to make this change, please create a new service."
        let before = try resident()
        let rows: [(AppDefinition, [Violation])] = [
            (try resident([("cmd", "y"), ("instances", 3), ("labels", ["a": "b"])]), []),
            (try resident([("cpus", 2)]), [Violation("/cpus", resources)]),
            (try resident([("mem", 2)]), [Violation("/mem", resources)]),
            (try resident([("disk", 2)]), [Violation("/disk", resources)]),
            (try resident([("gpus", 2)]), [Violation("/gpus", resources)]),
            (
                try resident([("requirePorts", true), ("portDefinitions", [["port": 80]])]),
                [Violation("/requirePorts", resources), Violation("/", hostPorts)]
            ),
            (try resident(size: 2), [Violation("/", "Persistent volumes can not be changed!")]),
            (try app([("role", "dev")]), [Violation("/", "Persistent volumes can not be changed!")])
        ]
        for (after, violations) in rows { #expect(before.residentUpdateViolations(to: after) == violations) }
        #expect(try app().residentUpdateViolations(to: app([("cpus", 9)])).isEmpty)
    }
}
