import JSON
import Testing

@testable import ServicesCore

struct ModelUnsupportedTests {
    private static func volume(_ name: String, _ value: JSONValue) -> JSONValue {
        ["type": "MESOS", "volumes": [.object(JSONObject([("containerPath", "v"), ("mode", "RW"), (name, value)]))]]
    }

    @Test(
        arguments: [
            (
                [("container", ["docker": ["image": "i"]])], "/container/docker/image",
                "container.docker.image is not served yet: tasks run as plain processes"
            ),
            (
                [("networks", [["mode": "container/bridge"]])], "/networks",
                "networks other than host are not served yet: tasks share the network of their agent"
            ),
            (
                [("container", volume("persistent", ["size": 1])), ("role", "dev")], "/container/volumes",
                "persistent volumes are not served yet: only host volumes are"
            ),
            (
                [("container", volume("external", ["name": "v", "provider": "dvdi", "options": ["dvdi/driver": "x"]]))], "/container/volumes",
                "external volumes are not served yet: only host volumes are"
            ),
            (
                [("container", ["type": "MESOS", "linuxInfo": ["seccomp": ["unconfined": true]]])], "/container/linuxInfo/seccomp",
                "seccomp profiles are not served yet: tasks run without a filter"
            ),
            (
                [("container", ["type": "MESOS", "linuxInfo": ["ipcInfo": ["mode": "PRIVATE"]]])], "/container/linuxInfo/ipcInfo",
                "IPC namespaces are not served yet: tasks share that of their agent"
            ),
            ([("secrets", ["s": ["source": "x"]])], "/secrets", "secrets are not served yet: there is nothing that resolves them"),
            ([("gpus", 1)], "/gpus", "gpus are not served yet: agents can't isolate them"),
            ([("tty", true)], "/tty", "terminals are not served yet"),
            ([("instances", 50_001)], "/instances", "more than 50000 instances of one app are not served"),
            ([("env", ["A=": "b"])], "/env", "a process can't be given variables with NUL characters, nor with = in their names"),
            ([("env", ["A\0": "b"])], "/env", "a process can't be given variables with NUL characters, nor with = in their names"),
            ([("env", ["A": "b\0"])], "/env", "a process can't be given variables with NUL characters, nor with = in their names"),
            ([("cmd", "a\0")], "/", "a process can't be given a cmd, args or user with NUL characters"),
            ([("user", "a\0")], "/", "a process can't be given a cmd, args or user with NUL characters"),
            (
                [("executorResources", ["cpus": 0.1, "mem": 32, "disk": 10])], "/executorResources",
                "executorResources are not served yet: the command executor needs none of its own"
            ),
            ([("executor", "/opt/x")], "/executor", "custom executors are not served yet: only the command executor is")
        ] as [([(String, JSONValue)], String, String)])
    func `what can't be served is named`(members: [(String, JSONValue)], path: String, text: String) throws {
        #expect(try Model.app(Model.members(members), rules: Model.generous).unsupported == [Violation(path, text)])
    }

    @Test func `what belongs together is named together`() throws {
        let app = try Model.app(
            Model.members([
                ("secrets", ["s": ["source": "x"]]), ("env", ["A": ["secret": "s"]]), ("container", Self.volume("secret", "s"))
            ]), rules: Model.generous)
        #expect(app.unsupported.map(\.path) == ["/container/volumes", "/secrets", "/env"])
    }

    @Test(
        arguments: [
            [], [("executor", "//cmd"), ("tty", false)], [("container", volume("hostPath", "/srv"))],
            [("healthChecks", [["protocol": "MESOS_HTTP"]])],
            [("resourceLimits", ["cpus": "unlimited"])], [("instances", 50_000)], [("env", ["a.b-c d": "e=f"])],
            [("constraints", [["hostname", "UNIQUE"]])], [("fetch", [["uri": "http://x/y"]])],
            [("networks", [["mode": "host"]]), ("container", ["type": "MESOS"])]
        ] as [[(String, JSONValue)]])
    func `what can be served is not`(members: [(String, JSONValue)]) throws {
        #expect(try Model.app(Model.members(members), rules: Model.generous).unsupported.isEmpty)
    }
}
