internal import Machine
internal import MesosAPI

// Health checks and generic checks of running tasks.

extension Agent {
    mutating func startProbe(_ handle: Handle<AgentTask>, _ kind: Probe.Kind, _ now: Moment, _ effects: inout [Effect]) {
        let number: UInt64?
        switch kind {
        case .health: number = tasks[handle].health?.schedule.due(now.monotonic)
        case .check: number = tasks[handle].check?.schedule.due(now.monotonic)
        }
        let info = info(handle)
        guard let number, let target = target(handle, kind, info) else { return }
        let timeout: Int64? = kind == .health ? tasks[handle].health?.schedule.timeout : tasks[handle].check?.schedule.timeout
        effects.append(
            .probe(
                Probe(
                    container: tasks[handle].container, kind: kind, number: number, target: target, timeout: timeout,
                    folder: plan(handle).sandbox(info))))
    }

    private func target(_ handle: Handle<AgentTask>, _ kind: Probe.Kind, _ info: Mesos_V1_TaskInfo) -> Probe.Target? {
        kind == .health ? healthTarget(handle, info) : checkTarget(handle, info)
    }

    private func healthTarget(_ handle: Handle<AgentTask>, _ info: Mesos_V1_TaskInfo) -> Probe.Target? {
        let check = info.healthCheck
        switch check.type {
        case .command:
            return .command(ContainerPlan.command(check.command), environment: plan(handle).environment(info, info.command, check.command))
        case .http:
            let scheme = check.http.hasScheme && !check.http.scheme.isEmpty ? check.http.scheme : "http"
            return .http(
                scheme: scheme, port: check.http.port, path: check.http.hasPath ? check.http.path : "/", isIPv6: check.http.protocol == .ipv6)
        case .tcp: return .tcp(port: check.tcp.port, isIPv6: check.tcp.protocol == .ipv6)
        case .unknown: return nil
        }
    }

    private func checkTarget(_ handle: Handle<AgentTask>, _ info: Mesos_V1_TaskInfo) -> Probe.Target? {
        let check = info.check
        switch check.type {
        case .command:
            let command = check.command.command
            return .command(ContainerPlan.command(command), environment: plan(handle).environment(info, info.command, command))
        case .http: return .http(scheme: "http", port: check.http.port, path: check.http.hasPath ? check.http.path : "/", isIPv6: false)
        case .tcp: return .tcp(port: check.tcp.port, isIPv6: false)
        case .unknown: return nil
        }
    }

    mutating func probed(
        _ container: String, _ kind: Probe.Kind, _ number: UInt64, _ result: Probe.Result, _ now: Moment, _ effects: inout [Effect]
    ) {
        // A result that comes while the task is being killed says nothing any more.
        guard let handle = byContainer[container], tasks[handle].phase == .running, tasks[handle].kill == nil else { return }
        switch kind {
        case .check:
            if tasks[handle].check?.finish(number, result, at: now.monotonic) == true {
                report(handle, News(.taskRunning, .taskCheckStatusUpdated), now, &effects)
            }
        case .health:
            switch tasks[handle].health?.finish(number, result.isFine, at: now.monotonic) {
            case .healthy:
                tasks[handle].isHealthy = true
                report(handle, News(.taskRunning, .taskHealthCheckStatusUpdated), now, &effects)
            case .unhealthy(_, let isFatal):
                tasks[handle].isHealthy = false
                report(handle, News(.taskRunning, .taskHealthCheckStatusUpdated, result.explanation), now, &effects)
                if isFatal { kill(handle, .unhealthy, grace: nil, now, &effects) }
            case .unchanged, nil: break
            }
        }
        if let time = time(of: .probe(handle, kind)) { deadlines.add(time, .probe(handle, kind)) }
    }
}
