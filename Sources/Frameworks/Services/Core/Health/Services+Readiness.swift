import FrameworkCore
import Machine

/// Readiness checks: made while a deployment of the app is at work and the task runs, until the first success. Specified by Marathon
/// 1.11 docs/readiness-checks.md.
extension Services {
    /// A deployment began to wait for the app: tasks that run already are asked too.
    mutating func startReadiness(_ app: Handle<App>) {
        for handle in apps[app].instances where instances[handle].condition == .running { askWhetherReady(handle) }
    }

    mutating func askWhetherReady(_ handle: Handle<Instance>) {
        guard !instances[handle].isReady, !instances[handle].isAskingReadiness,
            !instances[handle].definition.app.readinessChecks.isEmpty
        else { return }
        askWhetherReady(handle, after: 0)
    }

    /// Has the check made later; what was planned before no longer is.
    private mutating func askWhetherReady(_ handle: Handle<Instance>, after pause: Int64) {
        let time = now.monotonic.saturatingAdd(pause)
        instances[handle].readinessTime = time
        timers.set(.readiness(handle), at: time)
    }

    mutating func readinessIsDue(_ handle: Handle<Instance>) {
        guard instances.contains(handle), let time = instances[handle].readinessTime, time <= now.monotonic else { return }
        instances[handle].readinessTime = nil
        let instance = instances[handle]
        let definition = instance.definition.app
        guard instance.condition == .running, !instance.isReady, !instance.isAskingReadiness, let check = definition.readinessChecks.first,
            let app = appHandles[instance.app], apps[app].lock != nil, let task = instance.task, let agent = instance.agent
        else { return }
        let names = definition.portMappings.isEmpty ? definition.portDefinitions.map(\.name) : definition.portMappings.map(\.name)
        guard let index = names.firstIndex(of: check.portName),
            let target = Self.target(of: nil, index, instance, task, agent)
        else { return }
        instances[handle].isAskingReadiness = true
        output.effects.append(
            .askReadiness(
                ReadinessQuestion(
                    task: task.id, isSecure: check.scheme == .https, host: target.host, port: target.port, path: check.path,
                    timeout: check.timeoutSeconds)))
    }

    mutating func askedReadiness(_ id: TaskID, _ answer: ReadinessAnswer) {
        guard let instance = id.instance, let handle = instanceHandles[instance.uuid], instances[handle].task?.id == id,
            instances[handle].isAskingReadiness
        else { return }
        instances[handle].isAskingReadiness = false
        guard let check = instances[handle].definition.app.readinessChecks.first else { return }
        let isReady = check.httpStatusCodesForReady.contains(answer.status)
        let response = ReadinessResult.Response(status: answer.status, contentType: answer.contentType, body: answer.body)
        let result = ReadinessResult(
            name: check.name, taskID: id.description, isReady: isReady, lastResponse: check.preserveLastResponse ? response : nil)
        change(handle) { instance in
            instance.readiness = result
            instance.isReady = isReady
        }
        if !isReady {
            let pause = max(Int64(check.intervalSeconds).saturatingMultiply(.second), .second)
            askWhetherReady(handle, after: pause)
        }
    }
}
