import MesosAPI

extension TaskBuilder {
    /// The check that the executor is to run; nil if it refers to a port that the task doesn't have.
    func healthCheck(_ check: HealthCheck) -> Mesos_V1_HealthCheck? {
        var result = Mesos_V1_HealthCheck()
        result.delaySeconds = Double(check.delaySeconds)
        result.intervalSeconds = Double(check.intervalSeconds)
        result.timeoutSeconds = Double(check.timeoutSeconds)
        result.gracePeriodSeconds = Double(check.gracePeriodSeconds)
        result.consecutiveFailures = UInt32(clamping: check.maxConsecutiveFailures)
        let version: Mesos_V1_NetworkInfo.ProtocolEnum = check.ipProtocol == .v6 ? .ipv6 : .ipv4
        switch check.kind {
        case .command:
            result.type = .command
            result.command.shell = true
            result.command.value = check.command ?? ""
        case .mesosHTTP, .mesosHTTPS:
            guard let port = port(number: check.port, index: check.portIndex) else { return nil }
            result.type = .http
            result.http.port = port
            result.http.scheme = check.kind == .mesosHTTPS ? "https" : "http"
            result.http.path = check.effectivePath
            result.http.protocol = version
        case .mesosTCP:
            guard let port = port(number: check.port, index: check.portIndex) else { return nil }
            result.type = .tcp
            result.tcp.port = port
            result.tcp.protocol = version
        case .http, .https, .tcp:
            return nil
        }
        return result
    }

    func checkInfo(_ check: Check) -> Mesos_V1_CheckInfo? {
        var result = Mesos_V1_CheckInfo()
        result.delaySeconds = Double(check.delaySeconds)
        result.intervalSeconds = Double(check.intervalSeconds)
        result.timeoutSeconds = Double(check.timeoutSeconds)
        switch check.probe {
        case .http(let wanted, let path, _):
            guard let port = port(number: wanted.number, index: wanted.index) else { return nil }
            result.type = .http
            result.http.port = port
            if let path { result.http.path = path }
        case .tcp(let wanted):
            guard let port = port(number: wanted.number, index: wanted.index) else { return nil }
            result.type = .tcp
            result.tcp.port = port
        case .command(.shell(let text)):
            result.type = .command
            result.command.command.shell = true
            result.command.command.value = text
        case .command(.arguments(let arguments)):
            result.type = .command
            result.command.command.shell = false
            result.command.command.value = arguments.first ?? ""
            result.command.command.arguments = arguments
        }
        return result
    }

    /// The port as the executor sees it: inside of the container's own network, the container port.
    private func port(number: Int?, index: Int?) -> UInt32? {
        if let number { return UInt32(clamping: number) }
        guard let port = index.flatMap({ ports.indices.contains($0) ? $0 : nil }) ?? (ports.isEmpty ? nil : 0) else { return nil }
        let mappings = app.portMappings
        let inside = mappings.indices.contains(port) ? mappings[port].containerPort : 0
        return UInt32(clamping: inside == 0 ? ports[port].number : inside)
    }
}
