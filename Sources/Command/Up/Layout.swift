/// Who listens where, and what share of the machine each agent of `agora up` gets.
package struct Layout: Hashable {
    package struct Agent: Hashable {
        package let name: String
        /// Its host name in offers: an address of the loopback network, so that every client can resolve it.
        package let hostname: String
        package let port: Int
        /// Mesos's text form; nil: the agent takes what it finds.
        package let resources: String?

        package init(name: String, hostname: String, port: Int, resources: String?) {
            self.name = name
            self.hostname = hostname
            self.port = port
            self.resources = resources
        }
    }

    /// What a machine has to give away.
    package struct Machine: Hashable {
        package var cpus: Int
        /// Megabytes.
        package var memory: Int
        package var disk: Int

        package init(cpus: Int, memory: Int, disk: Int) {
            self.cpus = cpus
            self.memory = memory
            self.disk = disk
        }
    }

    /// The ports that Mesos agents offer unless told otherwise.
    static let ports = 31_000...32_000

    package let agents: [Agent]

    /// - Parameters:
    ///   - count: at least 1.
    ///   - firstPort: of the first agent; the others follow it.
    package init(count: Int, ip: String, firstPort: Int, machine: Machine, resources: String?) {
        let size = Self.ports.count / max(1, count)
        agents = (0..<count).map { index in
            guard count > 1 else { return Agent(name: "agent", hostname: ip, port: firstPort, resources: resources) }
            let first = Self.ports.lowerBound + index * size
            let share = [
                "cpus:\(Self.share(of: machine.cpus, among: count))", "mem:\(machine.memory / count)", "disk:\(machine.disk / count)",
                "ports:[\(first)-\(first + size - 1)]"
            ].joined(separator: ";")
            return Agent(name: "agent-\(index + 1)", hostname: Self.address(ip, index), port: firstPort + index, resources: resources ?? share)
        }
    }

    /// Thousandths, so that the shares of three agents add up to no more than there is.
    private static func share(of cpus: Int, among count: Int) -> String {
        let thousandths = cpus * 1_000 / count
        let rest = "\(1_000 + thousandths % 1_000)".dropFirst()
        return "\(thousandths / 1_000).\(rest)"
    }

    /// 127.0.0.1, 127.0.0.2, …: own names that every client resolves. Off the loopback network there is just the one address.
    private static func address(_ ip: String, _ index: Int) -> String {
        let parts = ip.split(separator: ".").compactMap { Int($0) }
        guard parts.count == 4, parts[0] == 127, parts[3] + index <= 254 else { return index == 0 ? ip : "\(ip)-\(index + 1)" }
        return "127.\(parts[1]).\(parts[2]).\(parts[3] + index)"
    }
}
