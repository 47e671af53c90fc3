import FrameworkCore
import Machine

/// Health checks: those that services make themselves, and the results of those that executors make. Specified by Marathon 1.11
/// docs/health-checks.md.
extension Services {
    /// The task of an instance runs (again): its checks begin.
    mutating func beganToRun(_ handle: Handle<Instance>) {
        let instance = instances[handle]
        let app = instance.definition.app
        if instance.checks.count != app.healthChecks.count {
            instances[handle].checks = Array(repeating: nil, count: app.healthChecks.count)
        }
        instances[handle].probing = Array(repeating: false, count: app.healthChecks.count)
        instances[handle].probeTimes = Array(repeating: nil, count: app.healthChecks.count)
        for (index, check) in app.healthChecks.enumerated() where check.kind.isRunByLeader {
            probe(handle, index, after: Self.firstPause)
        }
        if let app = appHandles[instance.app], apps[app].lock != nil { askWhetherReady(handle) }
    }

    /// Has a check made later; what was planned for it before no longer is.
    private mutating func probe(_ handle: Handle<Instance>, _ index: Int, after pause: Int64) {
        let time = now.monotonic.saturatingAdd(pause)
        instances[handle].probeTimes[index] = time
        timers.set(.probe(handle, check: index), at: time)
    }

    mutating func probeIsDue(_ handle: Handle<Instance>, _ index: Int) {
        guard instances.contains(handle), instances[handle].probeTimes.indices.contains(index),
            let time = instances[handle].probeTimes[index], time <= now.monotonic
        else { return }
        instances[handle].probeTimes[index] = nil
        let instance = instances[handle]
        guard instance.condition == .running, let task = instance.task, let agent = instance.agent,
            instance.probing.indices.contains(index), !instance.probing[index]
        else { return }
        let check = instance.definition.app.healthChecks[index]
        guard let target = Self.target(of: check.port, check.portIndex, instance, task, agent) else { return }
        instances[handle].probing[index] = true
        let kind: Probe.Kind =
            switch check.kind {
            case .https: .https
            case .tcp: .tcp
            default: .http
            }
        output.effects.append(
            .probe(
                Probe(
                    task: task.id, check: index, kind: kind, host: target.host, port: target.port, path: check.effectivePath,
                    ignoresHTTP1xx: check.ignoresHTTP1xx, timeout: check.timeoutSeconds)))
    }

    /// Where a task listens: on its host or, without a host port, at its own address.
    static func target(
        of number: Int?, _ portIndex: Int?, _ instance: Instance, _ task: LaunchedTask, _ agent: Agent
    ) -> (host: String, port: Int)? {
        let app = instance.definition.app
        if let number, number > 0 {
            let isOwn = !app.isInHostMode && app.networks.contains { $0.mode == .container }
            return (isOwn ? task.addresses.first?.text ?? agent.host : agent.host, number)
        }
        let index = portIndex ?? 0
        guard task.ports.indices.contains(index) else { return nil }
        if task.hostPorts[index] != nil { return (agent.host, task.ports[index]) }
        return task.addresses.first.map { ($0.text, task.ports[index]) }
    }

    mutating func probed(_ id: TaskID, check index: Int, _ result: ProbeResult) {
        guard let instance = id.instance, let handle = instanceHandles[instance.uuid], instances[handle].task?.id == id,
            instances[handle].probing.indices.contains(index), instances[handle].probing[index]
        else { return }
        instances[handle].probing[index] = false
        guard instances[handle].condition == .running else { return }
        let check = instances[handle].definition.app.healthChecks[index]
        switch result {
        case .passed: record(handle, index, cause: nil)
        case .ignored: break
        case .failed(let cause): failed(handle, index, check, cause)
        }
        guard instances.contains(handle), instances[handle].probing.indices.contains(index) else { return }
        probe(handle, index, after: pause(before: check, index, instances[handle]))
    }

    /// How long after it began to run a task is asked for the first time.
    private static let firstPause: Int64 = 250 * .millisecond

    /// A task that has just begun is asked more often, so that deployments needn't wait for a whole interval; those failures don't count.
    /// The pauses double, up to 5 s.
    private func pause(before check: HealthCheck, _ index: Int, _ instance: Instance) -> Int64 {
        let interval = max(Int64(check.intervalSeconds).saturatingMultiply(.second), .second)
        let isYoung = instance.checks.indices.contains(index) && instance.checks[index]?.firstSuccess == nil && isInGrace(instance, check)
        guard isYoung else { return interval }
        let age = instance.task?.startedAt.map { (timestamp.milliseconds - $0.milliseconds).saturatingMultiply(.millisecond) } ?? 0
        return min(interval, 5 * .second, max(Self.firstPause, age))
    }

    private func isInGrace(_ instance: Instance, _ check: HealthCheck) -> Bool {
        guard let started = instance.task?.startedAt else { return true }
        return timestamp.milliseconds - started.milliseconds < Int64(check.gracePeriodSeconds).saturatingMultiply(1_000)
    }

    private mutating func failed(_ handle: Handle<Instance>, _ index: Int, _ check: HealthCheck, _ cause: String) {
        let instance = instances[handle]
        let known = instance.checks[index]
        if known?.firstSuccess == nil, isInGrace(instance, check) { return }
        emit(.failedHealthCheck(instance.id, check))
        let failures = known?.consecutiveFailures ?? 0
        record(handle, index, cause: cause)
        // As documented for years: the failure after so many consecutive ones kills.
        guard check.maxConsecutiveFailures > 0, failures >= check.maxConsecutiveFailures else { return }
        guard instances[handle].killReason == nil, let task = instance.task, let agent = instance.agent else { return }
        emit(
            .unhealthyInstanceKilled(
                .init(
                    instance: instance.id, taskID: task.id.description, version: instance.definition.app.version, reason: cause,
                    host: agent.host, agentID: agent.id)))
        kill(handle, reason: cause)
    }

    /// A health check that the executor makes, or all of them together, says how the task is.
    mutating func reported(_ handle: Handle<Instance>, isHealthy: Bool) {
        let app = instances[handle].definition.app
        guard let index = app.healthChecks.firstIndex(where: { !$0.kind.isRunByLeader }) else { return }
        if instances[handle].checks.count != app.healthChecks.count {
            instances[handle].checks = Array(repeating: nil, count: app.healthChecks.count)
        }
        record(handle, index, cause: isHealthy ? nil : "the executor's health check failed")
    }

    /// Notes a result, and tells of a change.
    private mutating func record(_ handle: Handle<Instance>, _ index: Int, cause: String?) {
        let before = instances[handle]
        var record = before.checks[index] ?? CheckRecord(isAlive: cause == nil)
        let wasAlive = before.checks[index]?.isAlive
        record.isAlive = cause == nil
        if let cause {
            record.consecutiveFailures += 1
            record.lastFailure = timestamp
            record.lastFailureCause = cause
        } else {
            record.consecutiveFailures = 0
            if record.firstSuccess == nil { record.firstSuccess = timestamp }
            record.lastSuccess = timestamp
        }
        let isNews = wasAlive != record.isAlive
        if isNews {
            change(handle) { $0.checks[index] = record }
            emit(.healthStatusChanged(before.id, version: before.definition.app.version, isAlive: record.isAlive))
        } else {
            // The times alone are not worth a write.
            instances[handle].checks[index] = record
        }
        let isHealthy = instances[handle].isHealthy
        if isHealthy != before.isHealthy {
            emit(.instanceHealthChanged(before.id, isHealthy: isHealthy, version: before.definition.app.version))
        }
    }
}
