/// A network that the tasks of an app or pod join.
package struct Network: Hashable, Sendable {
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        case host
        case container
        case bridge = "container/bridge"
    }

    package var mode: Mode
    /// Of container networks only.
    package var name: String?
    package var labels = Labels()

    package static let host = Network(mode: .host)
}

package enum NetworkProtocol: String, Hashable, Sendable, CaseIterable {
    case tcp
    case udp
    case both = "udp,tcp"

    /// The protocols one by one, as Mesos's Port messages name them.
    package var names: [String] {
        switch self {
        case .tcp: ["tcp"]
        case .udp: ["udp"]
        case .both: ["udp", "tcp"]
        }
    }
}

/// A port of an app in host mode.
package struct PortDefinition: Hashable, Sendable {
    /// The service port; 0 until one is assigned. With `requirePorts` also the host port.
    package var port = 0
    package var name: String?
    package var networkProtocol = NetworkProtocol.tcp
    package var labels = Labels()
}

/// A port of an app in bridge or container mode.
package struct PortMapping: Hashable, Sendable {
    /// 0 is the same as the host port.
    package var containerPort = 0
    /// nil: none; 0: any that the offer has.
    package var hostPort: Int?
    /// 0 until one is assigned.
    package var servicePort = 0
    package var name: String?
    package var networkProtocol = NetworkProtocol.tcp
    package var labels = Labels()
    package var networkNames: [String] = []
}
