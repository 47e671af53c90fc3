/// A part of the model that Agora takes, keeps and shows, and can't serve: an app that needs it is refused, not run without it.
package struct Unsupported: Sendable {
    package let path: String
    package let text: String
    package let isNeeded: @Sendable (AppDefinition) -> Bool

    /// Strike out what has become possible.
    package static let table = [
        Unsupported("/container/docker/image", "container.docker.image is not served yet: tasks run as plain processes") {
            $0.container?.docker != nil
        },
        Unsupported("/networks", "networks other than host are not served yet: tasks share the network of their agent") {
            !$0.isInHostMode
        },
        Unsupported("/container/volumes", "persistent volumes are not served yet: only host volumes are") { $0.isResident },
        Unsupported("/container/volumes", "external volumes are not served yet: only host volumes are") { $0.hasExternalVolumes },
        Unsupported("/container/volumes", "secret volumes are not served yet: only host volumes are") {
            $0.volumes.contains { if case .secret = $0.source { true } else { false } }
        },
        Unsupported("/container/linuxInfo/seccomp", "seccomp profiles are not served yet: tasks run without a filter") {
            $0.container?.linuxInfo?.seccomp != nil
        },
        Unsupported("/container/linuxInfo/ipcInfo", "IPC namespaces are not served yet: tasks share that of their agent") {
            $0.container?.linuxInfo?.ipc != nil
        },
        Unsupported("/secrets", "secrets are not served yet: there is nothing that resolves them") { !$0.secrets.isEmpty },
        Unsupported("/env", "secrets in the environment are not served yet: there is nothing that resolves them") {
            $0.env.contains { if case .secret = $0.value { true } else { false } }
        },
        Unsupported("/gpus", "gpus are not served yet: agents can't isolate them") { $0.gpus > 0 },
        Unsupported("/tty", "terminals are not served yet") { $0.tty == true },
        Unsupported("/executor", "custom executors are not served yet: only the command executor is") {
            !$0.executor.isEmpty && $0.executor != "//cmd"
        },
        Unsupported("/executorResources", "executorResources are not served yet: the command executor needs none of its own") {
            $0.executorResources != nil
        },
        Unsupported("/env", "a process can't be given variables with NUL characters, nor with = in their names") { app in
            app.env.contains { entry in
                entry.key.utf8.contains(UInt8(ascii: "=")) || entry.key.utf8.contains(0) || entry.value.hasNUL
            }
        },
        Unsupported("/", "a process can't be given a cmd, args or user with NUL characters") { app in
            ([app.cmd, app.user].compactMap { $0 } + app.args).contains { $0.utf8.contains(0) }
        },
        Unsupported("/instances", "more than \(maxInstances) instances of one app are not served") { $0.instances > maxInstances }
    ]

    /// All instances are planned by one decision, which takes a second for so many (docs/decisions/0005); a slip of the keyboard must not end the process.
    static let maxInstances = 50_000

    init(_ path: String, _ text: String, isNeeded: @escaping @Sendable (AppDefinition) -> Bool) {
        self.path = path
        self.text = text
        self.isNeeded = isNeeded
    }
}

extension EnvironmentValue {
    fileprivate var hasNUL: Bool {
        if case .text(let text) = self { text.utf8.contains(0) } else { false }
    }
}

extension AppDefinition {
    /// What of this app can't be served; empty if it can run.
    package var unsupported: [Violation] {
        var violations: [Violation] = []
        for entry in Unsupported.table where entry.isNeeded(self) { violations.add(entry.path, entry.text) }
        return violations
    }
}
