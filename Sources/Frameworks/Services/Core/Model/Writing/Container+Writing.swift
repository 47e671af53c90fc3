import FrameworkCore
package import JSON

extension Container {
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", type.rawValue)
        if let docker {
            writer.key(verbatim: "docker")
            docker.write(into: &writer)
        }
        if let linuxInfo {
            writer.key(verbatim: "linuxInfo")
            linuxInfo.write(into: &writer)
        }
        writer.elements("volumes", volumes, isOmittedWhenEmpty: false) { $0.write(into: &$1) }
        if let portMappings {
            writer.elements("portMappings", portMappings, isOmittedWhenEmpty: false) { $0.write(into: &$1) }
        }
        writer.endObject()
    }
}

extension Docker {
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        if let pullSecret {
            writer.key(verbatim: "pullConfig")
            writer.beginObject()
            writer.member("secret", pullSecret)
            writer.endObject()
        }
        writer.member("forcePullImage", forcePullImage)
        writer.member("image", image)
        writer.elements("parameters", parameters, isOmittedWhenEmpty: false) { parameter, writer in
            writer.beginObject()
            writer.member("key", parameter.key)
            writer.member("value", parameter.value)
            writer.endObject()
        }
        writer.member("privileged", isPrivileged)
        writer.endObject()
    }
}

extension LinuxInfo {
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        if let seccomp {
            writer.key(verbatim: "seccomp")
            writer.beginObject()
            writer.member("profileName", seccomp.profileName)
            writer.member("unconfined", seccomp.isUnconfined)
            writer.endObject()
        }
        if let ipc {
            writer.key(verbatim: "ipcInfo")
            writer.beginObject()
            writer.member("mode", ipc.mode.rawValue)
            if let sharedMemory = ipc.sharedMemory { writer.member("shmSize", sharedMemory) }
            writer.endObject()
        }
        writer.endObject()
    }
}

extension Network {
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", name)
        writer.member("mode", mode.rawValue)
        writer.labels(labels, isOmittedWhenEmpty: true)
        writer.endObject()
    }
}

extension PortDefinition {
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.labels(labels)
        writer.member("name", name)
        writer.member("port", port)
        writer.member("protocol", networkProtocol.rawValue)
        writer.endObject()
    }
}

extension PortMapping {
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("containerPort", containerPort)
        if let hostPort { writer.member("hostPort", hostPort) }
        writer.labels(labels)
        writer.member("name", name)
        writer.member("protocol", networkProtocol.rawValue)
        writer.member("servicePort", servicePort)
        writer.strings("networkNames", networkNames)
        writer.endObject()
    }
}
