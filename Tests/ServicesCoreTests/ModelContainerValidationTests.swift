import JSON
import Testing

@testable import ServicesCore

struct ModelContainerValidationTests {
    private func expect(_ json: JSONValue, rules: AppRules = Model.generous, _ violations: [Violation]) {
        #expect(Model.rejection(json, rules: rules) == (violations.isEmpty ? nil : .invalid(violations)), "\(json)")
    }

    private static func mesos(_ name: String, _ value: JSONValue) -> JSONValue {
        .object(JSONObject([("type", "MESOS"), (name, value)]))
    }

    private static func volume(_ name: String, _ value: JSONValue, path: JSONValue = "data", mode: JSONValue = "RW") -> JSONValue {
        mesos("volumes", [.object(JSONObject([("containerPath", path), ("mode", mode), (name, value)]))])
    }

    private static func dvdi(_ members: [(String, JSONValue)] = []) -> JSONValue {
        let standard: [(String, JSONValue)] = [("name", "v"), ("provider", "dvdi"), ("options", ["dvdi/driver": "rexray"])]
        var object = JSONObject(standard)
        for (name, value) in members { object[name] = value }
        return .object(object)
    }

    // MARK: Image and properties

    @Test(
        arguments: [
            (["type": "DOCKER"], "/container/docker", "not defined"),
            (
                ["docker": ["image": "i", "pullConfig": ["secret": "s"]]], "/container/docker/pullConfig",
                "pullConfig is not supported with Docker containerizer"
            ),
            (
                ["type": "MESOS", "docker": ["image": "i", "pullConfig": ["secret": "s"]]], "/container/docker/pullConfig",
                "pullConfig.secret must refer to an existing secret"
            ),
            (["docker": ["image": "i", "credential": ["principal": "p"]]], "/container/docker/credential", "must be empty"),
            (["type": "MESOS", "docker": ["image": "i", "network": "HOST"]], "/container/docker/network", "must be empty"),
            (["type": "MESOS", "docker": ["image": "i", "portMappings": []]], "/container/docker/portMappings", "must be empty"),
            (
                ["type": "MESOS", "docker": ["image": "i", "parameters": [["key": "k", "value": "v"]]]], "/container/docker/parameters",
                "must be empty"
            ),
            (
                ["type": "MESOS", "docker": ["image": "i", "privileged": true]], "/container/docker/privileged",
                "is only supported with the Docker containerizer"
            ),
            (
                mesos("linuxInfo", ["seccomp": ["profileName": "p", "unconfined": true]]), "/container/linuxInfo/seccomp",
                "Seccomp unconfined can NOT be true when Profile is defined"
            ),
            (
                mesos("linuxInfo", ["seccomp": [:]]), "/container/linuxInfo/seccomp",
                "Seccomp unconfined must be true when Profile is NOT defined"
            ),
            (
                mesos("linuxInfo", ["ipcInfo": ["mode": "SHARE_PARENT", "shmSize": 8]]), "/container/linuxInfo/ipcInfo",
                "ipcInfo shmSize can NOT be set when mode is SHARE_PARENT"
            ),
            (
                ["docker": ["image": "i"], "linuxInfo": ["ipcInfo": ["mode": "PRIVATE"]]], "/container/linuxInfo",
                "is only supported with the Mesos containerizer"
            )
        ] as [(JSONValue, String, String)])
    func `a container that can't be is refused`(container: JSONValue, path: String, error: String) {
        expect(Model.members([("container", container)]), [Violation(path, error)])
    }

    @Test func `credentials of a registry need the feature and the secret`() {
        let container: JSONValue = ["type": "MESOS", "docker": ["image": "i", "pullConfig": ["secret": "s"]]]
        let json = Model.members([("container", container), ("secrets", ["s": ["source": "/s"]])])
        expect(json, [])
        let feature = "Feature secrets is not enabled. Enable with --enable_features secrets)"
        expect(json, rules: Model.rules, [Violation("/secrets", feature), Violation("/container/docker/pullConfig", feature)])
    }

    // MARK: Volumes

    @Test(
        arguments: [
            (volume("persistent", ["size": 0]), "/container/volumes(0)/persistent/size", "got 0, expected more than 0"),
            (volume("persistent", ["size": 1], path: "/data"), "/container/volumes(0)/containerPath", "value must not contain \"/\""),
            (volume("persistent", ["size": 1], path: ".."), "/container/volumes(0)/containerPath", "can not be one of (.,..)"),
            (volume("persistent", ["size": 1], mode: "RO"), "/container/volumes(0)/mode", "got RO, expected RW"),
            (
                volume("persistent", ["size": 1, "constraints": [["path", "LIKE", "a"]]]), "/container/volumes(0)/persistent",
                "Constraints on root volumes are not supported"
            ),
            (
                volume("persistent", ["size": 1, "type": "path", "maxSize": 2]), "/container/volumes(0)/persistent",
                "Only mount volumes can have maxSize"
            ),
            (
                volume("persistent", ["size": 2, "type": "mount", "maxSize": 2]), "/container/volumes(0)/persistent",
                "Max size must be larger than size"
            ),
            (
                volume("persistent", ["size": 1, "type": "mount", "constraints": [["disk", "LIKE", "a"]]]),
                "/container/volumes(0)/persistent/constraints(0)", "Unsupported constraint disk,LIKE,a"
            ),
            (
                volume("persistent", ["size": 1, "type": "mount", "constraints": [["path", "IS", "a"]]]),
                "/container/volumes(0)/persistent/constraints(0)", "Operator must be one of LIKE, UNLIKE"
            ),
            (
                volume("persistent", ["size": 1, "type": "mount", "constraints": [["path", "ABOVE", "a"]]]),
                "/container/volumes(0)/persistent/constraints(0)", "unknown constraint operator ABOVE"
            ),
            (
                volume("persistent", ["size": 1, "type": "mount", "constraints": [["path", "UNLIKE", "["]]]),
                "/container/volumes(0)/persistent/constraints(0)", "Invalid regular expression"
            ),
            (
                volume("persistent", ["size": 1, "type": "mount", "constraints": [["path"]]]),
                "/container/volumes(0)/persistent/constraints(0)", "Missing field and operator"
            )
        ] as [(JSONValue, String, String)])
    func `a persistent volume that can't be is refused`(container: JSONValue, path: String, error: String) {
        expect(Model.members([("container", container), ("role", "dev")]), [Violation(path, error)])
    }

    @Test(
        arguments: [
            (volume("secret", "s"), "/container/volumes(0)", "volume.secret must refer to an existing secret"),
            (volume("external", dvdi([("name", "")])), "/container/volumes(0)/external/name", "must not be empty"),
            (volume("external", ["name": "v"]), "/container/volumes(0)/external/provider", "not defined"),
            (
                volume("external", dvdi([("provider", "DVDI")])), "/container/volumes(0)/external/provider",
                "must match regular expression '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?'"
            ),
            (
                volume("external", dvdi([("options", ["driver": "x", "dvdi/driver": "y"])])), "/container/volumes(0)/external/options",
                "the key 'driver' must have the form <prefix>/<name>"
            ),
            (volume("external", dvdi([("options", [:])])), "/container/volumes(0)/external/options", "not defined: dvdi/driver"),
            (volume("external", dvdi(), mode: "RO"), "/container/volumes(0)/mode", "got RO, expected RW"),
            (volume("external", dvdi(), path: "."), "/container/volumes(0)/containerPath", "can not be one of (.,..)"),
            (
                ["docker": ["image": "i"], "volumes": [["containerPath": "/v", "mode": "RW", "external": dvdi([("size", 1)])]]],
                "/container/volumes(0)/external/size", "must be undefined for Docker containers"
            ),
            (
                [
                    "docker": ["image": "i"],
                    "volumes": [
                        ["containerPath": "/v", "mode": "RW", "external": dvdi([("options", ["dvdi/driver": "x", "dvdi/iops": "1"])])]
                    ]
                ],
                "/container/volumes(0)/external/options", "must only contain dvdi/driver"
            ),
            (
                mesos(
                    "volumes",
                    [
                        ["containerPath": "a", "mode": "RW", "external": dvdi()],
                        ["containerPath": "b", "mode": "RW", "external": dvdi()]
                    ]),
                "/container/volumes", "Volume names must be unique"
            ),
            (
                volume("external", csi(), mode: "RW"), "/container/volumes(0)/external/options/capability/fsType", "not defined"
            ),
            (
                volume("external", csi(mode: "MULTI_NODE_READER_ONLY", fileSystem: "xfs")), "/container/volumes(0)/mode",
                "CSI volume must be mounted readonly with a read-only access mode"
            )
        ] as [(JSONValue, String, String)])
    func `a secret or external volume that can't be is refused`(container: JSONValue, path: String, error: String) {
        expect(Model.members([("container", container)]), [Violation(path, error)])
    }

    private static func csi(mode: JSONValue = "SINGLE_NODE_WRITER", fileSystem: JSONValue = .null) -> JSONValue {
        [
            "provider": "csi", "name": "v",
            "options": ["pluginName": "p", "capability": ["accessMode": mode, "accessType": "mount", "fsType": fileSystem]]
        ]
    }

    @Test func `volumes that only one task can mount limit the instances`() {
        let external = Model.members([("container", Self.volume("external", Self.dvdi())), ("instances", 2)])
        expect(external, [Violation("/", "Number of instances is limited to 1 when declaring DVDI volumes in app [/a]")])
        let csi = Model.members([("container", Self.volume("external", Self.csi(fileSystem: "xfs"))), ("instances", 2)])
        expect(
            csi,
            [
                Violation(
                    "/container/volumes(0)/external", "got 2 instances, expected 1 or less while non-shareable CSI volumes are defined")
            ])
        let over = Model.members([
            ("container", Self.volume("external", Self.dvdi())),
            ("upgradeStrategy", ["maximumOverCapacity": 1, "minimumHealthCapacity": 0.5])
        ])
        expect(over, [Violation("/upgradeStrategy/maximumOverCapacity", "got 1.0, expected 0.0")])
    }

    @Test func `external and secret volumes need their features`() {
        expect(
            Model.members([("container", Self.volume("external", Self.dvdi()))]), rules: Model.rules,
            [Violation("/container/volumes(0)", "Feature external_volumes is not enabled. Enable with --enable_features external_volumes)")])
        let feature = "Feature secrets is not enabled. Enable with --enable_features secrets)"
        expect(
            Model.members([("container", Self.volume("secret", "s")), ("secrets", ["s": ["source": "/s"]])]), rules: Model.rules,
            [Violation("/secrets", feature), Violation("/container/volumes", feature)])
    }

    // MARK: Residents

    private static let resident: [(String, JSONValue)] = [("container", volume("persistent", ["size": 1]))]

    @Test func `an app with persistent volumes gets the defaults of residents`() throws {
        let app = try Model.app(Model.members(Self.resident + [("role", "dev")]), rules: Model.generous)
        #expect(app.isResident)
        #expect(app.upgradeStrategy == .withVolumes)
        #expect(app.unreachableStrategy == .disabled)
        #expect(app.residency == Residency())
        #expect(app.volumes.first?.persistent?.kind == .root)
        let text = Model.text(app)
        #expect(text.contains(#""residency":{"relaunchEscalationTimeoutSeconds":3600,"taskLostBehavior":"WAIT_FOREVER"}"#))
        #expect(text.contains(#""unreachableStrategy":"disabled""#))
    }

    @Test func `the disk of a profile is a mount`() throws {
        let container = Self.volume("persistent", ["size": 1, "profileName": "fast"])
        let app = try Model.app(Model.members([("container", container), ("role", "dev")]), rules: Model.generous)
        #expect(app.volumes.first?.persistent?.kind == .mount)
    }

    @Test(
        arguments: [
            ([], "/role", "Resident apps cannot have the role *"),
            (
                [("role", "dev"), ("unreachableStrategy", [:])], "/",
                "unreachableStrategy must be disabled for resident tasks"
            ),
            (
                [("role", "dev"), ("acceptedResourceRoles", ["dev"])], "/acceptedResourceRoles",
                "A resident app must have `acceptedResourceRoles = [\"*\"]`."
            ),
            (
                [("role", "dev"), ("upgradeStrategy", ["maximumOverCapacity": 0.1, "minimumHealthCapacity": 1])],
                "/upgradeStrategy/maximumOverCapacity", "got 0.1, expected 0.0"
            )
        ] as [([(String, JSONValue)], String, String)])
    func `what residents can't have is refused`(members: [(String, JSONValue)], path: String, error: String) {
        expect(Model.members(Self.resident + members), [Violation(path, error)])
    }

    @Test func `the role of a resident changes by force only`() throws {
        let json = Model.members(Self.resident + [("role", "dev")])
        var rules = Model.generous
        rules.roles.previous = "ops"
        guard case .invalid(let violations) = Model.rejection(json, rules: rules) else {
            Issue.record("a changed role was taken")
            return
        }
        #expect(violations.map(\.path) == ["/role"])
        #expect(violations[0].errors[0].hasPrefix("It is not possible to change the role for existing reservations."))
        #expect(violations[0].errors[0].hasSuffix("retry your request with ?force=true"))
        rules.roles.isChangeForced = true
        expect(json, rules: rules, [])
        rules.roles = AppRules.Roles(valid: ["dev"], standard: "dev", previous: "dev")
        expect(json, rules: rules, [])
    }
}
