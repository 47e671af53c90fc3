extension AppDefinition {
    var checkViolations: [Violation] {
        var violations: [Violation] = []
        for (index, check) in healthChecks.enumerated() { violations.add("/healthChecks(\(index))", self.violations(of: check)) }
        // Several COMMAND checks were possible once and are tolerated.
        if healthChecks.count(where: { !$0.kind.isRunByLeader && $0.kind != .command }) > 1 {
            violations.add("/", "AppDefinition can contain at most one Mesos health check")
        }
        violations.add(genericCheckViolations)
        if readinessChecks.count > 1 {
            violations.add("/readinessChecks", "has size \(readinessChecks.count), expected 1 or less")
        }
        for (index, check) in readinessChecks.enumerated() {
            let path = "/readinessChecks(\(index))"
            if !portNames.contains(check.portName) {
                violations.add("\(path)/portName", "No port definition reference for portName \(check.portName)")
            }
            if check.timeoutSeconds >= check.intervalSeconds {
                violations.add("\(path)/timeoutSeconds", "got \(check.timeoutSeconds), expected less than \(check.intervalSeconds)")
            }
        }
        return violations
    }

    private func violations(of check: HealthCheck) -> [String] {
        var violations: [String] = []
        if check.kind.isRunByLeader, check.command == nil, !refersToPort(check.portIndex, number: check.port) {
            violations.append("Health check port indices must address an element of the ports array or container port mappings.")
        }
        if check.ipProtocol == .v6 {
            let isMesosPortCheck = !check.kind.isRunByLeader && check.kind != .command
            if !isMesosPortCheck || container?.type != .docker {
                violations.append("IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks")
            }
        }
        if (check.kind == .command) != (check.command != nil) {
            violations.append("protocol COMMAND and a command require each other")
        }
        if check.kind == .command, check.path != nil || check.port != nil {
            violations.append("a check with protocol COMMAND has neither path nor port")
        }
        return violations
    }

    private var genericCheckViolations: [Violation] {
        guard let check else { return [] }
        var violations: [Violation] = []
        if container?.type == .docker { violations.add("/", "AppDefinition must not use 'checks' if using docker") }
        switch check.probe {
        case .http(let port, _, _), .tcp(let port):
            if !refersToPort(port.index, number: port.number) {
                violations.add("/check", "check port index must address an element of the ports array or container port mappings.")
            }
        case .command: break
        }
        return violations
    }

    /// Whether a check finds its port: by an index that exists, by number, or because there is just one.
    private func refersToPort(_ index: Int?, number: Int?) -> Bool {
        if let index { index < portCount } else { number != nil || portCount == 1 }
    }
}
