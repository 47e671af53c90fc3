package import Machine

/// What an agent decides by and that doesn't change while it runs.
package struct Rules: Sendable, Hashable {
    /// AgentInfo without an id, on the wire: hostname, port, resources, attributes, domain.
    package var agentInfo: [UInt8] = []
    package var version = ""
    /// Where the agent's own API listens.
    package var ip = "127.0.0.1"
    package var port: UInt32 = 5_051
    /// Absolute; sandboxes lie under `<workFolder>/slaves`.
    package var workFolder = ""
    /// Tasks run as their framework's user, not as the agent's (`--switch_user`).
    package var switchesUser = true
    /// CPU is limited to what a task asked for, not only weighed by it (`--cgroups_enable_cfs`).
    package var limitsCPU = false
    /// Processes and threads that one task may have; nil: as many as the machine.
    package var processLimit: UInt64?
    /// Namespaces of each container, as far as the machine has them: "pid", "ipc", "uts", "mount".
    package var namespaces = ["pid", "ipc", "uts", "mount"]
    /// Given to each task (`--executor_environment_variables`), as NAME and value.
    package var environment: [Variable] = []
    /// Sandboxes go this long after their task (`--gc_delay`), in nanoseconds.
    package var sandboxDelay = 7 * 86_400 * Int64.second
    /// What executors have to end when their framework is removed (`--executor_shutdown_grace_period`), in nanoseconds.
    package var shutdownGrace = 5 * Int64.second

    package struct Variable: Sendable, Hashable {
        package let name: String
        package let value: String
        package init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    package init() {}
}

extension Rules: Recordable {
    package func record(into writer: inout RecordingWriter) {
        writer.put(agentInfo)
        writer.put(version)
        writer.put(ip)
        writer.put(UInt64(port))
        writer.put(workFolder)
        writer.put(switchesUser)
        writer.put(limitsCPU)
        writer.put(processLimit) { $0.put($1) }
        writer.put(namespaces) { $0.put($1) }
        writer.put(environment) {
            $0.put($1.name)
            $0.put($1.value)
        }
        writer.put(sandboxDelay)
        writer.put(shutdownGrace)
    }

    package init(from reader: inout RecordingReader) throws(RecordingError) {
        agentInfo = try reader.data()
        version = try reader.string()
        ip = try reader.string()
        port = UInt32(truncatingIfNeeded: try reader.uint64())
        workFolder = try reader.string()
        switchesUser = try reader.bool()
        limitsCPU = try reader.bool()
        processLimit = try reader.optional { reader throws(RecordingError) in try reader.uint64() }
        namespaces = try reader.array { reader throws(RecordingError) in try reader.string() }
        environment = try reader.array { reader throws(RecordingError) in
            Variable(name: try reader.string(), value: try reader.string())
        }
        sandboxDelay = try reader.int64()
        shutdownGrace = try reader.int64()
    }
}

/// What the launcher said is possible on this machine.
package struct Abilities: Sendable, Hashable {
    /// May change the user, and mount.
    package var isRoot = false
    /// "cpu", "cpuacct", "memory", "pids".
    package var controllers: [String] = []
    /// "pid", "ipc", "uts", "mount".
    package var namespaces: [String] = []

    package init() {}
}
