/// How the tasks of an app are contained. Specified by Marathon 1.11 docs/native-docker.md, docs/mesos-containerizer.md.
package struct Container: Hashable, Sendable {
    package enum Engine: String, Hashable, Sendable, CaseIterable {
        case docker = "DOCKER"
        case mesos = "MESOS"
    }

    package var type = Engine.docker
    package var docker: Docker?
    package var linuxInfo: LinuxInfo?
    package var volumes: [Volume] = []
    /// nil: not given, or host mode.
    package var portMappings: [PortMapping]?
}

/// A Docker image and how to run it.
package struct Docker: Hashable, Sendable {
    package struct Parameter: Hashable, Sendable {
        package var key: String
        package var value: String
    }

    package var image: String
    package var forcePullImage = false
    package var isPrivileged = false
    /// Options of `docker run`.
    package var parameters: [Parameter] = []
    /// The key of the app's secret that holds the credentials of the registry.
    package var pullSecret: String?
}

package struct LinuxInfo: Hashable, Sendable {
    package struct Seccomp: Hashable, Sendable {
        package var profileName: String?
        package var isUnconfined = false
    }

    package struct IPC: Hashable, Sendable {
        package enum Mode: String, Hashable, Sendable, CaseIterable {
            case isPrivate = "PRIVATE"
            case shareParent = "SHARE_PARENT"
        }

        package var mode: Mode
        /// Shared memory in MB.
        package var sharedMemory: Int?
    }

    package var seccomp: Seccomp?
    package var ipc: IPC?
}
